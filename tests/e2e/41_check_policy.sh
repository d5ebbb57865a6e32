#!/bin/sh
# 41_check_policy.sh - `check-policy` of the agent on the policies of tests/data/signed.tsv that need no floor.
#
# One Wine prefix; the agent as an administrator asks it on a machine that has accepted nothing yet.
set -u
. "$(dirname "$0")/harness.sh"

need_files "$MR_AGENT" "$MR_WINE_TEMPLATE/system.reg"
DATA_DIR=/nonexistent
trap harness_end EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
WORK=$(wine_scratch)
PREFIX=$WORK/prefix
mkdir "$WORK/log"
wine_clone "$PREFIX"
mkdir "$PREFIX/drive_c/mr"
cp "$MR_AGENT" "$PREFIX/drive_c/mr/agent.exe"

data=$ROOT/tests/data
tab=$(printf '\t')

# The rows that are asked about, numbered, and one batch file that asks about all: a start of Wine for each would take
# longer than the asking.
grep "$(printf '\tpolicy\t[^\t]*\t-\t-\t')" "$data/signed.tsv" >"$WORK/rows"
mkdir "$PREFIX/drive_c/mr/said"
number=0
while IFS=$tab read -r file _ trust _; do
    number=$((number + 1))
    printf 'C:\\mr\\agent.exe check-policy "Z:%s" --trust-file "Z:%s" --data-dir C:\\mr\\data >C:\\mr\\said\\%s.out 2>C:\\mr\\said\\%s.err\r\n' \
        "$data/$file" "$data/$trust" "$number" "$number"
    printf '>C:\\mr\\said\\%s.code echo %%errorlevel%%\r\n' "$number"
done <"$WORK/rows" >"$PREFIX/drive_c/mr/all.cmd"
printf 'exit /b 0\r\n' >>"$PREFIX/drive_c/mr/all.cmd"
wine_quiet cmd /c 'C:\mr\all.cmd' >"$WORK/log/cmd.log" || fail 'the batch file ends badly'

wrong() { # sentence
    cat "$said.out" "$said.err" >"$WORK/log/said.log"
    fail "$*"
}

number=0
while IFS=$tab read -r file document trust floor least verified expected pointer; do
    number=$((number + 1))
    said=$PREFIX/drive_c/mr/said/$number
    code=$(tr -d ' \r\n' <"$said.code")
    if [ "$expected" = accept ]; then
        [ "$code" = 0 ] || wrong "$file gives $code"
        grep -q '^outcome  accept' "$said.out" || wrong "$file: no word of accepting"
    else
        [ "$code" = 1 ] || wrong "$file gives $code, should be refused"
        place=$([ "$pointer" = - ] || echo " at $pointer")
        grep -q "^mapi-rollout-agent: $expected$place: " "$said.err" || wrong "$file: not $expected$place"
    fi
done <"$WORK/rows"
check 'there were rows' test "$number" -ge 120
say "ok: $number policies"
check 'nothing was stored' test ! -e "$PREFIX/drive_c/mr/data/policy.jws"
passed
