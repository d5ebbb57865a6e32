#!/bin/sh
# 79_msi_serverless.sh - without SERVERURL: the package and signed files alone, as SCCM distributes them, do the whole job and
# the State key says how it went.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"

state() { # name, [SID]
    key='HKLM\SOFTWARE\MapiRollout\State'
    reg_query "$key${2:+\\Users\\$2}" /v "$1" | sed -n "s/^ *$1 *REG_[A-Z_]* *//p"
}

is_in_force() { # version
    [ "$(state PolicyVersion)" = "$1" ]
}

user_add alice 1001
user_add bob 1002 0
for one in alice bob; do user_logon $one; done
msi_make "$VERSION" agent.msi
msi_files
sign 1
msi_good "it installs with a trust file alone" /i agent.msi TRUSTFILE=trust.json "ROLLOUT=$ROLLOUT"
until_ok 20 "the service runs" service_is RUNNING
check "no server is set" equal "$(setting ServerUrl)" ''

take() { # stage, version
    policy_of 1 "$1" >"$DATA_DIR/dropped"
    mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
    until_ok 20 "State says that $1 is in force" is_in_force "$2"
}
take hold-back 1002
until_value alice 1
until_value bob 1
take pilot 1003
until_value bob absent
check "State has bob's ring" equal "$(state Ring "$(sid_of bob)")" pilot
check "and what is set for alice" equal "$(state Set "$(sid_of alice)")" block

msi_good "a repair changes nothing of that" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus
until_ok 20 "the service runs" service_is RUNNING
check "alice keeps her value" has_value alice 1
msi_good "it uninstalls" /x agent.msi
check "alice has nothing again" has_value alice absent
check "bob has his 0" has_value bob 0
passed
