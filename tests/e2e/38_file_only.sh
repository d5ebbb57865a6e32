#!/bin/sh
# 38_file_only.sh - no server at all: signed files dropped into the data directory do the whole job.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

user_add alice 1001
user_add bob 1002
user_add carol 1003 0
for one in alice bob carol; do user_logon $one; done
before=$(values alice bob carol)
agent_configure
agent_start
until_ok 20 "the agent made its data directory" test -d "$DATA_DIR"
sign 1

take() { # stage
    policy_of 1 "$1" >"$DATA_DIR/dropped"
    mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
    until_ok 20 "$1: the file is taken and gone" sh -c "! test -e '$DATA_DIR/policy.jws'"
}

take observe
for one in alice bob carol; do until_ok 20 "$one was decided about" shown $one Set leave; done
check "observing writes nothing" equal "$(values alice bob carol)" "$before"
take hold-back
until_value alice 1
until_value bob 1
take pilot
until_value bob absent
take safe
until_value alice 1
until_value bob 1
until_value carol 1

take pilot
until_ok 20 "what is older is put aside" test -e "$DATA_DIR/policy.jws.refused"
check "the safe policy is in force" equal "$(values alice bob carol)" 'alice=1 bob=1 carol=1 '

agent_kill
foreign_write bob absent
agent_start
until_value bob 1
passed
