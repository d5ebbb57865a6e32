# brake.sh - one round after the other: a stage is out, devices wait, something is in the way, the brake is pulled.
#
# Sourced behind harness.sh. A round publishes the next serial, releases a stage of it, lets devices wait for what comes,
# puts the hindrance in the way, pulls the brake by the wire or by the local socket, and looks at who got what: those who
# waited, whoever asks afresh, and both again after a kill -9 and a start.

# SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034

WAITING=20
SERIAL=0

# All that such a script begins with, but for the namespaces that it enters; WAITING goes before. With "disk" the data
# directory is on a small disk of its own.
brake_begin() { # rollout, [disk]
    ROLLOUT=$1
    PLAN_TEMPLATE=$HARNESS_DIR/brake.json.in
    native_begin "$MR_SERVER" "$MR_ADMIN"
    if [ "${2:-}" = disk ]; then
        trap brake_disk_end EXIT
        brake_disk
    fi
    site_make
    server_start
    enroll_secret >"$WORK/enroll.secret"
    python3 "$HARNESS_DIR/gate_fleet.py" enroll "$SERVER_URL" "$CA" "$WORK/enroll.secret" "$WORK/fleet" "$WAITING" ||
        fail "the fleet does not enroll"
}

# Starts what is in the way, its pid in HINDRANCE; it has a line in $WORK/there when it stands.
hinder() { # command, arguments...
    : >"$WORK/there"
    python3 "$HARNESS_DIR/brake.py" "$@" "$WORK/there" &
    HINDRANCE=$!
    remember "$HINDRANCE"
}

stands() { # lines
    [ "$(wc -l <"$WORK/there")" -ge "${1:-1}" ]
}

unhinder() {
    end_process "$HINDRANCE"
}

served() {
    python3 "$HARNESS_DIR/brake.py" etag "$SERVER_URL" "$CA" | sed -n 's/^"\([0-9]*\)-.*/\1/p'
}

all_wait() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | grep -Eq "\"held_polls\": ?$WAITING[,}]"
}

# The stage is out, and everybody waits for another policy.
await_another() { # stage
    release "$1"
    : >"$WORK/came"
    python3 "$HARNESS_DIR/brake.py" hold "$SERVER_URL" "$CA" "$WORK/fleet" "$WAITING" "$WORK/came" &
    WAITERS=$!
    remember "$WAITERS"
    until_true 60 all_wait || fail "the devices do not wait"
}

# With the next serial, published here.
round_begin() { # stage
    SERIAL=$((SERIAL + 1))
    publish "$SERIAL"
    await_another "$1"
}

all_came() {
    [ "$(wc -l <"$WORK/came")" -eq "$WAITING" ]
}

# The brake, and what it says.
pull() { # wire | local
    if [ "$1" = wire ]; then
        "$MR_ADMIN" safe --reason "it hangs" --confirm "$ROLLOUT" >"$WORK/said" 2>"$WORK/refused"
    else
        "$MR_SERVER" safe --data "$SERVER_DATA" --reason "it hangs" >"$WORK/said" 2>"$WORK/refused"
    fi || fail "the brake, $1: $(cat "$WORK/refused")"
    if [ "$1" = wire ]; then
        grep -q "^the safe policy of $ROLLOUT is released" "$WORK/said" || fail "the brake says: $(cat "$WORK/said")"
    fi
}

# Before anything else is asked for: nothing but the brake itself has woken them.
brake_is_out() { # sentence
    safe_version=$((SERIAL * 1000 + 999))
    until_true 60 all_came || fail "$1: of $WAITING who waited only $(wc -l <"$WORK/came") got something"
    equal "$(sort -u "$WORK/came")" "$safe_version" || fail "$1: those who waited got something else"
    wait "$WAITERS" 2>/dev/null || :
    equal "$(served)" "$safe_version" || fail "$1: whoever asks afresh gets something else"
    say "ok: $1: $WAITING who waited got $safe_version, and whoever asks gets it"
}

brake_outlasts() { # sentence
    server_kill
    server_start
    equal "$(served)" "$((SERIAL * 1000 + 999))" || fail "$1: after a kill it is something else"
    say "ok: $1: it is out after kill -9 and a start"
}

says_who() { # who as sed matches it
    "$MR_ADMIN" status >"$WORK/log/status.log" 2>>"$WORK/log/operator.log" || fail "no status"
    grep -q "THE BRAKE IS ON .* by $1: it hangs" "$WORK/log/status.log" || fail "the status does not name $1"
}

# ---- disks of its own -----------------------------------------------------------------------------

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

# A small disk for the data directory; it goes before the directory that it is in.
brake_disk() {
    mkdir "$WORK/server"
    mount -t tmpfs -o size=8m,mode=0700 brake-e2e "$WORK/server" || {
        say "skipped: no small disk can be mounted here"
        exit 77
    }
}

brake_disk_end() {
    ended=$?
    umount -l "${WORK:-/nonexistent}/server" 2>/dev/null
    (exit "$ended")
    harness_end
}

# ---- what follows --------------------------------------------------------------------------------

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
