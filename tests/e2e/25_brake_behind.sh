#!/bin/sh
# 25_brake_behind.sh - an old backup is restored, and the server is behind its fleet: devices that have more tell it, nobody
# can invent that, gates hold, and releasing what they have ends it.
#
# Natively, without Wine. SC2034 below: variables that brake.sh reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"
enter_network "$@"

WAITING=3
brake_begin behind-e2e

digest_of() { # serial, stage
    policy_of "$1" "$2" >"$WORK/policy.json" || fail "there is no policy $2 of serial $1"
    python3 "$HARNESS_DIR/brake.py" digest "$WORK/policy.json"
}

says_it_has() { # device, version, digest
    python3 "$HARNESS_DIR/brake.py" report "$SERVER_URL" "$CA" "$WORK/fleet" "$@" || fail "device $1 cannot report"
}

# The version that the server knows itself to be behind, or "-"; and what its gate says.
behind() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | python3 -c '
import json, sys
rollout = json.load(sys.stdin)["rollout"]
behind = rollout["behind_fleet"]
print("%s %s" % (behind["version"], behind["stage"]) if behind else "-", (rollout["gate"] or {"reason": "-"})["reason"])'
}

# What is counted: devices, versions, and how many of them each has.
ahead() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | python3 -c '
import json, sys
behind = json.load(sys.stdin)["rollout"]["behind_fleet"]
print(behind["devices"], behind["version_count"], ["%d %s %d" % (v["version"], v["stage"], v["devices"]) for v in behind["versions"]],
      behind["seen_at"] is not None)'
}

ahead_is() {
    ahead >"$WORK/log/ahead.log"
    [ "$(cat "$WORK/log/ahead.log")" = "$1" ]
}

behind_is() {
    behind >"$WORK/log/behind.log"
    [ "$(cat "$WORK/log/behind.log")" = "$1" ]
}

gauge() {
    curl -sS --cacert "$CA" "$MAPI_ROLLOUT_SERVER/metrics" | sed -n 's/^mapi_rollout_behind_fleet //p'
}

restore() { # file; the directory is new, as on another machine
    server_kill
    rm -rf "$SERVER_DATA"
    mkdir -m 0700 "$SERVER_DATA"
    cp "$1" "$SERVER_DATA/store.db"
    server_start
}

# ---- all is well ---------------------------------------------------------------------------------

publish 1
release observe
"$MR_SERVER" backup "$WORK/backup.db" --data "$SERVER_DATA" >/dev/null || fail "backup"
release everyone
says_it_has 1 1003 "$(digest_of 1 everyone)"
check "a device has what is released: nothing is said" lacks "$WORK/log/server.log" event=behind_fleet
check "the gauge is 0" equal "$(gauge)" 0

# ---- restored ------------------------------------------------------------------------------------

restore "$WORK/backup.db"
check "the restored server releases what the backup knew" equal "$(served)" 1001
until_ok 30 "nobody has told it yet" behind_is "- soak"

says_it_has 2 1003 "$(printf '%064d' 0)"
says_it_has 2 1003 "$(digest_of 1 pilot)"
says_it_has 2 1002 "$(digest_of 1 everyone)"
says_it_has 2 2001 "$(digest_of 1 everyone)"
says_it_has 2 999000999 "$(digest_of 1 everyone)"
says_it_has 2 1001 "$(digest_of 1 observe)"
until_ok 30 "who invents versions or digests is not believed" behind_is "- soak"
check "and nothing is logged of it" lacks "$WORK/log/server.log" event=behind_fleet

says_it_has 3 1003 "$(digest_of 1 everyone)"
until_ok 30 "who has our own bytes is: gates hold" behind_is "1003 everyone behind_fleet"
check "the log says so loudly" grep -q 'level=error event=behind_fleet version=1003 released=1001 device=' \
    "$WORK/log/server.log"
check "the gauge is 1" equal "$(gauge)" 1
"$MR_ADMIN" status >"$WORK/log/status.log" 2>>"$WORK/log/operator.log" || fail "no status"
check "the status says so loudly" grep -q '\*\*\* machines have a newer version than is released here: version 1003' \
    "$WORK/log/status.log"
until_ok 30 "one device is ahead" ahead_is "1 1 ['1003 everyone 1'] True"
says_it_has 2 1003 "$(digest_of 1 everyone)"
until_ok 30 "two are" ahead_is "2 1 ['1003 everyone 2'] True"
says_it_has 1 1002 "$(digest_of 1 pilot)"
until_ok 30 "three are, with two versions" ahead_is "3 2 ['1003 everyone 2', '1002 pilot 1'] True"
"$MR_ADMIN" status >"$WORK/log/status.log" 2>>"$WORK/log/operator.log" || fail "no status"
check "the status says how many" grep -q 'version 1003 on device [0-9a-f]*; 3 devices are ahead with 2 versions, last heard from 20' \
    "$WORK/log/status.log"
rm -f "$WORK/copy.jsonl"
"$MR_ADMIN" audit --json --out "$WORK/copy.jsonl" 2>>"$WORK/log/operator.log" || fail "no audit"
check "the audit says it once" equal "$(grep -c '"what":"behind_fleet"' "$WORK/copy.jsonl")" 1

server_kill
server_start
until_ok 30 "after a kill it knows" behind_is "1003 everyone behind_fleet"
check "and says it again" equal "$(grep -c event=behind_fleet "$WORK/log/server.log")" 2
release pilot
until_ok 30 "a version below that does not end it" behind_is "1003 everyone behind_fleet"
release everyone
until_ok 30 "releasing that version ends it" behind_is "- soak"
check "the gauge is 0 again" equal "$(gauge)" 0

# ---- the backup does not even have the bundle ------------------------------------------------------

publish 2
release observe
device_digest=$(digest_of 2 observe)
restore "$WORK/backup.db"
says_it_has 1 2001 "$device_digest"
until_ok 30 "a bundle that is not here cannot be told from an invented one" behind_is "- soak"
admin publish "$WORK/bundle-2.json"
says_it_has 1 2001 "$device_digest"
until_ok 30 "published again it can" behind_is "2001 observe behind_fleet"
release observe
until_ok 30 "and released it is over" behind_is "- soak"

# ---- the record was saved with it ----------------------------------------------------------------

release pilot
cp "$SERVER_DATA/release.record" "$WORK/release.record"
server_kill
rm -rf "$SERVER_DATA"
mkdir -m 0700 "$SERVER_DATA"
cp "$WORK/backup.db" "$SERVER_DATA/store.db"
cp "$WORK/release.record" "$SERVER_DATA"
server_start
check "an old store beside a new record: nothing older is handed out" equal "$(served)" ""
admin publish "$WORK/bundle-2.json"
release pilot
check "the same bundle again leads on" equal "$(served)" 2002
passed
