#include "agent/accept.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void forget_pending(struct ag_pending *pending)
{
    bytes_free(&pending->raw);
    *pending = (struct ag_pending){0};
}

static void forget_misdated(struct ag_misdated *misdated)
{
    bytes_free(&misdated->raw);
    *misdated = (struct ag_misdated){0};
}

enum status ag_standing_open(struct ag_standing *standing, const struct ag_vault *vault,
                             int64_t now_s, char etag[AG_ETAG_BYTES], struct err *why)
{
    *why = (struct err){.st = ST_OK};
    etag[0] = '\0';
    enum status opened = ag_policy_store_open(&standing->store, vault, why);
    struct err at_load = {.st = ST_OK};
    enum status loaded = ag_policy_store_load(&standing->store, standing->trust, standing->rollout,
                                              &standing->policy, etag, &at_load);
    if (loaded == ST_OK) {
        standing->received_version = standing->policy->version;
        struct err at_time = {.st = ST_OK};
        if (ag_policy_store_accepted_at(&standing->store, standing->policy->version, now_s,
                                        &standing->accepted_at_s, &at_time) != ST_OK) {
            *why = at_time; /* only the next start does not know it either */
        }
    } else if (loaded != ST_NOT_FOUND) {
        *why = at_load;
    } else if (opened == ST_OK) {
        *why = (struct err){.st = ST_OK};
    }
    /* A damaged store is no reason to stop: the server or a file brings the policy again. */
    return loaded == ST_NO_MEMORY || loaded == ST_BUG ? loaded : ST_OK;
}

void ag_standing_done(struct ag_standing *standing)
{
    pol_policy_free(standing->policy);
    forget_pending(&standing->pending);
    forget_misdated(&standing->misdated);
    ag_policy_store_done(&standing->store);
    *standing = (struct ag_standing){0};
}

/* verify -> parse -> freshness. *out is set from parsing on, whatever freshness says. */
static enum status examine(const struct ag_standing *standing, struct span raw, int64_t now_s,
                           struct pol_policy **out, enum pol_freshness *freshness, struct err *why)
{
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    enum status st = pol_verify(standing->trust, raw, POL_DOCUMENT_POLICY, &verified, why);
    if (st == ST_OK) {
        st = pol_parse(verified, &policy, why);
    }
    if (st == ST_OK) {
        const struct pol_policy *now = standing->policy;
        struct pol_freshness_rules rules = {
            .trust = standing->trust,
            .rollout = standing->rollout,
            .floor = ag_policy_store_floor(&standing->store, policy->rollout),
            .min_version = standing->min_version,
            .now_s = now_s,
        };
        rules.stored_policy_usable = now != NULL && strcmp(now->rollout, policy->rollout) == 0 &&
                                     now->version == rules.floor.version;
        st = pol_freshness(policy, &rules, freshness, why);
        *out = policy;
    }
    pol_verified_free(verified);
    return st;
}

static bool has_code(const struct err *why, const char *code)
{
    return why->code != NULL && strcmp(why->code, code) == 0;
}

static enum status copy_raw(struct span raw, const struct pol_policy *policy, struct bytes *out,
                            struct err *why)
{
    struct bytes copy = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    enum status st = bytes_append(&copy, raw.data, raw.size);
    if (st != ST_OK) {
        bytes_free(&copy);
        return err_set(why, st, 0, "cannot keep version %" PRId64 " until its time comes",
                       policy->version);
    }
    *out = copy;
    return ST_OK;
}

static enum status keep_pending(struct ag_standing *standing, struct span raw,
                                const struct pol_policy *policy, struct err *why)
{
    struct bytes copy = {0};
    enum status st = copy_raw(raw, policy, &copy, why);
    if (st == ST_OK) {
        forget_pending(&standing->pending);
        standing->pending = (struct ag_pending){
            .raw = copy, .version = policy->version, .not_before_s = policy->not_before_s};
    }
    return st;
}

/* The server does not send it again, and a clock can be years wrong for a while. */
static enum status keep_misdated(struct ag_standing *standing, struct span raw,
                                 const struct pol_policy *policy, struct err *why)
{
    bool expired = has_code(why, "expired");
    struct bytes copy = {0};
    if (!expired && !has_code(why, "issued_in_future")) {
        return ST_OK;
    }
    enum status st = copy_raw(raw, policy, &copy, why);
    if (st == ST_OK) {
        forget_misdated(&standing->misdated);
        standing->misdated = (struct ag_misdated){
            .raw = copy,
            .version = policy->version,
            .expired = expired,
            .limit_s = expired ? policy->expires_at_s : policy->issued_at_s - LIMIT_ISSUED_AHEAD_S};
    }
    return st;
}

static void fill_failed(struct ag_failed *failed, const char *etag, int64_t now_s,
                        const struct err *why)
{
    failed->code = why->code != NULL ? why->code : status_name(why->st);
    failed->at_s = now_s;
    (void)snprintf(failed->text, sizeof failed->text, "%s", why->text);
    (void)snprintf(failed->pointer, sizeof failed->pointer, "%s", why->pointer);
    (void)snprintf(failed->etag, sizeof failed->etag, "%s", etag);
}

void ag_standing_refuse(struct ag_standing *standing, const char *etag, int64_t now_s,
                        const struct err *why)
{
    fill_failed(&standing->failed, etag, now_s, why);
}

void ag_standing_refuse_trust(struct ag_standing *standing, int64_t now_s, const struct err *why)
{
    fill_failed(&standing->trust_failed, "", now_s, why);
}

