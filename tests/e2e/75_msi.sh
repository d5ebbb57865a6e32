#!/bin/sh
# 75_msi.sh - the package, silently and with every property: the service runs and is enrolled, the value is set, the
# secret is nowhere but sealed; a repair brings back what was lost, and nothing of it is a setting that got lost.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"
FIRST_REPORT_WITHIN_MS=10000

user_add alice 1001
user_add bob 1002
for one in alice bob; do user_logon $one; done
server_start
publish 1
release hold-back
msi_make "$VERSION" agent.msi
msi_files
secret=$(cat "$PACKAGE_DIR/enroll.secret")
check "the package is small enough" [ "$(stat -c %s "$PACKAGE_DIR/agent.msi")" -le 2097152 ]

exec 9<"$PACKAGE_DIR/enroll.secret" # what is on the disk, also when it has no name any more
began=$(now_ms)
msi_good "it installs" /i agent.msi "SERVERURL=$SERVER_URL" TRUSTFILE=trust.json CAFILE=ca.pem "ROLLOUT=$ROLLOUT" \
    ENROLLSECRETFILE=enroll.secret 'TAGS=hq;Floor 2' PROXY=none ONUNINSTALL=leave
until_true 20 says alice version 1002 || fail "no report"
took=$(($(now_ms) - began))
say "from the command to the first report with a value: $took ms (bound $FIRST_REPORT_WITHIN_MS)"

check "the service runs" service_is RUNNING
until_value alice 1
until_value bob 1
check "ServerUrl" equal "$(setting ServerUrl)" "$SERVER_URL"
check "TrustFile" equal "$(setting TrustFile)" 'C:\ProgramData\MapiRollout\trust.json'
check "CaFile" equal "$(setting CaFile)" 'C:\ProgramData\MapiRollout\ca.pem'
check "EnrollSecretFile" equal "$(setting EnrollSecretFile)" 'C:\ProgramData\MapiRollout\enroll.secret'
check "Rollout" equal "$(setting Rollout)" "$ROLLOUT"
check "Proxy" equal "$(setting Proxy)" none
check "Tags" equal "$(setting Tags)" 'hq\0Floor 2'
check "the trust file is a copy" cmp -s "$TRUST" "$DATA_DIR/trust.json"
check "the CA is a copy" cmp -s "$CA" "$DATA_DIR/ca.pem"
check "the file of the secret is gone" [ ! -e "$PACKAGE_DIR/enroll.secret" ]
check "and was overwritten before" equal "$(od -An -v -tx1 <&9 | tr -d ' \n' | sed 's/\(00\)*//')" ''
exec 9<&-
check "the secret is in no file of the data directory" sh -c "! grep -rqaF $secret '$DATA_DIR'"
check "and not in the log" sh -c "! tr -d '\\000' <'$MSI_LOG' | grep -qaF $secret"
check "nothing of the way back is left" sh -c "! ls '$DATA_DIR' | grep -q before"
image=$(reg_query 'HKLM\SYSTEM\CurrentControlSet\Services\MapiRollout' /v ImagePath)
case $image in
*'"C:\Program Files\MAPI Rollout Agent\mapi-rollout-agent.exe" service run'*) say "ok: the service's path is quoted" ;;
*) fail "the service's path is not quoted: $image" ;;
esac
check "one entry in Apps and Features" equal "$(arp_entries | wc -l)" 1
check "with the version" sh -c "[ '$(arp_entries | cut -d' ' -f2)' = '$VERSION' ]"
source_key='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\MapiRollout'
check "the events have their source" sh -c "WINEDEBUG=-all $MR_WINE reg query '$source_key' /v EventMessageFile | grep -q 'MAPI Rollout Agent'"
check "nobody else gets into the data directory" equal "$(stat -c %a "$DATA_DIR")" 700

# A repair, with what was deleted and what somebody broke.
rm "$PRODUCT_DIR/LICENSE.txt"
wine_quiet reg add 'HKLM\SYSTEM\CurrentControlSet\Services\MapiRollout' /v Start /t REG_DWORD /d 4 /f >/dev/null
before=$("$MR_ADMIN" devices --json | grep -o '"device_id":"[0-9a-f]*"' | sort)
msi_good "it repairs" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus
check "the file is there again" [ -e "$PRODUCT_DIR/LICENSE.txt" ]
check "the service starts with Windows again" sh -c \
    "WINEDEBUG=-all $MR_WINE reg query 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\MapiRollout' /v Start | grep -q 0x2"
until_ok 20 "the service runs" service_is RUNNING
check "the settings stayed" equal "$(setting ServerUrl) $(setting Tags)" "$SERVER_URL hq\\0Floor 2"

# Other values, and one that goes. The agent is the same device as before.
foreign_write alice absent
msi_good "reinstalling changes settings" /i agent.msi REINSTALL=ALL REINSTALLMODE=vomus TAGS=other PROXY=-
check "Tags are others" equal "$(setting Tags)" other
check "Proxy is gone" equal "$(setting Proxy)" ''
until_value alice 1
check "it is the same device" equal "$("$MR_ADMIN" devices --json | grep -o '"device_id":"[0-9a-f]*"' | sort)" "$before"

# In the registry's own files the secret would be in clear.
wine_stop "$PREFIX"
check "the secret is not in the registry" sh -c "! grep -qaF $secret '$PREFIX'/*.reg"
passed
