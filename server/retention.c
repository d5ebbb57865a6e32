#include "server/retention.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { DAY_S = 86400, DAY_MS = DAY_S * 1000 };

/* A jump makes everything look old, or nothing: so much time to set the clock right. */
enum { JUMP_S = 3600, SILENCE_S = 2 * DAY_S, HELD_MS = DAY_MS };

/* Tokens that ended are of no use; users and machines stay to be looked at for a season. */
enum { TOKENS_S = DAY_S, RETIRED_S = 90 * DAY_S };

/* A step is at most a quarter of the writer's time. A store that cannot be written is asked again
 * soon, a healthy one with each round. */
enum { REST_FACTOR = 3, TROUBLE_PAUSE_MS = 1000, LOG_PAUSE_MS = 600 * 1000 };

struct srv_retention {
    struct srv_retention_parts parts;
    struct srv_retention_state state;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closing;
    enum status told; /* how the last step ended, so that it is logged once */

    uint64_t logged; /* of the reports that went */
    uint64_t logged_ms;
};

/* ---- one step -------------------------------------------------------------------------------- */

/* Against the time that passed since the clock was last believed; at the start, against the newest
 * report: a fleet is never silent for long. */
static bool has_jumped(const struct srv_retention_state *c, int64_t now_s, uint64_t mono_ms,
                       int64_t newest_s)
{
    if (!c->known) {
        return newest_s >= 0 && (now_s - newest_s > SILENCE_S || newest_s - now_s > JUMP_S);
    }
    int64_t expected_s = c->wall_s + (int64_t)((mono_ms - c->mono_ms) / 1000);
    return now_s - expected_s > JUMP_S || expected_s - now_s > JUMP_S;
}

static bool is_believed(struct srv_retention_state *c, int64_t now_s, uint64_t mono_ms,
                        int64_t newest_s)
{
    if (has_jumped(c, now_s, mono_ms, newest_s)) {
        c->held = true;
        c->held_until_ms = mono_ms + HELD_MS;
        c->known = false;
        log_write(LOG_WARNING, "event=clock_jumped age_pruning_waits_s=%d", DAY_S);
    }
    if (!c->known) {
        c->known = true;
        c->wall_s = now_s;
        c->mono_ms = mono_ms;
    }
    c->held = c->held && mono_ms < c->held_until_ms;
    return !c->held;
}

static enum status prune(const struct srv_retention_parts *p, int64_t now_s, bool by_age,
                         struct srv_retention_step *out, struct err *err)
{
    struct srv_write w = {.kind = SRV_WRITE_PRUNE, .now_s = now_s};
    w.u.prune.before_s = by_age ? now_s - p->keep_s : -1;
    w.u.prune.most_bytes = p->keep_bytes;
    enum status st = srv_store_write(p->store, &w, err);
    if (st == ST_OK) {
        out->reports = w.u.prune.reports;
        out->more = w.u.prune.more;
    }
    return st;
}

static enum status tidy(const struct srv_retention_parts *p, int64_t now_s,
                        struct srv_retention_step *out, struct err *err)
{
    struct srv_write w = {.kind = SRV_WRITE_TIDY, .now_s = now_s};
    w.u.tidy.tokens_before_s = now_s - TOKENS_S;
    w.u.tidy.retired_before_s = now_s - RETIRED_S;
    enum status st = srv_store_write(p->store, &w, err);
    if (st == ST_OK) {
        out->rows = w.u.tidy.rows;
        out->more = out->more || w.u.tidy.more;
    }
    return st;
}

/* A store that is idle is written to now and then, so that one knows whether it can be. */
static enum status probe(const struct srv_retention_parts *p, int64_t now_s, struct err *err)
{
    struct srv_write w = {.kind = SRV_WRITE_PROBE, .now_s = now_s};
    return srv_store_write(p->store, &w, err);
}

