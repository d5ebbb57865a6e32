/* watch.h - bound the time that a connection may take for one request, dripped bytes and all.
 *
 * The HTTP library bounds the time between two bytes; this bounds the whole. It counts what is
 * running, too, so that a server that stops can wait for its last answers.
 * Effects: one thread; shuts sockets down    Units:  _ms from now
 * Owns:    struct srv_watch and the watched  Errors: ST_NO_MEMORY
 * Threads: safe                              Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "base/err.h"
#include "server/meter.h"

#include <stddef.h>
#include <stdint.h>

struct srv_watch;
struct srv_watched; /* NULL is fine everywhere: a connection that could not be watched */

static const uint64_t SRV_WATCH_NEVER = UINT64_MAX;

/* load is kept up to date; it must outlive the watch. */
enum status srv_watch_open(struct srv_load *load, struct srv_watch **out, struct err *err) MUST_USE;
void srv_watch_free(struct srv_watch *watch);

struct srv_watched *srv_watch_add(struct srv_watch *watch, int fd, uint64_t bound_ms);
/* Before the descriptor is closed: so none is shut that became somebody else's. */
void srv_watch_remove(struct srv_watch *watch, struct srv_watched *w);
void srv_watch_set(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms);

/* A request begins, and ends. */
void srv_watch_begin(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms);
void srv_watch_end(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms);

/* Wait until no request runs, at most so long. */
void srv_watch_wait(struct srv_watch *watch, uint64_t most_ms);

#endif
