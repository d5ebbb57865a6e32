#!/bin/sh
# 36_cycles.sh - MR_CYCLES (200) passes that each find something to put right: handles and memory stay flat.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
WARM_UP=60
CYCLES=${MR_CYCLES:-200}
HANDLES_MORE=4 # a report that happens to be on its way holds a few
MEMORY_MORE=$((192 * 1024))

user_add alice 1001
user_add bob 1002
for one in alice bob; do user_logon $one; done
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_server_says alice version 1002

count() { # handles, pagefile_bytes
    tool handles mapi-rollout-agent.exe | tr ' ' '\n' | sed -n "s/^$1=//p"
}

churn() { # rounds
    tool churn "$(sid_of alice)" "$1" >>"$WORK/log/churn.log" 2>&1 || fail "a foreign value stayed"
    tail -n 1 "$WORK/log/churn.log"
}

churn $WARM_UP
handles=$(count handles)
memory=$(count pagefile_bytes)
churn $CYCLES
handles_more=$(($(count handles) - handles))
memory_more=$(($(count pagefile_bytes) - memory))
say "handles $handles $(printf %+d $handles_more), memory $memory $(printf %+d $memory_more) bytes (under Wine)"
[ $handles_more -le $HANDLES_MORE ] || fail "$handles_more handles more after $CYCLES cycles"
[ $memory_more -le $MEMORY_MORE ] || fail "$memory_more bytes more after $CYCLES cycles"
passed
