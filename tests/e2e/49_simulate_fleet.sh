#!/bin/sh
# 49_simulate_fleet.sh - simulating at the server: random fleets and plans counted as `simulate --facts` and another
# implementation count them, previews that come true, and a simulation that takes long and keeps nobody waiting.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=simulate-e2e
MACHINES=40
HEAVY_MACHINES=40
HEAVY_USERS=100 # of each
ROUNDS=4
native_begin "$MR_SERVER" "$MR_ADMIN"
cd "$WORK" || exit 1
site_make
server_start
enroll_secret >enroll.secret

tool() { # command, arguments...
    python3 "$HARNESS_DIR/simulate_fleet.py" "$@" || fail "simulate_fleet.py $*"
}

fleet() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/gate_fleet.py" "$command" "$SERVER_URL" "$CA" "$@" || fail "the fleet: $command $*"
}

ask() { # body's file, answer's file: prints the status
    curl -sS --cacert "$CA" -H "Authorization: Bearer $(cat "$MAPI_ROLLOUT_TOKEN_FILE")" -H 'Content-Type: application/json' \
        --data-binary "@$1" -o "$2" -D "$2.headers" -w '%{http_code}' "$MAPI_ROLLOUT_SERVER/v1/simulate" 2>>log/curl.log
}

publish_plan() { # plan
    "$MR_ADMIN" sign "$1" --key "$SIGNING_KEY" --out bundle.json >>log/operator.log 2>&1 || fail "sign $1"
    admin publish bundle.json
}

report() { # people, plan, stage
    tool report "$SERVER_URL" "$CA" fleet.json "$1" "$2" "$3"
}

user_sets() { # file
    "$MR_ADMIN" users --json >users.jsonl 2>>log/operator.log || fail "users"
    tool sets users.jsonl >"$1"
}

run() { # arguments...
    "$MR_ADMIN" "$@" >out 2>errors </dev/null
    code=$?
}

# Exit code and words in output or errors.
gives() { # code, words, arguments...
    expected=$1
    words=$2
    shift 2
    run "$@"
    cat out errors >log/said.log
    [ "$code" = "$expected" ] || fail "mapi-rollout $* gives $code, should give $expected"
    grep -q -e "$words" out errors || fail "mapi-rollout $* does not say '$words'"
    say "ok: $*: $words"
}

# ---- an empty server -----------------------------------------------------------------------------

tool plan empty "$ROLLOUT" 1 >plan.json
gives 0 'rollout simulate-e2e, serial 1, 0 users' simulate plan.json --fleet
gives 0 'against what is released now (nothing yet)' simulate plan.json --fleet
gives 1 'stage_unknown: ' release full --dry-run

# ---- the same numbers as other implementations ---------------------------------------------------

fleet enroll enroll.secret fleet.json "$MACHINES"
serial=1
round=1
while [ "$round" -le "$ROUNDS" ]; do
    tool people "$round" "$MACHINES" >people.json
    tool plan "$round" "$ROLLOUT" "$serial" >plan.json
    tool plan "other $round" "$ROLLOUT" $((serial + 1)) >other.json
    publish_plan plan.json

    # Stage by stage: what the preview says is what the machines then do.
    admin release stage-0 --yes --confirm-regression
    report people.json plan.json stage-0
    for stage in stage-1 stage-2 full; do
        user_sets before
        printf '{"stage":"%s"}' "$stage" >body
        check "round $round, $stage: the preview" equal "$(ask body preview)" 200
        run release "$stage" --dry-run --json
        check "round $round, $stage: --dry-run --json has the same numbers" python3 -c '
import json, sys
one, other = json.load(open("preview")), json.load(open("out"))
del one["at"], other["at"]
sys.exit(one != other)'
        admin release "$stage" --yes --confirm-regression
        report people.json plan.json "$stage"
        user_sets after
        tool moved preview before after
    done

    # All groups of the plan were asked for now: the command counts the same for the facts that the server has.
    tool facts people.json plan.json full >facts.jsonl
    "$MR_ADMIN" simulate plan.json --facts facts.jsonl --json >command.json 2>>log/operator.log || fail "simulate --facts"
    "$MR_ADMIN" simulate plan.json --fleet --json >server.json 2>>log/operator.log || fail "simulate --fleet"
    tool same server.json command.json
    "$MR_ADMIN" simulate plan.json --facts facts.jsonl >command.txt 2>>log/operator.log || fail "simulate --facts"
    "$MR_ADMIN" simulate plan.json --fleet >server.txt 2>>log/operator.log || fail "simulate --fleet"
    check "round $round: the same table, and more below" equal "$(cat command.txt)" \
        "$(sed '/^against what is released/,$d' server.txt | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}')"
    # Of another plan some groups are known, and some are not.
    check "round $round: another plan" equal "$(ask other.json other.said)" 200
    tool counts other.said people.json plan.json full other.json
    check "round $round: the same plan" equal "$(ask plan.json plan.said)" 200
    tool counts plan.said people.json plan.json full plan.json
    serial=$((serial + 2))
    round=$((round + 1))
