/* arming.h - decide whose keys are watched when.
 *
 * A watched key tells of one change and must then be armed again. That is done for the one user
 * whose key told, at once, unless he changes his keys over and over: then they rest until he has
 * waited it out, and the pass that the core makes every minute is all that looks at him. What one
 * user does to his keys costs the others nothing.
 * Effects: those of the table of keys           Units:  _ms monotonic
 * Owns:    the list; ag_arming_done() closes    Errors: none; who cannot be watched is tried again
 *          all keys                                     later, and the core looks every minute
 * Threads: one thread                           Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_ARMING_H
#define AGENT_ARMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AG_ARMING_CHANGES = 20,              /* so many at once are each told at once ... */
    AG_ARMING_EARN_MS = 60 * 1000,       /* ... and one more for each minute without */
    AG_ARMING_RETRY_FIRST_MS = 1000,     /* who could not be watched; doubled until */
    AG_ARMING_RETRY_MOST_MS = 60 * 1000, /* this */
    AG_ARMING_LET_GO_MS = 10 * 1000,     /* after a logoff: Windows unloads the hive within that */
    AG_ARMING_REOPEN_MS = 10 * 60 * 1000 /* a key may have been moved elsewhere, names and all */
};
#define AG_ARMING_NEVER_MS UINT64_MAX

struct ag_keys; /* what is watched of one user; belongs to the port */

struct ag_arming_port {
    void *ctx;
    /* Open and arm what there is to watch of a user; NULL if there is nothing. */
    struct ag_keys *(*open)(void *ctx, const char *sid);
    /* True once after one of them told. */
    bool (*take_told)(void *ctx, struct ag_keys *keys);
    /* Arm those that told; false: they must be opened afresh. */
    bool (*arm)(void *ctx, struct ag_keys *keys);
    /* False: the hive went away under them, and may be another one's by now. */
    bool (*is_alive)(void *ctx, const struct ag_keys *keys);
    /* True if one had told and nobody took it. */
    bool (*close)(void *ctx, struct ag_keys *keys);
};

struct ag_armed_user;

struct ag_arming {
    struct ag_arming_port port;
    struct ag_armed_user *users;
    size_t count;
    size_t room;
};

void ag_arming_init(struct ag_arming *arming, const struct ag_arming_port *port);
void ag_arming_done(struct ag_arming *arming);

/* These are the users with a loaded hive. True if somebody came or went: the core must look. */
bool ag_arming_take_list(struct ag_arming *arming, char *const *sids, size_t count,
                         uint64_t now_ms);

/* Somebody logs off: an open key would hinder that. sid NULL: who it is is not known, so it may be
 * anybody. */
void ag_arming_let_go(struct ag_arming *arming, const char *sid, uint64_t now_ms);

/* Arm what is due. Afterwards, not before, the core must look if true is returned: a change in
 * between is then seen by that look. */
bool ag_arming_work(struct ag_arming *arming, uint64_t now_ms);

/* When there is something to do next although no key tells; AG_ARMING_NEVER_MS: nothing. */
uint64_t ag_arming_due_ms(const struct ag_arming *arming);

#endif
