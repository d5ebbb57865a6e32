#!/bin/sh
# 79_msi_serverless.sh - docs/sccm.md without a server, word for word: the package and signed files alone, as SCCM distributes
# them, do the whole job, and the State key says how it went.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"

# The command line of the page's table, whose words are in capitals there.
follow() { # what it does
    line=$(sed -n "s/^ *| $1 | \`\([^\`]*\)\` .*/\1/p" "$ROOT/docs/sccm.md")
    [ -n "$line" ] || fail "the page has no command line for: $1"
    code=$(msiinfo export "$PACKAGE_DIR/mapi-rollout-agent-$VERSION-x64.msi" Property | sed -n 's/^ProductCode\t\({.*}\).*/\1/p')
    msi_follow "$(printf %s "$line" | sed "s/VERSION/$VERSION/; s/{PRODUCT-CODE}/$code/")"
}

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
msi_make "$VERSION" "mapi-rollout-agent-$VERSION-x64.msi"
msi_files
sign 1
follow 'without a server'
until_ok 20 "the service runs" service_is RUNNING
check "no server is set" equal "$(setting ServerUrl)" ''

take() { # stage, version
    mkdir -p "$PREFIX/drive_c/ccmcache/$1"
    cp "$ROOT/installer/sccm/drop_policy.cmd" "$PREFIX/drive_c/ccmcache/$1/"
    policy_of 1 "$1" >"$PREFIX/drive_c/ccmcache/$1/policy.jws"
    wine_quiet cmd /c "C:\\ccmcache\\$1\\drop_policy.cmd" >"$WORK/log/drop.log" 2>&1 || fail "$1 is not handed over"
    check "State says that $1 is in force" is_in_force "$2"
}
take hold-back 1002
until_value alice 1
until_value bob 1
take pilot 1003
until_value bob absent
check "State has bob's ring" equal "$(state Ring "$(sid_of bob)")" pilot
check "and what is set for alice" equal "$(state Set "$(sid_of alice)")" block

follow repair
until_ok 20 "the service runs" service_is RUNNING
check "alice keeps her value" has_value alice 1
follow remove
check "alice has nothing again" has_value alice absent
check "bob has his 0" has_value bob 0
passed
