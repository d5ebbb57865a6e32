#include "server/watch.h"

#include "base/clock.h"
#include "server/address_count.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct list {
    struct srv_watched *first;
    struct srv_watched *last;
};

struct srv_watched {
    struct srv_watched *next;
    struct srv_watched *previous;
    struct list *in;
    int fd;
    uint64_t address;
    atomic_uint_fast64_t deadline_ms; /* set without the lock, several times a request */
    uint64_t idle_ms;                 /* since then */
    bool shut;
};

struct srv_watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct srv_load *load;
    struct srv_address_count *addresses;
    unsigned per_address;
    uint32_t tick_ms;
    uint32_t settle_ms;
    struct list idle; /* without a request, the longest first */
    struct list busy; /* with one, or shut already */
    size_t closing;   /* shut, and not closed yet: no longer among the connections */
    size_t running;
    size_t parked;
    bool awaited; /* somebody waits for the last request */
    bool ending;
};

static void set_deadline(struct srv_watched *w, uint64_t now_ms, uint64_t bound_ms)
{
    uint64_t deadline_ms = bound_ms == SRV_WATCH_NEVER ? UINT64_MAX : now_ms + bound_ms;
    atomic_store_explicit(&w->deadline_ms, deadline_ms, memory_order_relaxed);
}

static struct timespec in_ms(uint64_t ms)
{
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    uint64_t nanoseconds = (uint64_t)due.tv_nsec + ms % 1000 * 1000000;
    due.tv_sec += (time_t)(ms / 1000 + nanoseconds / 1000000000);
    due.tv_nsec = (long)(nanoseconds % 1000000000);
    return due;
}

/* ---- lists; under the lock ------------------------------------------------------------------- */

static void take_out(struct srv_watched *w)
{
    *(w->previous != NULL ? &w->previous->next : &w->in->first) = w->next;
    *(w->next != NULL ? &w->next->previous : &w->in->last) = w->previous;
}

static void append(struct list *list, struct srv_watched *w)
{
    w->in = list;
    w->next = NULL;
    w->previous = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = w;
    list->last = w;
}

static void move(struct list *list, struct srv_watched *w)
{
    take_out(w);
    append(list, w);
}

/* It is closed by the library, which sees that nothing more comes. */
static void shut(struct srv_watch *watch, struct srv_watched *w)
{
    if (w->fd >= 0) {
        (void)shutdown(w->fd, SHUT_RDWR); /* the other side may be gone already */
    }
    if (!w->shut) {
        w->shut = true;
        watch->closing++;
        atomic_fetch_sub(&watch->load->connections, 1);
    }
    set_deadline(w, 0, SRV_WATCH_NEVER);
    move(&watch->busy, w);
}

static void shut_late_ones(struct srv_watch *watch, const struct list *list)
{
    uint64_t now_ms = clock_monotonic_ms();
    struct srv_watched *next = NULL;
    for (struct srv_watched *w = list->first; w != NULL; w = next) {
        next = w->next;
        if (atomic_load_explicit(&w->deadline_ms, memory_order_relaxed) <= now_ms) {
            atomic_fetch_add(&watch->load->cut, 1);
            shut(watch, w);
        }
    }
}

