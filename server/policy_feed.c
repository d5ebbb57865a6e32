#include "server/policy_feed.h"

#include "base/clock.h"
#include "policy/digest.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Deadlines fall into seconds of a wheel that is longer than the longest wait (600 s). */
enum { WHEEL_SECONDS = 1024, WAIT_MAX_S = 600, DEVICE_SLOTS = 1 << 15, ETAG_DIGITS = 16 };

struct srv_feed {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct srv_body *body;
    bool closed;
    bool ending;
    size_t held;
    size_t most;
    uint64_t swept_s; /* the wheel is empty up to and with this second */
    struct srv_waiter *wheel[WHEEL_SECONDS];
    struct srv_waiter *devices[DEVICE_SLOTS];
};

enum status srv_etag_write(int64_t number, struct span bytes, char out[SRV_ETAG_BYTES])
{
    char hex[DIGEST_HEX_BYTES];
    enum status st = pol_digest_hex(bytes, hex);
    if (st == ST_OK) {
        (void)snprintf(out, SRV_ETAG_BYTES, "\"%" PRId64 "-%.*s\"", number, ETAG_DIGITS, hex);
    }
    return st;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

enum status srv_body_new(int64_t version, struct span envelope, struct srv_body **out,
                         struct err *err)
{
    struct srv_body *body = malloc(sizeof *body + envelope.size);
    if (body == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot keep the policy");
    }
    atomic_init(&body->users, 1);
    body->version = version;
    body->size = envelope.size;
    memcpy(body->data, envelope.data, envelope.size);
    enum status st = srv_etag_write(version, envelope, body->etag);
    if (st != ST_OK) {
        free(body);
        return err_set(err, st, 0, "cannot name the policy");
    }
    *out = body;
    return ST_OK;
}

struct srv_body *srv_body_share(struct srv_body *body)
{
    atomic_fetch_add(&body->users, 1);
    return body;
}

void srv_body_drop(struct srv_body *body)
{
    if (body != NULL && atomic_fetch_sub(&body->users, 1) == 1) {
        free(body);
    }
}

struct srv_body *srv_feed_take(struct srv_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    struct srv_body *body = feed->body != NULL ? srv_body_share(feed->body) : NULL;
    pthread_mutex_unlock(&feed->lock);
    return body;
}

/* ---- lists; under the lock ------------------------------------------------------------------- */

static void insert(struct srv_feed *feed, struct srv_waiter *w)
{
    struct srv_waiter **second = &feed->wheel[w->deadline_ms / 1000 % WHEEL_SECONDS];
    struct srv_waiter **slot = &feed->devices[(uint64_t)w->device % DEVICE_SLOTS];
    w->next = *second;
    w->link = second;
    if (w->next != NULL) {
        w->next->link = &w->next;
    }
    *second = w;
    w->device_next = *slot;
    w->device_link = slot;
    if (w->device_next != NULL) {
        w->device_next->device_link = &w->device_next;
    }
    *slot = w;
    w->held = true;
    feed->held++;
}

static void take_out(struct srv_feed *feed, struct srv_waiter *w)
{
    *w->link = w->next;
    if (w->next != NULL) {
        w->next->link = w->link;
    }
    *w->device_link = w->device_next;
    if (w->device_next != NULL) {
        w->device_next->device_link = w->device_link;
    }
    w->held = false;
    feed->held--;
}

/* Move everybody of one second who is due to a list of their own. */
static void collect(struct srv_feed *feed, uint64_t second, uint64_t due_ms,
                    struct srv_waiter **woken)
{
    struct srv_waiter *next = NULL;
    for (struct srv_waiter *w = feed->wheel[second % WHEEL_SECONDS]; w != NULL; w = next) {
        next = w->next;
        if (w->deadline_ms <= due_ms) {
            take_out(feed, w);
            w->next = *woken;
            *woken = w;
        }
    }
}

static struct srv_waiter *collect_all(struct srv_feed *feed)
{
    struct srv_waiter *woken = NULL;
    for (uint64_t second = 0; feed->held > 0 && second < WHEEL_SECONDS; second++) {
        collect(feed, second, UINT64_MAX, &woken);
    }
    return woken;
}

/* Without the lock: waking reaches into the HTTP library. A waiter may be gone once it is woken. */
static void wake_all(struct srv_waiter *woken)
{
    while (woken != NULL) {
        struct srv_waiter *next = woken->next;
        woken->wake(woken);
        woken = next;
    }
}

/* ---- the ends of waits ----------------------------------------------------------------------- */

/* A condition waits by another clock than ours, which counts time asleep: so it is told how long,
 * and the caller looks at the time again. */
static void sleep_until(struct srv_feed *feed, uint64_t due_ms)
{
    struct timespec due = {0};
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t left_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    uint64_t nanoseconds = (uint64_t)due.tv_nsec + left_ms % 1000 * 1000000;
    due.tv_sec += (time_t)(left_ms / 1000 + nanoseconds / 1000000000);
    due.tv_nsec = (long)(nanoseconds % 1000000000);
    if (!feed->ending) {
        (void)pthread_cond_timedwait(&feed->changed, &feed->lock, &due); /* early is fine, too */
    }
}

/* Everybody of second n is due when second n is over: at most a second late, never early. */
static void *end_waits(void *ctx)
{
    struct srv_feed *feed = ctx;
    pthread_mutex_lock(&feed->lock);
    while (!feed->ending) {
        struct srv_waiter *woken = NULL;
        uint64_t now_ms = clock_monotonic_ms();
        while (feed->swept_s + 1 < now_ms / 1000) {
            feed->swept_s++;
            collect(feed, feed->swept_s, now_ms, &woken);
        }
        if (woken != NULL) {
            pthread_mutex_unlock(&feed->lock);
            wake_all(woken);
            pthread_mutex_lock(&feed->lock);
        } else {
            sleep_until(feed, (feed->swept_s + 2) * 1000);
        }
    }
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

static enum status init_locks(struct srv_feed *feed, struct err *err)
{
    pthread_condattr_t attributes;
    bool good = pthread_condattr_init(&attributes) == 0 &&
                pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&feed->changed, &attributes) == 0 &&
                pthread_mutex_init(&feed->lock, NULL) == 0;
    return good ? ST_OK : err_set(err, ST_NO_MEMORY, 0, "cannot start the policy feed");
}

enum status srv_feed_open(size_t most, struct srv_feed **out, struct err *err)
{
    struct srv_feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the policy feed");
    }
    feed->most = most;
    feed->swept_s = clock_monotonic_ms() / 1000;
    enum status st = init_locks(feed, err);
    if (st == ST_OK && pthread_create(&feed->thread, NULL, end_waits, feed) != 0) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot start the policy feed's thread");
    }
    if (st != ST_OK) {
        free(feed);
        return st;
    }
    *out = feed;
    return ST_OK;
}

