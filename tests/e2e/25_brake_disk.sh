#!/bin/sh
# 25_brake_disk.sh - the brake needs no store: the disk is full, another program has the database locked, the store cannot be
# written to, or is not there any more. It goes on, is still on after kill -9 and a start, and the audit follows.
#
# Natively, without Wine; with mounts of its own. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"

# A small disk, and a file that nobody may write to, not even root: both seen by nobody else.
enter_mounts() { # arguments of the script...
    [ -z "${MR_MOUNTS:-}" ] || return 0
    MR_MOUNTS=own
    export MR_MOUNTS
    if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        exec unshare -m "$0" "$@"
    elif unshare -r -m true 2>/dev/null; then
        exec unshare -r -m "$0" "$@"
    fi
    say "skipped: no mounts of its own are allowed here"
    exit 77
}
enter_mounts "$@"
enter_network "$@"

DATA_DIR=/nonexistent
ROLLOUT=brake-e2e
PLAN_TEMPLATE=$HARNESS_DIR/brake.json.in
ORDERS=6
TRIES=5
need_files "$MR_SERVER" "$MR_ADMIN"
# The small disk goes before the directory that it is in.
trap 'ended=$?; umount -l "${WORK:-/nonexistent}/server" 2>/dev/null; (exit "$ended"); harness_end' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
WORK=$(mktemp -d)
mkdir "$WORK/log" "$WORK/server"
mount -t tmpfs -o size=8m,mode=0700 brake-e2e "$WORK/server" || {
    say "skipped: no small disk can be mounted here"
    exit 77
}
brake_site

report_is() { # status
    : >"$WORK/answers"
    python3 "$HARNESS_DIR/brake.py" flood "$SERVER_URL" "$CA" "$WORK/fleet" "$WORK/answers" &
    flooding=$!
    remember "$flooding"
    until_true 60 grep -q "^$1\$" "$WORK/answers" || fail "no report is answered with $1"
    end_process "$flooding"
}

nothing_is_pending() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | grep -q '"pending":false'
}

# The entry of the last brake is in the audit, once.
entry_follows() { # sentence
    until_ok 60 "$1: nothing is owed to the audit" nothing_is_pending
    rm -f "$WORK/copy.jsonl"
    "$MR_ADMIN" audit --json --out "$WORK/copy.jsonl" 2>>"$WORK/log/operator.log" || fail "no audit"
    "$MR_ADMIN" audit verify "$WORK/copy.jsonl" >/dev/null || fail "the audit is broken"
    check "$1: the entry is there, once" equal \
        "$(grep -c "\"after\":\"version=$((SERIAL * 1000 + 999)) " "$WORK/copy.jsonl")" 1
}

# ---- a full disk ---------------------------------------------------------------------------------

fill_disk() {
    dd if=/dev/zero of="$SERVER_DATA/fill" bs=1k 2>/dev/null
    ! dd if=/dev/zero of="$SERVER_DATA/more" bs=1k count=1 2>/dev/null || fail "the disk is not full"
}

for way in wire local; do
    round_begin observe
    report_is 204
    fill_disk
    report_is 503
    check "the disk is full: policies are served" equal "$(served)" "$((SERIAL * 1000 + 1))"
    pull "$way"
    brake_is_out "the disk is full, $way"
    fill_disk
    brake_outlasts "the disk is full, $way"
    rm -f "$SERVER_DATA/fill" "$SERVER_DATA/more"
    server_stop # with all that it has to write
    fill_disk
    server_start
    check "filled while it was off, $way: it is out after a start, too" equal "$(served)" "$((SERIAL * 1000 + 999))"
    rm -f "$SERVER_DATA/fill" "$SERVER_DATA/more"
    report_is 204
    entry_follows "the disk was full, $way"
done

# ---- a database that somebody else has locked ----------------------------------------------------

# Orders that wait for the store stand in front of the brake, and still wait when it was answered.
orders_wait() {
    order=1
    : >"$WORK/ordered"
    while [ "$order" -le "$ORDERS" ]; do
        ("$MR_ADMIN" hold --reason 'waits' >/dev/null 2>&1
            echo done >>"$WORK/ordered") &
        remember "$!"
        order=$((order + 1))
    done
    until_true 60 they_are_in || fail "the orders do not come to the server"
}

# By the log, which tells of no request before its end: by the connections that the door has.
they_are_in() {
    [ "$(ss -Htn state established "sport = :$ADMIN_PORT" | wc -l)" -ge "$ORDERS" ]
}

pull_locked() { # wire | local
    round_begin observe
    hinder lock "$SERVER_DATA/store.db"
    until_true 60 stands || fail "the database is not locked"
    orders_wait
    pull "$1"
    answered=$(wc -l <"$WORK/ordered")
    brake_is_out "the database is locked, $1"
    brake_outlasts "the database is locked, $1"
    pull "$1"
    check "still locked, $1: pulled again it is what it was" equal "$(served)" "$((SERIAL * 1000 + 999))"
    unhinder
    entry_follows "the database was locked, $1"
}

