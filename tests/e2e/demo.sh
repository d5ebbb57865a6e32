#!/bin/sh
# demo.sh [--keep] - the product at work: an operator, a server, a Windows service under Wine and its users.
#
# After each step the registry (wine reg query) and the server (mapi-rollout users) must say the same of every user,
# and what the plan decided; else it ends with a failure. --keep leaves server, service and users up.
set -u
KEEP=no
case ${1:-} in
'') ;;
--keep)
    KEEP=yes
    MR_NETWORK=shared # or nobody outside could talk to the server
    export MR_NETWORK
    ;;
*)
    echo "demo: there is no '$1': say --keep or nothing" >&2
    exit 2
    ;;
esac
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/demo_keep.sh"
enter_network "$@"

ROLLOUT=mapihttp-demo
EXCEPTIONS='"S-1-5-21-1-2-3-1003"'
PILOT='"S-1-5-21-1-2-3-1002","'$WINE_SID'"'
PEOPLE='alice bob carol dave erin wine'
STEP=0

title() { # sentence
    STEP=$((STEP + 1))
    say
    say "$STEP. $*"
}

about() { # sentence
    say "   $*"
}

# The operator types; what is printed is what is run.
types() { # command, arguments...
    typed=
    for word; do
        case $word in *' '*) word="'$word'" ;; esac
        typed="$typed $word"
    done
    say "   \$$typed"
    STARTED_MS=$(now_ms)
    watch_mark
    program=$1
    shift
    case $program in
    mapi-rollout) "$MR_ADMIN" "$@" >"$WORK/log/typed.log" 2>&1 ;;
    mapi-rollout-agent.exe) wine_quiet "$AGENT_EXE" "$@" >"$WORK/log/typed.log" 2>&1 ;;
    *) fail "the demo cannot type $program" ;;
    esac || fail "$program $*"
}

# Writes what the registry holds to $WORK/registry.
look_at_registry() {
    for one in $PEOPLE; do
        say "$one $(sid_of "$one") $(value_of "$one")"
    done >"$WORK/registry"
}

agreed() { # version
    look_at_registry
    "$MR_ADMIN" users --json 2>>"$WORK/log/operator.log" >"$WORK/users.json" &&
        python3 "$HARNESS_DIR/fleet.py" table "$WORK/registry" "$1" <"$WORK/users.json" >"$WORK/table"
}

# The table of this step. Reports are gathered for 5 s, so the server is given a while to hear of it.
agree() { # version, then NAME=VALUE...
    until_true "$AGREE_WITHIN_S" agreed "$1" || {
        cat "$WORK/table"
        fail "the registry and the server do not agree under version $1"
    }
    shift
    cat "$WORK/table"
    for one; do
        grep -q "^${one%%=*} [^ ]* ${one#*=}\$" "$WORK/registry" || {
            cat "$WORK/registry" >&2
            fail "the registry should hold $one"
        }
    done
    about "registry and server agree on $(wc -l <"$WORK/registry") users; ${SUMMARY:-$(last_change)}"
}

has_heard_of_correction() {
    [ "$(server_says alice changed_at)" != "$changed_before" ]
}

last_change() {
    last=$(watch_lines | tail -n 1 | cut -d' ' -f1)
    if [ -n "$last" ]; then
        say "last registry change after $((last - STARTED_MS)) ms"
    else
        say 'nothing was written'
    fi
}

AGREE_WITHIN_S=60
say 'mapi-rollout demo: Outlook between RPC/HTTP and MAPI/HTTP, by one registry value (MapiHttpDisabled) per user.'
say 'The Windows service is the real one, under Wine; so are the server, its TLS, the keys and the signatures.'
harness_begin
[ "$KEEP" = no ] || say "Everything is in $WORK."

