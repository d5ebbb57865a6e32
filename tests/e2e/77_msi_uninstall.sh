#!/bin/sh
# 77_msi_uninstall.sh - what users are left with: restore, allow and leave; who was not there is named, and under allow gets
# the value removed at the next logon. Nothing else stays.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"
SETUP_ENTRY='HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{6B1E2D0C-5A0F-4C5B-9E43-7A1D0B6C52F4}'

gone() {
    service_is '' || fail "the service is still there"
    [ ! -e "$PRODUCT_DIR" ] || fail "$PRODUCT_DIR is still there"
    [ ! -e "$DATA_DIR" ] || fail "the data directory is still there: $(ls "$DATA_DIR")"
    reg_lacks 'HKLM\SOFTWARE\MapiRollout' || fail "settings or State are still there"
    reg_lacks 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\MapiRollout' ||
        fail "the source of the events is still there"
    [ -z "$(arp_entries)" ] || fail "it is still in Apps and Features"
    say "ok: nothing of it is left"
}

ordered() { # for the next logon
    reg_query "$SETUP_ENTRY" /v StubPath | sed -n 's/^ *StubPath *REG_EXPAND_SZ *//p'
}

install() { # PROPERTY=value...
    enroll_secret >"$PACKAGE_DIR/enroll.secret"
    msi_good "it installs" /i agent.msi "SERVERURL=$SERVER_URL" TRUSTFILE=trust.json CAFILE=ca.pem \
        ENROLLSECRETFILE=enroll.secret "$@"
    for one in alice bob; do until_value $one 1; done
}

enroll_secret() { # many machines in one test: each time another secret
    "$MR_SERVER" enroll-secret add --data "$SERVER_DATA" --name "secret-$(date +%s%N)" 2>>"$WORK/log/server.log"
}

user_add alice 1001
user_add bob 1002 0
user_add carol 1003 1
user_add dave 1004
for one in alice bob carol; do user_logon $one; done
server_start
publish 1
release hold-back
msi_make "$VERSION" agent.msi
msi_files

install
msi_good "it uninstalls" /x agent.msi
check "alice has nothing again" has_value alice absent
check "bob has his 0" has_value bob 0
check "carol, an exception, her 1" has_value carol 1
check "the log says what was done for bob" msi_said "mapi-rollout: user restored +$(sid_of bob)"
check "and whom it did not reach" msi_said "mapi-rollout: user not_logged_on +$(sid_of dave)"
check "nothing waits for the next logon" [ -z "$(ordered)" ]
for one in alice bob carol; do has_no_marker $one || fail "$one still has a marker"; done
gone

install ONUNINSTALL=allow
msi_good "it uninstalls" /x agent.msi
for one in alice bob carol; do check "$one may use MAPI over HTTP" has_value $one absent; done
order=$(ordered)
check "who was not reached is served at the next logon" [ -n "$order" ]
check "which the log says" msi_said 'mapi-rollout: who was not reached gets the value removed at the next logon'
gone
# What Windows would do at that logon, done for the user whom Wine knows.
foreign_write wine 1
wine_quiet cmd /c "$(say "$order" | sed 's/%SystemRoot%/C:\\windows/')" >/dev/null 2>&1
check "what is carried out then removes the value" has_value wine absent

install
check "an agent that is there again serves them itself" [ -z "$(ordered)" ]
for name in notes.txt trust.json.bak agent.lockx report-1.txt; do printf 'not ours' >"$DATA_DIR/$name"; done
for name in agent-1.log trust.json.before policy.jws.refused accepted.jws.12.new; do printf ours >"$DATA_DIR/$name"; done
msi_good "it uninstalls" /x agent.msi ONUNINSTALL=leave
check "alice keeps her value" has_value alice 1
check "bob keeps his" has_value bob 1
check "which the log says" msi_said 'mapi-rollout: users keep their values'
check "files that are not ours stay, and no others" equal "$(ls "$DATA_DIR" | tr '\n' ' ')" \
    'agent.lockx notes.txt report-1.txt trust.json.bak '
check "which the log says, too" msi_said 'mapi-rollout: .*MapiRollout stays: there is more in it than ours'
rm -r "$DATA_DIR"
gone
passed
