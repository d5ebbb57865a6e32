#!/bin/sh
# 23_metrics.sh - /metrics of a whole server: who may ask, what it says, that alerts, dashboard and page speak of what is
# there, and what a restart does to it.
#
# Natively, without Wine. Our own rules are asked, and promtool: MR_PROMTOOL, which setup brings.
# SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=gates-e2e
PLAN_TEMPLATE=$HARNESS_DIR/gates.json.in
MACHINES=6
DOCS=$ROOT/docs
native_begin "$MR_SERVER" "$MR_ADMIN"
SAID=$WORK/said
site_make
server_start
enroll_secret >"$WORK/enroll.secret"

fleet() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/gate_fleet.py" "$command" "$SERVER_URL" "$CA" "$@" || fail "the fleet: $command $*"
}

# The status of an answer, whose body goes to $SAID.
scrape() { # arguments of curl...
    curl -sS --cacert "$CA" -o "$SAID" -w '%{http_code}' "$@" "$MAPI_ROLLOUT_SERVER/metrics" 2>>"$WORK/log/curl.log"
}

look() {
    equal "$(scrape)" 200 || fail "no metrics"
}

checker() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/metrics_check.py" "$command" "$SAID" "$@"
}

# A sample of the last look.
value_is() { # sample, value
    equal "$(checker value "$1")" "$2"
}

# The same, of a look at this moment.
shows() { # sample, value
    look
    [ "$(checker value "$1")" = "$2" ]
}

post() { # token, path, body
    curl -sS --cacert "$CA" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" --data-binary "$3" \
        "$SERVER_URL$2" 2>>"$WORK/log/curl.log"
}

# ---- who may ask ---------------------------------------------------------------------------------

VIEWER=$(server_token viewer)
look
check "before anything is released: as the format wants it" checker format
check "nothing is released" value_is mapi_rollout_released_version 0
check "this machine needs no token" equal "$(scrape)" 200
check "its content says what it is" grep -qi '^content-type: text/plain; version=0.0.4' <<EOF
$(curl -sS --cacert "$CA" -o /dev/null -D - "$MAPI_ROLLOUT_SERVER/metrics")
EOF
check "a viewer may ask" equal "$(scrape -H "Authorization: Bearer $VIEWER")" 200
check "a token must be good, here, too" equal "$(scrape -H "Authorization: Bearer nonsense")" 401
check "an enroll secret is none" equal "$(scrape -H "Authorization: Bearer $(cat "$WORK/enroll.secret")")" 401
check "what a proxy passes on needs a token" equal "$(scrape -H 'X-Forwarded-For: 203.0.113.9')" 401
check "and gets it with one" equal "$(scrape -H 'X-Forwarded-For: 203.0.113.9' -H "Authorization: Bearer $VIEWER")" 200
check "agents' listener has none" equal \
    "$(curl -sS --cacert "$CA" -o /dev/null -w '%{http_code}' "$SERVER_URL/metrics")" 404
if [ "$MR_NETWORK" = own ] && ip addr add 203.0.113.9/32 dev lo 2>/dev/null; then
    check "from elsewhere a token is needed" equal "$(scrape --interface 203.0.113.9)" 401
    check "a viewer may ask from elsewhere" equal \
        "$(scrape --interface 203.0.113.9 -H "Authorization: Bearer $VIEWER")" 200
else
    say "note: no second address here; not asked from elsewhere"
fi

# ---- what it says --------------------------------------------------------------------------------

publish 1
release observe
fleet enroll "$WORK/enroll.secret" "$WORK/fleet" "$MACHINES"
fleet report "$WORK/fleet" 1001 idle 1 "$MACHINES"
release pilot
fleet report "$WORK/fleet" 1003 error 1 1
fleet report "$WORK/fleet" 1003 unverified 2 3
DEVICE_TOKEN=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["device_token"])' "$WORK/fleet")
check "a stranger's report" equal "$(post nonsense /v1/reports '{}')" 401
check "a report that is none" equal "$(post "$DEVICE_TOKEN" /v1/reports '{')" 400
check "enrolling without the secret" equal "$(post nonsense /v1/enroll '{"host":{"name":"PC-9"}}')" 401
until_ok 30 "a refused enrollment is counted" shows 'mapi_rollout_enrollments_refused_total{reason="unauthorized"}' 1
until_ok 30 "and a report" shows 'mapi_rollout_reports_refused_total{reason="malformed"}' 1
until_ok 30 "the gate counts who reported" shows 'mapi_rollout_gate_users{count="reporting"}' 3

