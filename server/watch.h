/* watch.h - know the connections of a listener: how many, whose, and for how long.
 *
 * The HTTP library bounds the time between two bytes; this bounds the whole, dripped bytes and all.
 * It says whether there is room for one more, and makes some when there are too many: whoever is
 * longest without a request goes. It counts what is running, too, so that a server that stops can
 * wait for its last answers.
 * Effects: one thread; shuts sockets down    Units:  _ms from now
 * Owns:    struct srv_watch and the watched  Errors: ST_NO_MEMORY
 * Threads: safe                              Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "base/err.h"
#include "server/meter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct srv_watch;
struct srv_watched; /* NULL is fine everywhere: a connection that could not be watched */

static const uint64_t SRV_WATCH_NEVER = UINT64_MAX;
/* The address of somebody whose connections are not counted as his: a proxy, this machine. */
static const uint64_t SRV_WATCH_NOBODY = 0;

/* Connections beyond the limit, for those who are told to come back; and descriptors beyond it, as
 * one that was ended for another is not closed at once. */
enum { SRV_WATCH_SPARE = 64, SRV_WATCH_SPARE_DESCRIPTORS = 256 };

struct srv_watch_options {
    struct srv_load *load; /* kept up to date; must outlive the watch */
    unsigned per_address;  /* connections of one address */
    uint32_t tick_ms;      /* how late a bound may be */
    uint32_t settle_ms;    /* nobody ends for another before, while there are spare ones */
};

enum status srv_watch_open(const struct srv_watch_options *options, struct srv_watch **out,
                           struct err *err) MUST_USE;
void srv_watch_free(struct srv_watch *watch);

/* May one more come from that address? Counts those who may not. */
bool srv_watch_admits(struct srv_watch *watch, uint64_t address);

/* A connection that has no request yet. Beyond the limit another one ends for it. */
struct srv_watched *srv_watch_add(struct srv_watch *watch, int fd, uint64_t address,
                                  uint64_t bound_ms);
/* Before the descriptor is closed: so none is shut that became somebody else's. */
void srv_watch_remove(struct srv_watch *watch, struct srv_watched *w);
void srv_watch_set(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms);

/* A request begins, and ends. */
void srv_watch_begin(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms);
void srv_watch_end(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms);
/* A request waits for somebody else, and goes on. */
void srv_watch_park(struct srv_watch *watch);
void srv_watch_unpark(struct srv_watch *watch);

/* Wait until no request runs, at most so long; then shut all connections, and wait for as long as
 * a request is parked. */
void srv_watch_finish(struct srv_watch *watch, uint64_t most_ms);

#endif
