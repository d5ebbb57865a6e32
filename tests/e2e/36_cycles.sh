#!/bin/sh
# 36_cycles.sh - MR_CYCLES (60) policies, each taken, written and reported by the whole agent: handles and memory stay
# flat.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
WARM_UP=20
CYCLES=${MR_CYCLES:-60}
HANDLES_MORE=4 # a report that happens to be on its way holds a few
# Wine's heap grows in steps of 1 MiB. What leaks a little in each cycle is seen by the sanitizer, and by ./run bench.
MEMORY_MORE=$((2560 * 1024))

user_add alice 1001
user_add bob 1002
for one in alice bob; do user_logon $one; done
STAGES=50
PLAN_TEMPLATE=$WORK/stages.json.in
python3 - "$HARNESS_DIR/plan.json.in" $STAGES >"$PLAN_TEMPLATE" <<'EOF'
# Stages that block and allow everybody by turns.
import re
import sys
plan = open(sys.argv[1]).read()
stages = ", ".join('{"name": "s%d", "rules": [], "otherwise": "%s", "expect": "any"}'
                   % (i, "block" if i % 2 else "allow") for i in range(1, int(sys.argv[2]) + 1))
plan = re.sub(r'"rings": .*?\n  },\n', "", plan, flags=re.S)
print(re.sub(r'"stages": .*\n  \],', '"stages": [' + stages + "],", plan, flags=re.S))
EOF
server_start
agent_configure "$SERVER_URL"
agent_start

count() { # handles, pagefile_bytes
    tool handles mapi-rollout-agent.exe | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# One bundle is STAGES cycles: each stage, released, is taken, written for everybody and reported.
cycles() { # cycles, first serial
    serial=$2
    done_cycles=0
    while [ $done_cycles -lt "$1" ]; do
        publish $serial
        stage=1
        while [ $stage -le $STAGES ] && [ $done_cycles -lt "$1" ]; do
            release s$stage
            if [ $((stage % 2)) = 1 ]; then expected=1; else expected=absent; fi
            until_true 20 has_value alice $expected || fail "stage s$stage of serial $serial is not brought to alice"
            stage=$((stage + 1))
            done_cycles=$((done_cycles + 1))
        done
        serial=$((serial + 1))
    done
}

cycles $WARM_UP 1
handles=$(count handles)
memory=$(count pagefile_bytes)
cycles $CYCLES 50
handles_more=$(($(count handles) - handles))
memory_more=$(($(count pagefile_bytes) - memory))
say "handles $handles $(printf %+d $handles_more), memory $memory $(printf %+d $memory_more) bytes (under Wine)"
[ $handles_more -le $HANDLES_MORE ] || fail "$handles_more handles more after $CYCLES cycles"
[ $memory_more -le $MEMORY_MORE ] || fail "$memory_more bytes more after $CYCLES cycles"
passed
