#!/bin/sh
# 79_msi_over_script.sh - the package over an agent that install-agent.cmd of `mapi-rollout init` installed, as docs/sccm.md says:
# it is the same device, no user's value moves, and the folder of before is needed no more.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"
BY_HAND=$PREFIX/drive_c/by-hand

device() {
    "$MR_ADMIN" devices --json | grep -o '"device_id":"[0-9a-f]*"'
}

user_add alice 1001 0
user_logon alice
server_start
publish 1
release hold-back
msi_make "$VERSION" agent.msi
msi_files
mkdir "$BY_HAND"
cp "$MR_AGENT" "$BY_HAND/mapi-rollout-agent.exe"
cp "$PACKAGE_DIR/trust.json" "$PACKAGE_DIR/ca.pem" "$PACKAGE_DIR/enroll.secret" "$BY_HAND/"
# Wine's cmd takes the way behind "||" whatever came before it, and has no icacls.
sed -e 's/ || exit \/b 1//' -e '/icacls/d' -e "s#/d https://[^ ]*#/d $SERVER_URL#" "$SITE/install-agent.cmd" >"$BY_HAND/install-agent.cmd"
wine_quiet cmd /c 'C:\by-hand\install-agent.cmd' >"$WORK/log/script.log" 2>&1 || fail "install-agent.cmd ends badly"
until_value alice 1
until_server_says alice version 1002
before=$(device)
watch_start "$(sid_of alice)"

msi_good "the package comes over it" /i agent.msi TRUSTFILE=trust.json CAFILE=ca.pem ENROLLSECRETFILE=enroll.secret
rm -r "$PREFIX/drive_c/Program Files/MapiRollout"
until_ok 20 "the service runs" service_is RUNNING
check "the server is the one of before" equal "$(setting ServerUrl)" "$SERVER_URL"
check "the files are the package's" equal "$(setting TrustFile) $(setting CaFile)" \
    'C:\ProgramData\MapiRollout\trust.json C:\ProgramData\MapiRollout\ca.pem'
"$MR_ADMIN" release pilot --yes >>"$WORK/log/operator.log" 2>&1 || fail "release"
until_server_says alice version 1003
check "it is the same device" equal "$(device)" "$before"
check "nobody touched alice's value meanwhile" nothing_written
msi_good "it uninstalls" /x agent.msi
check "alice has what was hers" has_value alice 0
passed
