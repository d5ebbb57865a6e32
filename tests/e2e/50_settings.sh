#!/bin/sh
# 50_settings.sh - settings that change while the service runs: taken over in the same process, or refused.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
POLICY_KEY='HKLM\SOFTWARE\Policies\MapiRollout'
NAME=MapiRollout

policy_set() { # name, text
    wine_quiet reg add "$POLICY_KEY" /v "$1" /t REG_SZ /d "$2" /f >/dev/null || fail "cannot set $1"
}

policy_clear() { # name
    wine_quiet reg delete "$POLICY_KEY" /v "$1" /f >/dev/null || fail "cannot clear $1"
}

# How often a line of the log has come.
said_times() { # regular expression, times
    [ "$(agent_log | grep -Ec "$1")" = "$2" ]
}

service_state() {
    wine_quiet sc query $NAME 2>/dev/null | awk '$1 == "STATE" { print $4 }'
}

is_state() {
    [ "$(service_state)" = "$1" ]
}

not_shown() { # user, value of the mirror
    reg_lacks "$MIRROR_KEY\\$(sid_of "$1")" /v "$2"
}

# A machine with the tag "exception" is left alone.
PLAN_TEMPLATE=$WORK/plan.json.in
sed 's/"any": \[ { "user": \[@EXCEPTIONS@\] } \]/"tag": ["exception"]/' "$HARNESS_DIR/plan.json.in" >"$PLAN_TEMPLATE"
grep -q '"tag"' "$PLAN_TEMPLATE" || fail "the plan has no tag"

user_add alice 1001
user_logon alice
server_start
agent_configure "$SERVER_URL"
publish 1
release hold-back
service_install
service_start
until_value alice 1
until_server_says alice state idle

# ---- Tags: another rule, another report, the same process ----
wine_quiet reg add "$AGENT_KEY" /v Tags /t REG_MULTI_SZ /d exception /f >/dev/null || fail "cannot set the tags"
until_value alice absent
until_server_says alice ring exceptions
check "it says what changed" agent_said 'event=settings_changed settings=Tags\]'
wine_quiet reg delete "$AGENT_KEY" /v Tags /f >/dev/null || fail "cannot clear the tags"
until_value alice 1
until_server_says alice set block

# ---- Pause: nothing is written while it lasts ----
policy_set Pause "$(now_text '+1 hour')"
until_server_says alice state paused
check "it says that it is paused" agent_said 'event=paused until='
foreign_write alice absent
until_ok 20 "the difference is seen" shown alice Value absent
check "and left as it is" has_value alice absent
policy_clear Pause
until_value alice 1
until_server_says alice state idle

# ---- a bad value: refused by its name, the old ones stay ----
policy_set ServerUrl http://localhost:1
until_ok 20 "a bad URL is refused" agent_said \
    'event=settings_refused code=bad_url pointer=ServerUrl os_code=0 reason="ServerUrl in HKLM\\SOFTWARE\\Policies\\MapiRollout must be like https://host:port"'
check "the service goes on" is_state RUNNING
foreign_write alice absent
until_value alice 1
tool mapi-rollout-agent status >"$WORK/said" 2>&1 || fail "status does not tell"
check "status names it, too" grep -q '^bad settings *ServerUrl in HKLM.SOFTWARE.Policies.MapiRollout must be like' "$WORK/said"

# ---- ServerUrl: an empty one is none; without it, it goes again ----
policy_set ServerUrl ''
until_ok 30 "it goes on without a server" agent_said 'event=started version=[0-9.]+ server=-\]'
release everyone
check "an order does not reach it" has_value alice 1
policy_clear ServerUrl
until_value alice absent 40

# ---- one that only turns out bad when it is tried: no folder ----
agent_set DataDir 'C:\mr\trust.json'
until_ok 20 "it goes back to the folder it had" agent_said 'event=settings_refused code=[a-z_]+ .*trust\.json'
safe
until_value alice 1 40
agent_set DataDir 'C:\ProgramData\MapiRollout'

# ---- Observe: none sees no Outlook ----
wine_background outlook 'C:\mr\OUTLOOK.EXE' Global\\mr-outlook
until_true 20 tool handles OUTLOOK.EXE >/dev/null || fail "Outlook does not start"
user_add carol 1029
user_logon carol # somebody comes: everybody is looked at
until_ok 90 "Outlook is seen" shown wine OutlookRunning 0x1
policy_set Observe none
until_ok 30 "it is not looked for any more" not_shown wine OutlookRunning
policy_clear Observe
until_ok 30 "it is seen again" shown wine OutlookRunning 0x1

check "all that in one start of the service" said_times 'event=service_running ' 1
service_stop
until_ok 30 "it stops" is_state STOPPED
until_ok 30 "its process ends, too" no_agent_process

# ---- a service does not start with a bad value ----
policy_set LogLevel loud
tool mapi-rollout-agent service start >"$WORK/said" 2>&1 && fail "it starts with a bad level"
grep -q 'stopped at once: the event log says why' "$WORK/said" || fail "starting says $(cat "$WORK/said")"
say "ok: starting fails and says where to look"
check "the service manager has an exit code for it" sh -c "
    '$MR_WINE' sc query $NAME 2>/dev/null | tr -d '\\r' | grep -Eq 'WIN32_EXIT_CODE *: *1066'"
policy_clear LogLevel
service_start
until_ok 20 "without it, it starts" is_state RUNNING
service_stop
passed
