#include "server/watch.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct srv_watched {
    struct srv_watched *next;
    struct srv_watched **link;
    int fd;
    uint64_t deadline_ms;
};

struct srv_watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct srv_load *load;
    struct srv_watched *first;
    size_t running;
    bool awaited; /* somebody waits for the last request */
    bool closing;
};

static uint64_t deadline(uint64_t bound_ms)
{
    return bound_ms == SRV_WATCH_NEVER ? UINT64_MAX : clock_monotonic_ms() + bound_ms;
}

static struct timespec in_ms(uint64_t ms)
{
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_REALTIME, &due);
    due.tv_sec += (time_t)(ms / 1000);
    return due;
}

static void shut_late_ones(struct srv_watch *watch)
{
    uint64_t now_ms = clock_monotonic_ms();
    for (struct srv_watched *w = watch->first; w != NULL; w = w->next) {
        if (w->deadline_ms <= now_ms && w->fd >= 0) {
            (void)shutdown(w->fd, SHUT_RDWR); /* the other side may be gone already */
            w->deadline_ms = UINT64_MAX;
            atomic_fetch_add(&watch->load->cut, 1);
        }
    }
}

static void *watch_on(void *ctx)
{
    struct srv_watch *watch = ctx;
    pthread_mutex_lock(&watch->lock);
    while (!watch->closing) {
        struct timespec due = in_ms(1000);
        shut_late_ones(watch);
        (void)pthread_cond_timedwait(&watch->changed, &watch->lock, &due); /* early is fine */
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

enum status srv_watch_open(struct srv_load *load, struct srv_watch **out, struct err *err)
{
    struct srv_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot watch connections");
    }
    watch->load = load;
    (void)pthread_mutex_init(&watch->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&watch->changed, NULL);
    if (pthread_create(&watch->thread, NULL, watch_on, watch) != 0) {
        free(watch);
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the thread that watches connections");
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
    watch->closing = true;
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL); /* started by open, joined here only */
    (void)pthread_mutex_destroy(&watch->lock);
    (void)pthread_cond_destroy(&watch->changed);
    free(watch);
}

struct srv_watched *srv_watch_add(struct srv_watch *watch, int fd, uint64_t bound_ms)
{
    struct srv_watched *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->fd = fd;
    w->deadline_ms = deadline(bound_ms);
    pthread_mutex_lock(&watch->lock);
    w->next = watch->first;
    w->link = &watch->first;
    if (w->next != NULL) {
        w->next->link = &w->next;
    }
    watch->first = w;
    atomic_fetch_add(&watch->load->connections, 1);
    pthread_mutex_unlock(&watch->lock);
    return w;
}

void srv_watch_remove(struct srv_watch *watch, struct srv_watched *w)
{
    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    *w->link = w->next;
    if (w->next != NULL) {
        w->next->link = w->link;
    }
    atomic_fetch_sub(&watch->load->connections, 1);
    pthread_mutex_unlock(&watch->lock);
    free(w);
}

void srv_watch_set(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms)
{
    if (w != NULL) {
        pthread_mutex_lock(&watch->lock);
        w->deadline_ms = deadline(bound_ms);
        pthread_mutex_unlock(&watch->lock);
    }
}

void srv_watch_begin(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms)
{
    pthread_mutex_lock(&watch->lock);
    watch->running++;
    atomic_fetch_add(&watch->load->requests, 1);
    if (w != NULL) {
        w->deadline_ms = deadline(bound_ms);
    }
    pthread_mutex_unlock(&watch->lock);
}

void srv_watch_end(struct srv_watch *watch, struct srv_watched *w, uint64_t bound_ms)
{
    pthread_mutex_lock(&watch->lock);
    watch->running--;
    atomic_fetch_sub(&watch->load->requests, 1);
    if (w != NULL) {
        w->deadline_ms = deadline(bound_ms);
    }
    if (watch->awaited) {
        pthread_cond_broadcast(&watch->changed);
    }
    pthread_mutex_unlock(&watch->lock);
}

void srv_watch_wait(struct srv_watch *watch, uint64_t most_ms)
{
    struct timespec due = in_ms(most_ms);
    int code = 0;
    pthread_mutex_lock(&watch->lock);
    watch->awaited = true;
    while (watch->running > 0 && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&watch->changed, &watch->lock, &due);
    }
    pthread_mutex_unlock(&watch->lock);
}
