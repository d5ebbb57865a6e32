/* spool.h - keep reports on disk until the server stored them.
 *
 * Oldest first. Each report keeps its bytes, and with them its report_id, however often it is sent.
 * Effects: reads and writes the vault           Units:  bytes
 * Owns:    nothing but numbers                  Errors: those of the vault; ST_NO_SPACE: the spool is
 *                                                       full, then clear it and put a full report
 *                                                       in, which holds the newest of everybody
 * Threads: one thread                           Source: docs/protocol.md "Reports"
 */
#ifndef AGENT_SPOOL_H
#define AGENT_SPOOL_H

#include "agent/ports.h"

enum { AG_SPOOL_REPORTS = 200, AG_SPOOL_BYTES = 8 * 1024 * 1024 };

struct ag_spool {
    const struct ag_vault *vault;
    uint32_t numbers[AG_SPOOL_REPORTS]; /* in file names; ascending */
    size_t sizes[AG_SPOOL_REPORTS];
    size_t count;
    size_t total_bytes;
    uint32_t next; /* never one that was used in this run */
};

/* Find what an earlier run left. What cannot be read, or is too much, is removed. */
enum status ag_spool_open(struct ag_spool *spool, const struct ag_vault *vault,
                          struct err *err) MUST_USE;

enum status ag_spool_put(struct ag_spool *spool, struct span report, struct err *err) MUST_USE;

/* The oldest; ST_NOT_FOUND if there is none. Free *out with bytes_free(). */
enum status ag_spool_first(const struct ag_spool *spool, struct bytes *out,
                           struct err *err) MUST_USE;

/* Forget the oldest: it was stored, or never will be. */
enum status ag_spool_drop_first(struct ag_spool *spool, struct err *err) MUST_USE;
enum status ag_spool_clear(struct ag_spool *spool, struct err *err) MUST_USE;

#endif
