#!/bin/sh
# 18_examples.sh - the plans that we show are good, and the command prints what the pages say it prints.
set -u
. "$(dirname "$0")/harness.sh"

native_begin "$MR_ADMIN"
mkdir "$WORK/fences"
EXAMPLES=$ROOT/docs/examples

is_good() { # plan
    "$MR_ADMIN" check --json "$1" >"$WORK/said" 2>"$WORK/log/check.log" &&
        python3 -c 'import json, sys; said = json.load(open(sys.argv[1])); sys.exit(not said["good"] or said["problems_found"])' \
            "$WORK/said"
}

is_shown() { # example
    grep -q "^\$ mapi-rollout check $1/plan.json\$" "$EXAMPLES/README.md"
}

count=0
for plan in "$EXAMPLES"/*/plan.json; do
    name=$(basename "$(dirname "$plan")")
    check "the example $name is good" is_good "$plan"
    check "and is shown" is_shown "$name"
    count=$((count + 1))
done
check 'there are examples' test "$count" -ge 10

python3 "$HARNESS_DIR/fences.py" "$ROOT/docs/policy-format.md" "$WORK/fences" >"$WORK/log/fences.log" 2>&1 ||
    fail 'the plans of the page'
for plan in "$WORK"/fences/plan-*.json; do
    check "$(basename "$plan") of policy-format.md is good" is_good "$plan"
done
check 'the trust document of policy-format.md is good' "$MR_ADMIN" trust show "$WORK/fences/trust-1.json"

for page in "$EXAMPLES/README.md" "$ROOT/docs/policy-format.md"; do
    check "$(basename "$page") shows what the command prints" \
        python3 "$HARNESS_DIR/console.py" "$page" "$EXAMPLES" "$MR_ADMIN"
done

passed
