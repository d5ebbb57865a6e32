#!/bin/sh
# 37_restart_floor.sh - killed and started again, the agent takes nothing older than it had, and knows what was before.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

user_add alice 1001 0
user_add bob 1002
for one in alice bob; do user_logon $one; done
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
release pilot
until_value bob absent
before=$(marker_part alice PreImage)
check "a 0 was there before" equal "$before" 010400000000000000
policy_of 1 hold-back >"$WORK/older.jws"
server_stop # from now on the file is the only source

older_is_refused() { # when
    rm -f "$DATA_DIR/policy.jws.refused"
    cp "$WORK/older.jws" "$DATA_DIR/policy.jws"
    agent_start
    until_ok 20 "$1: the older policy is put aside" test -e "$DATA_DIR/policy.jws.refused"
    until_ok 30 "$1: the log says why" agent_said version_rollback
    check "$1: the newer one is in force" equal "$(values alice bob)" 'alice=1 bob=absent '
    check "$1: what was there before is still known" equal "$(marker_part alice PreImage)" "$before"
}

agent_kill
older_is_refused "killed and started"
agent_kill
foreign_write bob 1
agent_start
until_value bob absent
agent_kill

# The floor is kept twice: without the files, the registry's copy still counts.
rm -rf "${DATA_DIR:?}"/*
rm -f "$WORK/log/agent.log"
older_is_refused "the data directory emptied"
passed
