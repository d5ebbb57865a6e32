#!/bin/sh
# 78_msi_refused.sh - properties that are wrong end the installation with one sentence and change nothing; an installation that
# fails later leaves nothing behind, and one over an existing agent leaves that one as it was.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"

untouched() {
    service_is '' || fail "there is a service"
    [ ! -e "$PRODUCT_DIR" ] || fail "there are programs"
    [ ! -e "$DATA_DIR" ] || fail "there is a data directory: $(ls "$DATA_DIR")"
    reg_lacks 'HKLM\SOFTWARE\MapiRollout' || fail "there are settings"
}

refused() { # regular expression of what the log says, PROPERTY=value...
    says=$1
    shift
    msi_run /i agent.msi "$@"
    [ "$MSI_EXIT" = "$MSI_FAILED" ] || fail "$*: msiexec ended with $MSI_EXIT"
    msi_said "mapi-rollout: $says" || fail "$*: the log does not say '$says'"
    untouched
    say "ok: refused: $*"
}

user_add alice 1001
user_logon alice
msi_make "$VERSION" agent.msi
cp "$TRUST" "$PACKAGE_DIR/trust.json"
printf 'no PEM\n' >"$PACKAGE_DIR/text.pem"
printf '{"format":"mapi-rollout/trust/1"}' >"$PACKAGE_DIR/bad-trust.json"
printf 'two words\n' >"$PACKAGE_DIR/bad.secret"
head -c 2000000 /dev/zero >"$PACKAGE_DIR/large.json"

refused 'missing_field at TRUSTFILE: TRUSTFILE must name a trust file' SERVERURL=https://localhost:1
refused 'bad_url at ServerUrl: ServerUrl in the property SERVERURL must be like https://host:port' \
    SERVERURL=http://localhost:1 TRUSTFILE=trust.json
refused 'bad_url at ServerUrl: .*SERVERURL' 'SERVERURL=https://user:word@localhost' TRUSTFILE=trust.json
refused 'not_found: TRUSTFILE: .*missing.json' TRUSTFILE=missing.json
refused '[a-z_]+( at [^:]*)?: ' TRUSTFILE=bad-trust.json
refused 'too_large: TRUSTFILE: ' TRUSTFILE=large.json
refused 'bad_certificate at CAFILE: CAFILE names a file without a PEM certificate' TRUSTFILE=trust.json CAFILE=text.pem
refused 'out_of_range at ENROLLSECRETFILE: ' TRUSTFILE=trust.json ENROLLSECRETFILE=bad.secret
refused 'out_of_range at ENROLLSECRETFILE: ' TRUSTFILE=trust.json ENROLLSECRETFILE=trust.json
check "a file that was meant for something else is not lost" cmp "$TRUST" "$PACKAGE_DIR/trust.json"
refused 'json_syntax at TRUSTFILE: TRUSTFILE names no trust file' TRUSTFILE=text.pem
refused 'out_of_range at Rollout: Rollout in the property ROLLOUT is "No Name"' TRUSTFILE=trust.json 'ROLLOUT=No Name'
refused 'bad_url at Proxy: .*PROXY must be none, auto' TRUSTFILE=trust.json PROXY=ftp://proxy
refused 'out_of_range at NOSTART: NOSTART must be 1 or 0' TRUSTFILE=trust.json NOSTART=maybe
refused 'out_of_range at ONUNINSTALL: ONUNINSTALL must be restore, allow or leave' TRUSTFILE=trust.json ONUNINSTALL=remove
refused 'rollback_disabled at DISABLEROLLBACK: ' TRUSTFILE=trust.json DISABLEROLLBACK=1
installer_policy='HKLM\SOFTWARE\Policies\Microsoft\Windows\Installer'
wine_quiet reg add "$installer_policy" /v DisableRollback /t REG_DWORD /d 1 /f >/dev/null
refused 'rollback_disabled at DISABLEROLLBACK: ' TRUSTFILE=trust.json
wine_quiet reg add "$installer_policy" /v DisableRollback /t REG_DWORD /d 0 /f >/dev/null
check "a secret that was refused is still there" [ -s "$PACKAGE_DIR/bad.secret" ]

# Good properties, but what machine policy says makes the service stop at once.
printf 'a-good-secret-for-once\n' >"$PACKAGE_DIR/good.secret"
wine_quiet reg add 'HKLM\SOFTWARE\Policies\MapiRollout' /v LogLevel /t REG_SZ /d loud /f >/dev/null
msi_run /i agent.msi TRUSTFILE=trust.json ENROLLSECRETFILE=good.secret
[ "$MSI_EXIT" != 0 ] || fail "a policy that cannot be used is not noticed"
untouched
check "the secret is still there for another try" [ -s "$PACKAGE_DIR/good.secret" ]
wine_quiet reg delete 'HKLM\SOFTWARE\Policies\MapiRollout' /f >/dev/null

