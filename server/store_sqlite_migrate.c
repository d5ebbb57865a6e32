#include "server/schema.h"
#include "server/store_sqlite_parts.h"

#include <stdio.h>

enum status sqlite_read_version(sqlite3 *db, int *out, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW) {
        sqlite3_finalize(stmt);
        return sql_failed(db, "read the version of", err);
    }
    *out = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return ST_OK;
}

enum status sqlite_too_new(int version, struct err *err)
{
    return err_refuse(err, "store_newer", "",
                      "the store has schema %d, made by a newer server; this one knows up to %d: "
                      "install that server again, or restore a backup from before",
                      version, SRV_SCHEMA_STEPS);
}

/* history_cost(bytes), as schema steps use it. */
static void answer_cost(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count; /* one, as registered */
    sqlite3_result_int64(context, sqlite_history_cost(sqlite3_value_int64(values[0])));
}

static enum status migrate_inside(struct srv_sqlite *s, struct err *err)
{
    sqlite3 *db = s->writer;
    int version = 0;
    char pragma[64];
    enum status st = sqlite_read_version(db, &version, err);
    if (st == ST_OK && version > SRV_SCHEMA_STEPS) {
        st = sqlite_too_new(version, err);
    }
    for (; st == ST_OK && version < SRV_SCHEMA_STEPS; version++) {
        st = sql_execute(db, srv_schema_step(version), err);
        if (st == ST_OK && version == SRV_SCHEMA_CHAIN) {
            st = sqlite_chain_older_rows(s, err);
        }
        if (st == ST_OK && version == SRV_SCHEMA_COUNTS) {
            st = sqlite_count_rows(s, err);
        }
    }
    (void)snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", SRV_SCHEMA_STEPS);
    return st == ST_OK ? sql_execute(db, pragma, err) : st;
}

/* A store of the first steps is written anew, once, so that its file can shrink from then on. That
 * takes as much disk again: where it is not there, and while somebody else works with the store, the
 * file keeps its size and the store works all the same. */
static enum status make_shrinkable(sqlite3 *db, struct err *err)
{
    enum status st = sql_execute(db, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM", err);
    return st == ST_NO_SPACE || st == ST_BUSY ? ST_OK : st;
}

/* Two programs may start on an empty folder at the same time: the lock comes before the look that
 * counts. A store of today's schema is not written to: it opens on a full disk, and while somebody
 * else has it locked. */
enum status sqlite_migrate(struct srv_sqlite *s, struct err *err)
{
    sqlite3 *db = s->writer;
    int version = 0;
    enum status st = sqlite_read_version(db, &version, err);
    if (st != ST_OK || version == SRV_SCHEMA_STEPS) {
        return st;
    }
    if (sqlite3_create_function_v2(db, "history_cost", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                   answer_cost, NULL, NULL, NULL) != SQLITE_OK) {
        return sql_failed(db, "prepare", err);
    }
    st = sql_execute(db, "BEGIN IMMEDIATE", err);
    if (st != ST_OK) {
        return st;
    }
    st = migrate_inside(s, err);
    if (st == ST_OK) {
        st = sql_execute(db, "COMMIT", err);
    } else {
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* err says why */
    }
    return st == ST_OK && version > 0 && version < SRV_SCHEMA_SHRINKING ? make_shrinkable(db, err)
                                                                        : st;
}
