#!/bin/sh
# 72_preflight_guard.sh - an agent that waits until Exchange has answered from its own machine: nothing is written before,
# the server shows what came of each probe, and a restart knows it still.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/bad_servers.sh"
. "$HARNESS_DIR/preflight.sh"
enter_network "$@"
enter_mounts "$@"
if ! network_make; then
    say "skipped: no network can be made here that leads beyond this machine"
    exit 77
fi
front_begin
front_start ready sick =selfsigned

# What the server shows of this machine's probes.
devices_show() { # regular expression
    "$MR_ADMIN" devices --json 2>>"$WORK/log/operator.log" | grep -Eq "$1"
}

user_add alice 1001
user_logon alice
server_start
agent_configure "$SERVER_URL"
agent_start
guard_sign 1 '' ''
admin publish "$WORK/bundle-1.json"
release hold-back
until_value alice 1

# Off the network nobody is asked, and nobody is sent anywhere.
SICK=$(url_of sick /mapi/)
UNTRUSTED=$(url_of selfsigned /mapi/)
guard_sign 2 "\"$SICK\", \"$UNTRUSTED\"" ''
admin publish "$WORK/bundle-2.json"
release everyone
until_server_says alice blocked_by preflight_pending
until_server_says alice state blocked
check "the value stays" has_value alice 1
check "nobody was asked" test ! -e "$FRONT/sick.log"

# On it everybody is asked, and none is good enough.
agent_kill
network_up
agent_start
until_server_says alice blocked_by preflight 60
until_server_says alice state blocked
trusts && verdict=unhealthy || verdict=untrusted
until_ok 30 "the server shows the verdict" devices_show "\"url\": *\"$SICK\", *\"for\": *\"allow\", *\"verdict\": *\"$verdict\""
check "and that of the other" devices_show "\"url\": *\"$UNTRUSTED\", *\"for\": *\"allow\", *\"verdict\": *\"untrusted\""
check "the value stays" has_value alice 1
check "the log says so" agent_said "event=preflight url=$SICK verdict=$verdict"

# A restart knows it, and asks nobody for it.
before=$(asked selfsigned)
agent_kill
heard=$(server_says alice reported_at)
rm "$WORK/log/agent.log"
agent_start
until_reported_since alice "$heard"
until_server_says alice blocked_by preflight 60
check "the value stays" has_value alice 1
check "nobody was asked again" equal "$(asked selfsigned)" "$before"

if trusts; then
    # One of the servers is ready: everybody who waited goes on.
    guard_sign 3 "\"$SICK\", \"$(url_of ready /mapi/)\"" "\"$(url_of ready /rpc/rpcproxy.dll)\""
    admin publish "$WORK/bundle-3.json"
    release everyone
    until_value alice absent 60
    until_server_says alice blocked_by null 30
    until_ok 30 "the server shows who was ready" devices_show '"verdict": *"ready", *"http": *401, *"server": *"15\.1\.2507\.12", *"auth": *\["Negotiate", *"NTLM"\]'
    check "those that no policy names are forgotten" lacks "$DATA_DIR/preflight.known" "$UNTRUSTED"

    # The way back waits for its own list.
    guard_sign 4 "\"$(url_of ready /mapi/)\"" "\"$(url_of ready /rpc/rpcproxy.dll)\""
    admin publish "$WORK/bundle-4.json"
    release hold-back
    until_value alice 1 60
    release everyone
    until_value alice absent 60

    # The brake waits for nobody.
    guard_sign 5 "\"$SICK\"" "\"$SICK\""
    admin publish "$WORK/bundle-5.json"
    safe
    until_value alice 1 60
fi
check "nothing was given away" front_saw_nobody --certificates selfsigned
passed
