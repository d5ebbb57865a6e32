#!/bin/sh
# 25_brake_disk.sh - the brake needs no store: the disk is full, another program has the database locked. It goes on, is still
# on after kill -9 and a start, and the audit follows.
#
# Natively, without Wine; with mounts of its own.
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"

enter_mounts "$@"
enter_network "$@"

ORDERS=6
TRIES=5
brake_begin brake-e2e disk

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
            echo answered >>"$WORK/ordered") &
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
passed