enum status srv_retention_step(const struct srv_retention_parts *p, struct srv_retention_state *c,
                               uint64_t mono_ms, struct srv_retention_step *out, struct err *err)
{
    int64_t now_s = p->now_s();
    struct srv_history h = {.oldest_s = -1, .newest_s = -1};
    struct srv_retention_step step = {.reports = 0};
    bool all = !c->looked || mono_ms - c->looked_ms >= p->all_ms ||
               p->store->check(p->store->ctx, NULL) != ST_OK;
    enum status st = all ? probe(p, now_s, err) : ST_OK;
    if (st == ST_OK) {
        st = p->store->history(p->store->ctx, &h, err);
    }
    bool by_age = st == ST_OK && is_believed(c, now_s, mono_ms, h.newest_s);
    bool old = by_age && h.oldest_s >= 0 && h.oldest_s < now_s - p->keep_s;
    if (st == ST_OK && (all || old || h.bytes > p->keep_bytes)) {
        st = prune(p, now_s, by_age, &step, err);
    }
    if (st == ST_OK && all && by_age) {
        st = tidy(p, now_s, &step, err);
    }
    if (st == ST_OK) {
        c->looked = all ? !step.more : c->looked;
        c->looked_ms = all ? mono_ms : c->looked_ms;
        *out = step;
    }
    return st;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void log_pruned(struct srv_retention *r)
{
    const struct srv_store *store = r->parts.store;
    uint64_t pruned = atomic_load(&store->meter(store->ctx)->pruned);
    uint64_t now_ms = clock_monotonic_ms();
    struct srv_history h;
    if (pruned == r->logged || (r->logged > 0 && now_ms - r->logged_ms < LOG_PAUSE_MS) ||
        store->history(store->ctx, &h, NULL) != ST_OK) {
        return;
    }
    log_write(LOG_INFO,
              "event=history_pruned reports=%" PRIu64 " left_reports=%" PRId64
              " left_bytes=%" PRId64 " oldest_s=%" PRId64,
              pruned - r->logged, h.reports, h.bytes, h.oldest_s);
    r->logged = pruned;
    r->logged_ms = now_ms;
}

/* How long to rest after it. */
static uint64_t step_once(struct srv_retention *r)
{
    struct srv_retention_step step = {.reports = 0};
    struct err err = {0};
    uint64_t start_ms = clock_monotonic_ms();
    enum status st = srv_retention_step(&r->parts, &r->state, start_ms, &step, &err);
    if (st != ST_OK) {
        if (st != r->told) {
            log_failure(LOG_ERROR, "store_not_writable", &err);
        }
        r->told = st;
        return TROUBLE_PAUSE_MS < r->parts.pause_ms ? TROUBLE_PAUSE_MS : r->parts.pause_ms;
    }
    if (r->told != ST_OK) {
        log_write(LOG_INFO, "event=store_writable");
    }
    r->told = ST_OK;
    if (!step.more) {
        log_pruned(r);
        return r->parts.pause_ms;
    }
    return (clock_monotonic_ms() - start_ms) * REST_FACTOR;
}

static bool rest(struct srv_retention *r, uint64_t pause_ms)
{
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += (time_t)(pause_ms / 1000);
    due.tv_nsec += (long)(pause_ms % 1000) * 1000000;
    if (due.tv_nsec >= 1000000000) {
        due.tv_nsec -= 1000000000;
        due.tv_sec++;
    }
    int code = 0;
    pthread_mutex_lock(&r->lock);
    while (!r->closing && code == 0) {
        code = pthread_cond_timedwait(&r->changed, &r->lock, &due);
    }
    bool closing = r->closing;
    pthread_mutex_unlock(&r->lock);
    return !closing;
}

static void *retain(void *ctx)
{
    struct srv_retention *r = ctx;
    while (rest(r, step_once(r))) {
    }
    return NULL;
}

static void retention_free(struct srv_retention *r)
{
    (void)pthread_mutex_destroy(&r->lock);
    (void)pthread_cond_destroy(&r->changed);
    free(r);
}

enum status srv_retention_open(const struct srv_retention_parts *parts, struct srv_retention **out,
                               struct err *err)
{
    pthread_condattr_t monotonic;
    struct srv_retention *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot look after the history");
    }
    r->parts = *parts;
    (void)pthread_mutex_init(&r->lock, NULL); /* none of these can fail on Linux */
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC); /* the wall clock may jump */
    (void)pthread_cond_init(&r->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&r->thread, NULL, retain, r) != 0) {
        retention_free(r);
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the thread of the history");
    }
    *out = r;
    return ST_OK;
}

void srv_retention_close(struct srv_retention *r)
{
    if (r != NULL) {
        pthread_mutex_lock(&r->lock);
        r->closing = true;
        pthread_cond_signal(&r->changed);
        pthread_mutex_unlock(&r->lock);
        (void)pthread_join(r->thread, NULL); /* started by open, joined here only */
        retention_free(r);
    }
}
