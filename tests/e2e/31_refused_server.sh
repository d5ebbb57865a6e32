#!/bin/sh
# 31_refused_server.sh - what no agent may take, from a server in wrong hands: nothing changes, the report says why, the
# last good policy stays in force, and nobody asks over and over.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/refusals.sh"
enter_network "$@"
harness_begin
make_offers
begin_with_pilot

WATCHED_S=3 # for so long after the report the requests are counted

policy_requests() {
    grep -c '^GET /v1/policy' "$WORK/fake/requests.log"
}

# Each with a fresh start, which asks at once.
for offer in $OFFERS; do
    case $offer in duplicate:* | unprotected:* | cut:* | twice:*) continue ;; esac # by the file; they take time
    what=${offer%%:*}
    code=${offer#*:}
    agent_kill
    rm -f "$WORK/fake/reports"/*
    serve "$WORK/$what.jws"
    agent_start
    until_ok 20 "$what by the server: the report says $code" last_report_fails_with "$code"
    unchanged "$what by the server"
done

# A server that answers with the same bad thing at once, whatever it is asked, is not asked over and over.
agent_kill
rm -f "$WORK/fake/reports"/*
touch "$WORK/fake/at_once"
asked=$(policy_requests)
agent_start
until_ok 20 "a server that never holds: the report says $code" last_report_fails_with "$code"
sleep $WATCHED_S
asked=$(($(policy_requests) - asked))
[ "$asked" -le 3 ] || fail "$asked requests in the first $WATCHED_S s"
say "ok: $asked requests in the first $WATCHED_S s"

# And a good one is still taken.
agent_kill
serve "$WORK/next.jws"
agent_start
until_value alice absent
passed
