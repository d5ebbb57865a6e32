#include "agent/outlook_classify.h"

#include "policy/outlook_version.h"
#include "policy/user_state.h"

enum { STARTS_TO_SETTLE = 2, DAY_S = 86400 };

/* ---- time ---------------------------------------------------------------------------------- */

/* An Outlook that started in the second of the write may have read the value before it; without a
 * write (-1) every start counts. */
static bool ran_for_a_day(const struct ag_classify_question *q)
{
    return q->processes_known && q->running && q->started_s > q->written_at_s &&
           q->started_s <= q->now_s - DAY_S;
}

/* ---- protocol and mailbox ------------------------------------------------------------------ */

static uint64_t version_of(const struct ag_client *client)
{
    uint64_t version = 0;
    if (client == NULL || !client->known || !pol_outlook_version_read(client->version, &version)) {
        return 0;
    }
    return version;
}

static enum pol_observed observed_of(const struct ag_offered *offered)
{
    if (offered->mapi_http) {
        return offered->rpc_http ? POL_OBSERVED_MIXED : POL_OBSERVED_MAPI_HTTP;
    }
    return offered->rpc_http ? POL_OBSERVED_RPC_HTTP : POL_OBSERVED_UNKNOWN;
}

/* What Outlook is configured for says more than what it was offered. */
static void name_protocol(const struct ag_configured *configured, struct ag_classified *out)
{
    out->observed = configured->observed;
    out->confidence = POL_CONFIDENCE_CONFIGURED;
    if (out->observed == POL_OBSERVED_UNKNOWN) {
        out->observed = observed_of(&out->offered);
        out->confidence =
            out->observed == POL_OBSERVED_UNKNOWN ? POL_CONFIDENCE_NONE : POL_CONFIDENCE_OFFERED;
    }
}

static enum pol_mailbox mailbox_of(enum pol_mailbox configured, enum pol_mailbox offered)
{
    if (configured == POL_MAILBOX_UNKNOWN) {
        return offered;
    }
    return offered == POL_MAILBOX_UNKNOWN || offered == configured ? configured : POL_MAILBOX_MIXED;
}

static void look(const struct ag_classify_question *q, struct ag_classified *out)
{
    struct ag_configured configured = {.observed = POL_OBSERVED_UNKNOWN};
    ag_profiles_judge(&q->sight->profiles, version_of(q->client), &configured, &out->evidence);
    ag_autodiscover_judge(&q->sight->files, q->written_at_s, q->now_s, &out->offered,
                          &out->evidence);
    name_protocol(&configured, out);
    out->mailbox = mailbox_of(configured.mailbox, out->offered.mailbox);
    if (q->client != NULL && q->client->known && q->client->version[0] == '\0') {
        ag_evidence_add(&out->evidence, "client:not_installed");
    }
    if (q->sight->policy_value) {
        ag_evidence_add(&out->evidence, "policies_key:MapiHttpDisabled");
    }
}

/* ---- against what was decided -------------------------------------------------------------- */

static bool is_allow(enum pol_set set)
{
    return set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
}

/* Does the server offer the other protocol alone? Where any is agreeable there is no other. */
static bool offers_other(const struct ag_classify_question *q, const struct ag_offered *offered)
{
    if (q->set == POL_SET_BLOCK) {
        return offered->mapi_http && !offered->rpc_http;
    }
    return is_allow(q->set) && q->expect == POL_EXPECT_MAPI_HTTP && offered->rpc_http &&
           !offered->mapi_http;
}

static bool offers_wanted(const struct ag_classify_question *q, const struct ag_offered *offered)
{
    return q->set == POL_SET_BLOCK ? offered->rpc_http : offered->mapi_http;
}

static bool agrees(const struct ag_classify_question *q, const struct ag_classified *classified)
{
    return pol_user_agrees(q->set, q->expect, classified->observed, classified->confidence) ==
           POL_YES;
}

void ag_classify(const struct ag_classify_question *question, struct ag_classified *out)
{
    struct ag_classified result = {.observed = POL_OBSERVED_UNKNOWN,
                                   .confidence = POL_CONFIDENCE_NONE,
                                   .mailbox = POL_MAILBOX_UNKNOWN,
                                   .offered = {.mailbox = POL_MAILBOX_UNKNOWN}};
    bool restarted = question->starts >= STARTS_TO_SETTLE;
    if (question->sight == NULL || question->sight->at_s < 0) {
        ag_evidence_add(&result.evidence, "not_looked");
    } else if (question->sight->left_out) {
        ag_evidence_add(&result.evidence, "skipped_after_crash");
    } else if (question->sight->timed_out) {
        ag_evidence_add(&result.evidence, "timeout");
    } else {
        look(question, &result);
    }
    result.settled = restarted || question->settled_before || ran_for_a_day(question);
    result.server_other =
        restarted && offers_other(question, &result.offered) && !agrees(question, &result);
    *out = result;
}

/* ---- hints --------------------------------------------------------------------------------- */

/* An old client asks in the old way and is offered the old protocol: it comes first. */
static const char *hint_of(const struct ag_classify_question *q,
                           const struct ag_classified *classified)
{
    const struct ag_offered *offered = &classified->offered;
    if (is_allow(q->set) && q->minimum == POL_NO) {
        return "hint:old_client";
    }
    if (offers_other(q, offered)) {
        return q->set == POL_SET_BLOCK ? "hint:client_ignores_value" : "hint:mailbox_switched_off";
    }
    return offers_wanted(q, offered) ? "hint:recreate_profile" : "hint:no_fresh_autodiscover";
}

void ag_classify_hint(const struct ag_classify_question *question, enum pol_state state,
                      struct ag_classified *classified)
{
    bool by_server = state == POL_STATE_BLOCKED && classified->server_other;
    if (state == POL_STATE_MISMATCH || by_server) {
        ag_evidence_insist(&classified->evidence, hint_of(question, classified));
    }
}
