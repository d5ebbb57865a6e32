/* histogram.h - count how large things are, in a few buckets, from several threads without a lock.
 *
 * Effects: none       Units:  whole numbers; the buckets say how many of them make one unit
 * Owns:    nothing    Errors: none
 * Threads: safe; a reader may see one thing that a bucket has and the sum has not yet
 * Source:  docs/operations-metrics.md
 */
#ifndef SERVER_HISTOGRAM_H
#define SERVER_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { SRV_BUCKETS_MAX = 8 };

struct srv_buckets {
    uint64_t bounds[SRV_BUCKETS_MAX]; /* rising; each bucket has what is not above it */
    size_t count;
    uint32_t per_unit; /* 1000: milliseconds that are shown as seconds */
};

struct srv_histogram {
    struct srv_buckets buckets;
    atomic_uint_fast64_t counts[SRV_BUCKETS_MAX + 1]; /* each bucket alone; the last is above all */
    atomic_uint_fast64_t sum;
};

extern const struct srv_buckets SRV_BUCKETS_MS;    /* 5 ms to 10 s */
extern const struct srv_buckets SRV_BUCKETS_BATCH; /* 1 to 200 writes */

void srv_histogram_add(struct srv_histogram *h, uint64_t value);

#endif