check "as the format wants it, with a gate" checker format
for line in \
    'mapi_rollout_released_version 1003' \
    'mapi_rollout_released_info{stage="pilot"} 1' \
    'mapi_rollout_released_safe 0' \
    'mapi_rollout_policy_served 1' \
    'mapi_rollout_gates_held 0' \
    "mapi_rollout_users $MACHINES" \
    "mapi_rollout_devices $MACHINES" \
    'mapi_rollout_users_by_state{state="error"} 1' \
    'mapi_rollout_users_by_state{state="unverified"} 2' \
    'mapi_rollout_users_by_state{state="idle"} 3' \
    'mapi_rollout_users_by_state{state="paused"} 0' \
    "mapi_rollout_gate_users{count=\"subjects\"} $MACHINES" \
    'mapi_rollout_gate_users{count="reporting"} 3' \
    'mapi_rollout_gate_missing{number="soak"} 1' \
    "mapi_rollout_enrollments_total{kind=\"new\"} $MACHINES" \
    'mapi_rollout_enrollments_refused_total{reason="unauthorized"} 1' \
    "mapi_rollout_reports_taken_total{kind=\"new\"} $((MACHINES + 3))" \
    'mapi_rollout_reports_refused_total{reason="unauthorized"} 1' \
    'mapi_rollout_reports_refused_total{reason="malformed"} 1' \
    "mapi_rollout_http_requests_total{listener=\"agents\",method=\"POST\",route=\"/v1/reports\",status=\"2xx\"} \
$((MACHINES + 3))" \
    'mapi_rollout_http_requests_total{listener="agents",method="POST",route="/v1/reports",status="4xx"} 2' \
    'mapi_rollout_http_requests_total{listener="agents",method="other",route="other",status="4xx"} 1' \
    'mapi_rollout_store_queue_writes 0' \
    'mapi_rollout_store_commit_failures_total 0' \
    'mapi_rollout_store_readable 1'; do
    check "$line" value_is "${line% *}" "${line##* }"
done
check "the policy expires, and not today" [ "$(checker value mapi_rollout_policy_expiry_seconds)" -gt 86400 ]
check "no names of users, machines or addresses" lacks "$SAID" -iE 'S-1-5|PC-[0-9]|CONTOSO|203\.0\.113'

# ---- what is written about it --------------------------------------------------------------------

check "alerts ask for what is there, and name their runbooks" checker alerts "$DOCS/prometheus/alerts.yml" \
    "$DOCS/operations-metrics.md"
check "the dashboard asks for what is there" checker dashboard "$DOCS/grafana/mapi-rollout.json"
check "the page has each metric, and no other" checker page "$DOCS/operations-metrics.md"

# It prints what it would rather have otherwise, and exits with 3 then.
: "${MR_PROMTOOL:=$ROOT/build/promtool/promtool}"
need_files "$MR_PROMTOOL"
check "promtool has nothing to say about the metrics" equal "$("$MR_PROMTOOL" check metrics <"$SAID" 2>&1)" ""
"$MR_PROMTOOL" check rules "$DOCS/prometheus/alerts.yml" >"$WORK/log/promtool.log" 2>&1
check "promtool takes the alert rules" equal "$?" 0
"$MR_PROMTOOL" test rules "$HARNESS_DIR/alerts_test.yml" >"$WORK/log/promtool.log" 2>&1
check "alerts speak when they should, says promtool" equal "$?" 0

# The checker itself: each of these must be refused.
spoiled() { # sentence, script of sed
    cp "$SAID" "$WORK/good"
    sed -i -e "$2" "$SAID"
    if cmp -s "$SAID" "$WORK/good"; then
        fail "nothing was spoiled: $1"
    fi
    if checker format >/dev/null 2>&1; then
        fail "the checker does not see: $1"
    fi
    cp "$WORK/good" "$SAID"
}
spoiled "a family without its type" '/^# TYPE mapi_rollout_users /d'
spoiled "a sample twice" 's/^mapi_rollout_devices .*/&\n&/'
spoiled "a label that names somebody" 's/^mapi_rollout_devices /mapi_rollout_devices{sid="S-1-5-21"} /'
spoiled "a counter that is not called one" 's/mapi_rollout_rate_limited_total/mapi_rollout_rate_limited/'
spoiled "buckets that fall" 's/\(commit_duration_seconds_bucket{le="0.005"}\) .*/\1 999999/'
spoiled "a quotation mark that is not escaped" 's/stage="pilot"/stage="pi"lot"/'
say "ok: the checker sees what is spoiled"

# ---- restart and brake ---------------------------------------------------------------------------

server_kill
server_start
look
check "a restart begins counters anew" value_is 'mapi_rollout_reports_taken_total{kind="new"}' 0
check "and keeps what the store knows" value_is 'mapi_rollout_users_by_state{state="error"}' 1
safe
look
check "as the format wants it, with the brake" checker format
check "the brake is seen" value_is mapi_rollout_released_safe 1
check "the safe policy never expires" value_is mapi_rollout_policy_expiry_seconds -
check "it has no gate" value_is 'mapi_rollout_gate_verdict{verdict="hold"}' -
passed
