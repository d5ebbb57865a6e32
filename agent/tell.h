/* tell.h - put into the log what the loop did and what went wrong.
 *
 * Effects: writes the log    Units:  none
 * Owns:    nothing           Errors: none
 * Threads: one thread        Source: docs/operations.md "The agent's log"
 */
#ifndef AGENT_TELL_H
#define AGENT_TELL_H

#include "agent/accept.h"
#include "agent/outcome.h"
#include "base/log.h"

/* A kind of failure that may last: told when it comes, when it turns into another, and when it is
 * over; not each time in between. */
struct ag_trouble {
    const char *what; /* a literal, such as "report" */
    enum status st;
    const char *code;
};

/* err->st ST_OK: it is well. */
void ag_tell_trouble(struct ag_trouble *trouble, const struct err *err);

/* How long the server has not answered. All zero: it answers. */
struct ag_away {
    bool silent;
    bool told;
    uint64_t since_ms;
};

/* After each attempt to reach it: told once it has been silent for hours, and when it is back. */
void ag_tell_server(struct ag_away *away, bool answered, uint64_t now_ms);

/* Told when the policy in force expires, once; *told is kept by the caller. */
void ag_tell_stale(bool *told, bool stale, const struct ag_standing *standing);

/* What came of a policy that was offered. source: "server", "file" or "pending". */
void ag_tell_offer(const struct ag_standing *standing, const char *source, enum ag_offer offer,
                   const struct err *why);

/* Writes, corrections and new failures of a pass. before may be NULL. */
void ag_tell_pass(const struct ag_pass *pass, const struct ag_pass *before,
                  const struct ag_standing *standing);

#endif
