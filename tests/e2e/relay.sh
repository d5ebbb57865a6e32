# relay.sh - something between agent and server that counts, and can fall silent. Part of 58_* and 59_*.

relay_start() {
    RELAY=$WORK/relay
    mkdir -p "$RELAY"
    python3 "$HARNESS_DIR/relay.py" "$RELAY" "$CERT" "$CERT_KEY" "$SERVER_PORT" >>"$WORK/log/relay.log" 2>&1 </dev/null &
    remember $!
    until_true 30 test -f "$RELAY/port" || fail "the relay does not start"
    RELAY_URL=https://localhost:$(cat "$RELAY/port")
}

exchanges() { # pattern
    grep -cE "$1" "$RELAY/exchanges.log" 2>/dev/null
}

# As the plan that all tests share, but with held polls of so many seconds.
plan_wait() { # seconds
    PLAN_WAIT_S=$1
}

plan_write() { # file, serial
    sed -e "s/@ROLLOUT@/$ROLLOUT/" -e "s/@SERIAL@/$2/" -e "s/@EXCEPTIONS@/$EXCEPTIONS/" -e "s/@PILOT@/$PILOT/" \
        -e "s/@ISSUED@/$(now_text '-1 minute')/" -e "s/@EXPIRES@/$(now_text '+30 days')/" \
        -e "s/\"wait_s\": 240/\"wait_s\": $PLAN_WAIT_S/" "$HARNESS_DIR/plan.json.in" >"$1"
}
