#!/bin/sh
# 51_state.sh - the state in the registry, `status` and the server say the same; what install leaves and uninstall takes.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
STATE_KEY='HKLM\SOFTWARE\MapiRollout\State'
SOURCE_KEY='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\MapiRollout'

# One value as reg.exe prints it: type and data.
shown() { # key below State or "", value
    reg_query "$STATE_KEY$1" /v "$2" |
        awk -v name="$2" '$1 == name { type = $2; $1 = $2 = ""; sub(/^ +/, ""); print type, $0 }'
}

shows() { # key below State or "", value, type and data
    [ "$(shown "$1" "$2")" = "$3" ]
}

status_json() {
    tool mapi-rollout-agent status --json
}

# One fact of `status --json`: a path of keys, "users.SID.key" for a user.
status_says() { # path
    status_json | python3 -c '
import json, sys
at = json.load(sys.stdin)
if at.get("state"):
    at["users"] = {u["sid"]: u for u in at["state"]["users"]}
for part in sys.argv[1].split("/"):
    at = at.get(part) if isinstance(at, dict) else None
print(json.dumps(at) if not isinstance(at, str) else at)' "$1"
}

agrees() { # user, field of status, field of the server
    is=$(status_says "users/$(sid_of "$1")/$2")
    equal "$is" "$(server_says "$1" "$3")"
}

user_add alice 1001
user_add bob 1002 0
user_add dave 1004
user_logon alice
user_logon bob
server_start
agent_configure "$SERVER_URL"
publish 1
release hold-back

check "before the first run there is no state" equal "$(status_says state)" null
service_install
check "the source of events names the program" sh -c "
    '$MR_WINE' reg query '$SOURCE_KEY' /v EventMessageFile 2>/dev/null | grep -qF 'C:\\mr\\mapi-rollout-agent.exe'"
service_start
until_value alice 1
until_value bob 1
until_server_says alice state idle
until_server_says dave state pending_logon

ALICE='\Users\'$(sid_of alice)
BOB='\Users\'$(sid_of bob)
DAVE='\Users\'$(sid_of dave)
check "the version is digits" shows '' PolicyVersion 'REG_SZ 1002'
check "the stage is there" shows '' Stage 'REG_SZ hold-back'
check "a flag is a number" shows '' Stale 'REG_DWORD 0x0'
check "alice: the state" shows "$ALICE" State 'REG_SZ idle'
check "alice: the value as text" shows "$ALICE" Value 'REG_SZ 1'
check "alice: the value as a number" shows "$ALICE" ValueDword 'REG_DWORD 0x1'
check "alice: what was done" shows "$ALICE" Action 'REG_SZ wrote'
check "bob: it is ours" shows "$BOB" Ours 'REG_DWORD 0x1'
check "dave: not logged on" shows "$DAVE" State 'REG_SZ pending_logon'
check "dave: no value is known" shows "$DAVE" Value ''
for one in alice bob dave; do
    for pair in state:state set:set hive:hive changed_at:changed_at corrections:corrections; do
        check "$one: status and server agree on ${pair%:*}" agrees $one "${pair%:*}" "${pair#*:}"
    done
done
check "status has the version as a number" equal "$(status_says state/policy_version)" 1002
check "status has the device that the server knows" equal "$(status_says state/device_id)" \
    "$(server_says alice device_id)"
secret=$(tr -d '\r\n' <"$PREFIX/drive_c/mr/enroll.secret")
reg_query "$STATE_KEY" /s >"$WORK/state"
check "no secret is in it" lacks "$WORK/state" -F "$secret"

# ---- it follows ----
updated=$(shown '' UpdatedAt)
release everyone
until_ok 20 "the new stage is shown" shows '' Stage 'REG_SZ everyone'
until_ok 20 "alice: the value is gone" shows "$ALICE" Value 'REG_SZ absent'
check "alice: there is no number any more" shows "$ALICE" ValueDword ''
wine_quiet reg delete "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\$(sid_of dave)" /f >/dev/null
user_add zoe 1031
user_logon zoe # somebody comes: all are looked at
until_ok 90 "dave has no profile any more, and no key" reg_lacks "$STATE_KEY$DAVE"
say "updated: $updated, then $(shown '' UpdatedAt)"

# ---- for people, and without a service ----
tool mapi-rollout-agent status >"$WORK/said" || fail "status"
check "people see a table" grep -Eq '^ACCOUNT +STATE +SET +VALUE +RING +OBSERVED +WHY NOT' "$WORK/said"
check "with alice in it" grep -Eq "$(sid_of alice) +idle +allow +absent" "$WORK/said"
service_stop
tool mapi-rollout-agent status >"$WORK/said" || fail "status of a stopped service"
check "its age is told when no service runs" grep -Eq '^as of +20..-..-..T..:..:..Z \(no service runs' "$WORK/said"
check "the log is what CMTrace reads, line by line" sh -c "
    ! tr -d '\\r' <'$DATA_DIR/agent.log' |
        grep -Evq '^<!\\[LOG\\[event=[a-z_]+.*\\]LOG\\]!><time=\"[0-9:.]{12}\\+000\" date=\"[0-9-]{10}\" component=\"MapiRollout\" context=\"\" type=\"[123]\" thread=\"[0-9]+\" file=\"\">\$'"

# ---- what stays ----
tool mapi-rollout-agent service uninstall >>"$WORK/log/service.log" 2>&1 || fail "service uninstall"
check "the source of events is gone" reg_lacks "$SOURCE_KEY"
check "so is the mark of a running agent" reg_lacks 'HKLM\SOFTWARE\MapiRollout\Running'
check "the state is still there" reg_has "$STATE_KEY$ALICE"
check "and the settings" reg_has "$AGENT_KEY"
check "and the data" test -s "$DATA_DIR/agent.log"
passed
