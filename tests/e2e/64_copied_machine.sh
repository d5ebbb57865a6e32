#!/bin/sh
# 64_copied_machine.sh - a machine that was copied, agent and all: the copy drops the device's token, keeps policy and
# floor, and enrols as another device. And a machine policy's MinVersion bounds what is taken from below.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
GUID_KEY='HKLM\SOFTWARE\Microsoft\Cryptography'
POLICY_KEY='HKLM\SOFTWARE\Policies\MapiRollout'

devices() { # prints how many the server knows
    "$MR_ADMIN" devices --json 2>>"$WORK/log/operator.log" | grep -c '"device_id"'
}

has_devices() { # number
    [ "$(devices)" = "$1" ]
}

user_add alice 1001
user_logon alice
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_server_says alice version 1002
check "there is one device" has_devices 1

agent_kill
wine_quiet reg add "$GUID_KEY" /v MachineGuid /t REG_SZ /d 6e0ec5ba-0000-4000-8000-00000000c0de /f >/dev/null ||
    fail "cannot make this another machine"
rm -f "$WORK/log/agent.log"
agent_start
until_ok 30 "the copy notices" agent_said 'event=device_is_copy .*belongs to another machine'
until_ok 30 "and is another device" has_devices 2
check "its policy stayed in force" agent_said 'event=policy_loaded .*version=1002'
check "nothing was taken anew" lacks "$WORK/log/agent.log" event=policy_accepted

# MinVersion: serial 1 has versions below it, serial 2 has not.
agent_kill
user_add bob 1002
user_logon bob
rm -rf "${DATA_DIR:?}"/*
wine_quiet reg delete 'HKLM\SOFTWARE\MapiRollout\State' /f >/dev/null || fail "cannot forget the floor"
wine_quiet reg add "$POLICY_KEY" /v MinVersion /t REG_SZ /d 2000 /f >/dev/null || fail "no MinVersion"
foreign_write alice absent
agent_start
until_ok 30 "a policy below MinVersion is refused" agent_said 'code=version_rollback'
check "and brought to nobody" equal "$(values alice bob)" 'alice=absent bob=absent '
publish 2
release hold-back
until_value alice 1
until_value bob 1
passed
