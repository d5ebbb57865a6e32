#include "server/store_sqlite_parts.h"

/* A step takes some milliseconds, so that reports behind it hardly wait. */
enum { STEP_ROWS = 200 };

/* ---- what has ended -------------------------------------------------------------------------- */

static enum status remove_some(struct srv_sqlite *s, enum sql_id id, int64_t before_s,
                               struct srv_tidy *tidy, struct err *err)
{
    enum status st = sql_run(s, id, err, "ii", before_s, (int64_t)STEP_ROWS);
    if (st == ST_OK) {
        int removed = sqlite3_changes(s->writer);
        tidy->rows += removed;
        tidy->more = tidy->more || removed == STEP_ROWS;
    }
    return st;
}

/* A machine goes after its users: as long as a gate looks at one of them, it stays, too. */
enum status sqlite_write_tidy(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    static const enum sql_id RETIRED[] = {SQL_TIDY_USERS, SQL_TIDY_PARTS, SQL_TIDY_DEVICE_TOKENS,
                                          SQL_TIDY_DEVICES};
    struct srv_tidy tidy = w->u.tidy;
    tidy.rows = 0;
    tidy.more = false;
    enum status st = remove_some(s, SQL_TIDY_TOKENS, tidy.tokens_before_s, &tidy, err);
    for (size_t i = 0; i < sizeof RETIRED / sizeof RETIRED[0] && st == ST_OK; i++) {
        st = remove_some(s, RETIRED[i], tidy.retired_before_s, &tidy, err);
    }
    if (st == ST_OK) {
        w->u.tidy = tidy;
    }
    return st;
}

/* ---- room for a report ----------------------------------------------------------------------- */

static enum status count_new_users(struct srv_sqlite *s, const struct srv_write *w, int64_t *out,
                                   struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    enum status st = ST_OK;
    int64_t count = 0;
    for (size_t i = 0; i < r->user_count && st == ST_OK; i++) {
        sqlite3_stmt *stmt = NULL;
        bool known = false;
        st = sql_start(s, SQL_USER_KNOWN, &stmt, err);
        if (st == ST_OK) {
            st = sql_bind(s->writer, stmt, err, "it", w->u.report.device, r->users[i].sid);
        }
        if (st == ST_OK) {
            st = sql_step(s->writer, stmt, &known, err);
        }
        sql_reset(stmt);
        count += known ? 0 : 1;
    }
    if (st == ST_OK) {
        *out = count;
    }
    return st;
}

/* Those who left longest ago make room; nobody who is there does. */
static enum status push_out(struct srv_sqlite *s, const struct srv_write *w, int64_t users,
                            struct err *err)
{
    int64_t fresh = 0;
    enum status st = count_new_users(s, w, &fresh, err);
    int64_t excess = users + fresh - SRV_DEVICE_USERS_MAX;
    if (st != ST_OK || excess <= 0) {
        return st;
    }
    st = sql_run(s, SQL_DEVICE_LEAVERS_DROP, err, "ii", w->u.report.device, excess);
    if (st == ST_OK && sqlite3_changes(s->writer) < excess) {
        st = err_refuse(err, "out_of_range", "/users",
                        "the store keeps at most %d users of one machine", SRV_DEVICE_USERS_MAX);
    }
    return st;
}

enum status sqlite_make_room(struct srv_sqlite *s, const struct srv_write *w, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int64_t users = 0;
    enum status st = sql_start(s, SQL_DEVICE_ROOM, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "i", w->u.report.device);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    if (st == ST_OK && row) {
        users = sqlite3_column_int64(stmt, 0);
    }
    sql_reset(stmt);
    return st == ST_OK && users + (int64_t)w->u.report.report->user_count > SRV_DEVICE_USERS_MAX
               ? push_out(s, w, users, err)
               : st;
}
