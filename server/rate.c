#include "server/rate.h"

#include "base/random.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOTS = 1 << 14, MINUTE_MS = 60000 };

struct slot {
    uint64_t key;
    uint64_t at_ms;
    uint64_t tokens; /* in parts of MINUTE_MS, so that refilling is whole numbers */
};

struct srv_rate {
    pthread_mutex_t lock;
    uint64_t seed; /* nobody outside can aim at a slot */
    uint64_t full;
    uint64_t per_minute;
    struct slot slots[SLOTS];
};

enum status srv_rate_open(uint32_t burst, uint32_t per_minute, struct srv_rate **out,
                          struct err *err)
{
    struct srv_rate *rate = calloc(1, sizeof *rate);
    enum status st = rate != NULL ? random_bytes(&rate->seed, sizeof rate->seed) : ST_NO_MEMORY;
    if (st != ST_OK) {
        free(rate);
        return err_set(err, st, 0, "cannot set up rate limits");
    }
    (void)pthread_mutex_init(&rate->lock, NULL); /* cannot fail on Linux */
    rate->full = (uint64_t)burst * MINUTE_MS;
    rate->per_minute = per_minute;
    *out = rate;
    return ST_OK;
}

void srv_rate_free(struct srv_rate *rate)
{
    if (rate != NULL) {
        (void)pthread_mutex_destroy(&rate->lock);
        free(rate);
    }
}

/* Spreads neighbouring keys: the finalizer of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

bool srv_rate_take(struct srv_rate *rate, uint64_t key, uint64_t now_ms)
{
    struct slot *slot = &rate->slots[mix(key ^ rate->seed) % SLOTS];
    pthread_mutex_lock(&rate->lock);
    if (slot->at_ms == 0 || slot->key != key) {
        *slot = (struct slot){.key = key, .at_ms = now_ms, .tokens = rate->full};
    }
    uint64_t passed_ms = now_ms > slot->at_ms ? now_ms - slot->at_ms : 0;
    uint64_t room = rate->full - slot->tokens;
    uint64_t refill = passed_ms > room ? room : passed_ms * rate->per_minute;
    slot->tokens += refill < room ? refill : room;
    slot->at_ms = now_ms;
    bool good = slot->tokens >= MINUTE_MS;
    slot->tokens -= good ? MINUTE_MS : 0;
    pthread_mutex_unlock(&rate->lock);
    return good;
}