done

# ---- what is said before a release ---------------------------------------------------------------

sed "s/@LATER@/$(now_text '+20 days')/" >plan.json <<END || fail "the plan"
{ "format": "mapi-rollout/plan/1", "rollout": "$ROLLOUT", "serial": 50, "issued_at": "$(now_text '-1 minute')",
  "expires_at": "$(now_text '+30 days')",
  "rings": { "pilot": { "any": [ { "host": ["PC-1", "PC-2"] } ] }, "desk": { "group": ["CONTOSO\\\\Nobody-Asked"] } },
  "stages": [
    { "name": "block", "rules": [], "otherwise": "block" },
    { "name": "pilot", "rules": [ { "ring": "pilot", "set": "allow" } ], "otherwise": "block" },
    { "name": "desk", "rules": [ { "ring": "pilot", "set": "block" }, { "ring": "desk", "set": "allow" } ],
      "otherwise": "block" },
    { "name": "later", "rules": [], "otherwise": "allow", "not_before": "@LATER@" } ],
  "safe": { "set": "block" } }
END
publish_plan plan.json
admin release block --yes --confirm-regression
report people.json plan.json block
gives 0 'released pilot' release pilot --yes
grep -q '^        *4  block -> allow$' errors || fail "release does not say who changes"
grep -q "^        *$((MACHINES * 2 - 4))  stay as they are$" errors || fail "release does not say who stays"
gives 0 '^!  *4  allow -> block: taken back, which --confirm-regression confirms' release desk --dry-run
grep -q "^        *$((MACHINES * 2 - 4))  not known to the server" out || fail "--dry-run does not say who is not known"
gives 1 'stage_regression: 4 of 80 users would .*: if that is meant, give --confirm-regression' release desk --yes
typed=$(python3 "$HARNESS_DIR/on_terminal.py" yes "$MR_ADMIN" release desk) && fail "a regression is released"
case $typed in
*'Release it?'*) fail "somebody is asked about what will be refused: $typed" ;;
*'stage_regression: '*) say 'ok: nobody is asked about what will be refused' ;;
*) fail "a regression on the terminal: $typed" ;;
esac
gives 1 'stage_regression: ' advance --yes
gives 0 'pilot, version 50002' status
typed=$(python3 "$HARNESS_DIR/on_terminal.py" no "$MR_ADMIN" release desk --confirm-regression) && fail "a no releases"
case $typed in
*'taken back'*'nothing was released'*) say 'ok: it is shown, asked, and a no releases nothing' ;;
*) fail "a no on the terminal: $typed" ;;
esac
gives 1 'not_yet: ' release later --yes
gives 0 '^!  .*refuse it now: .*(not_yet)' release later --dry-run
gives 1 'version_rollback: ' release block --yes
gives 1 'unknown_field at /guards/' simulate "$ROOT/tests/data/json/plan/guards-unknown-field.json" --fleet
server_token viewer >viewer.token
gives 1 'forbidden: ' release pilot --dry-run --token-file viewer.token

# ---- a simulation that takes long ----------------------------------------------------------------

# Many users with long names, and a plan whose patterns take long for each.
python3 - "$HARNESS_DIR" "$SERVER_URL" "$CA" fleet.json "$HEAVY_MACHINES" "$HEAVY_USERS" <<'END' || fail "many users"
import json
import secrets
import sys
import time

sys.path.insert(0, sys.argv[1])
from report_stream import connect, post

