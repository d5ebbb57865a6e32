#!/bin/sh
# 19_schema.sh - the schemas of docs/schema/ and our programs are of one mind.
#
# An editor that uses the schemas must neither refuse what `check` takes nor take what a schema could refuse. Another
# library (Ajv) judges; what a schema cannot say is listed with its reason in tests/js/schema_limits.js.
set -u
. "$(dirname "$0")/harness.sh"

native_begin "$MR_ADMIN"
mkdir "$WORK/agree" "$WORK/fences"
export MR_ADMIN
: "${NODE_PATH:=$ROOT/build/node_modules}"
export NODE_PATH

schema() { # arguments of schema.js...
    node "$ROOT/tests/js/schema.js" "$@"
}

quietly() { # command...
    "$@" >>"$WORK/log/command.log" 2>&1 || fail "$*"
}

node --version >/dev/null 2>&1 || fail 'there is no node: ./run setup installs it'
[ -d "$NODE_PATH/ajv" ] || fail "$NODE_PATH holds no ajv: ./run setup fetches it"

check 'parts of one name are equal in all schemas' schema shared

# ---- what we write and publish -------------------------------------------------------------------

python3 "$HARNESS_DIR/fences.py" "$ROOT/docs/policy-format.md" "$WORK/fences" >"$WORK/fences.count" ||
    fail 'examples of the page'
check 'the page has plans' test -e "$WORK/fences/plan-1.json"
check 'the page has a trust document' test -e "$WORK/fences/trust-1.json"
check 'plans of the page' schema accept plan "$WORK"/fences/plan-*.json
check 'trust documents of the page' schema accept trust "$WORK"/fences/trust-*.json
check 'plans of docs/examples' schema accept plan "$ROOT"/docs/examples/*/plan.json
check 'a full report' schema accept report "$ROOT/tests/data/report/full.json"

quietly "$MR_ADMIN" init "$WORK/site" --host mapi.example.com --rollout schema-test
quietly "$MR_ADMIN" sign "$WORK/site/plan.json" --key "$WORK/site/signing.pem" --out "$WORK/bundle.json"
check 'the plan that init writes' schema accept plan "$WORK/site/plan.json"
check 'the trust document that init writes' schema accept trust "$WORK/site/trust.json"
check 'the policies that sign writes' schema accept bundle "$WORK/bundle.json"

# ---- what the programs say, and what the schemas say ---------------------------------------------

check 'the vectors' schema vectors "$ROOT/tests/data/json"
check 'documents with one mistake each' schema agree "$WORK/agree" "$ROOT/tests/data/json/plan/everything.json"
check 'the policies of a plan that has every field' schema accept bundle "$WORK/agree/bundle.json"

passed
