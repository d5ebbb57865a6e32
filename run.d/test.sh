# test [ctest option...] - builds and runs all tests, on Linux and under Wine. The last line is `N passed, N failed`.
set -eu
. run.d/lib.sh
case ${1:--} in
-*) ;;
*) usage_error "test takes options of ctest, such as -R '$1' to choose tests by name" ;;
esac

passed=0
failed=0
skipped=
launcher=

# One number of the report that ctest writes in JUnit's format.
reported() { # tree, attribute
    sed -n "s/.*[ \t]$2=\"\([0-9]*\)\".*/\1/p" "build/$1/junit.xml" | head -n 1
}

run_tests() { # tree, text, tests at a time, ctest option...
    tree=$1
    text=$2
    at_once=$3
    shift 3
    rm -f "build/$tree/junit.xml"
    mkdir -p "$LOGS"
    log=$LOGS/test-$tree.log
    printf '%-64s' "$text ..."
    began=$(date +%s)
    good=yes
    $launcher ctest --test-dir "build/$tree" -j "$at_once" --output-on-failure --no-tests=ignore \
        --output-junit junit.xml "$@" >"$log" 2>&1 || good=no
    printf ' %4d s\n' $(($(date +%s) - began))
    if [ $good = no ]; then
        grep -vE '^ *Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test +#[0-9]+:.* (Passed|\*\*\*Skipped) ' "$log" || :
        say "run: tests failed; the whole output is in $log" >&2
    fi
    # No report: ctest did not even begin, or no test has such a name.
    if [ ! -f "build/$tree/junit.xml" ]; then
        [ $good = yes ] || failed=$((failed + 1))
        return 0
    fi
    bad=$(reported "$tree" failures)
    omitted=$(($(reported "$tree" skipped) + $(reported "$tree" disabled)))
    passed=$((passed + $(reported "$tree" tests) - bad - omitted))
    [ $good = yes ] || [ "$bad" -gt 0 ] || bad=1
    failed=$((failed + bad))
    skipped="$skipped$(sed -nE 's/.* Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*/ \1/p' "$log" | tr -d '\n')"
}

sh run.d/setup.sh
# A tree that does not build counts as one failed test; the others are tested all the same.
trees=
for tree in native-debug mingw-release; do
    if build_tree $tree; then trees="$trees $tree"; else failed=$((failed + 1)); fi
done
if build_tree tsan threads; then trees="$trees tsan"; else failed=$((failed + 1)); fi
if build_tree fuzz fuzzers; then trees="$trees fuzz"; else failed=$((failed + 1)); fi
# Not tested once more, but other warnings come with the optimizer, and it must not be ./run build that finds them.
build_tree native-release programs || failed=$((failed + 1))

has() { # tree
    case " $trees " in *" $1 "*) ;; *) return 1 ;; esac
}
# Whole programs wait more than they work; those that wait longest begin first (COST in tests/CMakeLists.txt).
! has native-debug || run_tests native-debug "tests on Linux, with sanitizers" $((2 * JOBS)) -LE soak "$@"
# By itself: it needs both cores to let threads meet. Debian's libtsan does not start where addresses are randomized
# by more than 28 bits, as some kernels do (sysctl vm.mmap_rnd_bits); some containers do not let anybody turn it off.
! setarch -R true 2>/dev/null || launcher='setarch -R'
! has tsan || run_tests tsan "tests of many threads, with ThreadSanitizer" 1 "$@"
launcher=
# These wait for wineserver more than they work.
! has mingw-release || run_tests mingw-release "tests of the Windows programs, under Wine" $((2 * JOBS)) "$@"
# The fuzzers run all at once and by themselves: beside them, even at the lowest priority, waiting tests were seen to
# wait too long. So each has much time for one input. MR_FUZZ_SECONDS is for each.
export MR_FUZZ_TIMEOUT=60
targets=$(ls tests/fuzz/fuzz_*.c | wc -l)
! has fuzz || run_tests fuzz "inputs for the fuzz targets, old and new" $((2 * targets)) -L fuzz "$@"

[ -z "$skipped" ] || say "skipped:$skipped"
[ $((passed + failed)) -gt 0 ] || say "run: no test was run"
say "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