title 'Set up: keys, server, five people and the Wine account itself, the agent as a service'
about 'alice: an ordinary user             bob: in the pilot              carol: on the list of exceptions'
about 'dave: has a 1 from somewhere else   erin: will log on later        wine: in the pilot, Outlook is running'
user_add alice 1001
user_add bob 1002
user_add carol 1003
user_add dave 1004 1
user_add erin 1005
for one in alice bob carol dave; do user_logon $one; done
wine_quiet reg add "HKU\\$WINE_SID\\$SETTING_KEY" /f >/dev/null || fail "the Wine account's key"
wine_background outlook 'C:\mr\OUTLOOK.EXE'
watch_start S-1-5-21-1-2-3-1001 S-1-5-21-1-2-3-1002 S-1-5-21-1-2-3-1003 S-1-5-21-1-2-3-1004 \
    S-1-5-21-1-2-3-1005 "$WINE_SID"
server_start
agent_configure "$SERVER_URL"
types mapi-rollout-agent.exe service install
types mapi-rollout-agent.exe service start
plan_write "$WORK/plan-1.json" 1
cd "$WORK" || fail "no work directory"
types mapi-rollout check plan-1.json
types mapi-rollout sign plan-1.json --key "${SIGNING_KEY#"$WORK"/}" --out bundle-1.json
types mapi-rollout publish bundle-1.json

title 'Observe: everybody reports, nothing is written'
types mapi-rollout release observe --yes
agree 1001 alice=absent bob=absent carol=absent dave=1 erin=no_hive wine=absent
nothing_written || fail "something was written while observing"

title 'Hold back: RPC/HTTP for all but the exceptions (value 1)'
types mapi-rollout release hold-back --yes
agree 1002 alice=1 bob=1 carol=absent dave=1 erin=no_hive wine=1

title 'Pilot: the value goes for bob and the Wine account, who may use MAPI/HTTP from their next start on'
types mapi-rollout release pilot --yes
agree 1003 alice=1 bob=absent carol=absent dave=1 erin=no_hive wine=absent

title 'Erin logs on in the middle of it'
about '(her hive is loaded; nobody types anything)'
watch_mark
STARTED_MS=$(now_ms)
user_logon erin
until_true 20 has_value erin 1 || fail "erin does not get her value"
agree 1003 alice=1 bob=absent carol=absent dave=1 erin=1 wine=absent

title 'The server stops; the policy stays in force; the server comes back'
about '(while it is away, somebody deletes the value of alice)'
changed_before=$(server_says alice changed_at)
server_stop
watch_mark
STARTED_MS=$(now_ms)
foreign_write alice absent
until_true 20 has_value alice 1 || fail "alice does not get her value back while the server is away"
about "corrected without the server: $(last_change)"
server_start
back_ms=$(now_ms)
until_true 120 is_polled || fail "the agent does not come back to the server"
about "the agent is back $(($(now_ms) - back_ms)) ms after the server (a fleet spreads that over a minute)"
until_true 120 has_heard_of_correction || fail "the server does not hear of the correction"
SUMMARY='the correction was reported late, and not lost'
agree 1003 alice=1 bob=absent carol=absent dave=1 erin=1 wine=absent
SUMMARY=

title 'The brake: the safe policy, signed beforehand, needs no key'
types mapi-rollout safe --reason 'the demo pulls the brake' --confirm $ROLLOUT
agree 1999 alice=1 bob=1 carol=1 dave=1 erin=1 wine=1

title 'Out of the safe state only with the keys: the next serial, whose stage finish gives everybody back'
plan_write plan-2.json 2
types mapi-rollout sign plan-2.json --key "${SIGNING_KEY#"$WORK"/}" --out bundle-2.json
types mapi-rollout publish bundle-2.json
types mapi-rollout release finish --yes
agree 2006 alice=absent bob=absent carol=absent dave=1 erin=absent wine=absent
about 'Everybody is as before the rollout: what was not ours (the 1 of dave) was never touched.'

say
if [ "$KEEP" = yes ]; then
    demo_keep
else
    say 'The demo is over: all steps agreed. Nothing is left running; ./run demo --keep would leave it up.'
fi
