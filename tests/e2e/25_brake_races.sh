#!/bin/sh
# 25_brake_races.sh - operators, gates and the brake at the same moment: one advances, one bundle is stored, and the brake is
# never lost, with the server killed in the middle of it.
#
# Natively, without Wine. SC2034 below: variables that brake.sh reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"
enter_network "$@"

WAITING=1
ROUNDS=8
KILLS=6
brake_begin races-e2e
SERIAL=0

# The next serials, each with its bundle.
sign_next() { # count
    FIRST=$((SERIAL + 1))
    LAST=$((SERIAL + $1))
    while [ "$SERIAL" -lt "$LAST" ]; do
        SERIAL=$((SERIAL + 1))
        sign "$SERIAL"
    done
}

race() { # kind
    python3 "$HARNESS_DIR/brake_races.py" "$MAPI_ROLLOUT_SERVER" "$SERVER_URL" "$CA" "$MAPI_ROLLOUT_TOKEN_FILE" "$WORK" \
        "$FIRST" "$LAST" "$1"
}

check_race() { # kind, sentence
    race "$1" >"$WORK/said" || fail "$2"
    say "ok: $2: $(cat "$WORK/said")"
}

sign_next "$ROUNDS"
check_race advance "of four who advance by the same ETag one does"
sign_next "$ROUNDS"
check_race release "of four who release different stages by the same ETag one does"
sign_next "$ROUNDS"
for serial in $(seq "$FIRST" "$LAST"); do
    for number in 1 2 3 4; do # signed anew, each has other signatures
        sign "$serial"
        mv "$WORK/bundle-$serial.json" "$WORK/bundle-$serial-$number.json"
    done
done
check_race put "of four who upload different bundles by the same ETag one does"
sign_next "$ROUNDS"
check_race safe "the brake between releases is never lost"

# ---- kills ---------------------------------------------------------------------------------------

server_is_at() { # version, at least
    [ "$(served)" -ge "$1" ] 2>/dev/null
}

brake_holds() { # what was answered last
    now=$(served)
    equal "$((now == $1 || now / 1000 > $1 / 1000))" 1 || say "  $1 was answered, and $now is out" >&2
    [ "$now" -eq "$1" ] || [ "$((now / 1000))" -gt "$(($1 / 1000))" ]
}

kills=1
while [ "$kills" -le "$KILLS" ]; do
    sign_next 40
    race killed >"$WORK/answered" 2>/dev/null &
    racing=$!
    remember "$racing"
    until_true 60 server_is_at "$(((FIRST + kills) * 1000))" || fail "the race does not run"
    server_kill
    wait "$racing" || fail "the race ends with $?"
    server_start
    answered=$(cat "$WORK/answered")
    [ "$answered" -gt 0 ] || fail "no brake was answered"
    check "killed in the middle: $answered was answered, and is out, or a serial behind it" brake_holds "$answered"
    kills=$((kills + 1))
done

# ---- a gate and an operator ----------------------------------------------------------------------

sed -e 's/"name": "observe",/& "gate": { "advance": "auto", "soak_s": 1 },/' "$PLAN_TEMPLATE" >"$WORK/gate.json.in"
PLAN_TEMPLATE=$WORK/gate.json.in
sign_next "$((ROUNDS * 2))"
check_race gate "a gate that passes and an operator who advances: one of them does"
"$MR_ADMIN" audit --json --out "$WORK/copy.jsonl" 2>>"$WORK/log/operator.log" || fail "no audit"
"$MR_ADMIN" audit verify "$WORK/copy.jsonl" >/dev/null || fail "the audit is broken"
python3 - "$WORK/copy.jsonl" <<'PYTHON' || fail "a release is in the audit twice, or out of order"
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as source:
    entries = [json.loads(line) for line in source]
versions = [int(re.match(r"version=(\d+)", entry["after"])[1]) for entry in entries
            if entry["what"] in ("release", "safe", "release_recovered")]
sys.exit(versions != sorted(set(versions)))
PYTHON
say "ok: the audit has every release once, each higher than the one before"
passed
