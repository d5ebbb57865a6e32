/* accept.h - take a policy, or say why not, whichever way it came.
 *
 * fetch -> [verify -> parse -> freshness] -> evaluate -> apply -> observe -> report
 *
 * Stored durably, then used. Whatever is refused changes nothing: what was in force stays in force,
 * and the refusal is kept for the report. What comes too early is kept and tried again.
 * Effects: writes the vault                        Units:  seconds since 1970 UTC
 * Owns:    struct ag_standing;                     Errors: those of the vault: then nothing was
 *          ag_standing_done() frees                        taken. A refusal is an answer, not an
 *                                                          error: AG_OFFER_REFUSED, told in *why
 * Threads: one thread                              Source: docs/policy-format.md "Acceptance on the
 *                                                          agent"
 */
#ifndef AGENT_ACCEPT_H
#define AGENT_ACCEPT_H

#include "agent/policy_store.h"

struct ag_failed {
    const char *code; /* NULL: the last offer was not refused */
    char text[ERR_TEXT_BYTES];
    char pointer[ERR_POINTER_BYTES];
    char etag[AG_ETAG_BYTES]; /* "" for a file */
    int64_t at_s;
};

struct ag_pending {
    struct bytes raw; /* empty: nothing is pending */
    int64_t version;
    int64_t not_before_s;
};

/* Refused by what this machine's clock said: offered again once the clock says otherwise. */
struct ag_misdated {
    struct bytes raw; /* empty: nothing was */
    int64_t version;
    bool expired;    /* else it was issued too far ahead */
    int64_t limit_s; /* of a clock that takes it: before this if expired, else from this on */
};

/* Where this agent stands with its policies. */
struct ag_standing {
    const struct pol_trust *trust;
    const char *rollout; /* only this one; NULL: any that trust names */
    int64_t min_version;
    struct ag_policy_store store;

    struct pol_policy *policy; /* in force; NULL: none yet */
    int64_t accepted_at_s;     /* when it came into force */
    int64_t received_version;  /* last verified; 0: none */
    struct ag_failed failed;
    struct ag_failed trust_failed; /* the trust file, for this whole run */
    struct ag_pending pending;
    struct ag_misdated misdated;
};

enum ag_offer { AG_OFFER_ACCEPTED, AG_OFFER_NO_CHANGE, AG_OFFER_PENDING, AG_OFFER_REFUSED };

/* Open the store and load what was accepted last. *etag names it, "" if not known. ST_OK also
 * without a usable policy: *why tells, why->st ST_OK if there is nothing to tell. */
enum status ag_standing_open(struct ag_standing *standing, const struct ag_vault *vault,
                             int64_t now_s, char etag[AG_ETAG_BYTES], struct err *why) MUST_USE;
void ag_standing_done(struct ag_standing *standing);

/* Offer what came. etag: the server's name for it, "" for a file. *why is filled for
 * AG_OFFER_PENDING and AG_OFFER_REFUSED. A refusal, and what could not be stored, is noted for the
 * report. */
enum status ag_standing_offer(struct ag_standing *standing, struct span raw, const char *etag,
                              int64_t now_s, enum ag_offer *out, struct err *why) MUST_USE;

/* Note a refusal that came before there were bytes to look at (an answer over the limit). */
void ag_standing_refuse(struct ag_standing *standing, const char *etag, int64_t now_s,
                        const struct err *why);

/* The same for the trust file: it stands until the next start. */
void ag_standing_refuse_trust(struct ag_standing *standing, int64_t now_s, const struct err *why);

/* What a report is to say: the refusal of the last policy, else that of the trust file; NULL if
 * neither was refused. */
const struct ag_failed *ag_standing_failure(const struct ag_standing *standing);

/* Has the time of what is pending come, or did the clock take back what it had against a policy? Then
 * ag_standing_retry() offers it again. */
bool ag_standing_is_due(const struct ag_standing *standing, int64_t now_s);
enum status ag_standing_retry(struct ag_standing *standing, int64_t now_s, enum ag_offer *out,
                              struct err *why) MUST_USE;

/* When the policy in force was accepted: never in the future, however the clock was set back since. */
int64_t ag_standing_accepted_at_s(struct ag_standing *standing, int64_t now_s);

/* The policy in force has expired; it stays in force. */
bool ag_standing_is_stale(const struct ag_standing *standing, int64_t now_s);

#endif
