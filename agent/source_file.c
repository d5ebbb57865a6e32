#include "agent/source_file.h"

#include <string.h>

static const char DROPPED[] = "policy.jws";
static const char REFUSED[] = "policy.jws.refused";

/* Out of the way, so that it is not looked at again. */
static enum status clear_away(const struct ag_vault *vault, enum ag_offer offer, struct err *err)
{
    switch (offer) {
    case AG_OFFER_ACCEPTED:
    case AG_OFFER_NO_CHANGE: return vault->remove(vault->ctx, DROPPED, err);
    case AG_OFFER_REFUSED: return vault->rename(vault->ctx, DROPPED, REFUSED, err);
    case AG_OFFER_PENDING: break;
    }
    return ST_OK;
}

struct look {
    struct bytes raw;
    bool too_large; /* then raw is empty */
    char digest[DIGEST_HEX_BYTES];
};

/* ST_NOT_FOUND: no file. */
static enum status read_dropped(const struct ag_vault *vault, struct look *look, struct err *err)
{
    enum status st = vault->read(vault->ctx, DROPPED, LIMIT_ENVELOPE_BYTES, &look->raw, err);
    look->too_large = st == ST_TOO_LARGE;
    if (st == ST_OK || look->too_large) {
        st = pol_digest_hex(bytes_span(&look->raw), look->digest);
    }
    return st;
}

/* The one that we are done with, or the one that waits for its time. */
static bool is_known(const struct ag_source_file *source, const struct ag_standing *standing,
                     const struct look *look)
{
    const struct bytes *pending = &standing->pending.raw;
    return strcmp(source->settled, look->digest) == 0 ||
           (pending->size > 0 && span_equal(bytes_span(pending), bytes_span(&look->raw)));
}

/* Half a file is refused like any nonsense: only what looks the same twice is. */
static bool is_worth_another_look(struct ag_source_file *source, enum ag_offer offer,
                                  const char *digest)
{
    bool again = strcmp(source->seen, digest) == 0;
    if (!source->patient || offer != AG_OFFER_REFUSED || again) {
        source->seen[0] = '\0';
        return false;
    }
    memcpy(source->seen, digest, DIGEST_HEX_BYTES);
    return true;
}

static enum status offer_content(struct ag_standing *standing, const struct look *look,
                                 int64_t now_s, enum ag_offer *out, struct err *why)
{
    if (look->too_large) {
        *out = AG_OFFER_REFUSED;
        (void)err_refuse(why, "too_large", "", "policy.jws is larger than %d bytes",
                         LIMIT_ENVELOPE_BYTES);
        ag_standing_refuse(standing, "", now_s, why);
        return ST_OK;
    }
    return ag_standing_offer(standing, bytes_span(&look->raw), "", now_s, out, why);
}

/* Offer it and clear it away. A file that cannot be cleared away is told once, and then left. */
static enum status settle(struct ag_source_file *source, struct ag_standing *standing,
                          const struct look *look, enum ag_offer offer, struct err *why)
{
    struct err failure = {.st = ST_OK};
    if (offer == AG_OFFER_ACCEPTED || offer == AG_OFFER_NO_CHANGE) {
        *why = (struct err){.st = ST_OK};
    }
    enum status st = clear_away(standing->store.vault, offer, &failure);
    if (st != ST_OK) {
        memcpy(source->settled, look->digest, DIGEST_HEX_BYTES);
        if (offer != AG_OFFER_REFUSED) {
            *why = failure; /* of a refused one the refusal is what counts */
        }
    }
    return st == ST_NO_MEMORY ? st : ST_OK;
}

enum status ag_source_file_look(struct ag_source_file *source, struct ag_standing *standing,
                                int64_t now_s, enum ag_found *found, enum ag_offer *offer,
                                struct err *why)
{
    struct look look = {.digest = ""};
    enum ag_offer answer = AG_OFFER_NO_CHANGE;
    bool done = true;

    *why = (struct err){.st = ST_OK};
    enum status st = read_dropped(standing->store.vault, &look, why);
    if (st == ST_NOT_FOUND) {
        source->settled[0] = '\0';
        source->seen[0] = '\0';
        *why = (struct err){.st = ST_OK};
        st = ST_OK;
    } else if (st == ST_OK && !is_known(source, standing, &look)) {
        st = offer_content(standing, &look, now_s, &answer, why);
        done = st == ST_OK && is_worth_another_look(source, answer, look.digest);
    }
    if (st == ST_OK && !done) {
        st = settle(source, standing, &look, answer, why);
    }
    if (st == ST_OK) {
        *found = done ? AG_FOUND_NOTHING : AG_FOUND_OFFER;
        *offer = answer;
    }
    bytes_free(&look.raw);
    return st;
}
