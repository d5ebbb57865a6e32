#!/bin/sh
# 12_admin_server.sh - the admin command and the server: publish, release, advance, the brake, and what the lists show.
#
# Natively, without Wine: curl(1) plays the agents. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=admin-e2e
native_begin "$MR_SERVER" "$MR_ADMIN"
mkdir "$WORK/home"
cd "$WORK" || exit 1
unset MAPI_ROLLOUT_SERVER
export XDG_CONFIG_HOME="$WORK/home"
site_make
server_start

run() { # arguments...
    "$MR_ADMIN" "$@" >out 2>errors </dev/null
    code=$?
}

wrong() { # sentence
    cat out errors >"$WORK/log/said.log"
    fail "$*"
}

# Exit code and words in output or errors.
gives() { # code, words, arguments...
    expected=$1
    words=$2
    shift 2
    run "$@"
    [ "$code" = "$expected" ] || wrong "mapi-rollout $* gives $code, should give $expected"
    grep -q -e "$words" out errors || wrong "mapi-rollout $* does not say '$words'"
    say "ok: $*: $words"
}

# The JSON in out, looked at by an expression over it.
holds() { # sentence, python expression over the document d
    python3 -c 'import json, sys; d = json.load(open("out")); sys.exit(not eval(sys.argv[1]))' "$2" || wrong "$1"
    say "ok: $1"
}

# ---- an empty server -----------------------------------------------------------------------------

gives 0 'released  nothing yet' status
gives 0 '0 users on 0 devices' status
gives 0 '^SID ' users
gives 0 '^DEVICE ' devices
gives 1 'mapi-rollout: ' release observe --yes
gives 1 'mapi-rollout: ' safe --reason test --confirm "$ROLLOUT"

# ---- publish -------------------------------------------------------------------------------------

sign 1
python3 "$HARNESS_DIR/envelopes.py" policy bundle-1.json observe >one-policy.json
gives 0 'stored serial 1, stages observe, .*nothing is released' publish bundle-1.json
gives 0 'stored    serial 1' status
gives 0 'released  nothing yet' status
gives 1 'type_mismatch\|envelope_malformed\|signature' publish one-policy.json
plan_write plan-500.json 500
"$MR_ADMIN" sign plan-500.json --key "$SIGNING_KEY" --out bundle-500.json >>log/operator.log 2>&1 || fail 'sign serial 500'
gives 1 'serial_skip: ' publish bundle-500.json
"$MR_ADMIN" keygen --out stranger.pem >>log/operator.log 2>&1 || fail keygen
"$MR_ADMIN" sign plan-1.json --key stranger.pem --out strange.json >>log/operator.log 2>&1 || fail 'sign by a stranger'
gives 1 'key_unknown ' publish strange.json
gives 1 'not_found: .*nowhere.json' publish nowhere.json

# ---- tokens and roles ----------------------------------------------------------------------------

printf 'not-a-token\n' >wrong.token
gives 1 'unauthorized: the server does not know the token in wrong.token' status --token-file wrong.token
server_token viewer >viewer.token
gives 0 'stored    serial 1' status --token-file viewer.token
gives 1 'forbidden: the token in viewer.token may not do this' release observe --yes --token-file viewer.token
gives 1 'forbidden: ' publish bundle-1.json --token-file viewer.token
mkdir -p "$XDG_CONFIG_HOME/mapi-rollout"
printf '{"server": "%s", "ca": "%s", "token_file": "%s"}\n' "$MAPI_ROLLOUT_SERVER" "$CA" "$WORK/viewer.token" \
    >"$XDG_CONFIG_HOME/mapi-rollout/config.json"
(unset MAPI_ROLLOUT_SERVER MAPI_ROLLOUT_CA MAPI_ROLLOUT_TOKEN_FILE && gives 0 'stored    serial 1' status) || exit 1
printf '{"servr": "x"}\n' >"$XDG_CONFIG_HOME/mapi-rollout/config.json"
(unset MAPI_ROLLOUT_SERVER && gives 1 'unknown_field at /servr: ' status) || exit 1
rm "$XDG_CONFIG_HOME/mapi-rollout/config.json"

# ---- release and advance -------------------------------------------------------------------------

gives 2 'give --yes' release observe
gives 0 'released observe (version 1001)' release observe --yes
grep -q '^from   nothing released yet' errors || wrong 'the preview does not say from where'
grep -q '^to     observe (version 1001)' errors || wrong 'the preview does not say to what'
gives 1 'stage_unknown: ' release nowhere --yes
typed=$(python3 "$HARNESS_DIR/on_terminal.py" no "$MR_ADMIN" advance) && fail 'a no releases'
case $typed in
*'nothing was released'*) say 'ok: a no on the terminal releases nothing' ;;
*) fail "a no on the terminal: $typed" ;;
esac
gives 0 'observe, version 1001' status
typed=$(python3 "$HARNESS_DIR/on_terminal.py" yes "$MR_ADMIN" advance) || fail "a yes releases nothing: $typed"
gives 0 'hold-back, version 1002' status
gives 0 '"version":1003' advance --yes --json
holds 'advance --json is the new state' 'd["released"]["version"] == 1003 and d["released"]["by"] == "publisher"'