# After some seconds the server gives an order up: on a slow day all may be given up before the brake is asked for, and
# that shows nothing.
for way in wire local; do
    tries=1
    pull_locked "$way"
    while [ "$answered" -gt 0 ] && [ "$tries" -lt "$TRIES" ]; do
        pull_locked "$way"
        tries=$((tries + 1))
    done
    check "the database is locked, $way: $ORDERS orders came before the brake, and waited when it was answered" \
        equal "$answered" 0
done

# A start on a locked database, and the brake first thing after it.
for way in wire local; do
    SERIAL=$((SERIAL + 1))
    publish "$SERIAL"
    release observe
    until_true 60 nothing_is_pending || fail "something is owed to the audit"
    server_kill
    hinder lock "$SERVER_DATA/store.db"
    until_true 60 stands || fail "the database is not locked"
    server_start
    check "started on a locked database, $way: policies are served" equal "$(served)" "$((SERIAL * 1000 + 1))"
    pull "$way"
    check "started on a locked database, $way: the brake goes on" equal "$(served)" "$((SERIAL * 1000 + 999))"
    brake_outlasts "started on a locked database, $way"
    unhinder
    entry_follows "started on a locked database, $way"
done

# ---- a store that cannot be written to -----------------------------------------------------------

for way in wire local; do
    SERIAL=$((SERIAL + 1))
    publish "$SERIAL"
    release observe
    until_true 60 nothing_is_pending || fail "something is owed to the audit"
    server_kill
    mount --bind "$SERVER_DATA/store.db" "$SERVER_DATA/store.db" &&
        mount -o remount,ro,bind "$SERVER_DATA/store.db" || fail "the store cannot be made read-only"
    server_start
    report_is 503
    check "the store is read-only, $way: policies are served" equal "$(served)" "$((SERIAL * 1000 + 1))"
    pull "$way"
    check "the store is read-only, $way: the brake goes on" equal "$(served)" "$((SERIAL * 1000 + 999))"
    brake_outlasts "the store is read-only, $way"
    server_kill
    umount "$SERVER_DATA/store.db" || fail "the store stays read-only"
    server_start
    report_is 204
    entry_follows "the store was read-only, $way"
done

# ---- a store that is something else now ----------------------------------------------------------

for way in wire local; do
    round_begin observe
    until_true 60 nothing_is_pending || fail "something is owed to the audit"
    mkdir "$WORK/away"
    mv "$SERVER_DATA"/store.db* "$WORK/away"
    echo 'this is no store' >"$SERVER_DATA/store.db"
    chmod 0400 "$SERVER_DATA/store.db"
    pull "$way"
    brake_is_out "the store was replaced, $way"
    server_kill
    ! timeout 60 "$MR_SERVER" --data "$SERVER_DATA" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$TRUST" \
        --tls-cert "$CERT" --tls-key "$CERT_KEY" >/dev/null 2>"$WORK/refused" || fail "what is no store is taken for one"
    check "the store was replaced, $way: the next start says so" grep -q 'cannot .* the store' "$WORK/refused"
    rm -f "$SERVER_DATA"/store.db*
    mv "$WORK/away"/store.db* "$SERVER_DATA"
    rmdir "$WORK/away"
    server_start
    check "the old store is back, $way: the brake is on" equal "$(served)" "$((SERIAL * 1000 + 999))"
    entry_follows "the old store is back, $way"
done

# ---- a record that cannot be written to ----------------------------------------------------------

# The one thing that it needs in order to last. It goes on all the same, and says that it would not.
writes_fail() { # nothing may be written to, the log neither
    prlimit --pid "$SERVER_PID" --fsize=1:unlimited || fail "writing cannot be forbidden"
}

writes_work() {
    prlimit --pid "$SERVER_PID" --fsize=unlimited:unlimited || fail "writing cannot be allowed"
}

pull_unrecorded() { # wire | local
    if [ "$1" = wire ]; then
        ! "$MR_ADMIN" safe --reason "it hangs" --confirm "$ROLLOUT" >/dev/null 2>"$WORK/refused"
    else
        ! "$MR_SERVER" safe --data "$SERVER_DATA" --reason "it hangs" >/dev/null 2>"$WORK/refused"
    fi || fail "nothing is said of the record, $1"
    check "nothing can be written, $1: it says so" \
        grep -q 'the safe policy is out, but a restart would forget it' "$WORK/refused"
}

for way in wire local; do
    round_begin observe
    writes_fail
    pull_unrecorded "$way"
    brake_is_out "nothing can be written, $way"
    pull_unrecorded "$way"
    writes_work
    pull "$way"
    brake_outlasts "pulled again when it could be written, $way"
    entry_follows "nothing could be written, $way"
done

# Nobody pulls again: the record is written all the same, some seconds later.
round_begin observe
writes_fail
pull_unrecorded wire
brake_is_out "nothing can be written"
writes_work
entry_follows "nothing could be written, and nobody asked again"
brake_outlasts "nobody asked again"
passed
