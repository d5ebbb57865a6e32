#!/bin/sh
# 63_damaged_store.sh - each file of the data directory, damaged in several ways while the agent was down: it starts
# without help, no value changes, nothing older is taken, and with the server it is whole again.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
FILES='accepted.jws accepted.floor accepted.etag accepted.at accepted.trust trust.kept users.ledger device.sealed enroll.sealed'

damage() { # way, file
    case $1 in
    empty) : >"$2" ;;
    cut) truncate -s "$(($(wc -c <"$2") / 2))" "$2" ;;
    garbage) head -c 600 /dev/urandom >"$2" ;;
    huge) head -c 9000000 /dev/zero >"$2" ;;
    esac
}

user_add alice 1001
user_add bob 1002
for one in alice bob; do user_logon $one; done
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
policy_of 1 hold-back >"$WORK/older.jws"
release pilot
until_value bob absent
until_server_says bob version 1003
for file in $FILES; do
    [ -f "$DATA_DIR/$file" ] || fail "there is no $file to be damaged"
done
watch_start "$(sid_of alice)" "$(sid_of bob)"

# All at once, so that nothing is made good by another file; the server is away.
for way in empty cut garbage huge; do
    agent_kill
    server_stop
    for file in $FILES; do
        damage $way "$DATA_DIR/$file"
    done
    rm -f "$WORK/log/agent.log" "$DATA_DIR/policy.jws.refused"
    cp "$WORK/older.jws" "$DATA_DIR/policy.jws"
    agent_start
    until_ok 30 "$way: the agent starts, and puts an older policy aside" test -e "$DATA_DIR/policy.jws.refused"
    check "$way: for what it is" agent_said version_rollback
    server_start
    until_ok 60 "$way: it takes the policy again that it had" agent_said 'event=policy_accepted .*version=1003'
    until_true 60 is_polled || fail "$way: the agent does not come back to the server"
    check "$way: no value was touched" nothing_written
    check "$way: and they are as decided" equal "$(values alice bob)" 'alice=1 bob=absent '
done

# A trust file that is put back to an older version changes nothing either, and is told.
agent_kill
"$MR_ADMIN" trust new --key "$SITE/signing.pub.pem" --rollout "$ROLLOUT" --version 2 --out "$WORK/trust-2.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "trust new"
cp "$PREFIX/drive_c/mr/trust.json" "$WORK/trust-1.json"
cp "$WORK/trust-2.json" "$PREFIX/drive_c/mr/trust.json"
agent_start
until_ok 30 "a higher trust is taken" agent_said 'event=trust_replaced version=2'
agent_kill
cp "$WORK/trust-1.json" "$PREFIX/drive_c/mr/trust.json"
agent_start
until_ok 30 "an older one is refused" agent_said 'trust_rollback'
device_fails_with() { # code
    "$MR_ADMIN" devices --json 2>>"$WORK/log/operator.log" | grep -q "\"$1\""
}
until_ok 30 "and the report says so" device_fails_with trust_rollback
publish 2
release hold-back
until_value bob 1
passed
