#!/bin/sh
# 32_logon.sh - somebody logs on in the middle: the value is there within a second; logging off does no harm.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
WITHIN_MS=1000

user_add alice 1001
user_add frank 1006
user_logon alice
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_server_says frank state pending_logon
watch_start "$(sid_of alice)" "$(sid_of frank)"

# Between the line that says the hive is there and the line that says 1.
logon_ms() {
    watch_lines | awk -v sid="$(sid_of frank)" '
        $2 == sid && $3 == "absent" { there = $1 }
        $2 == sid && $3 == "1" && there { print $1 - there; exit }'
}

for round in 1 2 3; do
    watch_mark
    user_logon frank
    until_value frank 1 10
    took=$(logon_ms)
    if [ -z "$took" ]; then
        took=0 # the value was there before the watcher looked for the first time
    fi
    [ "$took" -le $WITHIN_MS ] || fail "logon $round: the value came after $took ms"
    say "ok: logon $round: the value came after $took ms"
    until_server_says frank hive loaded
    user_logoff frank
    until_value frank no_hive
    until_server_says frank hive not_loaded
done
check "the others are as they were" has_value alice 1
passed