/* What could not be stored is offered again and again: the same failure keeps its time, or every
 * attempt would be news to report. */
static void note_failure(struct ag_standing *standing, const char *etag, int64_t now_s,
                         const struct err *why)
{
    const struct ag_failed *failed = &standing->failed;
    const char *code = why->code != NULL ? why->code : status_name(why->st);
    bool known =
        failed->code != NULL && strcmp(failed->code, code) == 0 && strcmp(failed->etag, etag) == 0;
    fill_failed(&standing->failed, etag, known ? failed->at_s : now_s, why);
}

const struct ag_failed *ag_standing_failure(const struct ag_standing *standing)
{
    if (standing->failed.code != NULL) {
        return &standing->failed;
    }
    return standing->trust_failed.code != NULL ? &standing->trust_failed : NULL;
}

/* Stored durably, then used. */
static enum status take(struct ag_standing *standing, struct span raw, int64_t now_s,
                        struct pol_policy **policy, struct err *why)
{
    enum status st =
        ag_policy_store_save(&standing->store, standing->trust, *policy, raw, now_s, why);
    if (st == ST_OK) {
        st = ag_policy_store_accepted_at(&standing->store, (*policy)->version, now_s,
                                         &standing->accepted_at_s, why);
    }
    if (st == ST_OK) {
        pol_policy_free(standing->policy);
        standing->policy = *policy;
        *policy = NULL;
    }
    return st;
}

static bool is_too_early(enum status st, const struct err *why)
{
    return st == ST_REFUSED && has_code(why, "not_yet");
}

static void settle(struct ag_standing *standing, const struct pol_policy *policy)
{
    standing->failed = (struct ag_failed){0};
    if (standing->pending.version <= policy->version) {
        forget_pending(&standing->pending);
    }
    if (standing->misdated.version <= policy->version) {
        forget_misdated(&standing->misdated);
    }
}

enum status ag_standing_offer(struct ag_standing *standing, struct span raw, const char *etag,
                              int64_t now_s, enum ag_offer *out, struct err *why)
{
    struct pol_policy *policy = NULL;
    enum pol_freshness freshness = POL_FRESH_NO_CHANGE;
    enum ag_offer offer = AG_OFFER_REFUSED;

    enum status st = examine(standing, raw, now_s, &policy, &freshness, why);
    if (policy != NULL) {
        standing->received_version = policy->version;
    }
    if (is_too_early(st, why)) {
        offer = AG_OFFER_PENDING;
        st = keep_pending(standing, raw, policy, why);
    } else if (st == ST_REFUSED) {
        ag_standing_refuse(standing, etag, now_s, why);
        st = keep_misdated(standing, raw, policy, why);
    } else if (st == ST_OK && freshness == POL_FRESH_NO_CHANGE) {
        offer = AG_OFFER_NO_CHANGE;
        settle(standing, policy);
    } else if (st == ST_OK) {
        offer = AG_OFFER_ACCEPTED;
        st = take(standing, raw, now_s, &policy, why);
        if (st == ST_OK) {
            settle(standing, standing->policy);
        }
    }
    if (st == ST_OK) {
        *out = offer;
    } else if (status_class(st) == STATUS_MACHINE) {
        note_failure(standing, etag, now_s, why);
    }
    pol_policy_free(policy);
    return st;
}

static bool is_pending_due(const struct ag_pending *pending, int64_t now_s)
{
    return pending->raw.size > 0 && pending->not_before_s <= now_s;
}

static bool is_misdated_due(const struct ag_misdated *misdated, int64_t now_s)
{
    bool before = now_s < misdated->limit_s;
    return misdated->raw.size > 0 && before == misdated->expired;
}

bool ag_standing_is_due(const struct ag_standing *standing, int64_t now_s)
{
    return is_pending_due(&standing->pending, now_s) || is_misdated_due(&standing->misdated, now_s);
}

static enum status retry_misdated(struct ag_standing *standing, int64_t now_s, enum ag_offer *out,
                                  struct err *why)
{
    struct ag_misdated misdated = standing->misdated;
    standing->misdated = (struct ag_misdated){0};
    enum status st = ag_standing_offer(standing, bytes_span(&misdated.raw), "", now_s, out, why);
    if (status_class(st) == STATUS_MACHINE) {
        standing->misdated = misdated; /* could not be stored: later, perhaps */
        misdated = (struct ag_misdated){0};
    }
    forget_misdated(&misdated);
    return st;
}

enum status ag_standing_retry(struct ag_standing *standing, int64_t now_s, enum ag_offer *out,
                              struct err *why)
{
    if (!is_pending_due(&standing->pending, now_s)) {
        return retry_misdated(standing, now_s, out, why);
    }
    struct ag_pending pending = standing->pending;
    standing->pending = (struct ag_pending){0};
    enum status st = ag_standing_offer(standing, bytes_span(&pending.raw), "", now_s, out, why);
    if (status_class(st) == STATUS_MACHINE) {
        standing->pending = pending; /* could not be stored: later, perhaps */
        pending = (struct ag_pending){0};
    }
    forget_pending(&pending);
    return st;
}

int64_t ag_standing_accepted_at_s(struct ag_standing *standing, int64_t now_s)
{
    if (standing->accepted_at_s > now_s) {
        standing->accepted_at_s = now_s;
    }
    return standing->accepted_at_s;
}

bool ag_standing_is_stale(const struct ag_standing *standing, int64_t now_s)
{
    const struct pol_policy *policy = standing->policy;
    return policy != NULL && policy->expires_at_s >= 0 && policy->expires_at_s <= now_s;
}
