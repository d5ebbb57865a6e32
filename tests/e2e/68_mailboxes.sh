#!/bin/sh
# 68_mailboxes.sh - nobody whose mailbox is in Exchange Online, or partly, is ever forced to RPC/HTTP: not by a stage, not by
# the brake; and who was before it was known is given free. What was found outlives the agent.
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/outlook.sh"
enter_network "$@"
harness_begin

user_add anna 1001
user_logon anna
user_add olga 1002
user_logon olga
user_add max 1005
user_logon max
configure_rpc anna mail.contoso.example
configure_mapi olga outlook.office365.com
configure_mapi max mail.contoso.example
profile_text max 16 Outlook $SERVICE_SECTION 001f6622 outlook.office365.com # an archive, say
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release observe
until_server_says anna mailbox on_premises
until_server_says olga mailbox exchange_online
until_server_says max mailbox mixed
until_server_says wine mailbox unknown

watch_start "$(sid_of olga)" "$(sid_of max)"
release hold-back
until_value anna 1
until_value wine 1 # unknown is in the guard's list
until_server_says olga blocked_by mailbox
until_server_says max blocked_by mailbox
safe
until_server_says olga version 1999
until_server_says max version 1999
check "the brake left them alone, too" has_value olga absent
check "at no moment was there a value" nothing_written

# From now on the agent may not look: what it knew does not count, and only then the list's "unknown" does.
agent_set Observe process
until_server_says olga mailbox unknown 60
until_value olga 1
agent_set Observe full
until_value olga absent 60
until_server_says olga mailbox exchange_online
passed
