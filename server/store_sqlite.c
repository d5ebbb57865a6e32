#include "server/store_sqlite.h"

#include "base/clock.h"
#include "server/store_sqlite_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As many writes as share one commit: more would only make the first of them wait longer. */
enum { BATCH_WRITES = 200, BUSY_MS = 5000, FILE_PATH_BYTES = 4096 };

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ST_BUSY;
    case SQLITE_FULL: return ST_NO_SPACE;
    case SQLITE_NOMEM: return ST_NO_MEMORY;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return ST_DENIED;
    case SQLITE_TOOBIG: return ST_TOO_LARGE;
    default: return ST_IO;
    }
}

enum status sql_failed(sqlite3 *db, const char *what, struct err *err)
{
    int code = sqlite3_extended_errcode(db);
    return err_set(err, status_of(code), (uint32_t)code, "cannot %s the store: %s", what,
                   sqlite3_errmsg(db));
}

static int bind_one(sqlite3_stmt *stmt, int at, char letter, va_list *arguments)
{
    if (letter == 'i' || letter == 'n') {
        int64_t value = va_arg(*arguments, int64_t);
        return letter == 'n' && value < 0 ? sqlite3_bind_null(stmt, at)
                                          : sqlite3_bind_int64(stmt, at, value);
    }
    if (letter == 't') {
        return sqlite3_bind_text(stmt, at, va_arg(*arguments, const char *), -1, SQLITE_STATIC);
    }
    struct span value = va_arg(*arguments, struct span);
    return sqlite3_bind_blob64(stmt, at, value.size > 0 ? (const void *)value.data : "", value.size,
                               SQLITE_STATIC);
}

static enum status bind_list(sqlite3 *db, sqlite3_stmt *stmt, struct err *err, const char *letters,
                             va_list *arguments)
{
    enum status st = ST_OK;
    for (int i = 0; letters[i] != '\0' && st == ST_OK; i++) {
        if (bind_one(stmt, i + 1, letters[i], arguments) != SQLITE_OK) {
            st = sql_failed(db, "prepare a change of", err);
        }
    }
    return st;
}

enum status sql_bind(sqlite3 *db, sqlite3_stmt *stmt, struct err *err, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    enum status st = bind_list(db, stmt, err, letters, &arguments);
    va_end(arguments);
    return st;
}

enum status sql_run(struct srv_sqlite *s, enum sql_id id, struct err *err, const char *letters, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list arguments;
    enum status st = sql_start(s, id, &stmt, err);
    va_start(arguments, letters);
    if (st == ST_OK) {
        st = bind_list(s->writer, stmt, err, letters, &arguments);
    }
    va_end(arguments);
    if (st == ST_OK) {
        return sql_finish(s, stmt, err);
    }
    sql_reset(stmt);
    return st;
}

enum status sql_step(sqlite3 *db, sqlite3_stmt *stmt, bool *row, struct err *err)
{
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return sql_failed(db, "use", err);
    }
    *row = code == SQLITE_ROW;
    return ST_OK;
}

void sql_reset(sqlite3_stmt *stmt)
{
    if (stmt != NULL) {
        (void)sqlite3_reset(stmt); /* repeats the failure of the last step, which was told */
        (void)sqlite3_clear_bindings(stmt);
    }
}

enum status sql_finish(struct srv_sqlite *s, sqlite3_stmt *stmt, struct err *err)
{
    bool row = true;
    enum status st = ST_OK;
    while (st == ST_OK && row) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    sql_reset(stmt);
    return st;
}

const char *sql_text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

int64_t sql_time(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? -1
                                                            : sqlite3_column_int64(stmt, column);
}

enum status sql_execute(sqlite3 *db, const char *sql, struct err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ST_OK
                                                                : sql_failed(db, "prepare", err);
}

/* ---- the writer ------------------------------------------------------------------------------ */

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
    for (struct srv_write *w = batch; w != NULL && st == ST_OK; w = w->next) {
        w->st = sqlite_write(s, w, &w->err);
        if (spoils(w->st)) {
            st = w->st;
            *err = w->err;
        }
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

static void *write_on(void *ctx)
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

/* ---- opening and closing --------------------------------------------------------------------- */

static enum status connect(const char *path, sqlite3 **out, struct err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, out, flags, NULL) != SQLITE_OK) {
        return *out != NULL ? sql_failed(*out, "open", err)
                            : err_set(err, ST_NO_MEMORY, 0, "cannot open the store");
    }
    (void)sqlite3_busy_timeout(*out, BUSY_MS); /* fails on a closed connection only */
    return sql_execute(*out,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "PRAGMA cache_size = -32768; PRAGMA trusted_schema = OFF;",
                       err);
}

static void free_all(struct srv_sqlite *s)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(s->statements[i]);
    }
    (void)sqlite3_close(s->reader); /* no statements are left open: it cannot be busy */
    (void)sqlite3_close(s->writer);
    (void)pthread_mutex_destroy(&s->read_lock);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->changed);
    free(s);
}

static void close_store(void *ctx)
{
    struct srv_sqlite *s = ctx;
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL); /* started by open, joined here only */
    free_all(s);
}

enum status srv_store_sqlite_open(const char *folder, struct srv_store *out, struct err *err)
{
    char path[FILE_PATH_BYTES];
    struct srv_sqlite *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot open the store");
    }
    s->meter.commits.buckets = SRV_BUCKETS_MS;
    s->meter.batches.buckets = SRV_BUCKETS_BATCH;
    (void)pthread_mutex_init(&s->read_lock, NULL); /* cannot fail on Linux */
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    int length = snprintf(path, sizeof path, "%s/store.db", folder);
    enum status st = length > 0 && (size_t)length < sizeof path
                         ? connect(path, &s->writer, err)
                         : err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
    if (st == ST_OK) {
        st = sqlite_migrate(s, err);
    }
    if (st == ST_OK) {
        st = sqlite_load_head(s, err);
    }
    if (st == ST_OK) {
        st = connect(path, &s->reader, err);
    }
    if (st == ST_OK && pthread_create(&s->thread, NULL, write_on, s) != 0) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot start the store's thread");
    }
    if (st == ST_OK) {
        *out =
            (struct srv_store){.ctx = s, .close = close_store, .submit = submit, .meter = meter_of};
        sqlite_set_readers(out);
    } else {
        free_all(s);
    }
    return st;
}
