#include "policy/unbuilt.h"

#include <stddef.h>

enum status pol_unbuilt_in_server(const struct pol_policy *policy, struct err *err)
{
    if (policy->gate.advance != POL_ADVANCE_MANUAL || policy->gate.on_fail != POL_ON_FAIL_HOLD) {
        return err_refuse(err, "unsupported", "/gate",
                          "servers of this version leave a stage only when they are told to");
    }
    return ST_OK;
}

const char *pol_unbuilt_condition(enum pol_match_key key)
{
    switch (key) {
    case POL_MATCH_OUTLOOK:
        return "agents of this version do not know this yet: they leave alone whom the ring would "
               "decide";
    case POL_MATCH_MAILBOX:
        return "agents of this version do not know where a mailbox is: to them all are \"unknown\"";
    case POL_MATCH_USER:
    case POL_MATCH_GROUP:
    case POL_MATCH_HOST:
    case POL_MATCH_DOMAIN:
    case POL_MATCH_COMPUTER_OU:
    case POL_MATCH_AD_SITE:
    case POL_MATCH_TAG:
    case POL_MATCH_MULTI_SESSION:
    case POL_MATCH_PERCENT:
    case POL_MATCH_RING:
    case POL_MATCH_ANY:
    case POL_MATCH_ALL:
    case POL_MATCH_NOT:
    case POL_MATCH_COUNT: break;
    }
    return NULL;
}

const char *pol_unbuilt_preflight(const struct pol_guards *guards)
{
    return guards->allow.count + guards->block.count > 0
               ? "agents of this version do not probe yet: what waits for it is never written"
               : NULL;
}

const char *pol_unbuilt_mailboxes(const struct pol_guards *guards)
{
    return guards->block_mailboxes[POL_MAILBOX_UNKNOWN]
               ? NULL
               : "agents of this version do not know where a mailbox is: without \"unknown\" they "
                 "block nobody, under the safe policy neither";
}
