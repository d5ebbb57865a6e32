# bad_servers.sh - certificates and servers that something is wrong with, and what must hold after each. After
# refusals.sh; part of 56_bad_servers.sh and 57_slow_servers.sh.

# Unheld polls are given up after 30 s, held ones after the policy's wait and 15 s.
plan_write() { # file, serial
    sed -e "s/@ROLLOUT@/$ROLLOUT/" -e "s/@SERIAL@/$2/" -e "s/@EXCEPTIONS@/$EXCEPTIONS/" -e "s/@PILOT@/$PILOT/" \
        -e "s/@ISSUED@/$(now_text '-1 minute')/" -e "s/@EXPIRES@/$(now_text '+30 days')/" \
        -e 's/"wait_s": 240/"wait_s": 0/' "$HARNESS_DIR/plan.json.in" >"$1"
}

# ---- certificates --------------------------------------------------------------------------------

ssl() {
    openssl "$@" >>"$WORK/log/openssl.log" 2>&1 || fail "openssl $1"
}

# Wine's own check of certificates takes a signature's two numbers as they are written, without the zero that one in 256
# begins with: one certificate in 128 is no good to it, whoever signed it.
wine_reads() { # certificate
    openssl x509 -in "$1" -noout -text -certopt no_header,no_version,no_serial,no_signame,no_validity,no_subject \
        -certopt no_issuer,no_pubkey,no_extensions | sed '/^ *Signature/d' | tr -d ' :\n' |
        grep -Eq '^30..02(20(0[^0]|[^0].).{62}|21.{66})02(20(0[^0]|[^0].)|21)'
}

# For localhost unless said otherwise, signed by the site's own CA unless said otherwise.
certificate() { # name, host, first day, last day, [CA certificate, its key]
    printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$2" >"$WORK/$1.ext"
    : >"$WORK/$1.index"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\nunique_subject=no\n' \
        "$WORK/$1.index" "$WORK" >"$WORK/$1.conf"
    printf 'rand_serial=yes\n[p]\ncommonName=supplied\n' >>"$WORK/$1.conf"
    ssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$WORK/$1.key" \
        -out "$WORK/$1.csr"
    until [ -f "$WORK/$1.pem" ] && wine_reads "$WORK/$1.pem"; do
        ssl ca -batch -config "$WORK/$1.conf" -cert "${5:-$CA}" -keyfile "${6:-$SITE/ca.key}" -in "$WORK/$1.csr" \
            -out "$WORK/$1.pem" -notext -extfile "$WORK/$1.ext" -startdate "$3" -enddate "$4"
    done
}

self_signed() { # name, subject, more flags...
    name=$1
    subject=$2
    shift 2
    until [ -f "$WORK/$name.pem" ] && wine_reads "$WORK/$name.pem"; do
        ssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -days 2 "$@" \
            -keyout "$WORK/$name.key" -out "$WORK/$name.pem"
    done
}

make_certificates() {
    before=$(date -u -d '-2 days' +%Y%m%d%H%M%SZ)
    yesterday=$(date -u -d '-1 day' +%Y%m%d%H%M%SZ)
    tomorrow=$(date -u -d '+1 day' +%Y%m%d%H%M%SZ)
    after=$(date -u -d '+2 days' +%Y%m%d%H%M%SZ)
    certificate fine localhost "$before" "$after"
    certificate expired localhost "$before" "$yesterday"
    certificate early localhost "$tomorrow" "$after"
    certificate elsewhere other.test "$before" "$after"
    self_signed selfsigned /CN=localhost -addext subjectAltName=DNS:localhost
    self_signed inspector '/CN=Inspection CA'
    certificate intercepted localhost "$before" "$after" "$WORK/inspector.pem" "$WORK/inspector.key"
}

# ---- one server after the other ------------------------------------------------------------------

bad_start() { # case, certificate
    BAD=$(mktemp -d "$WORK/bad-$1-$2-XXXXXX")
    cp "$WORK/next.jws" "$BAD/policy"
    printf 'https://localhost:%s/v1/policy\n' "$(cat "$WORK/fake/port")" >"$BAD/location"
    python3 "$HARNESS_DIR/bad_server.py" "$BAD" "$1" "$WORK/$2.pem" "$WORK/$2.key" 2>>"$WORK/log/bad.log" </dev/null &
    BAD_PID=$!
    remember $BAD_PID
    until_true 20 test -s "$BAD/port" || fail "$1 does not listen"
}

# Asks that server, waits until the log says so, and looks that nothing changed.
refused() { # case, certificate, seconds, regular expression of the log
    agent_kill
    bad_start "$1" "$2"
    agent_set ServerUrl "https://localhost:$(cat "$BAD/port")"
    rm -f "$WORK/log/agent.log"
    agent_start
    until_ok "$3" "$1, certificate $2: the log says $4" agent_said "$4"
    unchanged "$1, certificate $2"
    [ "$(grep -c '^GET' "$BAD/requests.log" 2>/dev/null)" -le 3 ] || fail "$1: asked over and over"
    end_process $BAD_PID
}

bad_report_fails_with() { # code
    report=$(ls "$BAD/reports" | grep '\.json$' | tail -n 1)
    [ -n "$report" ] && python3 - "$BAD/reports/$report" "$1" <<'END'
import json, sys
policy = json.load(open(sys.argv[1]))["policy"]
sys.exit(not (policy["failed"] and policy["failed"]["code"] == sys.argv[2] and policy["effective"] == 1003))
END
}

refused_and_reported() { # case, code
    agent_kill
    bad_start "$1" fine
    agent_set ServerUrl "https://localhost:$(cat "$BAD/port")"
    agent_start
    until_ok 30 "$1: the report says $2" bad_report_fails_with "$2"
    unchanged "$1"
    end_process $BAD_PID
}

# An agent under the pilot policy; the server that it came from has the next one, for whoever is led there.
begin_badly() {
    make_certificates
    make_offers
    begin_with_pilot
    asked_before=$(grep -c '^GET' "$WORK/fake/requests.log")
    serve "$WORK/next.jws"
}

# The same policy from a server with nothing wrong.
end_well() {
    agent_kill
    bad_start good fine
    agent_set ServerUrl "https://localhost:$(cat "$BAD/port")"
    agent_start
    until_value alice absent
}
