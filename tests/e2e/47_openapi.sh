#!/bin/sh
# 47_openapi.sh - server/openapi.json is an OpenAPI 3.1 document, and the running server is as it says: its routes, its
# problem codes, and every answer to a battery of good and bad requests.
#
# Natively, without Wine. Whoever adds a route or a code adds it to the document; this test says what is missing.
# SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

DOCUMENT=$ROOT/server/openapi.json
: "${NODE_PATH:=$ROOT/build/node_modules}"
export NODE_PATH
native_begin "$MR_SERVER" "$MR_ADMIN" "$NODE_PATH/ajv"
PLAN_TEMPLATE=$WORK/plan.json.in

openapi() { # arguments of openapi.js...
    node "$ROOT/tests/js/openapi.js" "$@"
}

battery() { # arguments of openapi_battery.py...
    python3 "$HARNESS_DIR/openapi_battery.py" "$@"
}

check "it is an OpenAPI 3.1 document" openapi document "$DOCUMENT"
battery codes "$ROOT/server" "$ROOT/policy" >"$WORK/codes" || fail "the codes of the sources"
check "the codes of the sources are its codes" openapi codes "$DOCUMENT" "$WORK/codes"

# Stages that a battery wants: one whose time has not come, and one that takes back what the pilots were allowed.
python3 - "$HARNESS_DIR/plan.json.in" >"$PLAN_TEMPLATE" <<'END' || fail "the plan"
import re
import sys

plan = open(sys.argv[1]).read()
stages = """{ "name": "back", "rules": [], "otherwise": "block" },
    { "name": "later", "rules": [], "otherwise": "allow", "not_before": "@EXPIRES@" },
    { "name": "restore","""
plan = plan.replace('{ "name": "restore",', stages)
print(re.sub(r'"guards": \{[^}]*\},', '', plan).replace('"@EXPIRES@" },\n    { "name": "restore"', '"@LATER@" },\n    { "name": "restore"'))
END
sed -i "s/@LATER@/$(now_text '+20 days')/" "$PLAN_TEMPLATE"
PILOT='"S-1-5-21-1-2-3-1001"'
site_make
server_start
enroll_secret >"$WORK/enroll.secret"
for role in viewer operator; do
    server_token "$role" >"$WORK/$role.token"
done
for serial in 1 2 500; do
    sign "$serial"
done
"$MR_ADMIN" keygen --out "$WORK/stranger.pem" >>"$WORK/log/operator.log" 2>&1 || fail "a stranger's key"
"$MR_ADMIN" sign "$WORK/plan-1.json" --key "$WORK/stranger.pem" --out "$WORK/strange.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "a stranger's bundle"

battery routes "$MAPI_ROLLOUT_SERVER" "$CA" "$WORK/viewer.token" >"$WORK/routes" || fail "the routes of the server"
check "its routes are those of the server" openapi routes "$DOCUMENT" "$WORK/routes"
battery ask "$SERVER_URL" "$MAPI_ROLLOUT_SERVER" "$CA" "$WORK" "$WORK/answers" || fail "the battery"
check "the server sends what is in the tree" python3 - "$WORK/answers" "$DOCUMENT" <<'END'
import json
import sys

answers = [json.loads(line) for line in open(sys.argv[1])]
served = {answer["body"] for answer in answers if answer["path"] == "/openapi.json"}
sys.exit(served != {open(sys.argv[2]).read()})
END
check "every answer is as it says" openapi answers "$DOCUMENT" "$WORK/answers"
passed