void srv_feed_free(struct srv_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    pthread_mutex_lock(&feed->lock);
    feed->ending = true;
    pthread_cond_signal(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
    (void)pthread_join(feed->thread, NULL); /* started by open, joined here only */
    srv_body_drop(feed->body);
    (void)pthread_cond_destroy(&feed->changed);
    (void)pthread_mutex_destroy(&feed->lock);
    free(feed);
}

/* ---- polls and releases ---------------------------------------------------------------------- */

void srv_feed_publish_body(struct srv_feed *feed, struct srv_body *take)
{
    pthread_mutex_lock(&feed->lock);
    struct srv_body *old = feed->body;
    feed->body = take;
    struct srv_waiter *woken = collect_all(feed);
    pthread_mutex_unlock(&feed->lock);
    wake_all(woken);
    srv_body_drop(old);
}

enum status srv_feed_publish(struct srv_feed *feed, int64_t version, struct span envelope,
                             struct err *err)
{
    struct srv_body *body = NULL;
    enum status st = srv_body_new(version, envelope, &body, err);
    if (st == ST_OK) {
        srv_feed_publish_body(feed, body);
    }
    return st;
}

static struct srv_waiter *find_device(struct srv_feed *feed, int64_t device)
{
    struct srv_waiter *w = feed->devices[(uint64_t)device % DEVICE_SLOTS];
    while (w != NULL && w->device != device) {
        w = w->device_next;
    }
    return w;
}

enum srv_hold srv_feed_hold(struct srv_feed *feed, struct srv_waiter *waiter, const char *seen,
                            uint32_t wait_s)
{
    enum srv_hold hold = SRV_HOLD_HELD;
    struct srv_waiter *older = NULL;
    wait_s = wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S;
    pthread_mutex_lock(&feed->lock);
    if (strcmp(feed->body != NULL ? feed->body->etag : "\"0\"", seen) != 0) {
        hold = SRV_HOLD_CHANGED;
    } else {
        older = find_device(feed, waiter->device);
        if (older != NULL) {
            take_out(feed, older);
            older->next = NULL;
        }
        if (feed->closed || feed->held >= feed->most) {
            hold = SRV_HOLD_FULL;
        } else {
            waiter->deadline_ms = clock_monotonic_ms() + (uint64_t)wait_s * 1000;
            insert(feed, waiter);
        }
    }
    pthread_mutex_unlock(&feed->lock);
    wake_all(older);
    return hold;
}

bool srv_feed_leave(struct srv_feed *feed, struct srv_waiter *waiter)
{
    pthread_mutex_lock(&feed->lock);
    bool held = waiter->held;
    if (held) {
        take_out(feed, waiter);
    }
    pthread_mutex_unlock(&feed->lock);
    return held;
}

static struct srv_waiter *collect_ending(struct srv_feed *feed,
                                         bool (*ends)(const struct srv_waiter *w, void *ctx),
                                         void *ctx)
{
    struct srv_waiter *woken = NULL;
    struct srv_waiter *next = NULL;
    for (size_t second = 0; second < WHEEL_SECONDS; second++) {
        for (struct srv_waiter *w = feed->wheel[second]; w != NULL; w = next) {
            next = w->next;
            if (ends(w, ctx)) {
                take_out(feed, w);
                w->next = woken;
                woken = w;
            }
        }
    }
    return woken;
}

void srv_feed_end(struct srv_feed *feed, bool (*ends)(const struct srv_waiter *w, void *ctx),
                  void *ctx)
{
    pthread_mutex_lock(&feed->lock);
    struct srv_waiter *woken = collect_ending(feed, ends, ctx);
    pthread_mutex_unlock(&feed->lock);
    wake_all(woken);
}

void srv_feed_close(struct srv_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->closed = true;
    struct srv_waiter *woken = collect_all(feed);
    pthread_mutex_unlock(&feed->lock);
    wake_all(woken);
}

size_t srv_feed_held(struct srv_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    size_t held = feed->held;
    pthread_mutex_unlock(&feed->lock);
    return held;
}
