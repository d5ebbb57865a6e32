#!/bin/sh
# 34_no_write.sh - where nothing differs nothing is written, anywhere in the hive; what somebody else wrote is put right.
#
# Wine tells nobody of a value that is written as it was; that those writes are not made either is counted by the
# agent's unit tests.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

user_add alice 1001
user_add bob 1002
user_add carol 1003
user_add dave 1004 1
for one in alice bob carol dave; do user_logon $one; done
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_value bob 1
watch_start --all "$(sid_of alice)" "$(sid_of bob)" "$(sid_of carol)" "$(sid_of dave)"

# Every pass looks after everybody. That one is over is known by what it does for bob.
only_bob_written() { # when
    others=$(watch_lines | grep -v " $(sid_of bob) ")
    [ -z "$others" ] || fail "$1 somebody else's hive was written: $others"
    say "ok: $1 nothing was written for the other three"
    watch_mark
}

for round in 1 2 3; do
    foreign_write bob 0
    until_value bob 1
    foreign_write bob absent
    until_value bob 1
    only_bob_written "in round $round"
done

agent_kill
agent_start
foreign_write bob 0
until_value bob 1
only_bob_written "after a restart"

release pilot
until_value bob absent
only_bob_written "by a stage that changes bob alone"

foreign_write bob 1
until_value bob absent
until_server_says bob value.present false
until_server_says alice version 1003
only_bob_written "by a correction that removes"

# A whole pass that finds all as decided, for bob, too: the next version, with the same outcome for everybody.
sign 2
admin publish "$WORK/bundle-2.json"
release pilot
until_server_says bob version 2003
until_server_says dave version 2003
[ -z "$(watch_lines)" ] || fail "a version that decides the same wrote: $(watch_lines)"
say "ok: a version that decides the same writes nothing"
passed
