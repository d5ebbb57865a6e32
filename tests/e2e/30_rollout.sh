#!/bin/sh
# 30_rollout.sh - the main walk: observe, hold back, pilot, everyone, the brake, and back to what was before.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

user_add alice 1001
user_add bob 1002    # the pilot
user_add carol 1003  # an exception
user_add dave 1004 1 # has the value from elsewhere
user_add erin 1005 0
EVERYBODY='alice bob carol dave erin'
for one in $EVERYBODY; do user_logon "$one"; done
before=$(values $EVERYBODY)

server_start
agent_configure "$SERVER_URL"
agent_start
publish 1

release observe
until_server_says alice version 1001
check "observing writes nothing" equal "$(values $EVERYBODY)" "$before"
for one in $EVERYBODY; do
    has_no_marker "$one" || fail "$one has a marker, and nothing was written"
done
until_server_says dave value.value 1
until_server_says alice state unmanaged

release hold-back
until_value alice 1
until_value bob 1
until_value erin 1
check "the exception and the 1 from elsewhere are as they were" equal "$(values carol dave)" 'carol=absent dave=1 '
check "nothing was there before: in alice's marker" equal "$(marker_part alice PreImage)" 0000000000
check "a DWORD 0 was there before: in erin's marker" equal "$(marker_part erin PreImage)" 010400000000000000
has_no_marker carol || fail "carol has a marker"
has_no_marker dave || fail "dave has a marker: the 1 is not ours"
until_server_says alice state idle
until_server_says carol state unmanaged

release pilot
until_value bob absent
check "the others are held back" equal "$(values alice carol dave erin)" 'alice=1 carol=absent dave=1 erin=1 '

release everyone
until_value alice absent
until_value dave absent
until_value erin absent
check "a 1 was there before: in dave's marker" equal "$(marker_part dave PreImage)" 010400000001000000

safe
until_value alice 1
until_value bob 1
until_value carol 1
until_value dave 1
until_server_says carol version 1999

publish 2
release restore
for one in $EVERYBODY; do
    until_server_says "$one" version 2005
done
check "everybody has back what was there before" equal "$(values $EVERYBODY)" "$before"
for one in $EVERYBODY; do
    has_no_marker "$one" || fail "$one still has a marker"
done
passed
