#!/bin/sh
# 67_observed.sh - what Outlook really does, from its processes, profiles and Autodiscover's answers to /v1/users: every
# state that a change goes through, over a restart of the agent, and Outlook is never touched.
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/outlook.sh"
enter_network "$@"
harness_begin

until_state() { # name, state
    until_server_says "$1" state "$2"
}

user_add alice 1001
user_logon alice
user_add leo 1002
user_logon leo
configure_mapi alice mail.contoso.example
profile_text leo 15 Outlook $STORE_SECTION 001f6653 'https://mail.contoso.example/mapi/emsmdb/?MailboxId=1@contoso.example'
profile_text leo 14 'Old one' $SERVICE_SECTION 001f6622 mail.contoso.example
configure_rpc wine mail.contoso.example
server_start
agent_configure "$SERVER_URL"
outlook_start
agent_start
publish 1

release observe
until_server_says wine protocol rpc_http
until_server_says wine confidence configured
until_server_says wine mailbox on_premises
until_server_says wine outlook.running true
until_server_says wine outlook.version 16.0.17328.20162
until_evidence wine profile:001f6622
until_server_says alice protocol mapi_http
until_server_says leo protocol unknown # the Outlook that runs here is 2016: what older ones left does not count
until_evidence leo profile:left_over
check "what is observed is not read off the value" has_value wine absent

release hold-back
until_value wine 1
until_state wine pending_restart # it runs since before the write
until_server_says wine protocol rpc_http
until_state alice idle # has none

release everyone
until_value wine absent
until_state wine pending_restart
check "Outlook still runs" alive "$OUTLOOK_PID"
outlook_end
until_state wine idle
outlook_start
poke wine
until_state wine converging # one start, and the profile still says the other

outlook_end
agent_kill
agent_start
outlook_start
offer mapi-http.xml
poke wine
until_server_says wine outlook.starts_since_change 2
until_state wine mismatch # two starts, one of them before the agent's own
until_evidence wine autodiscover:mapiHttp
until_evidence wine hint:recreate_profile

offer classic.xml # now the server offers RPC alone
poke wine
until_state wine blocked
until_server_says wine blocked_by server
check "and the value stays as decided" has_value wine absent

configure_mapi wine mail.contoso.example # Outlook made up its mind
poke wine
until_state wine compliant
until_evidence wine profile:001f6653

# Both sets of values: nobody knows whether Outlook clears the old one.
profile_text wine 16 Outlook $SERVICE_SECTION 001f6622 mail.contoso.example
offer mapi-http.xml
poke wine
until_state wine unverified
until_server_says wine protocol mixed
check "Outlook still runs" alive "$OUTLOOK_PID"
passed
