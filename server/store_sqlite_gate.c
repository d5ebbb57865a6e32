#include "server/store_sqlite_parts.h"

/* ---- writing --------------------------------------------------------------------------------- */

enum status sqlite_write_subjects(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    const struct srv_gate_row *gate = &w->u.subjects.gate;
    enum status st = sql_run(s, SQL_SUBJECTS_DROP, err, "i", w->u.subjects.keep_version);
    if (st == ST_OK) {
        st = sql_run(s, SQL_GATE_DROP, err, "i", w->u.subjects.keep_version);
    }
    for (size_t i = 0; i < w->u.subjects.count && st == ST_OK; i++) {
        const struct srv_subject *one = &w->u.subjects.list[i];
        st = sql_run(s, SQL_SUBJECT_ADD, err, "iii", gate->version, one->device, one->user);
    }
    return st == ST_OK ? sql_run(s, SQL_GATE_PUT, err, "iii", gate->version, gate->released_s,
                                 gate->unknown)
                       : st;
}

enum status sqlite_write_failing(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    const struct srv_gate_row *gate = &w->u.failing;
    enum status st = sql_run(s, SQL_GATE_FAILING, err, "ni", gate->failing_s, gate->version);
    if (st == ST_OK && sqlite3_changes(s->writer) == 0) {
        st = err_set(err, ST_NOT_FOUND, 0, "no subjects were fixed for this version");
    }
    return st;
}

enum status sqlite_write_hold(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    const struct srv_gate_hold *hold = &w->u.hold;
    return hold->at_s < 0
               ? sql_run(s, SQL_HOLD_DROP, err, "")
               : sql_run(s, SQL_HOLD_PUT, err, "itt", hold->at_s, hold->by, hold->reason);
}

enum status sqlite_write_behind(struct srv_sqlite *s, const struct srv_behind *behind,
                                struct err *err)
{
    return sql_run(s, SQL_BEHIND_PUT, err, "iit", behind->version, behind->at_s, behind->device_id);
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum status read_gate(void *ctx, int64_t version, struct srv_gate_row *out, struct err *err)
{
    struct sql_reading r;
    struct srv_gate_row gate = {.failing_s = -1};
    enum status st = sql_read(
        &r, ctx, "SELECT version, released_s, unknown, failing_s FROM gate WHERE version = ?", err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "i", version);
    }
    if (sql_read_next(&r, &st, err)) {
        gate = (struct srv_gate_row){.version = sqlite3_column_int64(r.stmt, 0),
                                     .released_s = sqlite3_column_int64(r.stmt, 1),
                                     .unknown = sqlite3_column_int64(r.stmt, 2),
                                     .failing_s = sql_time(r.stmt, 3)};
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        *out = gate;
    }
    return st;
}

static enum status read_hold(void *ctx, struct srv_gate_hold *out, struct err *err)
{
    struct sql_reading r;
    struct srv_gate_hold hold = {.at_s = -1};
    enum status st = sql_read(&r, ctx, "SELECT at_s, by, reason FROM gate_hold", err);
    if (sql_read_next(&r, &st, err)) {
        hold.at_s = sqlite3_column_int64(r.stmt, 0);
        sql_copy(r.stmt, 1, hold.by, sizeof hold.by);
        sql_copy(r.stmt, 2, hold.reason, sizeof hold.reason);
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        *out = hold;
    }
    return st;
}

static enum status read_behind(void *ctx, struct srv_behind *out, struct err *err)
{
    struct sql_reading r;
    struct srv_behind behind = {.version = 0};
    enum status st = sql_read(&r, ctx, "SELECT version, at_s, device_id FROM behind_fleet", err);
    if (sql_read_next(&r, &st, err)) {
        behind.version = sqlite3_column_int64(r.stmt, 0);
        behind.at_s = sqlite3_column_int64(r.stmt, 1);
        sql_copy(r.stmt, 2, behind.device_id, sizeof behind.device_id);
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        *out = behind;
    }
    return st;
}

static enum status read_ahead(void *ctx, int64_t version,
                              bool (*visit)(void *v, const struct srv_ahead_row *row), void *v,
                              struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx,
                              "SELECT effective, digest, seen_s FROM device WHERE effective > ? "
                              "AND retired_s IS NULL",
                              err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "i", version);
    }
    while (sql_read_next(&r, &st, err)) {
        const struct srv_ahead_row row = {.version = sqlite3_column_int64(r.stmt, 0),
                                          .digest = sql_text(r.stmt, 1),
                                          .seen_s = sql_time(r.stmt, 2)};
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static const char SUBJECTS[] =
    "SELECT g.device, g.user, u.state, u.version, u.failing_since_s, u.retired_s IS NOT NULL "
    "FROM gate_subject g JOIN user_state u ON u.key = g.user "
    "WHERE g.version = ?1 AND (g.device, g.user) > (?2, ?3) ORDER BY g.device, g.user LIMIT ?4";

static enum status read_subjects(void *ctx, const struct srv_subject_question *question,
                                 bool (*visit)(void *v, const struct srv_subject_row *row), void *v,
                                 struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx, SUBJECTS, err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "iiii", question->version, question->after.device,
                      question->after.user, (int64_t)question->limit);
    }
    while (sql_read_next(&r, &st, err)) {
        struct srv_subject_row row = {
            .key = {.device = sqlite3_column_int64(r.stmt, 0),
                    .user = sqlite3_column_int64(r.stmt, 1)},
            .state = sql_text(r.stmt, 2),
            .version = sqlite3_column_int64(r.stmt, 3),
            .failing_since_s = sql_time(r.stmt, 4),
            .gone = sqlite3_column_int64(r.stmt, 5) != 0,
        };
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static const char SEEN[] =
    "SELECT u.sid, max(u.version = ?2) FROM user_state u JOIN device d ON d.key = u.device "
    "WHERE u.sid > ?1 AND u.retired_s IS NULL AND d.enrolled_s <= ?3 GROUP BY u.sid "
    "ORDER BY u.sid LIMIT ?4";

static enum status read_seen(void *ctx, const struct srv_seen_question *question,
                             bool (*visit)(void *v, const char *sid, bool seen), void *v,
                             struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx, SEEN, err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "tiii", question->after_sid, question->version,
                      question->enrolled_until_s, (int64_t)question->limit);
    }
    while (sql_read_next(&r, &st, err) &&
           visit(v, sql_text(r.stmt, 0), sqlite3_column_int64(r.stmt, 1) != 0)) {
    }
    sql_read_end(&r);
    return st;
}

void sqlite_set_gate_readers(struct srv_store *store)
{
    store->gate = read_gate;
    store->hold = read_hold;
    store->behind = read_behind;
    store->ahead = read_ahead;
    store->subjects = read_subjects;
    store->seen = read_seen;
}