connection = connect(sys.argv[2], sys.argv[3])
now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
for device in json.load(open(sys.argv[4]))[:int(sys.argv[5])]:
    users = [{"sid": "S-1-5-21-1-2-9-%d" % (5000 + i), "account": "CONTOSO\\" + "user%d" % i * 30, "hive": "loaded",
              "set": "block", "state": "idle"} for i in range(int(sys.argv[6]))]
    body = {"format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": "%032x" % 1,
            "seq": time.monotonic_ns() // 1000000 % 2000000000, "part": 1, "parts": 1, "full": True,
            "device_id": device["device_id"], "sent_at": now,
            "agent": {"version": "1.0.0", "started_at": now, "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
            "host": {"name": "PC"}, "policy": {"rollout": None, "received": None, "effective": None, "digest": None,
                                               "failed": None, "stale": False}, "users": users}
    status, answer = post(connection, "/v1/reports", device["device_token"], json.dumps(body).encode())
    if status != 204:
        sys.exit("a report gave %d: %s" % (status, answer.decode()))
END
tool heavy "$ROLLOUT" 51 >heavy.json
printf '{"stage":"pilot"}' >body

is_simulating() {
    equal "$(ask body busy)" 429
}

# In the background, and again where the question whether it runs was quicker. Its status goes to long.status.
simulate_long() {
    : >long.status
    (until ask heavy.json long >long.asked && [ "$(cat long.asked)" != 429 ]; do :; done && mv long.asked long.status) &
    long=$!
    until_true 60 is_simulating || fail "there is no simulation"
}

# Everything else is answered while it runs, or this time proves nothing.
others_meanwhile() {
    simulate_long
    grep -q '"code":"simulation_running"' busy || fail "it does not say that another one runs"
    grep -qi '^retry-after: ' busy.headers || fail "it does not say when to come again"
    "$MR_ADMIN" safe --reason "Outlook hangs" --confirm "$ROLLOUT" >>log/operator.log 2>&1 || fail "the brake"
    "$MR_ADMIN" status >>log/operator.log 2>&1 || fail "status"
    equal "$(curl -sS --cacert "$CA" -o policy -w '%{http_code}' "$SERVER_URL/v1/policy" 2>>log/curl.log)" 200 ||
        fail "no policy"
    fleet report fleet.json 50002 idle 1 1
    run simulate plan.json --fleet
    proof=$code
    cp errors fleet.errors
    run release pilot --dry-run
    [ ! -s long.status ]
    still=$?
    wait "$long"
    return $still
}

tries=0
until others_meanwhile; do
    tries=$((tries + 1))
    [ "$tries" -lt 5 ] || fail "the brake, status, a policy and a report are not answered while a simulation runs"
done
say "ok: the brake, status, a policy and a report are answered while a simulation runs"
check "simulate --fleet says that another one runs" grep -q '^mapi-rollout: simulation_running: another simulation' fleet.errors
check "and fails" equal "$proof" 1
check "--dry-run is refused without numbers" grep -q '^mapi-rollout: simulation_running: ' errors
check "the long one ends in time, without half of the numbers" equal "$(cat long.status)" 503
check "and says so" grep -q '"code":"timed_out"' long
check "with how far it came" grep -q 'users were looked at, and there are more' long
say "note: $(grep -o '[0-9]* users were looked at' long) of $((HEAVY_MACHINES * HEAVY_USERS))"
check "the server can do it again" equal "$(ask body preview)" 200

# A release goes on without numbers, and says so; the server looks for regressions all the same.
sed 's/"serial": 50/"serial": 52/' plan.json >plan-52.json
publish_plan plan-52.json
release_meanwhile() {
    simulate_long
    run release block --yes
    wait "$long"
    grep -q '^!  .*how many users change is not known: another simulation is running' errors
}
tries=0
until release_meanwhile; do
    tries=$((tries + 1))
    [ "$tries" -lt 5 ] || fail "a release says nothing of what it does not know"
    sed "s/\"serial\": 50/\"serial\": $((52 + tries))/" plan.json >plan-next.json
    publish_plan plan-next.json
done
check "it is released all the same" equal "$code" 0

# ---- a server that is stopped, and one from before -----------------------------------------------

simulate_long
"$MR_ADMIN" status --json >whole.json 2>>log/operator.log || fail "status"
server_stop
wait "$long"
check "a simulation that runs when the server is stopped is answered" equal "$(cat long.status)" 503

mkdir old
python3 -c 'import json; d = json.load(open("whole.json")); [json.dump(d[k], open("old/%s.json" % k, "w")) for k in ("rollout", "compliance")]' ||
    fail "what the server said"
python3 "$HARNESS_DIR/simulate_fleet.py" old_server old >old.url &
remember $!
until_true 20 test -s old.url || fail "the old server does not start"
MAPI_ROLLOUT_SERVER=$(cat old.url)
gives 1 'unsupported: the server is too old to simulate: give --facts' simulate plan.json --fleet
gives 1 'unsupported: this server is too old to say it' release pilot --dry-run
gives 0 'how many users change is not known: this server is too old to say it' release pilot --yes
# Between two questions somebody stores another bundle: the numbers are not those of the stage that is meant.
sed 's/\("to":{"stage":"pilot","version":\)[0-9]*/\199002/' preview >old/simulate.json
gives 1 'precondition_failed: somebody changed the rollout meanwhile' release pilot --yes
printf '{"users":7}' >old/simulate.json
gives 1 'missing_field at /to: ' release pilot --yes
passed
