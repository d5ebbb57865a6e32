#include "server/store_sqlite_parts.h"

#include <stddef.h>

/* A step takes some milliseconds, so that reports behind it hardly wait. */
enum { STEP_REPORTS = 200, STEP_BYTES = 2 * 1024 * 1024, STEP_PAGES = 256 };

/* Free pages are used again: so many, and a share of the file, stay for that. */
enum { SPARE_PAGES = 256, SPARE_SHARE = 16 };

/* ---- what it takes --------------------------------------------------------------------------- */

/* As many whole rows as fit share a page; what does not fit into one has pages of its own for its
 * rest. Source: https://www.sqlite.org/fileformat2.html "B-tree Pages". */
int64_t sqlite_history_cost(int64_t body_bytes)
{
    enum {
        PAGE = 4096,
        PAGE_ROOM = PAGE - 8,
        REST_ROOM = PAGE - 4,
        LOCAL_MOST = PAGE - 35,
        LOCAL_LEAST = (PAGE - 12) * 32 / 255 - 23,
        OTHER_COLUMNS = 54, /* report_id, time and the row's head */
        CELL = 8,
        INDEX = 70 /* of (device, report_id), pages two thirds full */
    };
    int64_t payload = body_bytes + OTHER_COLUMNS;
    if (payload <= LOCAL_MOST) {
        return PAGE / (PAGE_ROOM / (payload + CELL)) + INDEX;
    }
    int64_t local = LOCAL_LEAST + (payload - LOCAL_LEAST) % REST_ROOM;
    local = local <= LOCAL_MOST ? local : LOCAL_LEAST;
    return (payload - local) / REST_ROOM * PAGE + PAGE / (PAGE_ROOM / (local + CELL)) + INDEX;
}

void sqlite_history_note(struct srv_sqlite *s, int64_t reports, int64_t body_bytes)
{
    s->history_reports += reports;
    s->history_bytes += reports * sqlite_history_cost(body_bytes);
}

enum status sqlite_history_settle(struct srv_sqlite *s, struct err *err)
{
    if (s->history_reports == 0 && s->history_bytes == 0) {
        return ST_OK;
    }
    return sql_run(s, SQL_HISTORY_ADD, err, "ii", s->history_reports, s->history_bytes);
}

/* ---- a report more ---------------------------------------------------------------------------- */

/* The body that is kept, in the first column, must be that of the report. */
static enum status compare_body(struct srv_sqlite *s, sqlite3_stmt *stmt, struct span body,
                                struct err *err)
{
    const void *data = sqlite3_column_blob(stmt, 0);
    struct span kept = {.data = data, .size = (size_t)sqlite3_column_bytes(stmt, 0)};
    if (data == NULL && sqlite3_errcode(s->writer) == SQLITE_NOMEM) {
        return sql_failed(s->writer, "read", err);
    }
    return span_equal(kept, body)
               ? ST_OK
               : err_set(err, ST_EXISTS, 0, "another report came under this report_id before");
}

enum status sqlite_history_find(struct srv_sqlite *s, struct srv_write *w, bool *known,
                                struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    enum status st = sql_start(s, SQL_REPORT_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "ib", w->u.report.device,
                      span_text(w->u.report.report->report_id));
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, known, err);
    }
    if (st == ST_OK && *known) {
        st = compare_body(s, stmt, w->u.report.body, err);
    }
    sql_reset(stmt);
    return st;
}

enum status sqlite_history_add(struct srv_sqlite *s, const struct srv_write *w, struct err *err)
{
    sqlite_history_note(s, 1, (int64_t)w->u.report.body.size);
    return sql_run(s, SQL_REPORT_ADD, err, "ibib", w->u.report.device,
                   span_text(w->u.report.report->report_id), w->now_s, w->u.report.body);
}

/* ---- removing the oldest --------------------------------------------------------------------- */

struct choice {
    const struct srv_write *w;
    int64_t excess; /* bytes above the bound */
    int64_t keys[STEP_REPORTS];
    int64_t sizes[STEP_REPORTS];
    size_t count;
    int64_t bytes; /* of bodies */
    int64_t passed_key;
    int64_t passed_until_s;
    bool more;
};

/* Its clock was wrong: what comes behind it may be old all the same. */
static bool pass_over(struct choice *c, int64_t key, int64_t received_s)
{
    if (c->count > 0) {
        c->more = true;
        return false; /* a step that removes something says nothing of what it saw behind that */
    }
    c->passed_key = key;
    c->passed_until_s = received_s < c->passed_until_s ? received_s : c->passed_until_s;
    return true;
}

