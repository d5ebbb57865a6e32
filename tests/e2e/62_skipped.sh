#!/bin/sh
# 62_skipped.sh - the agent that came down while it looked after a user finds his mark: once is forgiven, the second time
# he is skipped and everybody else is served, until another version comes.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
MARK_KEY='HKLM\SOFTWARE\MapiRollout\Running'

# What a process leaves that ends in the middle. The agent made the key, which goes with the machine's restart.
leave_mark() { # name, version
    wine_quiet reg add "$MARK_KEY" /v User /t REG_SZ /d "$(sid_of "$1") $2" /f >/dev/null || fail "no mark"
}

no_mark() {
    reg_lacks "$MARK_KEY" /v User
}

restart_after_crash() { # name, version
    agent_kill
    leave_mark "$1" "$2"
    agent_start
    until_ok 20 "the mark is taken" no_mark
}

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
until_ok 20 "nobody is marked when nobody is looked after" no_mark

restart_after_crash alice 1002
foreign_write alice 0
until_value alice 1
check "one crash is told and forgiven" agent_said "event=ended_badly sid=$(sid_of alice)"

# The second in a row, with no look in between: as if the first one had come down again at once.
agent_kill
ledger=$DATA_DIR/users.ledger
seen='[0-9]* [0-9]* [0-9]* [0-9]* [01]' # what was seen of Outlook, at the end of the line
sed -i "/^$(sid_of alice) /s/ [0-9]* [0-9]* \([01] $seen\)\$/ 1 1002 \1/" "$ledger"
grep -q "^$(sid_of alice) .* 1 1002 [01] $seen\$" "$ledger" || fail "the ledger looks different: $(cat "$ledger")"
leave_mark alice 1002
agent_start
until_server_says alice error skipped_after_crash
check "her state is error" says alice state error
foreign_write alice 0
foreign_write bob 0
until_value bob 1
check "she is left alone" has_value alice 0
agent_kill
heard=$(server_says alice reported_at)
agent_start
until_reported_since alice "$heard"
foreign_write bob absent
until_value bob 1
check "also after a restart" has_value alice 0

publish 2
release hold-back
until_value alice 1
until_server_says alice state idle
passed
