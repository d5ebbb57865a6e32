#!/bin/sh
# 59_network_away.sh - a machine that sleeps while its connections die, and one that starts before its network: the stored
# policy is enforced at once, and soon after the network is there the agent is in step.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/relay.sh"
enter_network "$@"
harness_begin

SLEEP_S=75   # longer than a minute is a sleep; and the agent looks every 10 s
IN_STEP_S=45 # 30 s at most, and what a busy machine needs

user_add alice 1001
user_logon alice
server_start
relay_start
agent_configure "$RELAY_URL"
agent_start
plan_wait 240
publish 1
release hold-back
until_value alice 1
until_ok 20 "the agent waits for news" is_polled

changes=$(count_of "$WORK/log/agent.log" event=network_changed)

# Asleep: nothing runs, and what is open dies without a word. Held polls would be waited for 255 s and more.
kill -STOP "$AGENT_PID"
touch "$RELAY/stalled"
release everyone
sleep $SLEEP_S
check "nothing happens in its sleep" has_value alice 1
kill -CONT "$AGENT_PID"
until_ok 30 "it notices that it slept" has_more "$WORK/log/agent.log" event=network_changed "$changes"
until_value alice absent $IN_STEP_S

# Switched on before the network: what somebody changed meanwhile is put right without it.
agent_kill
server_stop
foreign_write alice 1
rm "$WORK/log/agent.log"
agent_start
until_value alice absent
until_ok 20 "the log says that nobody answers" agent_said 'poll.*(unreachable|denied|timed_out)'
server_start
until_ok 60 "the agent waits for news again" is_polled
publish 2
release hold-back
until_value alice 1
passed
