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
user_add betty 1021
user_add bill 1022
user_add blair 1023
for one in alice bob carol dave betty bill blair; do user_logon $one; done
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_value bob 1
for one in betty bill blair; do until_value $one 1; done
watch_start --all "$(sid_of alice)" "$(sid_of bob)" "$(sid_of carol)" "$(sid_of dave)" \
    "$(sid_of betty)" "$(sid_of bill)" "$(sid_of blair)"

# Every pass looks after everybody. That one is over is known by what it does for one whose value somebody rewrote:
# each of them twice at most, the third time it would be contested.
only_one_written() { # name, when
    watch_settle
    others=$(watch_lines | grep -v " $(sid_of "$1") ")
    [ -z "$others" ] || fail "$2 somebody else's hive was written: $others"
    say "ok: $2 nothing was written for the others"
    watch_mark
}

for one in betty bill blair; do
    foreign_write $one 0
    until_value $one 1
    foreign_write $one absent
    until_value $one 1
    only_one_written $one "while $one was put right"
done

agent_kill
agent_start
foreign_write bob 0
until_value bob 1
only_one_written bob "after a restart"

release pilot
until_value bob absent
only_one_written bob "by a stage that changes bob alone"

foreign_write bob 1
until_value bob absent
until_server_says bob value.present false
until_server_says alice version 1003
only_one_written bob "by a correction that removes"

# A whole pass that finds all as decided, for bob, too: the next version, with the same outcome for everybody.
sign 2
admin publish "$WORK/bundle-2.json"
release pilot
until_server_says bob version 2003
until_server_says dave version 2003
check "a version that decides the same writes nothing" nothing_written
passed
