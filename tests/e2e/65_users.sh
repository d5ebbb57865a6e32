#!/bin/sh
# 65_users.sh - groups and names reach the rules and the server: groups by SID from a token, names from a thread that
# nobody waits for; both are known at once after a restart. Who has no token is left alone, and left-overs are nobody.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
# Wine's user is in it, and Wine knows its name.
USERS_GROUP=S-1-5-32-545

plan() { # serial
    cat <<EOF
{ "format": "mapi-rollout/plan/1", "rollout": "$ROLLOUT", "serial": $1,
  "issued_at": "$(now_text '-1 minute')", "expires_at": "$(now_text '+30 days')",
  "timing": { "poll_s": 60, "wait_s": 240, "spread_s": 0, "report_s": 300 },
  "rings": {
    "by-sid":  { "group": ["$USERS_GROUP"] },
    "by-name": { "group": ["builtin\\\\users"] },
    "no-such": { "group": ["S-1-5-21-9-9-9-513"] },
    "wine":    { "user": ["*\\\\$(id -un)"] },
    "several": { "multi_session": true }
  },
  "stages": [
    { "name": "by-sid", "rules": [ { "ring": "by-sid", "set": "block" } ], "otherwise": "leave" },
    { "name": "by-name", "rules": [ { "ring": "by-name", "set": "allow_explicit" } ], "otherwise": "leave" },
    { "name": "by-account", "rules": [ { "ring": "wine", "set": "allow_explicit" } ], "otherwise": "leave" },
    { "name": "no-such", "rules": [ { "ring": "no-such", "set": "allow" } ], "otherwise": "block" },
    { "name": "several", "rules": [ { "ring": "several", "set": "allow" } ], "otherwise": "block" },
    { "name": "again", "rules": [ { "ring": "by-name", "set": "allow_explicit" } ], "otherwise": "leave" } ],
  "safe": { "set": "leave" } }
EOF
}

left_over() { # relative id
    wine_quiet reg add "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-1-2-3-$1" \
        /v State /t REG_DWORD /d 0 /f >/dev/null || fail "no left-over"
}

user_add alice 1001
user_logon alice
user_add bob 1002
left_over 1004
left_over 1005.bak

server_start
agent_configure "$SERVER_URL"
agent_start
plan 1 >"$WORK/plan.json"
"$MR_ADMIN" sign "$WORK/plan.json" --key "$SIGNING_KEY" --out "$WORK/bundle.json" >>"$WORK/log/operator.log" 2>&1 ||
    fail "sign"
admin publish "$WORK/bundle.json"

release by-sid
until_value wine 1
until_server_says wine set block
until_server_says alice blocked_by unknown_fact
until_server_says bob hive not_loaded
check "alice, of whom there is no token, is left alone" has_value alice absent
check "who has lost his folder is nobody" equal "$(server_says S-1-5-21-1-2-3-1004 sid)" missing
check "a profile that was put aside is nobody" equal "$(server_says S-1-5-21-1-2-3-1005 sid)" missing

account_is_there() {
    server_says wine account | grep -q "\\\\$(id -un)\$"
}
until_ok 30 "the account's name arrives at the server" account_is_there

release by-name
until_value wine 0
until_server_says wine ring by-name
check "alice is still left alone" has_value alice absent
release by-account
until_server_says wine ring wine
check "a name decides for whom it names" has_value wine 0
# Alice's account cannot be looked up, and a name is asked for.
until_server_says alice blocked_by unknown_fact
release no-such
until_value wine 1
until_server_says wine set block
release several
until_value alice 1
until_server_says alice set block

# After a restart both are known before anybody was asked.
agent_kill
check "the groups are kept" grep -q "^$WINE_SID .*$USERS_GROUP" "$DATA_DIR/groups.kept"
check "the names are kept" grep -q "^$USERS_GROUP BUILTIN.Users\$" "$DATA_DIR/names.kept"
tool mapi-rollout-agent explain --json --user "$WINE_SID" | tr -d '\r' >"$WORK/explained"
check "explain knows the machine, too" grep -q '"multi_session"' "$WORK/explained"
echo rubbish >"$DATA_DIR/groups.kept"
echo rubbish >"$DATA_DIR/names.kept"
agent_start
release again
until_value wine 0
check "damaged files are forgotten, and said to be" agent_said 'event=groups_not_read.*damaged'
until_ok 20 "and written anew" grep -q "^$WINE_SID .*$USERS_GROUP" "$DATA_DIR/groups.kept"
passed
