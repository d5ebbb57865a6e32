#include "server/store_sqlite.h"

#include "base/clock.h"
#include "server/schema.h"
#include "server/store_sqlite_files.h"
#include "server/store_sqlite_parts.h"

#include <stdio.h>
#include <string.h>

enum { PROGRESS_STEPS = 1000, TABLES_MOST = 64, NAME_BYTES = 64 };

const struct srv_sqlite_check_how SRV_CHECK_ALL = {.most_ms = 0, .indexes = true};

struct check {
    sqlite3 *db;
    bool indexes;
    uint64_t until_ms;
    char names[TABLES_MOST][NAME_BYTES];
    size_t count;
};

/* Ends a check that takes too long. */
static int is_over(void *ctx)
{
    const struct check *c = ctx;
    return clock_monotonic_ms() >= c->until_ms;
}

/* The history comes last: it is most of the file, and the least of what would be missed. */
static enum status list_tables(struct check *c, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st =
        sqlite3_prepare_v2(c->db,
                           "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name IN "
                           "('user_state', 'device'), name = 'report', name",
                           -1, &stmt, NULL) == SQLITE_OK
            ? sql_step(c->db, stmt, &row, err)
            : sql_failed(c->db, "read", err);
    while (st == ST_OK && row && c->count < TABLES_MOST) {
        sql_copy(stmt, 0, c->names[c->count++], NAME_BYTES);
        st = sql_step(c->db, stmt, &row, err);
    }
    sqlite3_finalize(stmt);
    return st;
}

/* *done false: there was no time for all of it. */
static enum status check_table(struct check *c, const char *name, bool *done, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    char *sql =
        sqlite3_mprintf("PRAGMA %s(%Q)", c->indexes ? "integrity_check" : "quick_check", name);
    enum status st = ST_OK;
    if (sql == NULL || sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        st = sql_failed(c->db, "check", err);
    }
    int code = st == ST_OK ? sqlite3_step(stmt) : SQLITE_OK;
    *done = code != SQLITE_INTERRUPT;
    if (st == ST_OK && *done) {
        const char *said = code == SQLITE_ROW ? sql_text(stmt, 0) : NULL;
        if (code != SQLITE_ROW) {
            st = sql_failed(c->db, "check", err);
        } else if (said == NULL || strcmp(said, "ok") != 0) {
            st = err_set(err, ST_IO, SQLITE_CORRUPT, "the table %s of the store is damaged", name);
        }
    }
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return st;
}

static enum status check_tables(struct check *c, struct srv_sqlite_check *out, struct err *err)
{
    enum status st = ST_OK;
    bool done = true;
    for (size_t i = 0; i < c->count && st == ST_OK && done; i++) {
        st = check_table(c, c->names[i], &done, err);
        out->tables += st == ST_OK && done ? 1 : 0;
    }
    out->complete = done;
    return st;
}

static enum status open_to_read(const char *path, int flags, sqlite3 **out, struct err *err)
{
    sqlite_set_up();
    if (sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return *out != NULL ? sql_failed(*out, "open", err)
                            : err_set(err, ST_NO_MEMORY, 0, "cannot open the store");
    }
    /* Looking changes nothing: the log stays as it is, whatever it holds. */
    (void)sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_busy_timeout(*out, SQLITE_WAIT_MS);
    return ST_OK;
}

static enum status check_open(struct check *c, const char *path, struct srv_sqlite_check *out,
                              struct err *err)
{
    struct srv_sqlite_check found = {.tables = 0};
    enum status st = sqlite_read_version(c->db, &found.schema, err);
    if (st == ST_OK && found.schema > SRV_SCHEMA_STEPS) {
        st = sqlite_too_new(found.schema, err);
    }
    if (st == ST_OK) {
        st = list_tables(c, err);
    }
    if (st == ST_OK && found.schema == 0 && c->count > 0) {
        st = err_refuse(err, "store_foreign", "", "%s is a database, but no store of a server",
                        path);
    }
    if (st == ST_OK) {
        sqlite3_progress_handler(c->db, PROGRESS_STEPS, is_over, c);
        st = check_tables(c, &found, err);
    }
    if (st == ST_OK) {
        *out = found;
    }
    return st;
}

static enum status check_with(const char *path, int flags, const struct srv_sqlite_check_how *how,
                              struct srv_sqlite_check *out, struct err *err)
{
    struct check c = {.indexes = how->indexes,
                      .until_ms =
                          how->most_ms > 0 ? clock_monotonic_ms() + how->most_ms : UINT64_MAX};
    enum status st = open_to_read(path, flags, &c.db, err);
    if (st == ST_OK) {
        st = check_open(&c, path, out, err);
    }
    (void)sqlite3_close(c.db); /* no statements are left open: it cannot be busy */
    return st;
}

enum status srv_store_sqlite_check_file(const char *path, const struct srv_sqlite_check_how *how,
                                        struct srv_sqlite_check *out, struct err *err)
{
    return check_with(path, SQLITE_OPEN_READONLY, how, out, err);
}

enum status srv_store_sqlite_check(const char *folder, const struct srv_sqlite_check_how *how,
                                   struct srv_sqlite_check *out, struct err *err)
{
    char path[SQLITE_PATH_BYTES];
    struct srv_sqlite_check found = {.complete = true};
    enum status st = sqlite_look_at_files(folder, err);
    if (st == ST_OK) {
        st = sqlite_path(folder, "", path, err);
    }
    if (st == ST_OK && sqlite_has_content(path)) {
        st = check_with(path, SQLITE_OPEN_READWRITE, how, &found, err);
        st = st == ST_OK ? ST_OK : sqlite_explain(folder, st, err);
    }
    if (st == ST_OK) {
        *out = found;
    }
    return st;
}
