/* observer.h - decide who is looked at when, and keep what was seen.
 *
 * Others take the looks, one after the other, and may get stuck in one: a call into Windows cannot be
 * interrupted. Such a look is given up after a while, its user is seen to have timed out, and the
 * next one is taken by somebody else; what comes of it later is not believed. Nobody who is stuck is
 * looked at again, so that one user cannot take up all who are able to look.
 * Effects: none                                Units:  _ms monotonic, _s wall seconds since 1970 UTC
 * Owns:    the users, what was seen of them,   Errors: none; a user for whom there is no memory is
 *          and the looks' memory of each;              seen by nobody until he is wanted again
 *          ag_observer_done() frees            Source: docs/architecture.md "The agent"
 * Threads: one thread, or a lock around it
 */
#ifndef AGENT_OBSERVER_H
#define AGENT_OBSERVER_H

#include "agent/ports.h"

struct ag_observer_pace {
    uint32_t gap_ms;        /* between two looks at the same user */
    uint32_t client_gap_ms; /* ... at what is installed */
    uint32_t patience_ms;   /* for one look */
};
/* Five seconds, ten minutes, five seconds. */
extern const struct ag_observer_pace AG_OBSERVER_PACE;

enum {
    AG_OBSERVER_STUCK_MOST = 4, /* then nobody is looked at until one comes back */
    AG_OBSERVER_SID_BYTES = 80, /* S-1-5-21 and four numbers of 32 bits take less */
};
#define AG_OBSERVER_NEVER_MS UINT64_MAX

struct ag_observer_time {
    int64_t wall_s;
    uint64_t ms;
};

/* One look that is to be taken. */
struct ag_observer_task {
    uint64_t ticket;
    char sid[AG_OBSERVER_SID_BYTES]; /* "": at what is installed */
    void *memory; /* what the last look at this user left for the next; NULL: nothing */
};

struct ag_observed_user;

struct ag_observer {
    struct ag_observer_pace pace;
    void (*forget)(void *memory);
    struct ag_observed_user **users;
    size_t count;
    size_t room;
    struct ag_client client;
    bool client_seen;
    bool client_wanted;
    uint64_t client_ticket; /* of a look at it that is not back; 0: none */
    uint64_t client_due_ms;
    uint64_t rest_until_ms; /* no hive is opened before */
    uint64_t tickets;       /* so many were given out */
    uint64_t running;       /* the ticket of the look that is waited for; 0: none */
    uint64_t deadline_ms;   /* of that one */
    unsigned stuck;         /* looks that were given up and are not back */
};

/* forget: free what looks leave in a task's memory; never NULL. */
void ag_observer_init(struct ag_observer *observer, const struct ag_observer_pace *pace,
                      void (*forget)(void *memory));
/* Looks that are not back keep their own memory. */
void ag_observer_done(struct ag_observer *observer);

/* The users with a loaded hive are to be looked at, and what is installed; who is not among them is
 * forgotten. */
void ag_observer_want(struct ag_observer *observer, const struct ag_user *users, size_t count,
                      uint64_t now_ms);

/* Somebody logs off: no look at a user begins before, so that no key of his is in the way when his
 * hive is unloaded. */
void ag_observer_rest(struct ag_observer *observer, uint64_t until_ms);

/* Begin a look, if one is due and none is waited for. True: the task is to be done, and goes to
 * ag_observer_take() when it is. */
bool ag_observer_next(struct ag_observer *observer, uint64_t now_ms, struct ag_observer_task *out);

/* A look is over. seen: a struct ag_sight, or for what is installed a struct ag_client. Memory that
 * is still in the task afterwards belongs to nobody. True: what was seen differs from before. */
bool ag_observer_take(struct ag_observer *observer, struct ag_observer_task *task, const void *seen,
                      const struct ag_observer_time *now);

enum ag_observer_verdict { AG_OBSERVER_IN_TIME, AG_OBSERVER_GIVEN_UP, AG_OBSERVER_GIVEN_UP_NEWS };

/* Give up the look that is waited for, if it takes too long. NEWS: what is seen differs now. */
enum ag_observer_verdict ag_observer_check(struct ag_observer *observer,
                                           const struct ag_observer_time *now);

/* When ag_observer_next() or ag_observer_check() has something to do; NEVER: not before somebody
 * calls one of the others. */
uint64_t ag_observer_due_ms(const struct ag_observer *observer);

/* The two of struct ag_sights. */
bool ag_observer_find(const struct ag_observer *observer, const char *sid, struct ag_sight *out);
bool ag_observer_client(const struct ag_observer *observer, struct ag_client *out);

#endif
