/* restore.h - give every user on this machine back what was there before us, or remove it.
 *
 * For the end of the agent's stay: the same courses, markers and checks as under a policy. Only loaded
 * hives are reached; nobody else's is loaded for it.
 * Effects: users' hives, through the ports    Units:  none
 * Owns:    nothing                            Errors: a user's failure is told in his row, and the
 *                                                     next one's turn comes; those of listing users
 * Threads: one thread                         Source: docs/operations.md "Taking it away again"
 */
#ifndef AGENT_RESTORE_H
#define AGENT_RESTORE_H

#include "agent/apply.h"

enum ag_restore_how {
    AG_RESTORE_PRE_IMAGE, /* what is ours becomes what was there before us */
    AG_RESTORE_ALLOW,     /* the value goes, whoever wrote it */
};

struct ag_restored {
    const struct ag_user *user;
    bool reached;            /* false: not logged on; nothing was looked at */
    bool marked;             /* a marker of ours was there */
    struct ag_applied after; /* if reached and without an error */
    struct err err;          /* st ST_OK: none */
};

/* visit is called for each user in turn; what it is given lives until it returns. */
enum status ag_restore_all(const struct ag_users *users, const struct ag_setting *setting,
                           enum ag_restore_how how,
                           void (*visit)(void *ctx, const struct ag_restored *row), void *ctx,
                           struct err *err) MUST_USE;

#endif
