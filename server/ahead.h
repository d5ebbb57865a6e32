/* ahead.h - count the devices that have more than is released here.
 *
 * store -> [ahead] -> keeper
 *
 * Only what is in a bundle here, byte for byte, counts, as for srv_rollout_hear(): however many versions
 * machines make up, the answer stays as short.
 * Effects: reads the store                     Units:  _s wall seconds since 1970 UTC
 * Owns:    nothing                             Errors: those of the store
 * Threads: safe                                Source: docs/protocol.md "Behind the fleet"
 */
#ifndef SERVER_AHEAD_H
#define SERVER_AHEAD_H

#include "server/rollout.h"

/* Those of the newest versions are named one by one. */
enum { SRV_AHEAD_VERSIONS = 10 };

struct srv_ahead_count {
    int64_t version;
    int64_t devices;
    int64_t seen_s; /* when one of them was last heard from */
};

struct srv_ahead {
    int64_t released; /* what it was counted against */
    int64_t behind;   /* the newest version that was known then; 0: nobody counted */
    int64_t devices;  /* in service */
    int64_t seen_s;   /* when one of them was last heard from; -1: there are none */
    int64_t versions; /* that they have */
    struct srv_ahead_count newest[SRV_AHEAD_VERSIONS];
    size_t newest_count;
};

/* Reads what all devices have: not while somebody waits. Does nothing unless the server is behind. */
enum status srv_ahead_count(const struct srv_store *store, const struct srv_rollout_view *view,
                            struct srv_ahead *out, struct err *err) MUST_USE;

#endif
