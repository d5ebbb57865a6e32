/* fleet.h - go through all users, one after the other, holding the store only to copy a page.
 *
 * store -> [fleet] -> effect, simulator
 *
 * Evaluating somebody may take long, and other readers wait while the store is held: so it is copied
 * first, at most so much at a time.
 * Effects: reads the store                   Units:  users; _ms monotonic
 * Owns:    the rows, good for one call       Errors: those of the store and of the visitor;
 *                                                    ST_NO_MEMORY, ST_TIMED_OUT, ST_CANCELLED
 * Threads: safe                              Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_FLEET_H
#define SERVER_FLEET_H

#include "server/store.h"

#include <stdatomic.h>

/* How long somebody is willing to wait. */
struct srv_patience {
    uint64_t until_ms; /* UINT64_MAX: for ever */
    const atomic_bool *cancelled;
};

/* Of a row only what a decision needs is there: key, version, sid, account, groups, tags, host,
 * computer_ou, ad_site, multi_session, outlook, mailbox, preflight, and all times and numbers. Stops
 * with what visit returns unless that is ST_OK. patience may be NULL. */
enum status srv_fleet_walk(const struct srv_store *store, const struct srv_patience *patience,
                           enum status (*visit)(void *ctx, const struct srv_user_row *row),
                           void *ctx, struct err *err) MUST_USE;

#endif
