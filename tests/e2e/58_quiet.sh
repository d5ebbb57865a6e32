#!/bin/sh
# 58_quiet.sh - an agent with nothing to do sends its held poll and nothing else, at most 600 bytes each way together, on
# one connection; and its token and the enroll secret are nowhere to be found.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/relay.sh"
enter_network "$@"
harness_begin

LIMIT_BYTES=600
POLLS=5

held_polls_since() { # lines to skip, how many
    [ "$(tail -n "+$(($1 + 1))" "$RELAY/exchanges.log" | grep -c '^GET /v1/policy')" -ge "$2" ]
}

# Where the text is in all that the agent has written or was started with: also as Windows' programs write text.
places_of() { # text
    wide=$(printf %s "$1" | sed 's/./&\\x00/g')
    grep -rlaF "$1" "$DATA_DIR" "$WORK/log" "$PREFIX"/*.reg "$PREFIX/drive_c/hives" "$WORK/process"
    grep -rlaP "$wide" "$DATA_DIR" "$WORK/log" "$PREFIX"/*.reg
}

nowhere() { # what, text
    [ -n "$2" ] || fail "there is no $1 to look for"
    found=$(places_of "$2" | tr '\n' ' ')
    [ -z "$found" ] || fail "$1 is in $found"
    say "ok: $1 is nowhere"
}

user_add alice 1001
user_logon alice
server_start
relay_start
agent_configure "$RELAY_URL"
agent_start
plan_wait 5
publish 1
release hold-back
until_value alice 1
until_server_says alice state idle
# What a report says, its own arrival included, is settled after the next one at the latest.
until_ok 30 "a poll is held to its end" held_polls_since 0 1


start=$(wc -l <"$RELAY/exchanges.log")
until_ok 60 "$POLLS more polls are held" held_polls_since "$start" $POLLS
tail -n "+$((start + 1))" "$RELAY/exchanges.log" >"$WORK/idle.log"
check "nothing but held polls" test "$(grep -vc '^GET /v1/policy ' "$WORK/idle.log")" = 0
most=$(awk '{bytes = $3 + $4} bytes > most {most = bytes} END {print most}' "$WORK/idle.log")
say "the largest poll and its answer: $most bytes"
check "at most $LIMIT_BYTES bytes each way together" test "$most" -le $LIMIT_BYTES
check "the polls ask to be held" grep -q '^Prefer: wait=[0-9]' "$RELAY/heads"
check "the agent says what it is" grep -qE '^User-Agent: mapi-rollout-agent/[0-9]+\.[0-9]+\.[0-9]+' "$RELAY/heads"
check "polls share one connection, reports and enrolling have their own" test "$(wc -l <"$RELAY/connections")" -le 3

token=$(sed -n 's/^Authorization: Bearer //p' "$RELAY/heads" | tr -d '\r' | tail -n 1)
secret=$(tr -d '\r\n' <"$PREFIX/drive_c/mr/enroll.secret")
mkdir "$WORK/process"
for what in cmdline environ; do
    cat "/proc/$AGENT_PID/$what" >"$WORK/process/$what" || fail "cannot see how the agent was started"
done
# A refused secret and a refused token must not be shown either.
agent_kill
agent_set EnrollSecretFile 'C:\mr\wrong.secret'
printf 'not-the-right-secret\nwith a second line %s\n' "$secret" >"$PREFIX/drive_c/mr/wrong.secret"
agent_start
until_ok 20 "the log tells of the malformed secret" agent_said 'enroll.*secret must be one line'
tool mapi-rollout-agent status --json >"$WORK/log/status.json" || fail "status"
agent_kill
wine_stop "$PREFIX" # writes the registry's files
rm "$PREFIX/drive_c/mr"/*.secret
check "the search finds what is there" test -n "$(places_of "$ROLLOUT")"
nowhere "the device's token" "$token"
nowhere "the enroll secret" "$secret"
check "both are kept, sealed" test -s "$DATA_DIR/device.sealed" -a -s "$DATA_DIR/enroll.sealed"
passed
