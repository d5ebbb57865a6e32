#include "base/clock.h"
#include "server/store_sqlite_parts.h"

/* What shares one commit: more would only make the first of them wait longer. A report has a row
 * for each of its users. */
enum { BATCH_ROWS = 200, BATCH_MS = 5 };

/* After the store failed, it counts as not writable for so long, even if a small write got through. */
enum { TROUBLE_MS = 5000 };

/* As long as SQLite lets its log become: 4 MiB. */
enum { LOG_FRAMES = 1000 };

static bool is_alone(const struct srv_write *w)
{
    return w->kind == SRV_WRITE_PRUNE || w->kind == SRV_WRITE_TIDY;
}

static size_t rows_of(const struct srv_write *w)
{
    size_t users = w->kind == SRV_WRITE_REPORT ? w->u.report.report->user_count : 0;
    return users > 0 ? users : 1;
}

static struct srv_write *take_batch(struct srv_sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->first == NULL && !s->closing) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    struct srv_write *batch = s->first;
    struct srv_write *end = batch;
    size_t rows = end != NULL ? rows_of(end) : 0;
    while (end != NULL && end->next != NULL && !is_alone(end) && !is_alone(end->next) &&
           rows + rows_of(end->next) <= BATCH_ROWS) {
        end = end->next;
        rows += rows_of(end);
    }
    if (end != NULL) {
        s->first = end->next;
        end->next = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return batch;
}

static struct srv_write *take_all(struct srv_sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    struct srv_write *all = s->first;
    s->first = NULL;
    pthread_mutex_unlock(&s->lock);
    return all;
}

/* These changed nothing. */
static bool spoils(enum status st)
{
    return st != ST_OK && st != ST_EXISTS && st != ST_NOT_FOUND && st != ST_REFUSED;
}

/* The store's own, not that of what was to be written. */
static bool is_trouble(const struct err *err)
{
    switch (err->os_code & 0xff) {
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOTADB: return true;
    default: return false;
    }
}

static void note_outcome(struct srv_sqlite *s, enum status st, const struct err *err)
{
    bool trouble = st != ST_OK && is_trouble(err);
    if (st != ST_OK) {
        atomic_fetch_add(&s->meter.failures, 1);
    }
    pthread_mutex_lock(&s->lock);
    s->troubled = trouble || (s->troubled && st != ST_OK);
    if (trouble) {
        s->trouble = *err;
        s->trouble_ms = clock_monotonic_ms();
    }
    if (st == ST_OK && s->tip_known) {
        s->head = s->tip;
    }
    pthread_mutex_unlock(&s->lock);
}

enum status sqlite_trouble(struct srv_sqlite *s, struct err *err)
{
    pthread_mutex_lock(&s->lock);
    bool yes =
        s->troubled || (s->trouble_ms > 0 && clock_monotonic_ms() - s->trouble_ms < TROUBLE_MS);
    enum status st = yes ? s->trouble.st : ST_OK;
    if (yes && err != NULL) {
        *err = s->trouble;
    }
    pthread_mutex_unlock(&s->lock);
    return st;
}

/* The writes of a batch until it has taken its time; *rest is what is left of it. */
static enum status carry_out_some(struct srv_sqlite *s, struct srv_write *batch,
                                  struct srv_write **rest, struct err *err)
{
    uint64_t start_ms = clock_monotonic_ms();
    enum status st = ST_OK;
    struct srv_write *w = batch;
    while (w != NULL && st == ST_OK) {
        w->st = sqlite_write(s, w, &w->err);
        if (spoils(w->st)) {
            st = w->st;
            *err = w->err;
        }
        if (st == ST_OK && w->next != NULL && clock_monotonic_ms() - start_ms >= BATCH_MS) {
            *rest = w->next;
            w->next = NULL;
        }
        w = w->next;
    }
    return st;
}

/* Nothing of a spoiled batch happened: everybody in it is told why and may come again. */
static enum status carry_out(struct srv_sqlite *s, struct srv_write *batch, struct srv_write **rest,
                             struct err *err)
{
    s->tip_known = false;
    sqlite_counts_forget(&s->tally);
    s->history_reports = 0;
    s->history_bytes = 0;
    enum status st = carry_out_some(s, batch, rest, err);
    if (st == ST_OK) {
        st = sqlite_counts_write(s, err);
    }
    if (st == ST_OK) {
        st = sqlite_history_settle(s, err);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_COMMIT, err, "");
    }
    if (st != ST_OK && !sqlite3_get_autocommit(s->writer)) {
        struct err ignored;
        if (sql_run(s, SQL_ROLLBACK, &ignored, "") != ST_OK) {
            return st; /* the first failure is the one to tell; the next BEGIN will fail, too */
        }
    }
    return st;
}

