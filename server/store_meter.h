/* store_meter.h - what a store tells about its own work, from its start on.
 *
 * Effects: none                      Units:  writes; milliseconds, shown as seconds
 * Owns:    nothing; the store has it Errors: none
 * Threads: safe                      Source: docs/operations-metrics.md
 */
#ifndef SERVER_STORE_METER_H
#define SERVER_STORE_METER_H

#include "server/histogram.h"

struct srv_store_meter {
    atomic_uint_fast64_t waiting;  /* writes that were submitted and not answered yet */
    atomic_uint_fast64_t failures; /* commits that did not happen */
    atomic_uint_fast64_t pruned;   /* reports that went, by age or by size */
    struct srv_histogram commits;  /* how long each took, its writes with it */
    struct srv_histogram batches;  /* how many writes shared it */
};

#endif
