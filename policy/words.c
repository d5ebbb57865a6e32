#include "policy/words.h"

#include "policy/policy.h"

#include <stddef.h>

const char *const POL_SET_WORDS[POL_SET_COUNT] = {
    [POL_SET_BLOCK] = "block",
    [POL_SET_ALLOW] = "allow",
    [POL_SET_ALLOW_EXPLICIT] = "allow_explicit",
    [POL_SET_LEAVE] = "leave",
    [POL_SET_RELEASE] = "release",
    [POL_SET_RESTORE] = "restore",
};

const char *const POL_KIND_WORDS[POL_KIND_COUNT] = {
    [POL_KIND_STAGE] = "stage",
    [POL_KIND_SAFE] = "safe",
};

const char *const POL_EXPECT_WORDS[POL_EXPECT_COUNT] = {
    [POL_EXPECT_MAPI_HTTP] = "mapi_http",
    [POL_EXPECT_ANY] = "any",
};

const char *const POL_WHEN_WORDS[POL_WHEN_COUNT] = {
    [POL_WHEN_NOW] = "now",
    [POL_WHEN_OUTLOOK_CLOSED] = "outlook_closed",
};

const char *const POL_ADVANCE_WORDS[POL_ADVANCE_COUNT] = {
    [POL_ADVANCE_MANUAL] = "manual",
    [POL_ADVANCE_AUTO] = "auto",
};

const char *const POL_ON_FAIL_WORDS[POL_ON_FAIL_COUNT] = {
    [POL_ON_FAIL_HOLD] = "hold",
    [POL_ON_FAIL_SAFE] = "safe",
};

const char *const POL_MAILBOX_WORDS[POL_MAILBOX_COUNT] = {
    [POL_MAILBOX_ON_PREMISES] = "on_premises",
    [POL_MAILBOX_EXCHANGE_ONLINE] = "exchange_online",
    [POL_MAILBOX_MIXED] = "mixed",
    [POL_MAILBOX_UNKNOWN] = "unknown",
};

const char *const POL_BLOCKED_WORDS[POL_BLOCKED_COUNT] = {
    [POL_BLOCKED_NOT] = NULL,
    [POL_BLOCKED_UNKNOWN_FACT] = "unknown_fact",
    [POL_BLOCKED_MAILBOX] = "mailbox",
    [POL_BLOCKED_PREFLIGHT] = "preflight",
    [POL_BLOCKED_PREFLIGHT_PENDING] = "preflight_pending",
    [POL_BLOCKED_CLIENT_VERSION] = "client_version",
    [POL_BLOCKED_SERVER] = "server",
    [POL_BLOCKED_FOREIGN] = "foreign",
    [POL_BLOCKED_PRE_IMAGE_LOST] = "pre_image_lost",
};

const char *const POL_STATE_WORDS[POL_STATE_COUNT] = {
    [POL_STATE_ERROR] = "error",
    [POL_STATE_CONTESTED] = "contested",
    [POL_STATE_PAUSED] = "paused",
    [POL_STATE_UNMANAGED] = "unmanaged",
    [POL_STATE_PENDING_LOGON] = "pending_logon",
    [POL_STATE_WAITING] = "waiting",
    [POL_STATE_BLOCKED] = "blocked",
    [POL_STATE_IDLE] = "idle",
    [POL_STATE_PENDING_RESTART] = "pending_restart",
    [POL_STATE_MISMATCH] = "mismatch",
    [POL_STATE_CONVERGING] = "converging",
    [POL_STATE_UNVERIFIED] = "unverified",
    [POL_STATE_COMPLIANT] = "compliant",
};

const char *const POL_ACTION_WORDS[POL_ACTION_COUNT] = {
    [POL_ACTION_NONE] = "none",         [POL_ACTION_WROTE] = "wrote",
    [POL_ACTION_REMOVED] = "removed",   [POL_ACTION_RESTORED] = "restored",
    [POL_ACTION_RELEASED] = "released",
};

