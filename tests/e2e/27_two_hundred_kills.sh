#!/bin/sh
# 27_two_hundred_kills.sh - a server killed with -9 two hundred times at random under load loses nothing that it
# answered; kills.py says what is asked and what is looked for.
#
# Four servers side by side, each killed a quarter of MR_KILLS (200) times. MR_SEED chooses the moments and what is
# asked (the time by default; it is printed). Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

SERVERS=4
KILLS=${MR_KILLS:-200}
SEED=${MR_SEED:-$(date +%s)}
BUNDLES=120 # two a kill at most, and some kills hit the start
ROLLOUT=kills-e2e
native_begin "$MR_SERVER" "$MR_ADMIN"
site_make
say "MR_SEED=$SEED"

serial=1
while [ "$serial" -le "$BUNDLES" ]; do
    sign "$serial"
    mv "$WORK/bundle-$serial.json" "$SITE/"
    serial=$((serial + 1))
done

players=
for i in $(seq "$SERVERS"); do
    mkdir "$WORK/$i"
    python3 "$HARNESS_DIR/kills.py" "$SITE" "$WORK/$i" $(((KILLS + SERVERS - 1) / SERVERS)) $((SEED + i)) "$MR_SERVER" \
        >"$WORK/$i/said" 2>"$WORK/$i/failed" &
    players="$players $!"
    remember "$!"
done
i=1
for player in $players; do
    if ! wait "$player"; then
        cp "$WORK/$i/server.log" "$WORK/log/server.log"
        fail "server $i, MR_SEED=$((SEED + i)) of it alone: $(cat "$WORK/$i/failed")"
    fi
    say "ok: server $i: $(cat "$WORK/$i/said")"
    cat "$WORK/$i/server.log" >>"$WORK/log/server.log"
    "$MR_ADMIN" audit verify "$WORK/$i/audit.jsonl" >>"$WORK/log/operator.log" 2>&1 ||
        fail "the audit of server $i, read in pieces between the kills, is no whole chain"
    i=$((i + 1))
done
say "ok: each audit, read in pieces between the kills, is one whole chain"
passed
