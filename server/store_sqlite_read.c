#include "server/store_sqlite.h"
#include "server/store_sqlite_parts.h"

#include <stdio.h>
#include <string.h>

enum status sql_read(struct sql_reading *r, struct srv_sqlite *s, const char *sql, struct err *err)
{
    r->s = s;
    r->stmt = NULL;
    pthread_mutex_lock(&s->read_lock);
    return sqlite3_prepare_v2(s->reader, sql, -1, &r->stmt, NULL) == SQLITE_OK
               ? ST_OK
               : sql_failed(s->reader, "read", err);
}

void sql_read_end(struct sql_reading *r)
{
    sqlite3_finalize(r->stmt);
    pthread_mutex_unlock(&r->s->read_lock);
}

bool sql_read_next(struct sql_reading *r, enum status *st, struct err *err)
{
    bool row = false;
    if (*st == ST_OK) {
        *st = sql_step(r->s->reader, r->stmt, &row, err);
    }
    return *st == ST_OK && row;
}

static void copy_digest(sqlite3_stmt *stmt, int column, uint8_t out[DIGEST_BYTES])
{
    memset(out, 0, DIGEST_BYTES);
    if (sqlite3_column_bytes(stmt, column) == DIGEST_BYTES) {
        memcpy(out, sqlite3_column_blob(stmt, column), DIGEST_BYTES);
    }
}

void sql_copy(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
    const char *text = sql_text(stmt, column);
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static bool role_of(const char *word, enum srv_role *out)
{
    for (size_t i = 0; word != NULL && i < SRV_ROLE_COUNT; i++) {
        if (strcmp(word, SRV_ROLE_WORDS[i]) == 0) {
            *out = (enum srv_role)i;
            return true;
        }
    }
    return false;
}

static enum status read_credentials(void *ctx,
                                    bool (*visit)(void *v, const struct srv_credential *c), void *v,
                                    struct err *err)
{
    struct sql_reading r;
    enum status st =
        sql_read(&r, ctx,
                 "SELECT name, role, digest, created_s, revoked_s, coalesce(expires_s, 0), "
                 "coalesce(uses, 0), used, used_s FROM credential ORDER BY key",
                 err);
    while (sql_read_next(&r, &st, err)) {
        struct srv_credential c = {.created_s = sql_time(r.stmt, 3),
                                   .revoked_s = sql_time(r.stmt, 4),
                                   .expires_s = sqlite3_column_int64(r.stmt, 5),
                                   .uses = sqlite3_column_int64(r.stmt, 6),
                                   .used = sqlite3_column_int64(r.stmt, 7),
                                   .used_s = sql_time(r.stmt, 8)};
        sql_copy(r.stmt, 0, c.name, sizeof c.name);
        copy_digest(r.stmt, 2, c.digest);
        if (!role_of(sql_text(r.stmt, 1), &c.role)) {
            st = err_set(err, ST_IO, 0, "the store holds a credential of an unknown role");
        } else if (!visit(v, &c)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status read_tokens(void *ctx, bool (*visit)(void *v, const struct srv_token_row *row),
                               void *v, struct err *err)
{
    struct sql_reading r;
    enum status st =
        sql_read(&r, ctx,
                 "SELECT t.digest, t.device, d.device_id, t.expires_s FROM device_token "
                 "t JOIN device d ON d.key = t.device WHERE d.retired_s IS NULL",
                 err);
    while (sql_read_next(&r, &st, err)) {
        struct srv_token_row row = {.device = sqlite3_column_int64(r.stmt, 1),
                                    .device_id = sql_text(r.stmt, 2),
                                    .expires_s = sql_time(r.stmt, 3)};
        copy_digest(r.stmt, 0, row.digest);
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status read_bundles(void *ctx, bool (*visit)(void *v, const struct srv_bundle_row *row),
                                void *v, struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(
        &r, ctx, "SELECT serial, etag, stored_by, stored_s, raw FROM bundle ORDER BY serial", err);
    while (sql_read_next(&r, &st, err)) {
        struct srv_bundle_row row = {
            .serial = (uint32_t)sqlite3_column_int64(r.stmt, 0),
            .etag = sql_text(r.stmt, 1),
            .by = sql_text(r.stmt, 2),
            .at_s = sqlite3_column_int64(r.stmt, 3),
            .raw = {.data = sqlite3_column_blob(r.stmt, 4),
                    .size = (size_t)sqlite3_column_bytes(r.stmt, 4)},
        };
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status read_release(void *ctx, struct srv_release *out, struct err *err)
{
    struct sql_reading r;
    struct srv_release release = {0};
    enum status st =
        sql_read(&r, ctx, "SELECT version, rollout, stage, at_s, by, reason FROM release", err);
    if (sql_read_next(&r, &st, err)) {
        release.version = sqlite3_column_int64(r.stmt, 0);
        sql_copy(r.stmt, 1, release.rollout, sizeof release.rollout);
        sql_copy(r.stmt, 2, release.stage, sizeof release.stage);
        release.at_s = sqlite3_column_int64(r.stmt, 3);
        sql_copy(r.stmt, 4, release.by, sizeof release.by);
        sql_copy(r.stmt, 5, release.reason, sizeof release.reason);
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        *out = release;
    }
    return st;
}

static enum status check(void *ctx, struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx, "SELECT count(*) FROM release", err);
    (void)sql_read_next(&r, &st, err); /* st says whether it could be read */
    sql_read_end(&r);
    return st == ST_OK ? sqlite_trouble(ctx, err) : st;
}

void sqlite_set_readers(struct srv_store *store)
{
    store->check = check;
    store->credentials = read_credentials;
    store->tokens = read_tokens;
    store->bundles = read_bundles;
    store->release = read_release;
    store->backup = sqlite_backup;
    sqlite_set_gate_readers(store);
    sqlite_set_audit_readers(store);
    sqlite_set_count_readers(store);
    sqlite_set_history_readers(store);
    sqlite_set_list_readers(store);
    sqlite_set_sample_readers(store);
}
