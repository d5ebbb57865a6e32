#!/bin/sh
# 33_server_away.sh - without its server the agent enforces what it has, keeps its reports, and delivers them later.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

user_add alice 1001
user_add bob 1002
user_logon alice
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_server_says alice state idle

server_kill
say "the server is gone"
foreign_write alice absent
until_value alice 1
user_logon bob
until_value bob 1
agent_kill
say "the agent is gone, too"
foreign_write alice 0
agent_start
until_value alice 1
foreign_write bob absent
until_value bob 1

server_start
# Reconnecting is spread over a minute.
until_server_says bob hive loaded 150
until_server_says bob value.value 1
until_server_says bob version 1002
release everyone
until_value alice absent 90
passed
