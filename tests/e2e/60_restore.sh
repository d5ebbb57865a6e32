#!/bin/sh
# 60_restore.sh - `mapi-rollout-agent restore` after a rollout: everybody who is logged on gets back what was there
# before, byte for byte; it is refused while the agent runs, and says whom it did not reach.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

restore() { # option... - prints the outcomes, one line "NAME=OUTCOME" each
    tool mapi-rollout-agent restore --json "$@" >"$WORK/log/restore.json" 2>"$WORK/log/restore.err" || return 1
    [ "$(wc -l <"$WORK/log/restore.json")" = 1 ] || fail "what restore says is no line"
    python3 - "$WORK/log/restore.json" <<'EOF'
import json
import sys
for user in json.load(open(sys.argv[1]))["users"]:
    print(user["sid"], user["outcome"])
EOF
}

outcome_is() { # name, outcome
    printf '%s\n' "$OUTCOMES" | tr -d '\r' | grep -qx "$(sid_of "$1") $2"
}

user_add alice 1001
user_add bob 1002 0
user_add carol 1003 1
user_add dave 1004
user_add erin 1005
for one in alice bob carol dave; do user_logon $one; done
text="HKU\\$(sid_of dave)\\$SETTING_KEY"
wine_quiet reg add "$text" /v $SETTING /t REG_SZ /d "as it was" /f >/dev/null || fail "no text for dave"
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
for one in alice bob dave; do until_value $one 1; done

! tool mapi-rollout-agent restore >"$WORK/log/busy.out" 2>&1 || fail "it restores beside a running agent"
check "beside a running agent it is refused with a sentence" grep -q 'another agent works on' "$WORK/log/busy.out"
check "and changes nothing" has_value alice 1
agent_kill

OUTCOMES=$(restore) || fail "restore: $(cat "$WORK/log/restore.err")"
check "alice is restored" outcome_is alice restored
check "so is bob" outcome_is bob restored
check "carol, an exception, was never touched" outcome_is carol untouched
check "erin is not logged on, and named" outcome_is erin not_logged_on
check "alice has no value again" has_value alice absent
check "bob has his 0" has_value bob 0
check "carol her 1" has_value carol 1
check "dave has his text" sh -c "WINEPREFIX=$PREFIX WINEDEBUG=-all $MR_WINE reg query '$text' /v $SETTING 2>/dev/null | grep -q 'REG_SZ.*as it was'"
for one in alice bob carol dave; do
    has_no_marker $one || fail "$one still has a marker"
done

OUTCOMES=$(restore --set allow) || fail "restore --set allow: $(cat "$WORK/log/restore.err")"
check "allow removes what others wrote, too" outcome_is carol removed
for one in alice bob carol dave; do
    check "$one has no value" has_value $one absent
    has_no_marker $one || fail "$one has a marker again"
done

! tool mapi-rollout-agent restore --set leave >/dev/null 2>"$WORK/log/usage.err" || fail "a wrong word is taken"
passed
