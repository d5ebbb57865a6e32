#!/bin/sh
# 21_gates.sh - stages are left by themselves, a real failure is held and pulls the brake, hold stops both; with kills
# in the middle of all of it.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=gates-e2e
PLAN_TEMPLATE=$HARNESS_DIR/gates.json.in
MACHINES=24
HOUR_S=3600
native_begin "$MR_SERVER" "$MR_ADMIN"
site_make
server_start
enroll_secret >"$WORK/enroll.secret"

fleet() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/gate_fleet.py" "$command" "$SERVER_URL" "$CA" "$@" || fail "the fleet: $command $*"
}

report() { # version, state, first, last
    fleet report "$WORK/fleet" "$@"
}

status_says() { # words
    "$MR_ADMIN" status 2>>"$WORK/log/operator.log" | tee "$WORK/log/status.log" | grep -q -e "$1"
}

# The released version, by whom, and what the gate says, as one line.
gate() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | python3 -c '
import json, sys
rollout = json.load(sys.stdin)["rollout"]
gate = rollout["gate"] or {"version": 0, "verdict": "-", "reason": "-"}
released = rollout["released"]
print(released["version"], released["by"], gate["verdict"] if gate["version"] == released["version"] else "-",
      gate["reason"] if gate["version"] == released["version"] else "-")'
}

gate_is() { # version by verdict reason
    gate >"$WORK/log/gate.log"
    [ "$(cat "$WORK/log/gate.log")" = "$1" ]
}

restart() { # seconds that pass while it is off
    server_kill
    python3 "$HARNESS_DIR/gate_fleet.py" age "$SERVER_DATA/store.db" "$1" || fail "time does not pass"
    server_start
}

refuses() { # code, arguments...
    words=$1
    shift
    if "$MR_ADMIN" "$@" 2>"$WORK/said" >/dev/null; then
        fail "mapi-rollout $* is not refused"
    fi
    check "mapi-rollout $1: $words" grep -q "$words" "$WORK/said"
}

if "$MR_SERVER" token add --data "$SERVER_DATA" --role viewer --name gate >/dev/null 2>"$WORK/said"; then
    fail "somebody can call himself gate"
fi
check "nobody can call himself gate" grep -q 'what gates act under' "$WORK/said"

# ---- a stage is left by itself -------------------------------------------------------------------

publish 1
release observe
fleet enroll "$WORK/enroll.secret" "$WORK/fleet" "$MACHINES"
report 1001 unmanaged 1 "$MACHINES"
until_ok 30 "a stage that changes nobody waits for its soak time" gate_is "1001 publisher keep soak"
release hold-back
until_ok 30 "nobody has reported under the new stage" gate_is "1002 publisher hold reporting"
report 1002 compliant 1 21
until_ok 30 "21 of 24 are too few" status_says '^!  reporting  *21 of 24 *90 %'
restart 0
until_ok 30 "after a kill it waits for the same users" status_says '^!  reporting  *21 of 24 *90 %'
check "and the stage is the same" gate_is "1002 publisher hold reporting"
report 1002 compliant 22 24
server_kill
server_start
until_ok 30 "killed at the moment when all is there, the stage is left all the same" gate_is "1003 gate keep soak"
check "the status says who did it" status_says 'pilot, version 1003, .* by gate: the gate of hold-back passed: 24 of 24'

# ---- hold ----------------------------------------------------------------------------------------

report 1003 compliant 1 18
report 1003 error 19 24
admin hold --reason 'the help desk looks at it'
until_ok 30 "the gates are held" gate_is "1003 gate hold held"
check "the status says by whom and why" status_says 'the gates are held, .* by publisher: the help desk looks at it'
restart $((5 * HOUR_S))
until_ok 30 "still held after a kill and five hours of failing" gate_is "1003 gate hold held"
admin resume

# ---- a real failure ------------------------------------------------------------------------------

until_ok 30 "six of 24 machines fail: it holds" gate_is "1003 gate hold failing"
check "and says which number is the bad one" status_says '^!  failing devices  *6 of 24 *at most 2'
check "and what comes next" status_says 'the brake goes on 15 minutes after'
restart 600
until_ok 30 "ten minutes later it still only holds" gate_is "1003 gate hold failing"
restart 300
until_ok 30 "fifteen minutes after the first look, kills in between, it pulls the brake" gate_is "1999 gate - -"
check "the status says so loudly" status_says 'THE BRAKE IS ON .* by gate: the gate of pilot failed: 6 of 24 devices'
refuses safe_released hold --reason 'too late'
refuses safe_released resume
audited=$(python3 "$HARNESS_DIR/gate_fleet.py" audit "$SERVER_DATA/store.db" |
    grep -E ' (release|hold|resume|safe)$' | tr '\n' ',')
check "the audit names whoever did it" equal "$audited" \
    "publisher release,publisher release,gate release,publisher hold,publisher resume,gate safe,"
restart 0
check "the brake stays on after a kill" gate_is "1999 gate - -"
passed
