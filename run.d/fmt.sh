# fmt [--check] - formats all C files in place, or only says which ones are not formatted.
set -eu
. run.d/lib.sh
case ${1:-} in
'' | --check) ;;
*) usage_error "fmt takes --check or nothing, not '$1'" ;;
esac

command -v clang-format >/dev/null || sh run.d/setup.sh
mkdir -p build
git ls-files --cached --others --exclude-standard -- 'base/*.[ch]' 'policy/*.[ch]' 'agent/*.[ch]' 'server/*.[ch]' \
    'admin/*.[ch]' 'tests/*.[ch]' | sort -u >"build/fmt-$MARK"
bad=0
while read -r file; do
    # Known to git, but deleted here.
    [ -f "$file" ] || continue
    if [ "${1:-}" = --check ]; then
        clang-format "$file" | cmp -s - "$file" || { say "$file: not formatted; ./run fmt does it"; bad=1; }
    else
        clang-format -i "$file"
    fi
done <"build/fmt-$MARK"
rm -f "build/fmt-$MARK"
exit $bad
