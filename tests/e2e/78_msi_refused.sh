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
refused 'out_of_range at Rollout: Rollout in the property ROLLOUT is "No Name"' TRUSTFILE=trust.json 'ROLLOUT=No Name'
refused 'bad_url at Proxy: .*PROXY must be none, auto' TRUSTFILE=trust.json PROXY=ftp://proxy
refused 'out_of_range at NOSTART: NOSTART must be 1 or 0' TRUSTFILE=trust.json NOSTART=maybe
refused 'out_of_range at ONUNINSTALL: ONUNINSTALL must be restore, allow or leave' TRUSTFILE=trust.json ONUNINSTALL=remove
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
passed
