# refusals.sh - what no agent may take, and what must hold after each offer. Part of 31_refused_*.sh.

# ---- what is offered, and the code that names it -------------------------------------------------

OFFERS='unsigned:envelope_malformed stranger:key_unknown tampered:signature_invalid older:version_rollback
    oversized:too_large unprotected:envelope_malformed duplicate:json_duplicate_key cut:json_syntax
    nonsense:json_syntax lax:json_syntax twice:json_duplicate_key'

# Each offer is a file $WORK/NAME.jws.
make_offers() {
    sign 1
    policy_of 1 pilot >"$WORK/good.jws"
    policy_of 1 hold-back >"$WORK/older.jws"
    policy_of 1 everyone >"$WORK/next.jws"
    for how in unsigned tampered duplicate unprotected oversized; do
        python3 "$HARNESS_DIR/envelopes.py" $how "$WORK/next.jws" >"$WORK/$how.jws" || fail "spoil $how"
    done
    "$MR_ADMIN" keygen --out "$WORK/stranger.pem" >>"$WORK/log/operator.log" 2>&1 || fail keygen
    sign 2 "$WORK/stranger.pem"
    policy_of 2 everyone >"$WORK/stranger.jws"
    head -c 200 "$WORK/next.jws" >"$WORK/cut.jws"
    printf 'not JSON at all' >"$WORK/nonsense.jws"
    # Rightly signed, and yet not what the strict reader takes.
    printf '{"format":"mapi-rollout/policy/1","version":007}' >"$WORK/payload"
    python3 "$HARNESS_DIR/envelopes.py" raw "$SIGNING_KEY" "$WORK/payload" >"$WORK/lax.jws" || fail "sign lax"
    printf '{"format":"mapi-rollout/policy/1","version":1,"version":2}' >"$WORK/payload"
    python3 "$HARNESS_DIR/envelopes.py" raw "$SIGNING_KEY" "$WORK/payload" >"$WORK/twice.jws" || fail "sign twice"
}

# ---- what must hold after each -------------------------------------------------------------------

serve() { # file
    cp "$1" "$WORK/fake/policy.new"
    mv "$WORK/fake/policy.new" "$WORK/fake/policy"
}

last_report_fails_with() { # code
    report=$(ls "$WORK/fake/reports" | grep '\.json$' | tail -n 1)
    [ -n "$report" ] && python3 - "$WORK/fake/reports/$report" "$1" <<'END'
import json, sys
policy = json.load(open(sys.argv[1]))["policy"]
failed = policy["failed"]
sys.exit(not (failed and failed["code"] == sys.argv[2] and policy["effective"] == 1003))
END
}

unchanged() { # what it was
    nothing_written || fail "$1: something was written"
    check "$1: the pilot policy is in force" equal "$(values alice bob)" 'alice=1 bob=absent '
}

# Two users, an agent under the pilot policy, and a server in wrong hands.
begin_with_pilot() {
    user_add alice 1001
    user_add bob 1002
    for one in alice bob; do user_logon $one; done
    mkdir "$WORK/fake"
    python3 "$HARNESS_DIR/fake_server.py" "$WORK/fake" "$CERT" "$CERT_KEY" 2>"$WORK/log/fake.log" &
    remember $!
    until_ok 20 "the fake server listens" test -s "$WORK/fake/port"
    serve "$WORK/good.jws"
    agent_configure "https://localhost:$(cat "$WORK/fake/port")"
    agent_start
    until_value alice 1
    until_value bob absent
    watch_start "$(sid_of alice)" "$(sid_of bob)"
}
