/* poll.h - ask the server for the policy, and understand its answer.
 *
 * [fetch -> verify -> parse -> freshness] -> evaluate -> apply -> observe -> report
 *
 * If-None-Match names the last body that was received, accepted or not: so a refused policy is not
 * sent over and over.
 * Effects: offers what came to the standing     Units:  seconds since 1970 UTC
 * Owns:    nothing                              Errors: none of its own: what went wrong is in the
 *                                                       news
 * Threads: one thread                           Source: docs/protocol.md "Agents"
 */
#ifndef AGENT_POLL_H
#define AGENT_POLL_H

#include "agent/accept.h"
#include "agent/schedule.h"

struct ag_poll {
    char etag[AG_ETAG_BYTES]; /* of the last body; "" before any, or if it had none */
    uint32_t asked_wait_s;    /* by the request on its way */
};

struct ag_poll_news {
    struct ag_poll_end end;
    bool offered; /* a body came; offer says what of it */
    enum ag_offer offer;
    bool enroll_wanted; /* the server does not know our token */
    struct err why;     /* st ST_OK: nothing went wrong */
};

/* token may be NULL. The request's texts belong to poll and the caller. */
void ag_poll_request(struct ag_poll *poll, uint32_t wait_s, const char *token,
                     struct ag_request *out);

void ag_poll_take(struct ag_poll *poll, const struct ag_answer *answer,
                  struct ag_standing *standing, int64_t now_s, struct ag_poll_news *news);

#endif