# ---- users and devices ---------------------------------------------------------------------------

enroll_secret >enroll.secret

# Enrolls a machine; its token goes to NAME.token, its id to NAME.id.
enroll() { # name
    curl -sS --cacert "$CA" -H "Authorization: Bearer $(cat enroll.secret)" -H 'Content-Type: application/json' \
        -d '{"host":{"name":"'"$1"'","fqdn":null,"domain":"CONTOSO","machine_guid":"guid-'"$1"'","computer_sid":null}}' \
        "$SERVER_URL/v1/enroll" >"$1.enrolled" 2>>log/curl.log || fail "enroll $1"
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["device_token"])' "$1.enrolled" >"$1.token" ||
        fail "enroll $1: $(cat "$1.enrolled")"
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["device_id"])' "$1.enrolled" >"$1.id"
}

# One full report of COUNT users of a machine in parts of 200, or of the one user whose state is named.
report() { # name, count, state
    python3 - "$1" "$2" "$3" "$(cat "$1.id")" <<'END' || fail "making the report of $1"
import datetime
import json
import secrets
import sys

name, count, state, device = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
base = {"1": 1, "2": 2}[name[-1]]
users = [{"sid": "S-1-5-21-1-2-%d-%d" % (base, 1001 + i), "account": "CONTOSO\\user%d" % i, "hive": "loaded",
          "set": "block", "value": {"present": True, "type": "dword", "value": 1}, "state": state,
          "error": {"code": "denied", "os_code": 5} if state == "error" else None} for i in range(count)]
parts = [users[i:i + 200] for i in range(0, len(users), 200)]
run_id = secrets.token_hex(16)
for number, part in enumerate(parts):
    report = {"format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": run_id,
              "seq": number + 1, "part": number + 1, "parts": len(parts), "full": True, "device_id": device,
              "sent_at": now, "agent": {"version": "0.1.0", "started_at": now,
                                        "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
              "host": {"name": name, "domain": "CONTOSO"},
              "policy": {"rollout": "admin-e2e", "received": 1003, "effective": 1003, "digest": "0" * 64,
                         "failed": None, "stale": False},
              "users": part}
    with open("%s.report-%d" % (name, number), "w") as file:
        json.dump(report, file)
END
    for part in "$1".report-*; do
        http=$(curl -sS --cacert "$CA" -H "Authorization: Bearer $(cat "$1.token")" -H 'Content-Type: application/json' \
            --data-binary "@$part" -o reported -w '%{http_code}' "$SERVER_URL/v1/reports" 2>>log/curl.log)
        [ "$http" = 204 ] || fail "a report of $1 gives $http: $(cat reported)"
    done
}

enroll PC-1
enroll PC-2
report PC-1 3 idle
report PC-2 450 error
gives 0 '453 users on 2 devices' status
grep -q '^error *denied *200 *CONTOSO.user[0-9]* *PC-2$' out || wrong 'status does not say why users fail, with an example'
grep -q 'users --state error (450, the first 200 are counted here)' out || wrong 'status does not name the command that lists all who fail'
gives 0 'S-1-5-21-1-2-1-1001 *CONTOSO.user0 *PC-1 *block *1 *idle' users
check 'users lists all pages' equal "$(wc -l <out)" 454
gives 0 '"sid"' users --json
check 'users --json is one object a line, of all pages' equal \
    "$(python3 -c 'import json; print(len({json.loads(line)["sid"] for line in open("out")}))')" 453
gives 0 PC-1 users --host PC-1
check 'the filter by host' equal "$(wc -l <out)" 4
gives 0 idle users --state idle
check 'the filter by state' equal "$(wc -l <out)" 4
gives 0 S-1-5-21-1-2-2-1001 users --sid S-1-5-21-1-2-2-1001
check 'the filter by SID' equal "$(wc -l <out)" 2
gives 0 '^SID ' users --ring pilot
check 'the filter by ring' equal "$(wc -l <out)" 1
gives 0 'PC-2 *CONTOSO' devices
gives 0 '"compliance"' status --json
holds 'status --json holds both answers' 'd["rollout"]["released"]["version"] == 1003 and d["compliance"]["users"] == 453'

# ---- two operators, and the brake ----------------------------------------------------------------

gives 1 'mapi-rollout: ' safe --reason 'wrong name' --confirm another
gives 0 'pilot, version 1003' status
gives 0 'safe policy of admin-e2e is released' safe --reason 'Outlook hangs' --confirm "$ROLLOUT"
gives 0 'THE BRAKE IS ON .*: Outlook hangs' status
gives 1 'safe_released: ' advance --yes
gives 1 'mapi-rollout: ' release everyone --yes
publish 2
gives 0 'released observe (version 2001)' release observe --yes --confirm-regression

# ---- a server that is gone -----------------------------------------------------------------------

server_stop
gives 1 'unreachable: nobody answers at ' status

passed
