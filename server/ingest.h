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
#include "server/store.h"

struct srv_ingest {
    struct srv_write write; /* to be submitted; done and ctx are the caller's */
    struct pol_report *report;
};

/* body is borrowed until the write is done. */
enum status srv_ingest_open(struct span body, const struct srv_device *device, int64_t now_s,
                            struct srv_ingest **out, struct err *err) MUST_USE;
void srv_ingest_free(struct srv_ingest *ingest); /* NULL is fine */

#endif
