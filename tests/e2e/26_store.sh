#!/bin/sh
# 26_store.sh - the store cannot be written: reports are answered 503, policies go on, and all is well again without a restart
# when it can be. It is damaged, read-only or somebody else's at the start: one sentence that says what to do. It is kept
# within bounds while it is killed, and comes back from a backup made under load.
#
# Natively, without Wine; with mounts of its own. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"

enter_mounts() { # arguments of the script...
    [ -z "${MR_MOUNTS:-}" ] || return 0
    MR_MOUNTS=own
    export MR_MOUNTS
    if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
        MR_REAL_ROOT=yes
        export MR_REAL_ROOT
        exec unshare -m "$0" "$@"
    elif unshare -r -m true 2>/dev/null; then
        exec unshare -r -m "$0" "$@"
    fi
    say "skipped: no mounts of its own are allowed here"
    exit 77
}
enter_mounts "$@"
enter_network "$@"

ROLLOUT=store-e2e
KILLS=5
native_begin "$MR_SERVER" "$MR_ADMIN"
# The small disk goes before the directory that it is in.
trap 'ended=$?; umount -l "${WORK:-/nonexistent}/server" 2>/dev/null; (exit "$ended"); harness_end' EXIT
mkdir "$WORK/server"
mount -t tmpfs -o size=64m,mode=0700 store-e2e "$WORK/server" || {
    say "skipped: no small disk can be mounted here"
    exit 77
}
site_make

client() { # command, arguments...
    python3 "$HARNESS_DIR/store_client.py" "$@"
}

NUMBER=0
# So many new reports; prints how the last was answered.
report() { # [count], [bytes]
    client report "$SERVER_URL" "$CA" "$WORK/device" $((NUMBER += 1000)) "${1:-1}" "${2:-900}"
}

ask() { # path, [etag]
    client ask "$SERVER_URL" "$CA" "$@"
}

answers() { # expected beginning, command...
    expected=$1
    shift
    case $("$@") in "$expected "*) return 0 ;; *) return 1 ;; esac
}

reports() { # status
    NUMBER=$((NUMBER + 1000))
    answers "$1" client report "$SERVER_URL" "$CA" "$WORK/device" "$NUMBER" 1 900
}

store_is_whole() {
    set -- $(client whole "$SERVER_DATA/store.db")
    [ "$1" = ok ] && equal "$2" "$3"
}

# One line, one code, and the server is not there.
start_refused() { # sentence, code
    if "$MR_SERVER" --data "$SERVER_DATA" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$TRUST" \
        --tls-cert "$CERT" --tls-key "$CERT_KEY" >"$WORK/start.out" 2>"$WORK/start.said" </dev/null; then
        fail "$1: the server starts"
    fi
    check "$1: it does not serve" equal "$(cat "$WORK/start.out")" ""
    check "$1: and says why" grep -q "^mapi-rollout-server: $2: .*$SERVER_DATA" "$WORK/start.said"
    check "$1: in one line" equal "$(grep -c '^mapi-rollout-server: ' "$WORK/start.said")" 1
}

# While the store cannot be written.
unwritable() { # sentence
    check "$1: policies are served" answers 200 ask /v1/policy
    etag=$(curl -sS --cacert "$CA" -o /dev/null -D - "$SERVER_URL/v1/policy" | sed -n 's/^ETag: *\("[^"]*"\).*/\1/p')
    check "$1: and found unchanged" answers 304 ask /v1/policy "$etag"
    check "$1: it is alive" answers 200 ask /healthz
    until_ok 30 "$1: it says that it is not ready" answers 503 ask /readyz
}

writable() { # sentence
    until_ok 60 "$1: it is ready again, although nobody reported" answers 200 ask /readyz
    check "$1: reports are taken again" reports 204
}

server_start
enroll_secret >"$WORK/enroll.secret"
python3 "$HARNESS_DIR/report_stream.py" enroll "$SERVER_URL" "$CA" "$WORK/enroll.secret" "$WORK/device" || fail "enroll"
publish 1
release hold-back
check "a report is taken" reports 204

# ---- a full disk ---------------------------------------------------------------------------------

dd if=/dev/zero of="$SERVER_DATA/fill" bs=4k 2>/dev/null
while said=$(report 200 20000) && [ "${said%% *}" = 204 ]; do :; done
check "the disk is full: reports are to come again" equal "$said" "503 10"
unwritable "the disk is full"
rm "$SERVER_DATA/fill"
writable "there is room"

# ---- another program has it ----------------------------------------------------------------------

mkfifo "$WORK/hold"
client lock "$SERVER_DATA/store.db" "$WORK/locked" <"$WORK/hold" &
locker=$!
remember "$locker"
exec 9>"$WORK/hold"
until_true 30 test -f "$WORK/locked" || fail "the store cannot be locked"
check "the store is locked: reports are to come again" equal "$(report)" "503 10"
unwritable "the store is locked"
exec 9>&-
wait "$locker" || fail "the lock"
writable "the lock is gone"

# ---- bounds, and kills ---------------------------------------------------------------------------

server_stop
SERVER_FLAGS="--keep-reports-mb 16"
server_start
# More than one device may send at once, by three of them.
flood() { # round
    for one in 1 2 3; do
        client report "$SERVER_URL" "$CA" "$WORK/device.$one" $(($1 * 1000000 + one * 1000)) 60 200000
    done >"$WORK/flood.said"
}

for one in 1 2 3; do
    python3 "$HARNESS_DIR/report_stream.py" enroll "$SERVER_URL" "$CA" "$WORK/enroll.secret" "$WORK/device.$one" || fail "enroll"