# All is kept already when the agent of this package cannot be run.
mkdir "$WORK/broken"
cp "${MR_AGENT%/*}/mapi-rollout-setup.dll" "$WORK/broken/"
printf 'no program\n' >"$WORK/broken/mapi-rollout-agent.exe"
"$ROOT/installer/msi/build.sh" "$WORK/broken" "$ROOT/LICENSE" "$VERSION" "$PACKAGE_DIR/broken.msi" || fail "no broken package"
msi_run /i broken.msi TRUSTFILE=trust.json ENROLLSECRETFILE=good.secret TAGS=first
[ "$MSI_EXIT" != 0 ] || fail "an agent that cannot be run is not noticed"
untouched
check "the secret is still there for a third try" [ -s "$PACKAGE_DIR/good.secret" ]

msi_good "then it installs" /i agent.msi TRUSTFILE=trust.json ENROLLSECRETFILE=good.secret TAGS=first NOSTART=1
check "and does not start, as it was told" service_is STOPPED
msi_good "but does when it is told to" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus
until_ok 20 "the service runs" service_is RUNNING

# A higher trust is taken, and there is no way back to the lower one.
"$MR_ADMIN" trust new --key "$SITE/signing.pub.pem" --rollout "$ROLLOUT" --version 2 --out "$PACKAGE_DIR/trust-2.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "trust new"
msi_good "a higher trust is taken" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus TRUSTFILE=trust-2.json
until_ok 20 "it is in use" sh -c "cmp -s '$PACKAGE_DIR/trust-2.json' '$DATA_DIR/trust.kept'"
msi_good "the same bytes again are fine" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus TRUSTFILE=trust-2.json
msi_run /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus TRUSTFILE=trust.json TAGS=second
check "the lower one is refused" equal "$MSI_EXIT" "$MSI_FAILED"
check "as what it is" msi_said 'mapi-rollout: trust_rollback'
check "the file is the one before" cmp -s "$PACKAGE_DIR/trust-2.json" "$DATA_DIR/trust.json"
check "and no other setting was changed" equal "$(setting Tags)" first
check "nothing of the way back is left" sh -c "! ls '$DATA_DIR' | grep -q before"

# "-" takes away: the setting, and the file that was kept for it.
cp "$CA" "$PACKAGE_DIR/ca.pem"
msi_good "a CA and a way to leave are set" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus CAFILE=ca.pem ONUNINSTALL=leave
check "the CA is a copy" cmp -s "$CA" "$DATA_DIR/ca.pem"
msi_good "kept files go when they are told to" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus CAFILE=- ENROLLSECRETFILE=-
check "the CA" [ ! -e "$DATA_DIR/ca.pem" ]
check "the sealed secret" [ ! -e "$DATA_DIR/enroll.sealed" ]
check "and their settings" equal "$(setting CaFile)$(setting EnrollSecretFile)" ''
check "the others stay" equal "$(setting Tags)" first
msi_run /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus TRUSTFILE=-
check "the trust cannot go" [ "$MSI_EXIT" != 0 ]
check "and stays" cmp -s "$PACKAGE_DIR/trust-2.json" "$DATA_DIR/trust.json"

# One file that cannot be replaced: the others are what they were, and so are the settings.
printf 'a-good-secret-for-once\n' >"$PACKAGE_DIR/good.secret"
msi_good "with a CA" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus CAFILE=ca.pem ENROLLSECRETFILE=good.secret
printf 'a-good-secret-for-once\n' >"$PACKAGE_DIR/good.secret"
"$MR_ADMIN" trust new --key "$SITE/signing.pub.pem" --rollout "$ROLLOUT" --version 3 --out "$PACKAGE_DIR/trust-3.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "trust new"
cat "$CA" "$CA" >"$PACKAGE_DIR/other.pem"
sealed=$(sha256sum "$DATA_DIR/enroll.sealed")
wine_background held 'C:\mr\hold.exe' 'C:\ProgramData\MapiRollout\ca.pem'
until_true 20 grep -q '^held' "$WORK/log/held.log" || fail "nobody holds the file"
msi_run /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus TRUSTFILE=trust-3.json CAFILE=other.pem ENROLLSECRETFILE=good.secret \
    TAGS=third