static void shut_all(struct srv_watch *watch)
{
    while (watch->idle.first != NULL) {
        shut(watch, watch->idle.first);
    }
    for (struct srv_watched *w = watch->busy.first; w != NULL; w = w->next) {
        if (w->fd >= 0) {
            (void)shutdown(w->fd, SHUT_RDWR); /* as above */
        }
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *watch_on(void *ctx)
{
    struct srv_watch *watch = ctx;
    pthread_mutex_lock(&watch->lock);
    while (!watch->ending) {
        struct timespec due = in_ms(watch->tick_ms);
        /* What is shut moves behind the others of the second list, where it is never late. */
        shut_late_ones(watch, &watch->idle);
        shut_late_ones(watch, &watch->busy);
        (void)pthread_cond_timedwait(&watch->changed, &watch->lock, &due); /* early is fine */
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

static enum status start(struct srv_watch *watch, struct err *err)
{
    pthread_condattr_t attributes;
    bool good = pthread_condattr_init(&attributes) == 0 &&
                pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&watch->changed, &attributes) == 0 &&
                pthread_mutex_init(&watch->lock, NULL) == 0 &&
                pthread_create(&watch->thread, NULL, watch_on, watch) == 0;
    return good ? ST_OK
                : err_set(err, ST_NO_MEMORY, 0, "cannot start the thread that watches connections");
}

enum status srv_watch_open(const struct srv_watch_options *options, struct srv_watch **out,
                           struct err *err)
{
    struct srv_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot watch connections");
    }
    watch->load = options->load;
    watch->per_address = options->per_address;
    watch->tick_ms = options->tick_ms;
    watch->settle_ms = options->settle_ms;
    enum status st = srv_address_count_open(&watch->addresses, err);
    if (st == ST_OK) {
        st = start(watch, err);
    }
    if (st != ST_OK) {
        srv_address_count_free(watch->addresses);
        free(watch);
        return st;
    }
    *out = watch;
    return ST_OK;
}

void srv_watch_free(struct srv_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    watch->ending = true;
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL); /* started by open, joined here only */
    (void)pthread_mutex_destroy(&watch->lock);
    (void)pthread_cond_destroy(&watch->changed);
    srv_address_count_free(watch->addresses);
    free(watch);
}

/* ---- connections ----------------------------------------------------------------------------- */

bool srv_watch_admits(struct srv_watch *watch, uint64_t address)
{
    struct srv_load *load = watch->load;
    pthread_mutex_lock(&watch->lock);
    uint64_t count = atomic_load(&load->connections);
    bool full = count >= load->limit + SRV_WATCH_SPARE ||
                count + watch->closing >= load->limit + SRV_WATCH_SPARE_DESCRIPTORS;
    bool many = address != SRV_WATCH_NOBODY &&
                srv_address_count_of(watch->addresses, address) >= watch->per_address;
    pthread_mutex_unlock(&watch->lock);
    if (full || many) {
        atomic_fetch_add(full ? &load->turned_away : &load->turned_away_address, 1);
    }
    return !full && !many;
}

/* Whoever has just come is still shaking hands: he has a moment, unless all spare ones are taken. */
static void make_room(struct srv_watch *watch, uint64_t count)
{
    struct srv_watched *oldest = watch->idle.first;
    unsigned limit = watch->load->limit;
    if (count > limit && oldest != NULL &&
        (count >= limit + SRV_WATCH_SPARE ||
         clock_monotonic_ms() - oldest->idle_ms >= watch->settle_ms)) {
        atomic_fetch_add(&watch->load->displaced, 1);
        shut(watch, oldest);
    }
}

struct srv_watched *srv_watch_add(struct srv_watch *watch, int fd, uint64_t address,
                                  uint64_t bound_ms)
{
    struct srv_watched *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    uint64_t now_ms = clock_monotonic_ms();
    w->fd = fd;
    w->idle_ms = now_ms;
    set_deadline(w, now_ms, bound_ms);
    pthread_mutex_lock(&watch->lock);
    if (address != SRV_WATCH_NOBODY && srv_address_count_add(watch->addresses, address)) {
        w->address = address;
    }
    make_room(watch, atomic_fetch_add(&watch->load->connections, 1) + 1);
    append(&watch->idle, w);
    pthread_mutex_unlock(&watch->lock);
    return w;
}

void srv_watch_remove(struct srv_watch *watch, struct srv_watched *w)
{
    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    take_out(w);
    if (w->address != SRV_WATCH_NOBODY) {
        srv_address_count_remove(watch->addresses, w->address);
    }
    if (w->shut) {
        watch->closing--;
    } else {
        atomic_fetch_sub(&watch->load->connections, 1);
    }
    pthread_mutex_unlock(&watch->lock);
    free(w);
}

void srv_watch_set(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms)
{
    (void)watch;
    if (w != NULL) {
        set_deadline(w, bound_ms == SRV_WATCH_NEVER ? 0 : clock_monotonic_ms(), bound_ms);
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

void srv_watch_begin(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    pthread_mutex_lock(&watch->lock);
    watch->running++;
    atomic_fetch_add(&watch->load->requests, 1);
    if (w != NULL) {
        set_deadline(w, now_ms, bound_ms);
        move(&watch->busy, w);
    }
    pthread_mutex_unlock(&watch->lock);
}

static void tell(struct srv_watch *watch)
{
    if (watch->awaited) {
        pthread_cond_broadcast(&watch->changed);
    }
}

void srv_watch_end(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    pthread_mutex_lock(&watch->lock);
    watch->running--;
    atomic_fetch_sub(&watch->load->requests, 1);
    if (w != NULL) {
        set_deadline(w, now_ms, bound_ms);
        w->idle_ms = now_ms;
        move(&watch->idle, w);
    }
    tell(watch);
    pthread_mutex_unlock(&watch->lock);
}

void srv_watch_park(struct srv_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->parked++;
    pthread_mutex_unlock(&watch->lock);
}

void srv_watch_unpark(struct srv_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->parked--;
    tell(watch);
    pthread_mutex_unlock(&watch->lock);
}

void srv_watch_finish(struct srv_watch *watch, uint64_t most_ms)
{
    struct timespec due = in_ms(most_ms);
    int code = 0;
    pthread_mutex_lock(&watch->lock);
    watch->awaited = true;
    while (watch->running > 0 && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&watch->changed, &watch->lock, &due);
    }
    shut_all(watch);
    while (watch->parked > 0) {
        (void)pthread_cond_wait(&watch->changed, &watch->lock); /* looked at again */
    }
    pthread_mutex_unlock(&watch->lock);
}
