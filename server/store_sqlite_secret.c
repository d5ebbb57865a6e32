#include "server/store_sqlite_parts.h"

static enum status find_secret(struct srv_sqlite *s, const struct srv_write *w, int64_t *key,
                               enum srv_credential_state *state, struct err *err)
{
    struct span digest = {.data = w->u.enroll.secret_digest, .size = DIGEST_BYTES};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sql_start(s, SQL_SECRET_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "b", digest);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    if (st == ST_OK && row) {
        struct srv_credential c = {.revoked_s = sql_time(stmt, 1),
                                   .expires_s = sqlite3_column_int64(stmt, 2),
                                   .uses = sqlite3_column_int64(stmt, 3),
                                   .used = sqlite3_column_int64(stmt, 4)};
        *key = sqlite3_column_int64(stmt, 0);
        *state = srv_credential_state(&c, w->now_s);
    }
    sql_reset(stmt);
    return st;
}

/* Asked and counted in the transaction of the enrollment: of many at once no more come in than the
 * secret has uses. */
enum status sqlite_use_secret(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    int64_t key = 0;
    enum srv_credential_state state = SRV_CREDENTIAL_UNKNOWN;
    enum status st = find_secret(s, w, &key, &state, err);
    if (st != ST_OK) {
        return st;
    }
    w->u.enroll.secret_state = state;
    if (state != SRV_CREDENTIAL_GOOD) {
        return err_set(err, ST_NOT_FOUND, 0, "the enroll secret opens nothing");
    }
    return sql_run(s, SQL_SECRET_USE, err, "ii", w->now_s, key);
}
