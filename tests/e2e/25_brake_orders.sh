#!/bin/sh
# 25_brake_orders.sh - every order that may be refused is, with its status and code, and changes nothing: missing and stale
# If-Match, unknown stages, skipped serials, regressions, too early, too late, and whatever the brake forbids.
#
# Natively, without Wine. SC2034 below: variables that brake.sh reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"
enter_network "$@"

WAITING=1
brake_begin orders-e2e
for role in viewer operator; do
    server_token "$role" >"$WORK/$role.token"
done

orders() { # table
    python3 "$HARNESS_DIR/brake_orders.py" "$MAPI_ROLLOUT_SERVER" "$CA" "$WORK" "$WORK" "$1" >"$WORK/said" ||
        fail "$1"
    say "ok: $1: $(cat "$WORK/said")"
}

# A plan of which a line is another; the command refuses to sign some of these, and the server must not rely on that.
sign_changed() { # serial, sed expression
    sed -e "$2" "$HARNESS_DIR/brake.json.in" >"$WORK/changed.json.in"
    PLAN_TEMPLATE=$WORK/changed.json.in
    sign "$1"
    PLAN_TEMPLATE=$HARNESS_DIR/brake.json.in
}

is_over() { # time in seconds
    [ "$(date +%s)" -gt "$1" ]
}

for serial in 1 2 101 102 202 205; do
    sign "$serial"
done
sign_changed 203 "s/\"name\": \"last\",/& \"not_before\": \"$(now_text '+2 days')\",/"
ends=$(($(date +%s) + 20))
sign_changed 204 "s/@EXPIRES@/$(now_text "@$ends")/"

orders empty
orders stages
orders skip
python3 "$HARNESS_DIR/brake.py" report "$SERVER_URL" "$CA" "$WORK/fleet" 1 1005 "$(printf '%064d' 0)" || fail "no report"
orders regression
until_true 60 is_over "$ends" || fail "time stands still"
orders times
orders safe
server_kill
server_start
check "after a kill the brake is still on" equal "$(served)" 205999
passed
