#!/bin/sh
# 61_outlook_closed.sh - a stage that waits until Outlook is closed: who has none is written to at once, who has one when
# it ends, within seconds; drift and the safe policy wait for nothing. Who is spread over time waits for his turn.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

template() { # what follows the stage hold-back's name and rules
    sed "s|\"otherwise\": \"block\", \"expect\": \"any\" }|\"otherwise\": \"block\", \"expect\": \"any\", \"apply\": $1 }|" \
        "$HARNESS_DIR/plan.json.in" >"$WORK/plan.json.in"
    PLAN_TEMPLATE=$WORK/plan.json.in
}

outlook_start() {
    wine_background outlook 'C:\mr\OUTLOOK.EXE'
    OUTLOOK_PID=$STARTED_PID
    until_true 20 tool handles OUTLOOK.EXE >/dev/null || fail "Outlook does not start"
}

user_add alice 1001
user_logon alice
server_start
agent_configure "$SERVER_URL"
outlook_start
agent_start
template '{ "when": "outlook_closed", "deadline_s": 86400 }'
publish 1
release hold-back
until_value alice 1
until_server_says wine state waiting
check "while Outlook runs nothing is written" has_value wine absent
check "and the log says so" agent_said "event=user_waiting sid=$WINE_SID "

closed_ms=$(now_ms)
kill "$OUTLOOK_PID"
wait "$OUTLOOK_PID" 2>/dev/null || :
until_value wine 1 10
say "written $(($(now_ms) - closed_ms)) ms after Outlook was closed"
until_server_says wine state idle

outlook_start
foreign_write wine 0
until_value wine 1
until_server_says wine corrections 1

publish 2
release pilot
until_server_says alice version 2003
release everyone
until_server_says wine version 2004
template '{ "when": "outlook_closed", "deadline_s": 86400, "spread_s": 86400 }'
publish 3
release hold-back
until_server_says wine state waiting
until_server_says alice state waiting
check "whose turn has not come is not written to" has_value alice absent
safe
until_value wine 1
until_value alice 1
passed
