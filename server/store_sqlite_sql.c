#include "server/store_sqlite_parts.h"

#include <stdarg.h>

void sqlite_set_up(void)
{
    /* Nobody reads SQLite's statistics, whose lock each allocation takes. Refused, and of no effect,
     * once SQLite is in use. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

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
    bool is_null = sqlite3_column_type(stmt, column) == SQLITE_NULL; /* before it is made text */
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    /* Without memory for its NUL, the next step fails; until then nobody may stumble over it. */
    return text != NULL || is_null ? text : "";
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
