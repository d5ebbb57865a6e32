#include "server/histogram.h"

const struct srv_buckets SRV_BUCKETS_MS = {
    .bounds = {5, 25, 100, 500, 2500, 10000}, .count = 6, .per_unit = 1000};
const struct srv_buckets SRV_BUCKETS_BATCH = {
    .bounds = {1, 5, 20, 50, 100, 200}, .count = 6, .per_unit = 1};

void srv_histogram_add(struct srv_histogram *h, uint64_t value)
{
    size_t at = 0;
    while (at < h->buckets.count && value > h->buckets.bounds[at]) {
        at++;
    }
    atomic_fetch_add_explicit(&h->counts[at], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}
