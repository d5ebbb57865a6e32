/* preflight_win.h - probe servers in a thread of its own, so that nobody waits for them.
 *
 * Effects: a thread; requests over the network    Units:  ms
 * Owns:    struct ag_preflight_win;               Errors: ST_NO_MEMORY, ST_IO when it cannot start
 *          ag_preflight_win_free()
 * Threads: the port from one thread               Source: struct ag_probing (agent/ports.h)
 */
#ifndef AGENT_PREFLIGHT_WIN_H
#define AGENT_PREFLIGHT_WIN_H

#include "agent/ports.h"

struct ag_preflight_win;

struct ag_preflight_win_options {
    void (*wake)(void *ctx); /* from the thread, once all that was begun is done */
    void *ctx;
};

enum status ag_preflight_win_start(const struct ag_preflight_win_options *options,
                                   struct ag_preflight_win **out, struct err *err) MUST_USE;

/* From now on nobody is woken any more. NULL is fine. */
void ag_preflight_win_stop(struct ag_preflight_win *probing);
/* After ag_preflight_win_stop(). A request that Windows does not end is left to the end of the
 * process. */
void ag_preflight_win_free(struct ag_preflight_win *probing);

/* Its ctx is the struct. */
struct ag_probing ag_preflight_win_port(struct ag_preflight_win *probing);

#endif
