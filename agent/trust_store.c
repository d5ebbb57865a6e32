#include "agent/trust_store.h"

#include "policy/limits.h"

static const char FILE_NAME[] = "trust.kept";

/* What was taken before; *out is NULL if there is nothing of use. A damaged one is as good as none:
 * the file on this machine decides, as on the first day. */
static enum status load_kept(const struct ag_vault *vault, struct bytes *document,
                             struct pol_trust **out, struct err *err)
{
    enum status st = vault->read(vault->ctx, FILE_NAME, LIMIT_TRUST_BYTES, document, err);
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(document), out, err);
    }
    if (st == ST_NOT_FOUND || st == ST_REFUSED || st == ST_TOO_LARGE) {
        bytes_free(document);
        st = ST_OK;
    }
    return st;
}

/* ST_OK: the offer is what is to be used; *change says whether that is news. */
static enum status judge(const struct ag_trust_offer *offer, const struct bytes *kept,
                         enum pol_trust_change *change, struct pol_trust **out, struct err *why)
{
    *why = offer->unreadable;
    if (offer->unreadable.st != ST_OK) {
        return offer->unreadable.st;
    }
    enum status st = pol_trust_check_change(bytes_span(kept), offer->document, change, why);
    return st == ST_OK ? pol_trust_parse(offer->document, out, why) : st;
}

static enum status keep_offer(const struct ag_vault *vault, const struct ag_trust_offer *offer,
                              enum pol_trust_change change, struct err *why)
{
    return change == POL_TRUST_TAKEN ? vault->write(vault->ctx, FILE_NAME, offer->document, why)
                                     : ST_OK;
}

enum status ag_trust_open(const struct ag_vault *vault, const struct ag_trust_offer *offer,
                          bool keep, struct ag_trust *out, struct err *err)
{
    struct bytes document = {0};
    struct pol_trust *kept = NULL;
    struct pol_trust *offered = NULL;
    enum pol_trust_change change = POL_TRUST_UNCHANGED;
    struct err why = {.st = ST_OK};

    enum status st = load_kept(vault, &document, &kept, err);
    if (st != ST_OK) {
        return st;
    }
    enum status judged = judge(offer, &document, &change, &offered, &why);
    if (judged == ST_OK && keep) {
        judged = keep_offer(vault, offer, change, &why);
    }
    if (judged == ST_OK) {
        *out = (struct ag_trust){.trust = offered,
                                 .replaced = kept != NULL && change == POL_TRUST_TAKEN,
                                 .refused = {.st = ST_OK}};
        offered = NULL;
    } else if (kept != NULL && judged != ST_NO_MEMORY) {
        *out = (struct ag_trust){.trust = kept, .refused = why};
        kept = NULL;
    } else {
        st = judged;
        if (err != NULL) {
            *err = why;
        }
    }
    pol_trust_free(offered);
    pol_trust_free(kept);
    bytes_free(&document);
    return st;
}

void ag_trust_done(struct ag_trust *trust)
{
    pol_trust_free(trust->trust);
    *trust = (struct ag_trust){0};
}
