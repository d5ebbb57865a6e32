#!/bin/sh
# run_target.sh PROGRAM replay|fuzz - one fuzz target: each stored input once, or new inputs for a while.
#
# MR_FUZZ_SECONDS says how long (30), MR_FUZZ_TIMEOUT how many seconds one input may take (5). New inputs that reach new
# code are kept in build/fuzz-corpus/NAME, inputs that break something in build/fuzz-crashes, the target's own words in
# build/log/fuzz-NAME.log; the last line here is "NAME: EXECUTIONS runs, COVERAGE edges, N inputs, SECONDS s". Exits 1
# after a crash, a leak, or an input that took too long or more than 2 GiB.
set -u
cd "$(dirname "$0")/../.." || exit 2
program=$1
mode=$2
name=${program##*/fuzz_}
here=tests/fuzz
corpus=build/fuzz-corpus/$name
crashes=build/fuzz-crashes
log=build/log/fuzz-$name.log

listed=$(sed -n "s/^$name  *//p" $here/targets.txt)
longest=${listed%% *}
seeds=
[ ! -d $here/corpus/"$name" ] || seeds=$here/corpus/$name
case $listed in
*' '*) for more in ${listed#* }; do seeds="$seeds tests/$more"; done ;;
esac
mkdir -p "$corpus" $crashes build/log

set -- -timeout="${MR_FUZZ_TIMEOUT:-5}" -rss_limit_mb=2048 -max_len="${longest:-65536}" -artifact_prefix=$crashes/"$name"- -print_final_stats=1
[ ! -f $here/"$name".dict ] || set -- "$@" -dict=$here/"$name".dict
case $mode in
replay)
    log=build/log/replay-$name.log
    # Without the directory for new inputs: what an earlier run found is no part of the tree.
    set -- "$@" -runs=0 $seeds
    ;;
fuzz)
    # To libFuzzer, no seconds would mean no end.
    [ "${MR_FUZZ_SECONDS:-30}" -gt 0 ] || { echo "$name: MR_FUZZ_SECONDS is 0"; exit 77; }
    set -- "$@" -max_total_time="${MR_FUZZ_SECONDS:-30}" "$corpus" $seeds
    ;;
esac

# What a target keeps in files while it runs: in memory where there is such a place. It may end too hard to remove them.
scratch=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)/mr-fuzz-XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
began=$(date +%s)
TMPDIR=$scratch "$program" "$@" >"$log" 2>&1
status=$?
if [ $status -ne 0 ]; then
    grep -vE '^(#[0-9]+[[:space:]]|NEW_FUNC)' "$log" | tail -n 60
    echo "$name: FAILED; the whole output is in $log"
    exit 1
fi
awk -v name="$name" -v seconds=$(($(date +%s) - began)) '
    / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "corp:") corp = $(i + 1) } }
    /number_of_executed_units/ { runs = $2 }
    END { sub("/.*", "", corp); printf "%s: %d runs, %d edges, %d inputs, %d s\n", name, runs, cov, corp, seconds }' "$log"
