#include "server/store_sqlite.h"

#include "server/store_sqlite_files.h"
#include "server/store_sqlite_parts.h"

#include <stdlib.h>

/* Before its first page is written, a file learns to give free pages back. */
static enum status prepare_new(sqlite3 *db, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &stmt, NULL) == SQLITE_OK
                         ? sql_step(db, stmt, &row, err)
                         : sql_failed(db, "open", err);
    bool empty = st == ST_OK && row && sqlite3_column_int64(stmt, 0) == 0;
    sqlite3_finalize(stmt);
    return empty ? sql_execute(db, "PRAGMA auto_vacuum = INCREMENTAL", err) : st;
}

static enum status connect(const char *path, sqlite3 **out, struct err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite_set_up();
    if (sqlite3_open_v2(path, out, flags, NULL) != SQLITE_OK) {
        return *out != NULL ? sql_failed(*out, "open", err)
                            : err_set(err, ST_NO_MEMORY, 0, "cannot open the store");
    }
    int keep_wal = 1; /* emptied, but not removed: so that a start needs no free disk space */
    (void)sqlite3_busy_timeout(*out, SQLITE_WAIT_MS); /* fails on a closed connection only */
    (void)sqlite3_file_control(*out, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep_wal);
    enum status st = prepare_new(*out, err);
    return st == ST_OK ? sql_execute(*out,
                                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                     "PRAGMA journal_size_limit = 67108864;"
                                     "PRAGMA cache_size = -32768; PRAGMA trusted_schema = OFF;",
                                     err)
                       : st;
}

static void free_all(struct srv_sqlite *s)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(s->statements[i]);
    }
    (void)sqlite3_close(s->reader); /* no statements are left open: it cannot be busy */
    (void)sqlite3_close(s->writer);
    sqlite_counts_done(&s->tally);
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

/* Nothing of a store that does not open is changed by closing it. */
static void leave_log(sqlite3 *db)
{
    if (db != NULL) {
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
}

static struct srv_sqlite *make(void)
{
    struct srv_sqlite *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->meter.commits.buckets = SRV_BUCKETS_MS;
        s->meter.batches.buckets = SRV_BUCKETS_BATCH;
        (void)pthread_mutex_init(&s->read_lock, NULL); /* cannot fail on Linux */
        (void)pthread_mutex_init(&s->lock, NULL);
        (void)pthread_cond_init(&s->changed, NULL);
    }
    return s;
}

static enum status start(struct srv_sqlite *s, const char *path, struct err *err)
{
    enum status st = connect(path, &s->writer, err);
    if (st == ST_OK) {
        st = sqlite_counts_open(s->writer, &s->tally, err);
    }
    if (st == ST_OK) {
        sqlite_watch_log(s);
        s->gave_back = true; /* a process that was killed may have left such a log behind */
        st = sqlite_migrate(s, err);
    }
    if (st == ST_OK) {
        st = sqlite_load_head(s, err);
    }
    if (st == ST_OK) {
        st = connect(path, &s->reader, err);
    }
    if (st == ST_OK && pthread_create(&s->thread, NULL, sqlite_write_on, s) != 0) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot start the store's thread");
    }
    return st;
}

enum status srv_store_sqlite_open(const char *folder, struct srv_store *out, struct err *err)
{
    char path[SQLITE_PATH_BYTES];
    struct srv_sqlite *s = make();
    if (s == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot open the store");
    }
    enum status st = sqlite_look_at_files(folder, err);
    if (st == ST_OK) {
        st = sqlite_path(folder, "", path, err);
    }
    if (st == ST_OK) {
        st = start(s, path, err);
    }
    if (st == ST_OK) {
        *out = (struct srv_store){.ctx = s, .close = close_store};
        sqlite_set_writer(out);
        sqlite_set_readers(out);
    } else {
        st = sqlite_explain(folder, st, err);
        leave_log(s->writer);
        leave_log(s->reader);
        free_all(s);
    }
    return st;
}
