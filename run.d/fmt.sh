# fmt [--check] - formats all C files in place, or only says which ones are not formatted.
set -eu
. run.d/lib.sh
case ${1:-} in
'' | --check) ;;
*) usage_error "fmt takes --check or nothing, not '$1'" ;;
esac

command -v clang-format >/dev/null || sh run.d/setup.sh
# Known to git or new; not those that are known to git and deleted here. No name has a blank.
files=$(git ls-files --cached --others --exclude-standard -- 'base/*.[ch]' 'policy/*.[ch]' 'agent/*.[ch]' \
    'server/*.[ch]' 'admin/*.[ch]' 'tests/*.[ch]' | sort -u | while read -r file; do [ ! -f "$file" ] || echo "$file"; done)
if [ "${1:-}" != --check ]; then
    clang-format -i $files
    exit
fi
# Its messages are many for one file; the name is all that is of use.
untidy=$(clang-format --dry-run -Werror $files 2>&1 | sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: error: .*/\1/p' | sort -u)
for file in $untidy; do
    say "$file: not formatted; ./run fmt does it"
done
[ -z "$untidy" ]