static void measure(struct srv_sqlite *s, const struct srv_write *batch, uint64_t start_ms)
{
    size_t count = 0;
    for (const struct srv_write *w = batch; w != NULL; w = w->next) {
        count++;
        if (w->kind == SRV_WRITE_PRUNE) {
            atomic_fetch_add(&s->meter.pruned, (uint64_t)w->u.prune.reports);
        }
    }
    srv_histogram_add(&s->meter.commits, clock_monotonic_ms() - start_ms);
    srv_histogram_add(&s->meter.batches, count);
}

/* *begun false: not even the lock was there. */
static enum status carry_out_measured(struct srv_sqlite *s, struct srv_write *batch,
                                      struct srv_write **rest, bool *begun, struct err *err)
{
    uint64_t start_ms = clock_monotonic_ms();
    enum status st = sql_run(s, SQL_BEGIN, err, "");
    *begun = st == ST_OK;
    if (st == ST_OK) {
        st = carry_out(s, batch, rest, err);
    }
    if (st == ST_OK) {
        measure(s, batch, start_ms);
    }
    note_outcome(s, st, err);
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
static void carry_out_alone(struct srv_sqlite *s, struct srv_write *batch)
{
    while (batch != NULL) {
        struct err err = {0};
        struct srv_write *none = NULL;
        struct srv_write *next = batch->next;
        bool begun = false;
        batch->next = NULL;
        enum status st = carry_out_measured(s, batch, &none, &begun, &err);
        tell(s, batch, st, &err);
        if (!begun) {
            tell(s, next, st, &err);
            next = NULL;
        }
        batch = next;
    }
}

/* While another program has the store, whoever waits has waited long enough: to try again for each
 * batch would make the last of them wait for minutes. */
static struct srv_write *carry_out_and_tell(struct srv_sqlite *s, struct srv_write *batch)
{
    struct err err = {0};
    struct srv_write *rest = NULL;
    bool begun = false;
    enum status st = carry_out_measured(s, batch, &rest, &begun, &err);
    if (st == ST_OK || (begun && batch->next == NULL)) {
        tell(s, batch, st, &err);
    } else if (!begun) {
        struct srv_write *waiting = take_all(s); /* not those who come when they hear of it */
        tell(s, batch, st, &err);
        tell(s, waiting, st, &err);
    } else {
        carry_out_alone(s, batch);
    }
    return rest;
}

/* ---- the log --------------------------------------------------------------------------------- */

static int note_frames(void *ctx, sqlite3 *db, const char *name, int frames)
{
    struct srv_sqlite *s = ctx;
    (void)db;
    (void)name;
    s->log_frames = frames;
    return SQLITE_OK;
}

void sqlite_watch_log(struct srv_sqlite *s)
{
    (void)sqlite3_wal_hook(s->writer, note_frames,
                           s); /* in the place of SQLite's own checkpoints */
}

static bool is_idle(struct srv_sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    bool idle = s->first == NULL;
    pthread_mutex_unlock(&s->lock);
    return idle;
}

/* After those who waited for a commit have their answer: SQLite's own checkpoints would be part of
 * the commit, and their failure would look like its. What cannot be moved stays in the log. Where
 * nobody reports the log would stay short, and the disk would not get back what was pruned. */
static void move_log(struct srv_sqlite *s)
{
    struct err err;
    int frames = 0;
    int moved = 0;
    if (s->log_frames < LOG_FRAMES && !(s->gave_back && is_idle(s))) {
        return;
    }
    int code =
        sqlite3_wal_checkpoint_v2(s->writer, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
        enum status st = sql_failed(s->writer, "move the log into", &err);
        pthread_mutex_lock(&s->lock);
        s->trouble = err;
        s->trouble.st = st;
        s->trouble_ms = clock_monotonic_ms();
        pthread_mutex_unlock(&s->lock);
    }
    s->gave_back = s->gave_back && (code != SQLITE_OK || moved < frames);
}

void *sqlite_write_on(void *ctx)
{
    struct srv_sqlite *s = ctx;
    struct srv_write *batch = NULL;
    while ((batch = take_batch(s)) != NULL) {
        while (batch != NULL) {
            batch = carry_out_and_tell(s, batch);
            move_log(s);
        }
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
