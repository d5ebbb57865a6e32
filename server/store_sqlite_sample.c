#include "server/store_sqlite_parts.h"

enum { SAMPLE_BYTES = 64 * 1024 };

/* ST_EXISTS if this step has its sample. */
static enum status find_sample(struct srv_sqlite *s, int64_t step_s, int64_t slot, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sql_start(s, SQL_SAMPLE_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "ii", step_s, slot);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    sql_reset(stmt);
    return st == ST_OK && row ? err_set(err, ST_EXISTS, 0, "this time has its sample") : st;
}

enum status sqlite_write_sample(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    int64_t step_s = w->u.sample.step_s;
    int64_t slot = w->now_s / step_s;
    struct bytes body = bytes_with_limit(SAMPLE_BYTES);
    enum status st = bytes_append(&body, w->u.sample.body.data, w->u.sample.body.size);
    if (st != ST_OK) {
        (void)err_set(err, st, 0, "a sample is too large to be kept");
    } else {
        st = find_sample(s, step_s, slot, err);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_SAMPLE_ADD, err, "iiit", step_s, slot, w->now_s, bytes_text(&body));
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_SAMPLE_PRUNE, err, "ii", step_s, (int64_t)w->u.sample.keep);
    }
    bytes_free(&body);
    return st;
}

static enum status read_samples(void *ctx, const struct srv_sample_question *question,
                                bool (*visit)(void *v, const struct srv_sample_row *row), void *v,
                                struct err *err)
{
    struct sql_reading r;
    enum status st =
        sql_read(&r, ctx,
                 "SELECT at_s, body FROM sample WHERE grain_s = ?1 AND slot BETWEEN ?2 "
                 "/ ?1 AND ?3 / ?1 AND at_s BETWEEN ?2 AND ?3 ORDER BY slot LIMIT ?4",
                 err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "iiii", question->step_s, question->from_s,
                      question->to_s, (int64_t)question->limit);
    }
    while (sql_read_next(&r, &st, err)) {
        const struct srv_sample_row row = {.at_s = sqlite3_column_int64(r.stmt, 0),
                                           .body = sql_text(r.stmt, 1)};
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

void sqlite_set_sample_readers(struct srv_store *store)
{
    store->samples = read_samples;
}
