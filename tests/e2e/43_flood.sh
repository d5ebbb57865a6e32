#!/bin/sh
# 43_flood.sh - a user rewrites his own value in a tight loop: the agent looks at him a few times and then once a minute,
# does hardly any work meanwhile, and whoever logs on or is tampered with is served at once.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
FLOOD_MS=8000
LOOKS_MOST=40 # 20 at once, and what the others cause
CPU_MOST_PERCENT=25

user_add alice 1001
user_add bob 1002
user_add mallory 1011
user_logon mallory
user_logon bob
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
for one in bob mallory; do until_value $one 1; done
until_server_says mallory version 1002

# Time of the agent's process in user and system mode, in hundredths of a second.
agent_cpu() {
    awk '{ print $14 + $15 }' "/proc/$AGENT_PID/stat"
}

passes() {
    agent_log | grep -c 'event=pass '
}

looked_more_than() { # times
    [ "$(passes)" -gt "$1" ]
}

cpu=$(agent_cpu)
looks=$(passes)
began=$(now_ms)
wine_background churn 'C:\mr\churn.exe' "$(sid_of mallory)" flood $FLOOD_MS
until_true 20 looked_more_than $looks || fail "nobody looks at the flood"
user_logon alice
logged_on=$(now_ms)
until_value alice 1 5
say "alice had her value after $(($(now_ms) - logged_on)) ms"
foreign_write bob absent
until_value bob 1 5
wait "$STARTED_PID" || fail "the flood ended"
took=$(($(now_ms) - began))
cpu=$((($(agent_cpu) - cpu) * 1000 / took))
looks=$(($(passes) - looks))
say "$(tail -n 1 "$WORK/log/churn.log" | tr -d '\r') of the flood: $looks passes, $cpu % of a core"
[ $looks -ge 3 ] || fail "the log does not say when the agent looks"
[ $looks -le $LOOKS_MOST ] || fail "$looks passes in $took ms"
[ $cpu -le $CPU_MOST_PERCENT ] || fail "the agent took $cpu % of a core"
until_server_says mallory state contested
passed
