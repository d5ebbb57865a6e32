#!/bin/sh
# 57_slow_servers.sh - servers that take a connection and say nothing, take a request and say nothing, or send a byte a
# second: each has its time, then it is told and left alone, and nothing changes.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/refusals.sh"
. "$HARNESS_DIR/bad_servers.sh"
enter_network "$@"
harness_begin
begin_badly

refused mute fine 40 'poll.*timed_out'
refused silent fine 60 'poll.*timed_out'
refused slow fine 60 'poll.*timed_out'

end_well
passed
