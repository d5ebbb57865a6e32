# bench [NAME] - measures; one script in tests/bench for each subject, all of them without a name.
set -eu
. run.d/lib.sh
names=$(for script in tests/bench/*.sh; do [ ! -f "$script" ] || basename "$script" .sh; done)
[ $# -le 1 ] || usage_error "bench takes one name or none; there are: $(echo $names)"
if [ $# -eq 1 ]; then
    printf '%s\n' "$names" | grep -qxF -- "$1" || usage_error "there is no bench '$1'; there are: $(echo $names)"
    names=$1
fi

sh run.d/build.sh
build_tree mingw-release test_tools
export_programs
mkdir -p build/bench
bad=0
for name in $names; do
    say "== $name"
    "tests/bench/$name.sh" || bad=1
done
exit $bad
