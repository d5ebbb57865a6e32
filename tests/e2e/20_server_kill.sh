#!/bin/sh
# 20_server_kill.sh - a server killed with -9 while devices report loses nothing that it answered with 204, and
# serves the released policy again.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROUNDS=8
ROLLOUT=kill-e2e
native_begin "$MR_SERVER" "$MR_ADMIN"
site_make
server_start
enroll_secret >"$WORK/enroll.secret"

devices() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/report_stream.py" "$command" "$SERVER_URL" "$CA" "$@"
}

taken() {
    wc -l <"$WORK/taken"
}

has_taken() { # count
    [ "$(taken)" -ge "$1" ]
}

served() {
    curl -sS --cacert "$CA" -o /dev/null -D - "$SERVER_URL/v1/policy" | sed -n 's/^ETag: *"\([0-9]*\)-.*/\1/p'
}

: >"$WORK/taken"
devices enroll "$WORK/enroll.secret" "$WORK/device" || fail "no device could be enrolled"

# ---- kills between reports -----------------------------------------------------------------------

# Each kill hits another place: after so many more answers, with the next report under way.
round=1
while [ "$round" -le "$ROUNDS" ]; do
    devices send "$WORK/device" "$WORK/taken" $((round * 100000)) &
    sender=$!
    remember "$sender"
    until_true 30 has_taken $(($(taken) + round * 3)) || fail "reports are not answered"
    server_kill
    wait "$sender" || fail "a report was refused"
    server_start
    round=$((round + 1))
done

answered=$(taken)
verified=$(devices verify "$WORK/device" "$WORK/taken") || fail "a report that was answered is lost"
check "$ROUNDS kills: all $answered reports that were answered are there" equal "$verified" "$answered"

# ---- kills after orders --------------------------------------------------------------------------

publish 1
release hold-back
server_kill
server_start
check "killed right after a release: it is served" equal "$(served)" 1002
safe
server_kill
server_start
check "killed right after the brake: the safe policy is served" equal "$(served)" 1999

"$MR_SERVER" safe --data "$SERVER_DATA" --reason "once more" 2>"$WORK/log/safe.log" ||
    fail "the brake over the control socket"
check "the brake again changes nothing" equal "$(served)" 1999
server_stop
if "$MR_SERVER" safe --data "$SERVER_DATA" --reason "nobody there" 2>"$WORK/safe.said"; then
    fail "the brake without a server says that all is well"
fi
check "without a server the brake says so" grep -q "no server runs" "$WORK/safe.said"
passed
