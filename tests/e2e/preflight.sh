# preflight.sh - a front end of Exchange that is well or not, and what the agent says of it. After harness.sh and
# bad_servers.sh; part of 70_preflight.sh and those after it.

# Windows' own check of certificates takes the host's roots as they are when the prefix starts: those of a mount
# namespace of our own, where the bundle has the test's CA in it. Without one nothing is trusted: MR_MOUNTS=none.
HOST_ROOTS=/etc/ssl/certs/ca-certificates.crt

enter_mounts() { # arguments of the script...
    [ -z "${MR_MOUNTS:-}" ] || return 0
    if unshare -m mount --bind "$HOST_ROOTS" "$HOST_ROOTS" 2>/dev/null; then
        MR_MOUNTS=own exec unshare -m -- "$0" "$@"
    fi
    say "note: no mounts of its own here; what needs a trusted certificate is skipped"
    MR_MOUNTS=none
}

trusts() {
    [ "$MR_MOUNTS" = own ]
}

# As harness_begin, with the CA there before Windows is.
front_begin() {
    need_files "$MR_SERVER" "$MR_ADMIN" "$MR_AGENT" "$MR_TEST_TOOLS/hold.exe" "$MR_WINE_TEMPLATE/system.reg"
    trap harness_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    trap 'exit 141' PIPE
    WORK=$(work_directory)
    PREFIX=$WORK/prefix
    FRONT=$WORK/front
    mkdir "$WORK/log" "$FRONT"
    until [ -n "${CA:-}" ] && wine_reads "$CA"; do
        rm -rf "$WORK/site"
        site_make
    done
    make_certificates
    if trusts; then
        cat "$HOST_ROOTS" "$CA" >"$WORK/roots.crt"
        mount --bind "$WORK/roots.crt" "$HOST_ROOTS" || fail "cannot mount the roots"
    fi
    windows_start
}

front_start() { # case...
    python3 "$HARNESS_DIR/front_end.py" "$FRONT" "$WORK" "$@" >>"$WORK/log/front.log" 2>&1 </dev/null &
    remember $!
    for case; do
        until_true 20 test -s "$FRONT/${case#=}.port" || fail "the front end does not play ${case#=}"
    done
}

# Makes $WORK/bundle-SERIAL.json, with this guard; URLs are quoted, with commas between. Polls are held.
guard_sign() { # serial, allow URLs, block URLs
    plan_write "$WORK/plan-$1.json" "$1"
    sed -i -e 's/"wait_s": 0/"wait_s": 240/' -e "s|\"rings\": {|\"guards\": {\"preflight\": {\"allow\": [$2], \"block\": [$3]}},\n  &|" "$WORK/plan-$1.json"
    admin sign "$WORK/plan-$1.json" --key "$SIGNING_KEY" --out "$WORK/bundle-$1.json"
}

# How often a case was asked for something.
asked() { # case
    grep -c '"method"' "$FRONT/$1.log" 2>/dev/null
}

url_of() { # case, path
    say "https://localhost:$(cat "$FRONT/$1.port")$2"
}

# What it says goes to $WORK/said-NAME and $WORK/errors-NAME, the exit code to $WORK/code-NAME. Not by way of
# wine_quiet, which uses one file for this whole shell: here several run at once.
probe() { # name, arguments...
    name=$1
    shift
    code=0
    "$MR_WINE" 'C:\mr\mapi-rollout-agent.exe' preflight "$@" >"$WORK/raw-$name" 2>"$WORK/errors-$name" </dev/null || code=$?
    tr -d '\r' <"$WORK/raw-$name" >"$WORK/said-$name"
    say "$code" >"$WORK/code-$name"
}

is_said() { # name, verdict, regular expression
    [ "$(sed -n '1s/.*: //p' "$WORK/said-$1")" = "$2" ] && grep -Eq "$3" "$WORK/said-$1" &&
        { [ "$2" = ready ] || [ "$(cat "$WORK/code-$1")" = 1 ]; } &&
        { [ "$2" != ready ] || [ "$(cat "$WORK/code-$1")" = 0 ]; } && return 0
    cat "$WORK/said-$1" >&2
    return 1
}

# The server of that case is good for that, and a line says why.
verdict() { # case, verdict, regular expression
    probe "$1" "$(url_of "$1" /mapi/)"
    check "$1: $2" is_said "$1" "$2" "$3"
}

# ---- a network that leads somewhere ---------------------------------------------------------------

# In a namespace with the loopback interface alone a machine is off the network. False: none can be made here.
network_make() {
    [ "${MR_NETWORK:-}" = own ] && ip link add out0 type veth peer name out1 2>/dev/null &&
        ip addr add 192.0.2.1/24 dev out0 && ip link set out1 up
}

network_up() {
    ip link set out0 up
}

# ---- looking -------------------------------------------------------------------------------------

# Nothing of ours was ever given to it.
front_saw_nobody() {
    python3 "$HARNESS_DIR/front_saw.py" "$FRONT" "$@"
}
