#include "base/clock.h"
#include "server/store_sqlite_parts.h"

/* As many writes as share one commit: more would only make the first of them wait longer. */
enum { BATCH_WRITES = 200 };

static struct srv_write *take_batch(struct srv_sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->first == NULL && !s->closing) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    struct srv_write *batch = s->first;
    struct srv_write *end = batch;
    for (int i = 1; end != NULL && end->next != NULL && i < BATCH_WRITES; i++) {
        end = end->next;
    }
    if (end != NULL) {
        s->first = end->next;
        end->next = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return batch;
}

static bool spoils(enum status st)
{
    return st != ST_OK && st != ST_EXISTS && st != ST_NOT_FOUND;
}

/* Nothing of a spoiled batch happened: everybody in it is told why and may come again. */
static enum status carry_out(struct srv_sqlite *s, struct srv_write *batch, struct err *err)
{
    enum status st = sql_run(s, SQL_BEGIN, err, "");
    s->tip_known = false;
    sqlite_counts_forget(&s->tally);
    for (struct srv_write *w = batch; w != NULL && st == ST_OK; w = w->next) {
        w->st = sqlite_write(s, w, &w->err);
        if (spoils(w->st)) {
            st = w->st;
            *err = w->err;
        }
    }
    if (st == ST_OK) {
        st = sqlite_counts_write(s, err);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_COMMIT, err, "");
    }
    if (st == ST_OK && s->tip_known) {
        pthread_mutex_lock(&s->lock);
        s->head = s->tip;
        pthread_mutex_unlock(&s->lock);
    }
    if (st != ST_OK && !sqlite3_get_autocommit(s->writer)) {
        struct err ignored;
        if (sql_run(s, SQL_ROLLBACK, &ignored, "") != ST_OK) {
            return st; /* the first failure is the one to tell; the next BEGIN will fail, too */
        }
    }
    return st;
}

static enum status carry_out_measured(struct srv_sqlite *s, struct srv_write *batch,
                                      struct err *err)
{
    size_t count = 0;
    for (const struct srv_write *w = batch; w != NULL; w = w->next) {
        count++;
    }
    uint64_t start_ms = clock_monotonic_ms();
    enum status st = carry_out(s, batch, err);
    if (st == ST_OK) {
        srv_histogram_add(&s->meter.commits, clock_monotonic_ms() - start_ms);
        srv_histogram_add(&s->meter.batches, count);
    } else {
        atomic_fetch_add(&s->meter.failures, 1);
    }
    return st;
}

static void tell(struct srv_sqlite *s, struct srv_write *batch, enum status st,
                 const struct err *err)
{
    while (batch != NULL) {
        struct srv_write *next = batch->next; /* done() may free the write */
        if (st != ST_OK) {
            batch->st = st;
            batch->err = *err;
        }
        batch->next = NULL;
        atomic_fetch_sub(&s->meter.waiting, 1);
        batch->done(batch);
        batch = next;
    }
}

/* One write that cannot be carried out (too large for the disk, say) must not take down those that
 * share its batch: then each is tried alone. */
static void carry_out_and_tell(struct srv_sqlite *s, struct srv_write *batch)
{
    struct err err = {0};
    enum status st = carry_out_measured(s, batch, &err);
    if (st == ST_OK || batch->next == NULL) {
        tell(s, batch, st, &err);
        return;
    }
    while (batch != NULL) {
        struct srv_write *next = batch->next;
        batch->next = NULL;
        st = carry_out_measured(s, batch, &err);
        tell(s, batch, st, &err);
        batch = next;
    }
}

void *sqlite_write_on(void *ctx)
{
    struct srv_sqlite *s = ctx;
    struct srv_write *batch = NULL;
    while ((batch = take_batch(s)) != NULL) {
        carry_out_and_tell(s, batch);
    }
    return NULL;
}

static void submit(void *ctx, struct srv_write *w)
{
    struct srv_sqlite *s = ctx;
    w->next = NULL;
    w->st = ST_OK;
    w->err = (struct err){0};
    atomic_fetch_add(&s->meter.waiting, 1);
    pthread_mutex_lock(&s->lock);
    if (s->first == NULL) {
        s->first = w;
    } else {
        s->last->next = w;
    }
    s->last = w;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static struct srv_store_meter *meter_of(void *ctx)
{
    return &((struct srv_sqlite *)ctx)->meter;
}

void sqlite_set_writer(struct srv_store *store)
{
    store->submit = submit;
    store->meter = meter_of;
}
