#include "server/keeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/series.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A look at a large fleet takes its time: the thread rests so many times as long. */
enum { REST_FACTOR = 20 };

struct srv_keeper {
    struct srv_keeper_parts parts;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct srv_gate_view view;
    enum status told; /* how the last look ended, so that it is logged once */
    struct srv_series series;
    enum status sampled; /* the same of the last sample */
    bool woken;
    bool closing;
};

static bool is_news(const struct srv_gate_view *before, const struct srv_gate_view *now)
{
    return before->version != now->version || before->answer.verdict != now->answer.verdict ||
           before->answer.reason != now->answer.reason;
}

static void log_view(const struct srv_gate_view *v)
{
    const struct srv_gate_counts *c = &v->counts;
    char refusal[sizeof v->refusal];
    if (v->version == 0) {
        return;
    }
    log_quotable(v->refusal, refusal, sizeof refusal);
    log_write(v->answer.verdict == SRV_GATE_HOLD ? LOG_WARNING : LOG_INFO,
              "event=gate version=%" PRId64 " verdict=%s reason=%s subjects=%" PRIu64
              " reporting=%" PRIu64 " healthy=%" PRIu64 " failing=%" PRIu64 " devices=%" PRIu64
              " failing_devices=%" PRIu64 " unknown=%" PRIu64 " refusal=\"%s\"",
              v->version, SRV_GATE_VERDICT_WORDS[v->answer.verdict],
              SRV_GATE_REASON_WORDS[v->answer.reason], c->subjects, c->reporting, c->healthy,
              c->failing, c->devices, c->failing_devices, c->unknown, refusal);
}

/* The last view stays when there is no new one: its time says how old it is. */
static bool look(struct srv_keeper *k)
{
    struct srv_gate_view view = {0};
    struct err err = {0};
    bool again = false;
    enum status st = srv_keeper_look(&k->parts, &view, &again, &err);
    if (st != ST_OK) {
        if (st != k->told) {
            log_failure(LOG_ERROR, "gate_not_seen", &err);
        }
        k->told = st;
        return false;
    }
    k->told = ST_OK;
    pthread_mutex_lock(&k->lock);
    struct srv_gate_view old = k->view;
    k->view = view;
    pthread_mutex_unlock(&k->lock);
    if (is_news(&old, &view)) {
        log_view(&view);
    }
    srv_gate_view_done(&old);
    return again;
}

/* After the look: a store that cannot be written now must not keep the gate waiting. */
static void sample(struct srv_keeper *k)
{
    struct err err = {0};
    enum status st = srv_series_keep(&k->series, k->parts.store, k->parts.now_s(), &err);
    if (st != ST_OK && st != k->sampled) {
        log_failure(LOG_ERROR, "sample_not_kept", &err);
    }
    if (st != ST_OK || k->series.retry_s == 0) {
        k->sampled = st;
    }
}

/* By the clock that does not jump: a wall clock that is put back must not stop the gates. */
static struct timespec in_ms(uint64_t ms)
{
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += (time_t)(ms / 1000);
    due.tv_nsec += (long)(ms % 1000) * 1000000;
    if (due.tv_nsec >= 1000000000) {
        due.tv_nsec -= 1000000000;
        due.tv_sec++;
    }
    return due;
}

static void rest(struct srv_keeper *k, uint64_t took_ms)
{
    uint64_t pause_ms = took_ms * REST_FACTOR;
    struct timespec due = in_ms(pause_ms > k->parts.pause_ms ? pause_ms : k->parts.pause_ms);
    int code = 0;
    pthread_mutex_lock(&k->lock);
    while (!k->woken && !k->closing && code == 0) {
        code = pthread_cond_clockwait(&k->changed, &k->lock, CLOCK_MONOTONIC, &due);
    }
    k->woken = false;
    pthread_mutex_unlock(&k->lock);
}

static bool is_closing(struct srv_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    bool closing = k->closing;
    pthread_mutex_unlock(&k->lock);
    return closing;
}

static void *keep(void *ctx)
{
    struct srv_keeper *k = ctx;
    while (!is_closing(k)) {
        uint64_t start_ms = clock_monotonic_ms();
        bool again = look(k);
        uint64_t took_ms = clock_monotonic_ms() - start_ms;
        sample(k);
        if (!again) {
            rest(k, took_ms);
        }
    }
    return NULL;
}

static void keeper_free(struct srv_keeper *k)
{
    srv_gate_view_done(&k->view);
    (void)pthread_mutex_destroy(&k->lock);
    (void)pthread_cond_destroy(&k->changed);
    free(k);
}

enum status srv_keeper_open(const struct srv_keeper_parts *parts, struct srv_keeper **out,
                            struct err *err)
{
    struct srv_keeper *k = calloc(1, sizeof *k);
    if (k == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot look after the gates");
    }
    k->parts = *parts;
    (void)pthread_mutex_init(&k->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&k->changed, NULL);
    if (pthread_create(&k->thread, NULL, keep, k) != 0) {
        keeper_free(k);
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the thread of the gates");
    }
    *out = k;
    return ST_OK;
}

void srv_keeper_close(struct srv_keeper *k)
{
    if (k != NULL) {
        pthread_mutex_lock(&k->lock);
        k->closing = true;
        pthread_cond_signal(&k->changed);
        pthread_mutex_unlock(&k->lock);
        (void)pthread_join(k->thread, NULL); /* started by open, joined here only */
        keeper_free(k);
    }
}

void srv_keeper_wake(struct srv_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    k->woken = true;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

enum status srv_keeper_see(struct srv_keeper *k, struct srv_gate_view *out)
{
    enum status st = ST_OK;
    pthread_mutex_lock(&k->lock);
    size_t size = k->view.counts.sample_count * sizeof *k->view.counts.samples;
    struct srv_gate_sample *samples = size > 0 ? malloc(size) : NULL;
    if (size > 0 && samples == NULL) {
        st = ST_NO_MEMORY;
    } else {
        *out = k->view;
        out->counts.samples = samples;
        if (size > 0) {
            memcpy(samples, k->view.counts.samples, size);
        }
    }
    pthread_mutex_unlock(&k->lock);
    return st;
}
