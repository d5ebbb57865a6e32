#!/bin/sh
# hives.sh - one pass of the agent over 500 loaded hives, under Wine, beside a loop of `reg add` over the same 500 keys;
# five repetitions in turn, median and range. Writes build/bench/hives.json. MR_HIVES changes how many.
#
# Bound: no more than a tenth of the loop's time, also when all 500 must be written. The time of a pass is the agent's
# own, from its debug log; the agent is held while the loop runs, so that it does not look at what the loop writes.
set -u
. "$(dirname "$0")/../e2e/harness.sh"
enter_network "$@"
HIVES=${MR_HIVES:-500}
REPETITIONS=5
REG='C:\windows\system32\reg.exe'

harness_begin
user_add mold 1099
user_add pulse 1098
PLAN_TEMPLATE=$WORK/stages.json.in
python3 - "$HARNESS_DIR/plan.json.in" $((2 * REPETITIONS)) >"$PLAN_TEMPLATE" <<'END'
# Stages that block and allow everybody by turns.
import re
import sys
plan = open(sys.argv[1]).read()
stages = ", ".join('{"name": "s%d", "rules": [], "otherwise": "%s", "expect": "any"}'
                   % (i, "block" if i % 2 else "allow") for i in range(1, int(sys.argv[2]) + 1))
plan = re.sub(r'"rings": .*?\n  },\n', "", plan, flags=re.S)
print(re.sub(r'"stages": .*\n  \],', '"stages": [' + stages + "],", plan, flags=re.S))
END
sign 1
tool crowd load "$HIVES" 'C:\hives\mold.hive' || fail "the crowd cannot log on"
user_logon pulse
agent_configure
agent_start
until_true 20 test -d "$DATA_DIR" || fail "the agent does not start"

passes() { # prints the milliseconds of each pass over everybody so far
    agent_log | sed -n 's/.* event=pass users=[0-9]* ms=\([0-9]*\)$/\1/p'
}

pass_count() {
    passes | wc -l
}

more_passes() { # than so many
    [ "$(pass_count)" -gt "$1" ]
}

# Passes that watchers asked for come within a second.
quiet() {
    until_true 60 no_pass_for_a_second || fail "the agent does not come to rest"
}

no_pass_for_a_second() {
    before=$(pass_count)
    sleep 1
    [ "$(pass_count)" = "$before" ]
}

has_count() { # value
    [ "$(tool crowd count "$HIVES" "$1")" = "$HIVES" ]
}

# The pass that brings a stage to everybody.
bring() { # stage, value
    quiet
    before=$(pass_count)
    policy_of 1 "$1" >"$DATA_DIR/dropped"
    mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
    until_true 60 more_passes "$before" || fail "no pass for $1"
    until_true 60 has_count "$2" || fail "$1 is not brought to everybody"
    passes | sed -n "$((before + 1))p"
}

# A pass that finds all as decided: somebody wrote another value into one of the keys.
look() {
    quiet
    before=$(pass_count)
    wine_quiet reg add "HKU\\$(sid_of pulse)\\$SETTING_KEY" /v Other /d "$before" /f >/dev/null
    until_true 60 more_passes "$before" || fail "no pass"
    passes | sed -n "$((before + 1))p"
}

loop() {
    kill -STOP "$AGENT_PID"
    began=$(now_ms)
    tool crowd add "$HIVES" 1 "$REG" >/dev/null || fail "reg add"
    took=$(($(now_ms) - began))
    kill -CONT "$AGENT_PID"
    say $took
}

round=1
while [ $round -le $REPETITIONS ]; do
    wrote=$(bring s$((2 * round - 1)) 1) || exit 1
    looked=$(look) || exit 1
    looped=$(loop) || exit 1
    removed=$(bring s$((2 * round)) absent) || exit 1
    printf '%s hives checked, nothing to do\t%s000\t%s000\n' "$HIVES" "$looked" "$looped"
    printf '%s hives written\t%s000\t%s000\n' "$HIVES" "$wrote" "$looped"
    printf '%s hives, the value removed\t%s000\t%s000\n' "$HIVES" "$removed" "$looped"
    round=$((round + 1))
done >"$WORK/times"
mkdir -p "$ROOT/build/bench"
python3 "$ROOT/tests/bench/side_by_side.py" "$WORK/times" "$ROOT/build/bench/hives.json"