const char *const POL_OBSERVED_WORDS[POL_OBSERVED_COUNT] = {
    [POL_OBSERVED_MAPI_HTTP] = "mapi_http", [POL_OBSERVED_RPC_HTTP] = "rpc_http",
    [POL_OBSERVED_RPC_TCP] = "rpc_tcp",     [POL_OBSERVED_MIXED] = "mixed",
    [POL_OBSERVED_UNKNOWN] = "unknown",
};

const char *const POL_CONFIDENCE_WORDS[POL_CONFIDENCE_COUNT] = {
    [POL_CONFIDENCE_CONNECTED] = "connected",
    [POL_CONFIDENCE_CONFIGURED] = "configured",
    [POL_CONFIDENCE_OFFERED] = "offered",
    [POL_CONFIDENCE_NONE] = "none",
};

/* winnt.h, without REG_ and in lower case. */
const char *const POL_BITNESS_WORDS[POL_BITNESS_COUNT] = {NULL, "x86", "x64", "arm64"};

const char *const POL_INSTALL_WORDS[POL_INSTALL_COUNT] = {"click_to_run", "msi", "unknown"};

const char *const POL_VERDICT_WORDS[POL_VERDICT_COUNT] = {
    [POL_VERDICT_READY] = "ready",
    [POL_VERDICT_UNREACHABLE] = "unreachable",
    [POL_VERDICT_PROXY_UNKNOWN] = "proxy_unknown",
    [POL_VERDICT_NAME_MISMATCH] = "name_mismatch",
    [POL_VERDICT_UNTRUSTED] = "untrusted",
    [POL_VERDICT_EXPIRED] = "expired",
    [POL_VERDICT_NOT_PUBLISHED] = "not_published",
    [POL_VERDICT_PRE_AUTHENTICATED] = "pre_authenticated",
    [POL_VERDICT_TOO_OLD] = "too_old",
    [POL_VERDICT_UNHEALTHY] = "unhealthy",
};

const char *const POL_VALUE_TYPE_WORDS[POL_VALUE_TYPE_COUNT] = {
    [POL_VALUE_NONE] = "none",
    [POL_VALUE_SZ] = "sz",
    [POL_VALUE_EXPAND_SZ] = "expand_sz",
    [POL_VALUE_BINARY] = "binary",
    [POL_VALUE_DWORD] = "dword",
    [POL_VALUE_DWORD_BIG_ENDIAN] = "dword_big_endian",
    [POL_VALUE_LINK] = "link",
    [POL_VALUE_MULTI_SZ] = "multi_sz",
    [POL_VALUE_RESOURCE_LIST] = "resource_list",
    [POL_VALUE_FULL_RESOURCE_DESCRIPTOR] = "full_resource_descriptor",
    [POL_VALUE_RESOURCE_REQUIREMENTS_LIST] = "resource_requirements_list",
    [POL_VALUE_QWORD] = "qword",
    [POL_VALUE_OTHER] = "other",
};

const char *const POL_MATCH_WORDS[POL_MATCH_COUNT] = {
    [POL_MATCH_USER] = "user",
    [POL_MATCH_GROUP] = "group",
    [POL_MATCH_HOST] = "host",
    [POL_MATCH_DOMAIN] = "domain",
    [POL_MATCH_COMPUTER_OU] = "computer_ou",
    [POL_MATCH_AD_SITE] = "ad_site",
    [POL_MATCH_TAG] = "tag",
    [POL_MATCH_OUTLOOK] = "outlook",
    [POL_MATCH_MAILBOX] = "mailbox",
    [POL_MATCH_MULTI_SESSION] = "multi_session",
    [POL_MATCH_PERCENT] = "percent",
    [POL_MATCH_RING] = "ring",
    [POL_MATCH_ANY] = "any",
    [POL_MATCH_ALL] = "all",
    [POL_MATCH_NOT] = "not",
};