/* Rows come in the order in which they were written; false at the first that stays. */
static bool consider(struct choice *c, int64_t key, int64_t received_s, int64_t size)
{
    const struct srv_prune *p = &c->w->u.prune;
    bool ahead = received_s > c->w->now_s;
    if (c->excess <= 0 && (ahead || received_s >= p->before_s)) {
        return ahead && pass_over(c, key, received_s);
    }
    c->keys[c->count] = key;
    c->sizes[c->count] = size;
    c->count++;
    c->bytes += size;
    c->excess -= sqlite_history_cost(size);
    return c->count < STEP_REPORTS && c->bytes < STEP_BYTES;
}

static enum status choose(struct srv_sqlite *s, struct choice *c, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool on = true;
    size_t seen = 0;
    enum status st = sql_start(s, SQL_REPORT_LIST, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "ii", c->excess > 0 ? 0 : c->passed_key,
                      (int64_t)STEP_REPORTS);
    }
    while (st == ST_OK && on && (st = sql_step(s->writer, stmt, &row, err)) == ST_OK && row) {
        seen++;
        on = consider(c, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                      sqlite3_column_int64(stmt, 2));
    }
    sql_reset(stmt);
    c->more = c->more || c->count == STEP_REPORTS || c->bytes >= STEP_BYTES ||
              (c->count == 0 && seen == STEP_REPORTS);
    return st;
}

static enum status drop(struct srv_sqlite *s, const struct choice *c, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < c->count && st == ST_OK; i++) {
        st = sql_run(s, SQL_REPORT_DROP, err, "i", c->keys[i]);
        sqlite_history_note(s, -1, c->sizes[i]);
    }
    return st;
}

static enum status read_number(sqlite3 *db, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK
                         ? sql_step(db, stmt, &row, err)
                         : sql_failed(db, "read", err);
    if (st == ST_OK) {
        *out = row ? sqlite3_column_int64(stmt, 0) : 0;
    }
    sqlite3_finalize(stmt);
    return st;
}

/* Free pages go to the end of the file, which ends earlier once the log is moved. A store that was made without this
 * keeps its pages for later reports. */
static enum status give_back(struct srv_sqlite *s, bool *more, struct err *err)
{
    int64_t pages = 0;
    int64_t unused = 0;
    int64_t mode = 0;
    enum { INCREMENTAL = 2 };
    enum status st = read_number(s->writer, "PRAGMA page_count", &pages, err);
    if (st == ST_OK) {
        st = read_number(s->writer, "PRAGMA freelist_count", &unused, err);
    }
    if (st == ST_OK) {
        st = read_number(s->writer, "PRAGMA auto_vacuum", &mode, err);
    }
    if (st != ST_OK || mode != INCREMENTAL || unused <= SPARE_PAGES + pages / SPARE_SHARE) {
        return st;
    }
    _Static_assert(STEP_PAGES == 256, "the next line says how many pages");
    *more = *more || unused - STEP_PAGES > SPARE_PAGES + pages / SPARE_SHARE;
    s->gave_back = true;
    return sql_execute(s->writer, "PRAGMA incremental_vacuum(256)", err);
}

enum status sqlite_write_prune(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    struct choice c = {.w = w, .passed_until_s = INT64_MAX};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sql_start(s, SQL_HISTORY_READ, &stmt, err);
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    if (st == ST_OK) {
        c.excess = (row ? sqlite3_column_int64(stmt, 0) : 0) - w->u.prune.most_bytes;
    }
    sql_reset(stmt);
    if (s->passed_key > 0 && w->now_s <= s->passed_until_s) {
        c.passed_key = s->passed_key;
        c.passed_until_s = s->passed_until_s;
    }
    if (st == ST_OK) {
        st = choose(s, &c, err);
    }
    if (st == ST_OK) {
        st = drop(s, &c, err);
    }
    if (st == ST_OK) {
        st = give_back(s, &c.more, err);
    }
    if (st == ST_OK) {
        s->passed_key = c.passed_key;
        s->passed_until_s = c.passed_until_s;
        w->u.prune.reports = (int64_t)c.count;
        w->u.prune.more = c.more;
    }
    return st;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum status read_history(void *ctx, struct srv_history *out, struct err *err)
{
    struct sql_reading r;
    struct srv_history history = {.oldest_s = -1, .newest_s = -1};
    enum status st = sql_read(&r, ctx,
                              "SELECT reports, bytes, (SELECT received_s FROM report ORDER BY key "
                              "LIMIT 1), (SELECT received_s FROM report ORDER BY key DESC LIMIT 1) "
                              "FROM history",
                              err);
    if (sql_read_next(&r, &st, err)) {
        history = (struct srv_history){.reports = sqlite3_column_int64(r.stmt, 0),
                                       .bytes = sqlite3_column_int64(r.stmt, 1),
                                       .oldest_s = sql_time(r.stmt, 2),
                                       .newest_s = sql_time(r.stmt, 3)};
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        *out = history;
    }
    return st;
}

void sqlite_set_history_readers(struct srv_store *store)
{
    store->history = read_history;
}
