# agent.sh - the agent under test: how it is set up, started and stopped. Part of harness.sh.

AGENT_EXE='C:\mr\mapi-rollout-agent.exe'
AGENT_KEY='HKLM\SOFTWARE\MapiRollout\Agent'

# Settings as the installer would leave them. Without a server URL it takes signed files alone.
agent_configure() { # [server URL]
    cp "$TRUST" "$PREFIX/drive_c/mr/trust.json"
    cp "$CA" "$PREFIX/drive_c/mr/ca.pem"
    agent_set TrustFile 'C:\mr\trust.json'
    agent_set DataDir 'C:\ProgramData\MapiRollout' # Wine's own idea of the default differs between versions
    agent_set LogLevel debug
    agent_set Rollout "$ROLLOUT"
    [ -n "${1:-}" ] || return 0
    agent_set ServerUrl "$1"
    agent_set CaFile 'C:\mr\ca.pem'
    enroll_secret >"$PREFIX/drive_c/mr/enroll.secret"
    agent_set EnrollSecretFile 'C:\mr\enroll.secret'
}

# Looked at again: on a busy machine Wine's reg.exe was once seen to come back without having written.
agent_set() { # name, text
    until_true 30 setting_holds "$1" "$2" || fail "cannot set $1"
}

setting_holds() { # name, text
    wine_quiet reg add "$AGENT_KEY" /v "$1" /t REG_SZ /d "$2" /f >/dev/null &&
        wine_quiet reg query "$AGENT_KEY" /v "$1" | grep -qF "$2"
}

# In the foreground of its own, without the service manager: AGENT_PID.
agent_start() {
    wine_background agent "$AGENT_EXE" run --console
    AGENT_PID=$STARTED_PID
}

# As if the power had gone. The unix process is the Windows one.
agent_kill() {
    kill -9 "$AGENT_PID"
    wait "$AGENT_PID" 2>/dev/null || :
}

agent_log() {
    cat "$WORK/log/agent.log" "$DATA_DIR/agent.log" 2>/dev/null | tr -d '\r'
}

agent_said() { # regular expression
    agent_log | grep -Eq "$1"
}

MIRROR_KEY='HKLM\SOFTWARE\MapiRollout\State\Users'

# What the agent itself has written of a user, behind a whole pass over all of them.
shown() { # name, value of the mirror, expected
    reg_query "$MIRROR_KEY\\$(sid_of "$1")" /v "$2" | grep -Eq "$2 +REG_[A-Z]+ +$3\$"
}

# ---- as a service --------------------------------------------------------------------------------

service_install() {
    tool mapi-rollout-agent service install >>"$WORK/log/service.log" 2>&1 || fail "service install"
}

# Told again for a moment: on a busy machine Wine now and then does not let a program come up.
service_start() {
    until_true 30 tool mapi-rollout-agent service start >>"$WORK/log/service.log" 2>&1 || fail "service start"
}

service_stop() {
    until_true 30 tool mapi-rollout-agent service stop >>"$WORK/log/service.log" 2>&1 || fail "service stop"
}

no_agent_process() {
    tool handles mapi-rollout-agent.exe >/dev/null 2>"$WORK/log/handles.err"
    grep -q 'no process' "$WORK/log/handles.err"
}
