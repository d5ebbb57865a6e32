/* retention.h - keep what the store remembers of the past within bounds, step by step.
 *
 * Reports go by age and by size, the oldest first; tokens that ended, users who left and machines out
 * of service go later. What is in force now, the audit, gates and bundles are not touched.
 * Effects: one thread; small writes to the store,   Units:  _s wall seconds since 1970 UTC, _ms
 *          which also find out whether it can be            monotonic
 *          written
 * Owns:    struct srv_retention;                    Errors: ST_NO_MEMORY; later ones are logged
 *          srv_retention_close()                            once, and it tries again
 * Threads: safe                                     Source: docs/operations-server.md "The store"
 */
#ifndef SERVER_RETENTION_H
#define SERVER_RETENTION_H

#include "server/store.h"

enum {
    SRV_KEEP_DAYS = 14,
    SRV_KEEP_DAYS_MOST = 3650,
    SRV_KEEP_MB = 10240,
    SRV_KEEP_MB_LEAST = 16,
    SRV_KEEP_MB_MOST = 4 * 1024 * 1024
};

/* All must outlive the retention. */
struct srv_retention_parts {
    const struct srv_store *store;
    int64_t (*now_s)(void);
    int64_t keep_s;
    int64_t keep_bytes;
    unsigned pause_ms; /* between two looks at the bounds */
    unsigned all_ms;   /* between two looks at all that may go */
};

/* What one step leaves to the next: whether the wall clock can be believed when it says that something
 * is old, and when all was looked at. */
struct srv_retention_state {
    bool looked;
    uint64_t looked_ms;
    bool known;
    int64_t wall_s; /* and what the monotonic clock said then */
    uint64_t mono_ms;
    bool held;
    uint64_t held_until_ms;
};

/* What a step did. */
struct srv_retention_step {
    int64_t reports;
    int64_t rows;
    bool more;
};

struct srv_retention;

enum status srv_retention_open(const struct srv_retention_parts *parts, struct srv_retention **out,
                               struct err *err) MUST_USE;
/* After a step that is under way. NULL is fine. */
void srv_retention_close(struct srv_retention *retention);

/* One step, now; the thread does nothing else but rest in between. */
enum status srv_retention_step(const struct srv_retention_parts *parts,
                               struct srv_retention_state *state, uint64_t mono_ms,
                               struct srv_retention_step *out, struct err *err) MUST_USE;

#endif
