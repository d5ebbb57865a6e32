/* ingest.h - take a report from bytes to the store.
 *
 * report bytes -> [ingest] -> store -> compliance
 *
 * Effects: none until it is submitted          Units:  seconds since 1970 UTC
 * Owns:    struct srv_ingest and the report;   Errors: those of pol_report_parse(); out_of_range
 *          srv_ingest_free()                           for the report of another device
 * Threads: one at a time                       Source: docs/protocol.md "Reports"
 */
#ifndef SERVER_INGEST_H
#define SERVER_INGEST_H

#include "server/auth.h"
#include "server/rollout.h"

enum { SRV_INGEST_TOLD_BYTES = 96 };

struct srv_ingest {
    struct srv_write write; /* to be submitted; done and ctx are the caller's */
    struct pol_report *report;
    struct srv_rollout *rollout; /* whoever heard it, or NULL */
    char told[SRV_INGEST_TOLD_BYTES];
};

/* body is borrowed until the write is done. */
enum status srv_ingest_open(struct span body, const struct srv_device *device, int64_t now_s,
                            struct srv_ingest **out, struct err *err) MUST_USE;
/* Does it say that the fleet is ahead of what is released? Then that is written with it, and holds once
 * it is committed. */
void srv_ingest_hear(struct srv_ingest *ingest, struct srv_rollout *rollout,
                     const struct srv_device *device);
void srv_ingest_heard(const struct srv_ingest *ingest);
void srv_ingest_free(struct srv_ingest *ingest); /* NULL is fine */

#endif
