/* trust_store.h - choose whose signatures count: the trust file's keys, or those taken before.
 *
 * fetch -> [verify] -> evaluate -> apply -> observe -> report
 *
 * An administrator of this machine may replace the trust file, by a higher version only. What was
 * taken is kept in the vault, so that an older file put back, one damaged or one gone changes
 * nothing: the agent goes on with what it has, and says so.
 * Effects: reads the vault, and writes it when a new trust is taken
 * Owns:    struct ag_trust; ag_trust_done()     Errors: ST_REFUSED, or what reading the file said, if
 *                                                       there is no trust to go on with; those of
 *                                                       the vault
 * Threads: one thread                           Units:  bytes
 * Source:  docs/policy-format.md "Trust"
 */
#ifndef AGENT_TRUST_STORE_H
#define AGENT_TRUST_STORE_H

#include "agent/ports.h"
#include "policy/trust.h"

struct ag_trust {
    struct pol_trust *trust; /* in use */
    bool replaced;           /* another one was in use before */
    struct err refused;      /* why the trust file is not what is in use; st ST_OK: it is */
};

/* What the trust file holds, or why it could not be read. */
struct ag_trust_offer {
    struct span document;
    struct err unreadable; /* st ST_OK: it could */
};

/* keep    make durable what is taken, before it is used; false: only say what would be used */
enum status ag_trust_open(const struct ag_vault *vault, const struct ag_trust_offer *offer,
                          bool keep, struct ag_trust *out, struct err *err) MUST_USE;
void ag_trust_done(struct ag_trust *trust);

#endif
