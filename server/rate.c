#include "server/rate.h"

#include "base/random.h"

#include <pthread.h>
#include <stdlib.h>

/* Whoever wants all buckets of a set full of others' needs thousands of addresses that all send as
 * much as they may: the seed is secret, so he cannot aim. */
enum { WAYS = 4, SETS = 1 << 12, HOUR_MS = 3600000 };

struct bucket {
    uint64_t key;
    uint64_t at_ms;
    uint64_t tokens; /* in parts of HOUR_MS, so that refilling is whole numbers */
    bool used;
};

struct srv_rate {
    pthread_mutex_t lock;
    uint64_t seed; /* nobody outside can aim at a set */
    uint64_t full;
    uint64_t per_hour;
    struct bucket sets[SETS][WAYS];
};

enum status srv_rate_open(uint32_t burst, uint32_t per_hour, struct srv_rate **out, struct err *err)
{
    struct srv_rate *rate = calloc(1, sizeof *rate);
    enum status st = rate != NULL ? random_bytes(&rate->seed, sizeof rate->seed) : ST_NO_MEMORY;
    if (st != ST_OK) {
        free(rate);
        return err_set(err, st, 0, "cannot set up rate limits");
    }
    (void)pthread_mutex_init(&rate->lock, NULL); /* cannot fail on Linux */
    rate->full = (uint64_t)burst * HOUR_MS;
    rate->per_hour = per_hour;
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

static void refill(const struct srv_rate *rate, struct bucket *b, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
    uint64_t room = rate->full - b->tokens;
    uint64_t more = passed_ms > room ? room : passed_ms * rate->per_hour;
    b->tokens += more < room ? more : room;
    b->at_ms = now_ms;
}

/* The key's bucket, or the one that it takes over: an unused one, or else the fullest. */
static struct bucket *find_bucket(const struct srv_rate *rate, struct bucket set[WAYS],
                                  uint64_t key, uint64_t now_ms)
{
    struct bucket *fullest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (!set[i].used) {
            set[i] =
                (struct bucket){.key = key, .at_ms = now_ms, .tokens = rate->full, .used = true};
            return &set[i];
        }
        refill(rate, &set[i], now_ms);
        if (set[i].key == key) {
            return &set[i];
        }
        fullest = set[i].tokens > fullest->tokens ? &set[i] : fullest;
    }
    fullest->key = key;
    return fullest;
}

static uint32_t wait_s(const struct srv_rate *rate, uint64_t missing)
{
    uint64_t per_s = rate->per_hour * 1000;
    return (uint32_t)((missing + per_s - 1) / per_s);
}

uint32_t srv_rate_take_many(struct srv_rate *rate, uint64_t key, uint32_t count, uint64_t now_ms)
{
    uint32_t wait = 0;
    uint64_t wanted = (uint64_t)count * HOUR_MS;
    struct bucket *set = rate->sets[mix(key ^ rate->seed) % SETS];
    pthread_mutex_lock(&rate->lock);
    struct bucket *b = find_bucket(rate, set, key, now_ms);
    if (b->tokens >= wanted) {
        b->tokens -= wanted;
    } else {
        wait = wait_s(rate, wanted - b->tokens);
    }
    pthread_mutex_unlock(&rate->lock);
    return wait;
}

uint32_t srv_rate_take(struct srv_rate *rate, uint64_t key, uint64_t now_ms)
{
    return srv_rate_take_many(rate, key, 1, now_ms);
}
