#!/bin/sh
# 66_stop.sh - stopping the service takes no more than two seconds, whatever it is doing: waiting for a held answer, for a
# server that says nothing at any stage, writing for hundreds of users, or having just begun.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
STOP_WITHIN_MS=2000
CROWD=300
WORST=0

service_state() { # what the service manager says
    wine_quiet sc query MapiRollout 2>/dev/null | awk '$1 == "STATE" { print $4 }'
}

is_state() { # RUNNING or STOPPED
    [ "$(service_state)" = "$1" ]
}

stop_now() { # when
    began=$(now_ms)
    service_stop
    took=$(($(now_ms) - began))
    [ $took -le $STOP_WITHIN_MS ] || fail "$1: stopping took $took ms"
    [ $took -le $WORST ] || WORST=$took
    say "ok: $1: stopped after $took ms"
    until_true 20 no_agent_process || fail "$1: the process is still there"
}

# A server that hangs at some stage, and an agent that has got that far.
stop_while_hanging() { # case, file that the server makes when somebody is there, regular expression in it
    bad_start "$1" fine
    agent_set ServerUrl "https://localhost:$(cat "$BAD/port")"
    service_start
    until_true 30 hangs "$2" "$3" || fail "$1: nobody asked"
    stop_now "$1 server"
    end_process $BAD_PID
}

hangs() { # file, regular expression
    grep -Eq "$2" "$BAD/$1" 2>/dev/null
}

user_add alice 1001
user_add mold 1099
user_logon alice
server_start
agent_configure "$SERVER_URL"
service_install
publish 1
release hold-back
service_start
until_value alice 1
until_true 30 is_polled || fail "no poll is held"
stop_now "held poll"

for pause in 0 0.1 0.3 0.6; do
    service_start
    sleep $pause # not a wait for something: moments that differ
    stop_now "$pause s after its start"
done

# Its plans ask for no holding.
. "$HARNESS_DIR/bad_servers.sh"
make_certificates
sign 2
policy_of 2 everyone >"$WORK/next.jws"
mkdir -p "$WORK/fake"
say 1 >"$WORK/fake/port"
for case in mute silent slow; do
    stop_while_hanging $case requests.log .
done

# No server; a policy that is to be written for a whole crowd.
agent_set ServerUrl ''
tool crowd load $CROWD 'C:\hives\mold.hive' || fail "the crowd cannot log on"
service_start
cp "$WORK/next.jws" "$DATA_DIR/dropped"
mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
until_true 30 agent_said 'event=policy_accepted .*version=2004' || fail "the policy is not taken"
stop_now "writing for $CROWD users"
say "the longest of all: $WORST ms"
passed
