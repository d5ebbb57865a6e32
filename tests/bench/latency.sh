#!/bin/sh
# latency.sh - from the operator's order to the value in the registry: 20 releases, four users, spread_s 0, under Wine.
#
# Two figures a change: from the moment the `mapi-rollout release` command is started, and from the moment the server
# is sent the order by a client that is connected already. Both end with the last user's write, as the registry itself
# tells it. Writes build/bench/latency.json.
set -u
. "$(dirname "$0")/../e2e/harness.sh"
enter_network "$@"
CHANGES=20
USERS='alice bob carol dave'
USER_COUNT=4

# Stages that take turns, so that each release changes everybody.
plan_alternate() { # file, stages
    python3 - "$2" "$ROLLOUT" "$(now_text '-1 minute')" "$(now_text '+30 days')" >"$1" <<'END'
import json, sys
count, rollout, issued, expires = int(sys.argv[1]), *sys.argv[2:]
json.dump({
    "format": "mapi-rollout/plan/1", "rollout": rollout, "serial": 1, "issued_at": issued, "expires_at": expires,
    "timing": {"poll_s": 60, "wait_s": 240, "spread_s": 0, "report_s": 300},
    "stages": [{"name": "step-%d" % (i + 1), "rules": [], "otherwise": "allow" if i % 2 else "block"}
               for i in range(count)],
    "safe": {"set": "block"}}, sys.stdout)
END
}

all_changed() {
    [ "$(watch_lines | wc -l)" -ge $USER_COUNT ]
}

# One change: prints "ORDER_MS LAST_WRITE_MS".
change() { # command...
    watch_mark
    ordered=$(now_ms)
    "$@" || return 1
    until_true 60 all_changed || fail "the change did not reach everybody: $*"
    say "$ordered $(watch_lines | tail -n 1 | cut -d' ' -f1)"
}

by_command() { # stage
    admin release "$1" --yes --confirm-regression
}

harness_begin
relative=1001
for one in $USERS; do
    user_add $one $relative
    relative=$((relative + 1))
    user_logon $one
done
server_start
agent_configure "$SERVER_URL"
agent_set LogLevel info
agent_start
plan_alternate "$WORK/plan-1.json" $((2 * CHANGES + 1))
"$MR_ADMIN" sign "$WORK/plan-1.json" --key "$SIGNING_KEY" --out "$WORK/bundle-1.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "sign"
admin publish "$WORK/bundle-1.json"
by_command step-1
for one in $USERS; do until_value $one 1 >/dev/null; done
watch_start "$(sid_of alice)" "$(sid_of bob)" "$(sid_of carol)" "$(sid_of dave)"

step=2
while [ $step -le $((CHANGES + 1)) ]; do
    change by_command step-$step >>"$WORK/by_command"
    step=$((step + 1))
done
mkdir -p "$ROOT/build/bench"
python3 "$ROOT/tests/bench/latency.py" "$MAPI_ROLLOUT_SERVER" "$CA" "$MAPI_ROLLOUT_TOKEN_FILE" \
    "$WORK/log/watch.log" $step $CHANGES $USER_COUNT "$WORK/by_command" "$ROOT/build/bench/latency.json" ||
    fail "no figures"
