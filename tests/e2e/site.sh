# site.sh - the organisation's side of a test: keys, trust, server, plans, and what an operator does. Part of harness.sh.

ROLLOUT=e2e
# Who is in the plan's rings: SIDs, comma-separated and quoted, as JSON has them.
EXCEPTIONS='"S-1-5-21-1-2-3-1003"'
PILOT='"S-1-5-21-1-2-3-1002"'

# Keys, trust, CA and certificates, the way a newcomer makes them.
site_make() {
    SITE=$WORK/site
    "$MR_ADMIN" init "$SITE" --host localhost --rollout "$ROLLOUT" >"$WORK/log/init.log" 2>&1 ||
        fail "mapi-rollout init"
    TRUST=$SITE/trust.json
    SIGNING_KEY=$SITE/signing.pem
    CA=$SITE/ca.pem
    CERT=$SITE/server.pem
    CERT_KEY=$SITE/server.key
    SERVER_DATA=$WORK/server
    mkdir -p "$SERVER_DATA"
    MAPI_ROLLOUT_CA=$CA
    MAPI_ROLLOUT_TOKEN_FILE=$WORK/publisher.token
    export MAPI_ROLLOUT_CA MAPI_ROLLOUT_TOKEN_FILE
}

# ---- the server ----------------------------------------------------------------------------------

# The first start takes free ports; a later one takes the same, as the agents know them. SERVER_FLAGS: more of them.
server_start() {
    [ -f "$MAPI_ROLLOUT_TOKEN_FILE" ] || server_token publisher >"$MAPI_ROLLOUT_TOKEN_FILE"
    : >"$WORK/log/server.out"
    # SERVER_FLAGS unquoted: words.
    # shellcheck disable=SC2086
    "$MR_SERVER" --data "$SERVER_DATA" --listen "127.0.0.1:${SERVER_PORT:-0}" \
        --admin-listen "127.0.0.1:${ADMIN_PORT:-0}" --trust "$TRUST" --tls-cert "$CERT" --tls-key "$CERT_KEY" \
        ${SERVER_FLAGS:-} >"$WORK/log/server.out" 2>>"$WORK/log/server.log" </dev/null &
    SERVER_PID=$!
    remember "$SERVER_PID"
    until_true 20 server_listens || fail "the server does not start"
    SERVER_PORT=$(sed -n 's/^listening agents=[^ ]*:\([0-9]*\) .*/\1/p' "$WORK/log/server.out")
    ADMIN_PORT=$(sed -n 's/^listening .*admin=[^ ]*:\([0-9]*\)$/\1/p' "$WORK/log/server.out")
    SERVER_URL=https://localhost:$SERVER_PORT
    MAPI_ROLLOUT_SERVER=https://localhost:$ADMIN_PORT
    export MAPI_ROLLOUT_SERVER
}

server_listens() {
    grep -q '^listening ' "$WORK/log/server.out" && return 0
    not_running "$SERVER_PID" && fail "the server ended at once"
    return 1
}

server_stop() {
    end_process "$SERVER_PID"
}

server_kill() {
    kill -9 "$SERVER_PID"
    wait "$SERVER_PID" 2>/dev/null || :
}

server_token() { # role
    "$MR_SERVER" token add --data "$SERVER_DATA" --role "$1" --name "$1" 2>>"$WORK/log/server.log" ||
        fail "no token of a $1 can be made"
}

enroll_secret() {
    "$MR_SERVER" enroll-secret add --data "$SERVER_DATA" 2>>"$WORK/log/server.log" ||
        fail "no enroll secret can be made"
}

# ---- plans and signing ---------------------------------------------------------------------------

now_text() { # offset as date(1) takes it
    date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ
}

plan_write() { # file, serial
    sed -e "s/@ROLLOUT@/$ROLLOUT/" -e "s/@SERIAL@/$2/" -e "s/@EXCEPTIONS@/$EXCEPTIONS/" -e "s/@PILOT@/$PILOT/" \
        -e "s/@ISSUED@/$(now_text '-1 minute')/" -e "s/@EXPIRES@/$(now_text '+30 days')/" \
        "${PLAN_TEMPLATE:-$HARNESS_DIR/plan.json.in}" >"$1"
}

# Makes $WORK/bundle-SERIAL.json, signed by the key that trust names, or by another one.
sign() { # serial, [key]
    plan_write "$WORK/plan-$1.json" "$1"
    "$MR_ADMIN" sign "$WORK/plan-$1.json" --key "${2:-$SIGNING_KEY}" --out "$WORK/bundle-$1.json" \
        >>"$WORK/log/operator.log" 2>&1 || fail "sign serial $1"
}

# Prints the signed policy of one stage, as agents get it.
policy_of() { # serial, stage
    python3 "$HARNESS_DIR/envelopes.py" policy "$WORK/bundle-$1.json" "$2"
}

# ---- the operator --------------------------------------------------------------------------------

admin() { # subcommand, arguments...
    "$MR_ADMIN" "$@" >>"$WORK/log/operator.log" 2>&1 || fail "mapi-rollout $*"
}

publish() { # serial
    sign "$1"
    admin publish "$WORK/bundle-$1.json"
}

release() { # stage
    admin release "$1" --yes --confirm-regression
}

safe() {
    admin safe --reason "a test pulls the brake" --confirm "$ROLLOUT"
}

# What the server believes of one user: a field of its line, or "missing". Dots go down: value.present.
server_says() { # name, field
    "$MR_ADMIN" users --json 2>>"$WORK/log/operator.log" |
        python3 "$HARNESS_DIR/fleet.py" field "$(sid_of "$1")" "$2"
}

says() { # name, field, expected
    [ "$(server_says "$1" "$2")" = "$3" ]
}

# Is an agent connected, waiting for news? Then an order reaches it at once. One that ended counts until its poll is over.
is_polled() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | grep -Eq '"held_polls": ?[1-9]'
}

# The agent that was started since looked after everybody, and said so.
until_reported_since() { # name, what the server said when it was last heard from
    until_true 40 is_reported_since "$1" "$2" || fail "$1: nothing is reported since $2"
    say "ok: the agent is back and reports"
}

is_reported_since() { # name, reported_at
    case $(server_says "$1" reported_at) in
    "$2") return 1 ;;
    2*Z) ;;
    *) return 1 ;;
    esac
}

# Reports are gathered for 5 s before they are sent.
until_server_says() { # name, field, expected, [seconds]
    until_true "${4:-30}" says "$1" "$2" "$3" ||
        fail "$1: the server says $2 is '$(server_says "$1" "$2")', should become '$3' within ${4:-30} s"
    say "ok: the server says of $1: $2 is $3"
}
