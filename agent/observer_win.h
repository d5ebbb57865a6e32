/* observer_win.h - look at users' Outlook on threads of its own, so that nobody waits for it.
 *
 * One thread looks, another one has an eye on it: a look that takes too long is given up, and a fresh
 * thread looks at the others. All of them and whoever started them share one block of memory, which
 * goes with the last: a look that hangs when we stop is left to itself, finds nobody any more when it
 * comes back, and ends.
 * Effects: two threads, and one for each look that hangs    Units:  ms
 * Owns:    struct ag_observer_win; ag_observer_win_free()   Errors: ST_NO_MEMORY, ST_IO when it cannot
 *                                                                   start
 * Threads: called from one; news comes from others          Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_OBSERVER_WIN_H
#define AGENT_OBSERVER_WIN_H

#include "agent/config.h"
#include "agent/observer.h"
#include "agent/sessions_win.h"

/* How looks are taken; a test plays Windows. Each thread has its own hand. */
struct ag_look_calls {
    /* NULL: no memory; the looks are then given NULL. */
    void *(*open)(enum ag_observe_level level, const struct ag_session_calls *sessions);
    void (*close)(void *hand);
    /* *memory: what the last look at this user left for this one, NULL if there was none. at_s is not
     * to be set. */
    void (*user)(void *hand, const char *sid, void **memory, struct ag_sight *out);
    void (*forget)(void *memory);
    void (*client)(void *hand, struct ag_client *out);
};

struct ag_observer_options {
    enum ag_observe_level level; /* AG_OBSERVE_PROFILE: no files */
    /* From any thread, when something that was seen differs from before; never after stop. It must
     * not call back in here. */
    void (*news)(void *ctx);
    void *ctx;
    /* All must outlive the process: a look that hangs uses them for ever. */
    const struct ag_session_calls *sessions;
    const struct ag_look_calls *looks;
    const struct ag_observer_pace *pace; /* NULL: AG_OBSERVER_PACE */
};

struct ag_observer_win;

enum status ag_observer_win_start(const struct ag_observer_options *options,
                                  struct ag_observer_win **out, struct err *err) MUST_USE;

/* From now on nobody is looked at and nobody is told; the port goes on answering. NULL is fine. */
void ag_observer_win_stop(struct ag_observer_win *observer);
/* After ag_observer_win_stop(). Takes a second at most, whatever hangs. */
void ag_observer_win_free(struct ag_observer_win *observer);

/* Somebody logs off: for some seconds no hive is opened. */
void ag_observer_win_rest(struct ag_observer_win *observer);

/* Its ctx is the struct. */
struct ag_sights ag_observer_win_port(struct ag_observer_win *observer);

#endif
