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
count=0

wrong() { # sentence
    cat "$WORK/out" "$WORK/errors" >"$WORK/log/said.log"
    fail "$*"
}

while IFS=$tab read -r file document trust floor least verified expected pointer; do
    [ "$document:$floor:$least" = policy:-:- ] || continue
    count=$((count + 1))
    wine_quiet 'C:\mr\agent.exe' check-policy "Z:$data/$file" --trust-file "Z:$data/$trust" \
        --data-dir 'C:\mr\data' >"$WORK/out" 2>"$WORK/errors.crlf"
    code=$?
    tr -d '\r' <"$WORK/errors.crlf" >"$WORK/errors"
    if [ "$expected" = accept ]; then
        [ "$code" = 0 ] || wrong "$file gives $code"
        grep -q '^outcome  accept' "$WORK/out" || wrong "$file: no word of accepting"
    else
        [ "$code" = 1 ] || wrong "$file gives $code, should be refused"
        place=$([ "$pointer" = - ] || echo " at $pointer")
        grep -q "^mapi-rollout-agent: $expected$place: " "$WORK/errors" || wrong "$file: not $expected$place"
    fi
done <"$data/signed.tsv"
check 'there were rows' test "$count" -ge 120
say "ok: $count policies"
check 'nothing was stored' test ! -e "$PREFIX/drive_c/mr/data/policy.jws"
passed
