#!/bin/sh
# 25_brake_store.sh - the brake needs no store: it cannot be written to, or is something else now, or nothing can be written at
# all, or it is lost. It goes on, is still on after kill -9 and a start, and the audit follows.
#
# Natively, without Wine; with mounts of its own.
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"

enter_mounts "$@"
enter_network "$@"

brake_begin brake-e2e disk

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
    check "the store was replaced, $way: the next start says so" grep -q store_damaged "$WORK/refused"
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

# ---- a record that cannot be written to, and memory that can ------------------------------------------

# systemd gives a directory in memory. Files of this process may have 4096 bytes: neither the store's log nor the second
# half of the record fits, and a copy of one release does.
RUNTIME_DIRECTORY=$WORK/run
export RUNTIME_DIRECTORY
mkdir -m 0700 "$RUNTIME_DIRECTORY"
server_kill
server_start
round_begin observe
written=$(python3 -c '
import sys
raw = open(sys.argv[1], "rb").read()
print(max(int(raw[at + 65:].split(b" ", 1)[0]) for at in (0, 4096) if raw[at:at + 1] != b"\0"))' "$SERVER_DATA/release.record")
if [ $((written % 2)) = 1 ]; then # the next goes into the first half
    end_process "$WAITERS" # or they would note what they get now beside those who come next
    server_kill
    server_start
    await_another pilot
fi
prlimit --pid "$SERVER_PID" --fsize=4096:unlimited || fail "writing cannot be forbidden"
! "$MR_ADMIN" safe --reason "it hangs" --confirm "$ROLLOUT" >/dev/null 2>"$WORK/refused" || fail "nothing is said of the record"
check "the record cannot be written: it says what remembers" \
    grep -q 'the safe policy is out, but a restart of the machine would forget it' "$WORK/refused"
brake_is_out "the record cannot be written"
check "a copy is in the other directory" sh -c "ls '$RUNTIME_DIRECTORY' | grep -q '^release-[0-9]*.spare\$'"
brake_outlasts "the record could not be written"
check "and goes when the record has it" equal "$(ls "$RUNTIME_DIRECTORY")" ""
entry_follows "the record could not be written"
unset RUNTIME_DIRECTORY

# ---- a store that is lost ------------------------------------------------------------------------

# What is signed has a copy beside it; tokens, secrets and reports have none.
round_begin observe
end_process "$WAITERS"
server_kill
rm -f "$SERVER_DATA"/store.db* "$MAPI_ROLLOUT_TOKEN_FILE"
server_start
check "the store is lost: what was released is served" equal "$(served)" "$((SERIAL * 1000 + 1))"
check "and the server says that it is ready" equal "$(curl -sS --cacert "$CA" "$SERVER_URL/readyz")" ready
check "and where it has that from" grep -q "event=bundle_recovered serial=$SERIAL\$" "$WORK/log/server.log"
pull local
check "the store is lost: the brake goes on" equal "$(served)" "$((SERIAL * 1000 + 999))"
brake_outlasts "the store was lost"
entry_follows "the store was lost"
check "the audit says where the bundle came from" grep -q '"who":"server","name":"bundle copy".*"what":"bundle_recovered"' \
    "$WORK/copy.jsonl"
SERIAL=$((SERIAL + 1))
publish "$SERIAL"
release observe
check "the store was lost: a higher serial leads on" equal "$(served)" "$((SERIAL * 1000 + 1))"
passed
