#!/bin/sh
# 76_msi_upgrade.sh - a new version comes while a rollout is under way: settings, enrollment and what was decided stay, no
# user's value moves for it, and what is released meanwhile arrives; an older version is refused with a sentence.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"
next=$(echo "$VERSION" | awk -F. '{ print $1 "." $2 + 1 "." $3 }')

device() {
    "$MR_ADMIN" devices --json | grep -o '"device_id":"[0-9a-f]*"' | sort
}

agent_is() { # version
    "$MR_ADMIN" devices --json | grep -q "\"agent\":\"$1\""
}

user_add alice 1001
user_add bob 1002
for one in alice bob; do user_logon $one; done
server_start
publish 1
release hold-back
msi_make "$VERSION" old.msi
msi_make "$next" new.msi
msi_files
msi_good "version $VERSION installs" /i old.msi "SERVERURL=$SERVER_URL" TRUSTFILE=trust.json CAFILE=ca.pem \
    ENROLLSECRETFILE=enroll.secret TAGS=hq
until_value alice 1
until_server_says alice version 1002
before=$(device)
kept=$(setting ServerUrl)$(setting Tags)$(setting TrustFile)$(setting CaFile)
pre_image=$(marker_part alice PreImage)
check "alice has a marker" [ -n "$pre_image" ]
watch_start "$(sid_of alice)"

# The stage is released in the middle of it: by whoever looks at the clock, not at the clients.
(
    until_true 20 service_is '' || until_true 5 service_is STOPPED
    "$MR_ADMIN" release pilot --yes >>"$WORK/log/operator.log" 2>&1
) &
releasing=$!
msi_good "version $next comes over it, without any property" /i new.msi
wait $releasing || fail "nothing was released meanwhile"
until_ok 20 "the service runs" service_is RUNNING
until_value bob absent
check "alice keeps hers" has_value alice 1
until_ok 30 "the server sees the new version" agent_is "$next"
until_server_says bob version 1003
check "nothing says that an upgrade is under way" reg_lacks 'HKLM\SOFTWARE\MapiRollout\Upgrading'
check "no other device" equal "$(device)" "$before"
check "the settings are what they were" equal "$(setting ServerUrl)$(setting Tags)$(setting TrustFile)$(setting CaFile)" "$kept"
check "what was there before us is still known" equal "$(marker_part alice PreImage)" "$pre_image"
check "nobody touched alice's value meanwhile" nothing_written
check "one entry in Apps and Features, the new one" equal "$(arp_entries | cut -d' ' -f2)" "$next"

msi_run /i old.msi
check "the older version is refused" equal "$MSI_EXIT" "$MSI_FAILED"
# Windows Installer shows and logs the text of the condition; Wine logs that it was the condition.
check "as what it is" msi_said 'WIX_DOWNGRADE_DETECTED = \{'
check "with a sentence" sh -c "msiinfo export '$PACKAGE_DIR/old.msi' LaunchCondition |
    grep -q 'NOT WIX_DOWNGRADE_DETECTED.*A newer version of the MAPI over HTTP rollout agent is installed'"
check "the newer one stays" equal "$(arp_entries | cut -d' ' -f2)" "$next"
check "and runs" service_is RUNNING

# The same with another value, as SCCM would do it for a new server.
msi_good "an upgrade may change a setting" /i new.msi REINSTALL=ALL REINSTALLMODE=vomus TAGS=branch
check "Tags" equal "$(setting Tags)" branch
check "and keeps the others" equal "$(setting ServerUrl)" "$SERVER_URL"
passed
