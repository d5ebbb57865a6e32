#!/bin/sh
# 48_compliance.sh - a whole server with 40,000 users: counters that a recount confirms, also after kills; exports that
# are whole or seen not to be, at flat memory, whatever their readers do.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=compliance-e2e
DEVICES=20
USERS=${MR_USERS:-2000} # on each
KILLS=3
# What exports of 8 MiB each may leave behind: pieces of 256 KiB, and what the sanitizer keeps for itself.
EXPORTS=4
EXPORT_KIB=16384
native_begin "$MR_SERVER" "$MR_ADMIN"
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1
export ASAN_OPTIONS
site_make
server_start
enroll_secret >"$WORK/enroll.secret"
server_token viewer >"$WORK/viewer.token"

fleet() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/compliance.py" "$command" "$SERVER_URL" "$CA" "$@"
}

asks() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/compliance.py" "$command" "$MAPI_ROLLOUT_SERVER" "$CA" "$WORK/viewer.token" "$@"
}

memory_kib() {
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$SERVER_PID/status"
}

running() { # count
    curl -sS --cacert "$CA" "$MAPI_ROLLOUT_SERVER/metrics" 2>>"$WORK/log/curl.log" |
        grep -qx "mapi_rollout_exports_running $1"
}

# ---- counters ------------------------------------------------------------------------------------

publish 1
release observe
fleet fill "$WORK/enroll.secret" "$WORK/fleet" "$DEVICES" "$USERS" || fail "the fleet does not report"

: >"$WORK/taken"
has_taken() { # count
    [ "$(wc -l <"$WORK/taken")" -ge "$1" ]
}
round=1
while [ "$round" -le "$KILLS" ]; do
    fleet flood "$WORK/fleet" "$WORK/taken" &
    flood=$!
    remember "$flood"
    until_true 60 has_taken $((round * 7)) || fail "reports are not answered"
    server_kill
    wait "$flood" || fail "a report was refused"
    server_start
    round=$((round + 1))
done
check "after $KILLS kills under load a recount of all users says what the counters say" asks recount

# ---- exports -------------------------------------------------------------------------------------

warm=$(asks export "$WORK/first.csv") # libraries and caches have their memory now
check "an export is whole" equal "$warm" whole
before=$(memory_kib)
round=1
while [ "$round" -le "$EXPORTS" ]; do
    equal "$(asks export "$WORK/all.csv")" whole || fail "the export is cut"
    round=$((round + 1))
done
after=$(memory_kib)
check "memory is flat: $before to $after KiB over $EXPORTS of $(($(wc -c <"$WORK/all.csv") / 1024)) KiB" \
    [ $((after - before)) -lt "$EXPORT_KIB" ]
check "each user has a line, and no field is a formula" python3 - "$WORK/all.csv" "$((DEVICES * USERS))" <<'END'
import csv
import sys

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
with open(sys.argv[1], "rb") as f:
    raw = f.read()
text = raw.decode("utf-8")
rows = list(csv.reader(text[1:].splitlines()))
keys = {(row[3], row[0]) for row in rows[1:]}
# As a spreadsheet sees it that splits elsewhere.
parts = [part.strip(' "') for line in text.split("\r\n") for part in line.replace(",", ";").split(";")]
sys.exit(not (text[0] == "\ufeff" and rows[0][0] == "sid" and len(rows) - 1 == len(keys) == int(sys.argv[2])
              and {len(row) for row in rows} == {25} and b"\n" not in raw.replace(b"\r\n", b"")
              and not any(field[:1] in FORMULA for row in rows for field in row if field)
              and not any(part[:1] in FORMULA for part in parts if part)))
END

# Two that nobody reads take the places there are, and neither the store nor a thread.
python3 "$HARNESS_DIR/compliance.py" stop_reading "$MAPI_ROLLOUT_SERVER" "$CA" "$WORK/viewer.token" 3 \
    >"$WORK/statuses" &
reader=$!
remember "$reader"
has_statuses() {
    [ "$(wc -l <"$WORK/statuses")" -eq 3 ]
}
until_ok 30 "three exports are asked for" has_statuses
check "two run, and the third is to come again" equal "$(tr '\n' ' ' <"$WORK/statuses")" "200 200 429 "
: >"$WORK/taken"
fleet flood "$WORK/fleet" "$WORK/taken" &
flood=$!
remember "$flood"
until_ok 60 "reports are stored beside them" has_taken 20
check "administrators are answered" \
    curl -sSf --max-time 10 --cacert "$CA" -o /dev/null -H "Authorization: Bearer $(cat "$WORK/viewer.token")" \
    "$MAPI_ROLLOUT_SERVER/v1/users?host=PC-1"
until_ok 90 "whoever does not read is let go" running 0
kill "$reader"
wait "$reader" 2>/dev/null || :

# ---- a server that stops -------------------------------------------------------------------------

asks export "$WORK/cut.csv" >"$WORK/cut.out" &
reader=$!
remember "$reader"
has_begun() {
    [ -s "$WORK/cut.csv" ]
}
until_true 30 has_begun || fail "the export does not begin"
server_kill
wait "$reader"
check "an export that a dead server began is seen to be cut" equal "$(cat "$WORK/cut.out")" cut
wait "$flood" || fail "a report was refused"
server_start
check "and the next one is whole" equal "$(asks export "$WORK/again.csv")" whole
passed