check "a file that cannot be replaced ends it" equal "$MSI_EXIT" "$MSI_FAILED"
check "with a sentence" msi_said 'mapi-rollout: [a-z_]+: .*ca\.pem'
check "the trust is the one before" cmp -s "$PACKAGE_DIR/trust-2.json" "$DATA_DIR/trust.json"
check "the CA, too" cmp -s "$CA" "$DATA_DIR/ca.pem"
check "and the sealed secret" equal "$(sha256sum "$DATA_DIR/enroll.sealed")" "$sealed"
check "and the tag" equal "$(setting Tags)" first
check "the secret is still there" [ -s "$PACKAGE_DIR/good.secret" ]
end_process "$STARTED_PID"
msi_good "it goes when it can be replaced" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus CAFILE=- ENROLLSECRETFILE=-
check "and nothing of the way back is left" sh -c "! ls '$DATA_DIR' | grep -q before"

# An upgrade that fails when all of its own is kept already. (Wine does not bring the older programs back, and rolls nothing
# back where the product is the same.)
next=$(echo "$VERSION" | awk -F. '{ print $1 "." $2 + 1 "." $3 }')
msi_make "$next" late.msi
msibuild "$PACKAGE_DIR/late.msi" -q "UPDATE \`CustomAction\` SET \`Target\` = 'service nothing' WHERE \`Action\` = 'ConfigureService'"
order='HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{6B1E2D0C-5A0F-4C5B-9E43-7A1D0B6C52F4}'

# What an installation may change: files, settings, what is to be done for users at their next logon.
all_of_it() {
    sha256sum "$DATA_DIR/trust.json" "$DATA_DIR/ca.pem" "$DATA_DIR/enroll.sealed" 2>&1
    ls "$DATA_DIR" | grep before
    for key in "$AGENT_KEY" 'HKLM\SOFTWARE\MapiRollout\Setup' "$order"; do
        reg_query "$key" /s || say "there is no $key"
    done
}

fails_late() { # PROPERTY=value...
    was=$(all_of_it)
    # What an installation left that was cut short is not what was there before this one.
    [ -e "$DATA_DIR/ca.pem" ] || printf stale >"$DATA_DIR/ca.pem.before"
    printf 'another-good-secret\n' >"$PACKAGE_DIR/other.secret"
    msi_run /i late.msi "$@"
    [ "$MSI_EXIT" != 0 ] || fail "$*: nothing failed"
    msi_said 'Action ended .*KeepSettings. Return value 1' || fail "$*: it failed too early"
    equal "$(all_of_it)" "$was" || fail "$*: something is not as it was"
    [ -s "$PACKAGE_DIR/other.secret" ] || fail "$*: the secret is gone"
    reg_lacks 'HKLM\SOFTWARE\MapiRollout\Upgrading' || fail "$*: an upgrade seems to be under way"
    say "ok: undone: $*"
}
others='CAFILE=other.pem TRUSTFILE=trust-3.json ENROLLSECRETFILE=other.secret TAGS=third ONUNINSTALL=allow SERVERURL=https://localhost:1'
fails_late $others
printf 'a-good-secret-for-once\n' >"$PACKAGE_DIR/good.secret"
msi_good "the one of before comes again, with more" /i agent.msi CAFILE=ca.pem ENROLLSECRETFILE=good.secret ONUNINSTALL=leave
until_ok 20 "the service runs" service_is RUNNING
wine_quiet reg add "$order" /v Version /t REG_SZ /d 2026,1 /f >/dev/null
fails_late $others
fails_late CAFILE=- ENROLLSECRETFILE=- TAGS=-
# Even if a file cannot be brought back.
wine_background held 'C:\mr\hold.exe' 'C:\ProgramData\MapiRollout\ca.pem'
until_true 20 sh -c "[ \$(grep -c '^held' '$WORK/log/held.log') = 2 ]" || fail "nobody holds the file"
msi_run /i late.msi TAGS=third
check "what is undone is undone as far as it goes" equal "$(setting Tags)" first
check "and the log says how far" msi_said 'mapi-rollout: what was set before could not be brought back: .*ca\.pem'
end_process "$STARTED_PID"
msi_good "then it installs" /i agent.msi ONUNINSTALL=restore
check "and nothing of the way back is left" sh -c "! ls '$DATA_DIR' | grep -q before"
check "nor in the registry" reg_lacks 'HKLM\SOFTWARE\MapiRollout\Setup\Before'
until_ok 20 "the service runs" service_is RUNNING
check "with what was set" equal "$(setting Tags)" first
check "and users are the agent's own again" reg_lacks "$order"
passed
