#!/bin/sh
# 39_hostile_hive.sh - a user plants registry links in his own hive: nothing is written where they lead, he is reported
# with an error, and everybody else is looked after.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
VICTIM='HKLM\Software\Victim'
VICTIM_NATIVE='\REGISTRY\MACHINE\Software\Victim'

user_add alice 1001
user_add mallory 1011
user_add trudy 1012
user_add oscar 1013
for one in alice mallory trudy oscar; do user_logon $one; done
wine_quiet reg add "$VICTIM\\Exchange" /v here /d before /f >/dev/null || fail "no victim"
wine_quiet reg query "$VICTIM" /s >"$WORK/victim.before"

# The setting's own key, one above it, and the marker's.
wine_quiet reg delete "HKU\\$(sid_of mallory)\\$SETTING_KEY" /f >/dev/null
wine_quiet reg delete "HKU\\$(sid_of trudy)\\Software\\Microsoft" /f >/dev/null
tool reglink plant "$(sid_of mallory)" "$SETTING_KEY" "$VICTIM_NATIVE" || fail "no link for mallory"
tool reglink plant "$(sid_of trudy)" 'Software\Microsoft' "$VICTIM_NATIVE" || fail "no link for trudy"
tool reglink plant "$(sid_of oscar)" "$MARKER_KEY" "$VICTIM_NATIVE" || fail "no link for oscar"

server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_server_says alice state idle
for one in mallory trudy oscar; do
    until_server_says $one state error
done
wine_quiet reg query "$VICTIM" /s >"$WORK/victim.after"
check "where the links lead nothing changed" cmp "$WORK/victim.before" "$WORK/victim.after"

release finish
until_value alice absent
until_server_says alice version 1006
wine_quiet reg query "$VICTIM" /s >"$WORK/victim.after"
check "nor when everybody is released" cmp "$WORK/victim.before" "$WORK/victim.after"

# Once the link is gone, he is looked after like everybody.
publish 2
release hold-back
tool reglink remove "$(sid_of oscar)" "$MARKER_KEY" || fail "the link stays"
until_value oscar 1 90
passed
