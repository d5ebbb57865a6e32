#!/bin/sh
# 35_service.sh - under the service manager: install, start, work, stop within 2 s, start again, uninstall.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
STOP_WITHIN_MS=2000
NAME=MapiRollout

service_state() { # what the service manager says
    wine_quiet sc query $NAME 2>/dev/null | awk '$1 == "STATE" { print $4 }'
}

is_state() { # RUNNING or STOPPED
    [ "$(service_state)" = "$1" ]
}

user_add alice 1001
user_add bob 1021
for one in alice bob; do user_logon $one; done
server_start
agent_configure "$SERVER_URL"
publish 1
release hold-back

service_install
check "it is installed and does not run" is_state STOPPED
image=$(reg_query "HKLM\\SYSTEM\\CurrentControlSet\\Services\\$NAME" /v ImagePath)
case $image in
*'"C:\mr\mapi-rollout-agent.exe"'*) say "ok: the program's path is quoted" ;;
*) fail "the program's path is not quoted: $image" ;;
esac

for round in 1 2 3; do
    [ $round = 1 ] || foreign_write alice absent
    service_start
    until_ok 20 "it runs" is_state RUNNING
    until_value alice 1
    [ $round != 1 ] || until_server_says alice version 1002
    began=$(now_ms)
    service_stop
    until_true 20 is_state STOPPED || fail "it does not stop"
    took=$(($(now_ms) - began))
    [ $took -le $STOP_WITHIN_MS ] || fail "stopping took $took ms while a poll was held"
    say "ok: stopped after $took ms"
    until_ok 30 "its process is gone" no_agent_process
done

foreign_write bob absent
service_start
until_value bob 1
service_stop
tool mapi-rollout-agent service uninstall >>"$WORK/log/service.log" 2>&1 || fail "service uninstall"
until_ok 30 "it is uninstalled" is_state ''
check "what was decided is still there" has_value alice 1
passed
