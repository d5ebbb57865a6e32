#!/bin/sh
# 46_hives_vanish.sh - many users log on and off as fast as they can while the agent works: nothing of theirs is held
# (a hive whose root is open cannot be unloaded), the agent lives on, and the others are served.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
CROWD=40
STORM_MS=8000

user_add alice 1001
user_add bob 1002
user_add mold 1099
cp "$PREFIX/drive_c/hives/mold.hive" "$PREFIX/drive_c/hives/crowd.hive"
user_logon alice
agent_configure
agent_start
until_ok 20 "the agent made its data directory" test -d "$DATA_DIR"
sign 1

take() { # stage
    policy_of 1 "$1" >"$DATA_DIR/dropped"
    mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
    until_ok 20 "$1: the file is taken and gone" sh -c "! test -e '$DATA_DIR/policy.jws'"
}

count() { # handles
    tool handles mapi-rollout-agent.exe | tr ' ' '\n' | sed -n "s/^$1=//p"
}

take hold-back
until_value alice 1
handles=$(count handles)
wine_background storm 'C:\mr\crowd.exe' storm $CROWD 'C:\hives\crowd.hive' $STORM_MS
storm=$STARTED_PID
user_logon bob
until_value bob 1
take pilot
until_value bob absent
foreign_write alice absent
until_value alice 1
wait "$storm" || fail "somebody could not log off: a key of his stays open"
say "ok: everybody could log off, $(tail -n 1 "$WORK/log/storm.log" | tr -d '\r') in $STORM_MS ms"
check "the agent lives" alive "$AGENT_PID"

# Afterwards, too: the watch takes keys of all that are there, and gives them back.
tool crowd load $CROWD 'C:\hives\crowd.hive' || fail "the crowd cannot log on"
has_count() { # how many, value
    [ "$(tool crowd count $CROWD "$2")" = "$1" ]
}
until_ok 20 "the whole crowd is served" has_count $CROWD 1
tool crowd unload $CROWD || fail "the crowd cannot log off"
handles_are_back() {
    [ "$(count handles)" -le $((handles + 6)) ] # bob's keys
}
until_ok 30 "no handle is left of anybody" handles_are_back
passed
