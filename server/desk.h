/* desk.h - let what may wait, wait in threads of its own.
 *
 * connection -> [desk] -> connection
 *
 * Whoever takes requests from the wire hands those over that may wait for the store, for each other or
 * for a long list, and goes on: so the brake, which is not handed over, never stands behind them.
 * Effects: threads                      Units:  none
 * Owns:    struct srv_desk; jobs are    Errors: ST_NO_MEMORY
 *          the caller's
 * Threads: safe                         Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_DESK_H
#define SERVER_DESK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* run is called once, from one of the desk's threads; it may free the job. closing: say no, and do
 * nothing that takes time. */
struct srv_job {
    void (*run)(struct srv_job *job, bool closing);
    struct srv_job *next; /* the desk's own */
};

struct srv_desk;

/* most: how many jobs may wait for a thread. */
enum status srv_desk_open(unsigned threads, size_t most, struct srv_desk **out,
                          struct err *err) MUST_USE;
/* False if no more may wait, or the desk is closed: the job stays the caller's. */
bool srv_desk_take(struct srv_desk *desk, struct srv_job *job) MUST_USE;
/* Finish what runs, refuse what waits, take no more. NULL is fine, and so is doing it again. */
void srv_desk_close(struct srv_desk *desk);
void srv_desk_free(struct srv_desk *desk); /* closed; NULL is fine */

#endif
