#!/bin/sh
# 40_contested.sh - a value that somebody rewrites three times within a day is left to him, over a restart of the agent,
# until another version comes; and one whose hive forgets is written at each logon.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

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

for round in 1 2; do
    foreign_write alice 0
    until_value alice 1
done
until_server_says alice corrections 2
foreign_write alice 0
until_server_says alice state contested
check "the third time it is left" has_value alice 0
check "and said in the log" agent_said "event=user_contested sid=$(sid_of alice) "
agent_kill
heard=$(server_says alice reported_at)
agent_start
until_reported_since alice "$heard"
check "it is still left after a restart" has_value alice 0
check "and still reported so" says alice state contested

publish 2
release hold-back
until_value alice 1
until_server_says alice state idle

# Wine forgets what a loaded hive was given when it is unloaded, like a profile that is reset at each logon.
for logon in 1 2 3 4; do
    user_logoff bob
    until_true 30 says bob hive not_loaded || fail "the agent does not see that bob logged off"
    user_logon bob
    until_value bob 1
    until_server_says bob hive loaded # or what it said of the last time off would count for the next
done
check "a hive that forgets is not contested" says bob corrections 0
passed
