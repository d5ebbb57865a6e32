# fmt [--check] - formats all C files in place, or only says which ones are not formatted.
set -eu
. run.d/lib.sh
case ${1:-} in
'') how='-i' ;;
--check) how='--dry-run -Werror' ;;
*) usage_error "fmt takes --check or nothing, not '$1'" ;;
esac

command -v clang-format >/dev/null || sh run.d/setup.sh
# Tracked and new files, but not deleted ones.
git ls-files -z --cached --others --exclude-standard -- 'base/*.[ch]' 'policy/*.[ch]' 'agent/*.[ch]' 'server/*.[ch]' \
    'admin/*.[ch]' 'tests/*.[ch]' | sort -zu | xargs -0 -r sh -c '
        how=$1
        shift
        for file in "$@"; do
            if [ -f "$file" ]; then set -- "$@" "$file"; fi
            shift
        done
        [ $# -eq 0 ] || exec clang-format $how "$@"' fmt "$how"
