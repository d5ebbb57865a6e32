# fuzz SECONDS [TARGET] - looks for inputs that break what reads bytes from outside; targets are tests/fuzz/fuzz_*.c.
set -eu
. run.d/lib.sh
names=$(for source in tests/fuzz/fuzz_*.c; do basename "$source" .c | sed 's/^fuzz_//'; done)
case $#:${1:-} in
[12]:*[!0-9]* | [12]:0* | [12]:) usage_error "fuzz takes the seconds for each target first, such as 60" ;;
[12]:*) ;;
*) usage_error "fuzz takes SECONDS [TARGET]; there are: $(echo $names)" ;;
esac
if [ $# -eq 2 ]; then
    printf '%s\n' "$names" | grep -qxF -- "$2" || usage_error "there is no target '$2'; there are: $(echo $names)"
    names=$2
fi
export MR_FUZZ_SECONDS="$1"

sh run.d/setup.sh
build_tree fuzz fuzzers
say "$(echo "$names" | wc -l) targets, $JOBS at a time, $1 s each; what is new goes to build/fuzz-corpus"
results=$(make_temp_in "$ROOT/build")
# A target that fails says so on its own; here its name is counted.
export results
printf '%s\n' "$names" | xargs -P "$JOBS" -I {} sh -c '
    tests/fuzz/run_target.sh build/fuzz/bin/fuzz_{} fuzz && touch "$results/{}"' || :
passed=$(ls "$results" | wc -l)
failed=$(($(echo "$names" | wc -l) - passed))
rm -rf "$results"
[ $failed -eq 0 ] || say "inputs that break a target are in build/fuzz-crashes; build/fuzz/bin/fuzz_NAME FILE runs one again"
say "$passed passed, $failed failed"
[ $failed -eq 0 ]
