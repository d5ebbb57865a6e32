#!/bin/sh
# 42_agent_explain.sh - the agent explains what its users get in the words of the command, byte for byte.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

explain() { # arguments...
    tool mapi-rollout-agent explain "$@" | tr -d '\r'
}

# What the command says of the facts that this agent has.
facts_of() { # user
    printf '{"host":{"name":"%s","tags":["berlin"]},"user":{"sid":"%s"}}\n' "$HOST" "$(sid_of "$1")"
}

expected() { # stage, user, arguments...
    stage=$1
    facts_of "$2" >"$WORK/facts.jsonl"
    shift 2
    "$MR_ADMIN" explain "$WORK/plan-1.json" --stage "$stage" --facts "$WORK/facts.jsonl" "$@"
}

user_add alice 1001
user_add bob 1002
user_add carol 1003 0
for one in alice bob carol; do user_logon $one; done
agent_configure
wine_quiet reg add "$AGENT_KEY" /v Tags /t REG_MULTI_SZ /d berlin /f >/dev/null || fail "cannot set the tags"
tool mapi-rollout-agent explain >"$WORK/said" 2>&1 && fail "explaining nothing"
check "without a policy there is nothing to explain" grep -q 'not_found: no policy was accepted yet' "$WORK/said"

sign 1
agent_start
until_ok 20 "the agent made its data directory" test -d "$DATA_DIR"
policy_of 1 pilot >"$DATA_DIR/dropped"
mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
until_ok 20 "the policy is taken" sh -c "! test -e '$DATA_DIR/policy.jws'"
until_value bob absent
agent_kill

HOST=$(explain --json | sed -n '1s/.*"host":"\([^"]*\)".*/\1/p')
for one in alice bob carol; do
    explain --json --user "$(sid_of $one)" >"$WORK/agent.out"
    expected pilot $one --json >"$WORK/command.out"
    check "$one: the same JSON" cmp "$WORK/agent.out" "$WORK/command.out"
    explain --user "$(sid_of $one)" >"$WORK/agent.out"
    expected pilot $one >"$WORK/command.out"
    check "$one: the same text" cmp "$WORK/agent.out" "$WORK/command.out"
done
check "everybody is explained" test "$(explain --json | wc -l)" -ge 3

outcome_of() { # user
    explain --user "$(sid_of "$1")" | sed -n 's/^  so: //p'
}

check "alice is held back" equal "$(outcome_of alice)" 'block, because no rule matches'
check "bob is the pilot" equal "$(outcome_of bob)" 'allow, by rule 1 (pilot)'
check "carol is an exception" equal "$(outcome_of carol)" 'leave, by rule 0 (exceptions)'
tool mapi-rollout-agent explain --user S-1-5-21-9-9-9-9 >"$WORK/said" 2>&1 && fail "a stranger is explained"
check "who has no profile is not explained" grep -q 'not_found: no user S-1-5-21-9-9-9-9 .*: say his SID' "$WORK/said"
passed