done
round=1
pruned=0
while [ "$round" -le "$KILLS" ]; do
    flood "$round" &
    flood=$!
    until_true 60 has_more "$WORK/log/server.log" event=history_pruned "$pruned" || fail "nothing is pruned"
    server_kill
    pruned=$(count_of "$WORK/log/server.log" event=history_pruned)
    wait "$flood" || :
    server_start
    NUMBER=$((NUMBER + 1000))
    round=$((round + 1))
done
server_stop
check "killed while it pruned, $KILLS times: all is whole, and counted right" store_is_whole
SERVER_FLAGS="--keep-reports-mb 16 --keep-reports-days 1"
server_start
file_is_small() {
    [ "$(stat -c %s "$SERVER_DATA/store.db")" -lt $((22 * 1024 * 1024)) ]
}
until_ok 60 "the file is no larger than that" file_is_small
server_stop
SERVER_FLAGS=
for bad in "--keep-reports-days 0" "--keep-reports-mb 1" "--keep-reports-days x"; do
    # shellcheck disable=SC2086 # two words
    ! "$MR_SERVER" --data "$SERVER_DATA" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$TRUST" $bad \
        2>"$WORK/start.said" || fail "$bad is taken"
    check "$bad is refused" grep -q -- "${bad% *} is a whole number from" "$WORK/start.said"
done

# ---- a backup under load -------------------------------------------------------------------------

server_start
: >"$WORK/taken"
client stream "$SERVER_URL" "$CA" "$WORK/device" "$WORK/taken" 900000 &
sender=$!
remember "$sender"
has_taken() { # count
    [ "$(wc -l <"$WORK/taken")" -ge "$1" ]
}
until_true 60 has_taken 20 || fail "reports are not answered"
cp "$WORK/taken" "$WORK/taken.before"
check "a backup is made meanwhile" "$MR_SERVER" backup "$WORK/copy.db" --data "$SERVER_DATA"
until_true 60 has_taken $(($(wc -l <"$WORK/taken") + 20)) || fail "reports are not answered during a backup"
! "$MR_SERVER" backup "$WORK/copy.db" --data "$SERVER_DATA" 2>"$WORK/said" || fail "a backup is overwritten"
! "$MR_SERVER" restore "$WORK/copy.db" --data "$SERVER_DATA" 2>"$WORK/said" || fail "restored under a server"
check "nothing is restored while a server runs" grep -q 'another server runs' "$WORK/said"
server_kill
wait "$sender" || fail "a report was refused"

# ---- damage --------------------------------------------------------------------------------------

sum() {
    cat "$SERVER_DATA/store.db" "$SERVER_DATA/store.db-wal" 2>/dev/null | sha256sum
}

dd if=/dev/urandom of="$SERVER_DATA/store.db-wal" bs=1k count=20 conv=notrunc 2>/dev/null
before=$(sum)
start_refused "its log is garbage" store_damaged
dd if=/dev/urandom of="$SERVER_DATA/store.db" bs=1k count=8 conv=notrunc 2>/dev/null
before=$(sum)
start_refused "it is no database" store_damaged
check "what to do is in the sentence" grep -q "mapi-rollout-server restore BACKUP --data $SERVER_DATA" "$WORK/start.said"
! "$MR_SERVER" token list --data "$SERVER_DATA" 2>"$WORK/said" || fail "tokens of a damaged store"
check "commands say the same" grep -q '^mapi-rollout-server: store_damaged: ' "$WORK/said"
check "nobody changed it" equal "$(sum)" "$before"
"$MR_SERVER" restore "$WORK/copy.db" --data "$SERVER_DATA" >"$WORK/aside" 2>>"$WORK/log/operator.log" || fail "restore"
check "what was there is kept" test -f "$(cat "$WORK/aside")"
server_start
verified=$(python3 "$HARNESS_DIR/report_stream.py" verify "$SERVER_URL" "$CA" "$WORK/device" "$WORK/taken.before") ||
    fail "a report that was answered before the backup is lost"
check "all $verified reports answered before the backup are there" equal "$verified" "$(wc -l <"$WORK/taken.before")"
check "the policy is served" answers 200 ask /v1/policy
check "the audit says where it comes from" sh -c '"$1" audit --json --out "$2" && grep -q store_restore "$2"' - \
    "$MR_ADMIN" "$WORK/audit.jsonl" 2>>"$WORK/log/operator.log"
server_stop
check "it is whole" store_is_whole

# ---- who may not write ---------------------------------------------------------------------------

mount -o remount,ro "$SERVER_DATA" || fail "the disk cannot be made read-only"
start_refused "its disk is read-only" store_read_only
mount -o remount,rw "$SERVER_DATA" || fail "the disk cannot be made writable"
if [ "${MR_REAL_ROOT:-no}" = yes ]; then
    chmod 0711 "$WORK" && chmod -R a+rX "$SITE" "$SERVER_DATA"
    refused_as_nobody() { # sentence
        ! setpriv --reuid 65534 --regid 65534 --clear-groups "$MR_SERVER" --data "$SERVER_DATA" --listen 127.0.0.1:0 \
            --admin-listen 127.0.0.1:0 --trust "$TRUST" 2>"$WORK/start.said" || fail "$1: the server starts"
        check "$1: it says whose it should be" grep -q '^mapi-rollout-server: store_denied: .*65534' "$WORK/start.said"
    }
    refused_as_nobody "a folder of somebody else"
    chmod 0777 "$SERVER_DATA" && chmod 0666 "$SERVER_DATA/server.lock" && chmod 0600 "$SERVER_DATA/store.db"
    refused_as_nobody "a store of somebody else"
    chmod 0700 "$SERVER_DATA" && chmod 0600 "$SERVER_DATA/server.lock"
fi
server_start
check "as it should be: it serves" answers 200 ask /readyz
passed
