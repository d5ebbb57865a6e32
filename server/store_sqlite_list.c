#include "server/store_sqlite_parts.h"
#include "server/store_sqlite_where.h"

static struct pol_report_value value_of(sqlite3_stmt *stmt, int type, int dword)
{
    struct pol_report_value v = {.known = sqlite3_column_type(stmt, type) != SQLITE_NULL};
    int64_t number = sqlite3_column_int64(stmt, type);
    v.present = v.known && number >= 0;
    v.type = v.present ? (uint32_t)number : 0;
    v.dword = (uint32_t)sqlite3_column_int64(stmt, dword);
    return v;
}

static enum pol_answer answer_of(sqlite3_stmt *stmt, int column)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) {
        return POL_NOT_KNOWN;
    }
    return sqlite3_column_int64(stmt, column) != 0 ? POL_YES : POL_NO;
}

static struct srv_user_row user_of(sqlite3_stmt *stmt)
{
    return (struct srv_user_row){
        .key = sqlite3_column_int64(stmt, 0),
        .device_id = sql_text(stmt, 1),
        .host = sql_text(stmt, 2),
        .sid = sql_text(stmt, 3),
        .account = sql_text(stmt, 4),
        .ring = sql_text(stmt, 5),
        .set = sql_text(stmt, 6),
        .state = sql_text(stmt, 7),
        .blocked_by = sql_text(stmt, 8),
        .error = sql_text(stmt, 9),
        .protocol = sql_text(stmt, 10),
        .confidence = sql_text(stmt, 11),
        .mailbox = sql_text(stmt, 12),
        .groups = sql_text(stmt, 13),
        .tags = sql_text(stmt, 14),
        .value = value_of(stmt, 15, 16),
        .pre_image = value_of(stmt, 17, 18),
        .hive_loaded = sqlite3_column_int64(stmt, 19) != 0,
        .ours = sqlite3_column_int64(stmt, 20) != 0,
        .changed_s = sql_time(stmt, 21),
        .reported_s = sqlite3_column_int64(stmt, 22),
        .version = sqlite3_column_int64(stmt, 23),
        .corrections = (uint32_t)sqlite3_column_int64(stmt, 24),
        .outlook = sql_text(stmt, 25),
        .evidence = sql_text(stmt, 26),
        .running = answer_of(stmt, 27),
        .started_s = sql_time(stmt, 28),
        .starts = (uint32_t)sqlite3_column_int64(stmt, 29),
        .device = sqlite3_column_int64(stmt, 30),
        .device_enrolled_s = sqlite3_column_int64(stmt, 31),
        .device_seen_s = sql_time(stmt, 32),
        .older_seen_s = sql_time(stmt, 33),
        .computer_ou = sql_text(stmt, 34),
        .ad_site = sql_text(stmt, 35),
        .multi_session = answer_of(stmt, 36),
        .preflight = sql_text(stmt, 37),
    };
}

/* Of a machine copied twice each copy is marked with the first device; so those that are marked alike
 * and are older come before it, too. As many of them as anybody copies by mistake: each row asks. */
#define OLDER_SEEN                                                                                 \
    "CASE WHEN d.duplicate_of IS NOT NULL THEN max(coalesce((SELECT o.seen_s FROM device o "       \
    "WHERE o.device_id = d.duplicate_of AND o.retired_s IS NULL), -1), coalesce((SELECT "          \
    "max(c.seen_s) FROM (SELECT o.seen_s FROM device o WHERE o.duplicate_of = d.duplicate_of "     \
    "AND o.key < d.key AND o.retired_s IS NULL ORDER BY o.key DESC LIMIT 16) c), -1)) END"

static const char USERS[] =
    "SELECT u.key, d.device_id, d.name, u.sid, u.account, u.ring, u.\"set\", u.state, "
    "u.blocked_by, u.error, u.protocol, u.confidence, u.mailbox, u.groups, d.tags, u.value_type, "
    "u.value_dword, u.pre_image_type, u.pre_image_dword, u.hive_loaded, u.ours, u.changed_s, "
    "u.reported_s, u.version, u.corrections, u.outlook, u.evidence, u.outlook_running, "
    "u.outlook_started_s, u.starts, d.key, d.enrolled_s, d.seen_s, " OLDER_SEEN ", d.computer_ou, "
    "d.ad_site, d.multi_session, d.preflight FROM user_state u CROSS JOIN device d ON d.key = "
    "u.device";

/* The same columns, and those empty that no decision asks for: half of the work for each of a million. */
static const char FACTS[] =
    "SELECT u.key, NULL, d.name, u.sid, u.account, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
    "u.mailbox, u.groups, d.tags, NULL, NULL, NULL, NULL, NULL, NULL, NULL, u.reported_s, "
    "u.version, NULL, u.outlook, NULL, NULL, NULL, NULL, d.key, d.enrolled_s, d.seen_s, " OLDER_SEEN
    ", d.computer_ou, d.ad_site, d.multi_session, d.preflight FROM user_state u CROSS JOIN device d "
    "ON d.key = u.device";

static const char DEVICES[] =
    "SELECT d.key, d.device_id, d.name, d.domain, d.os, d.agent, d.duplicate_of, d.failed_code, "
    "d.failed_pointer, d.digest, d.enrolled_s, d.seen_s, d.retired_s, d.effective, d.received, "
    "d.stale, d.outlook, d.preflight, d.fqdn, d.arch, d.tags, d.computer_ou, d.ad_site, "
    "d.multi_session FROM device d";

/* Which rows of a table a list is about, and how it went. */
struct listing {
    const struct srv_filter *filter;
    const char *select;
    const char *last; /* the highest key there is */
    struct sql_where where;
    int64_t last_key;
    size_t rows;
};

/* Under the same lock as the rows that follow; a row that is added after it is for the next page. */
static enum status find_end(struct sql_reading *r, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = r->s->reader;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW) {
        sqlite3_finalize(stmt);
        return sql_failed(db, "read", err);
    }
    *out = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return ST_OK;
}

/* Sets filter->next. end: the highest key before the rows were read. */
static void tell_next(const struct listing *l, int64_t end)
{
    const struct srv_filter *f = l->filter;
    if (f->next == NULL) {
        return;
    }
    if (l->rows == f->limit) {
        *f->next = l->last_key;
    } else if (!l->where.narrow && f->after < end && end - f->after > SQL_ROWS_LOOKED_AT) {
        *f->next = f->after + SQL_ROWS_LOOKED_AT;
    } else {
        *f->next = 0;
    }
}

static enum status start(struct listing *l, struct sql_reading *r, struct srv_sqlite *s,
                         int64_t *end, struct err *err)
{
    struct bytes sql = bytes_with_limit(l->where.text.size + 4096);
    enum status st = l->where.st;
    if (st == ST_OK) {
        st = bytes_append_text(&sql, l->select);
    }
    if (st == ST_OK) {
        st = bytes_append_text(&sql, bytes_text(&l->where.text));
    }
    enum status written = st;
    st = sql_read(r, s, written == ST_OK ? bytes_text(&sql) : "SELECT 0 WHERE 0", err);
    bytes_free(&sql);
    if (written != ST_OK) {
        st = err_set(err, written, 0, "cannot ask the store for so much");
    }
    if (st == ST_OK && l->filter->next != NULL) {
        st = find_end(r, l->last, end, err);
    }
    if (st == ST_OK && sqlite_where_bind(&l->where, r->stmt) != SQLITE_OK) {
        st = sql_failed(s->reader, "ask", err);
    }
    return st;
}

static enum status walk(struct listing *l, struct srv_sqlite *s,
                        bool (*show)(sqlite3_stmt *stmt, void *v), void *v, struct err *err)
{
    struct sql_reading r;
    int64_t end = 0;
    bool stopped = false;
    enum status st = start(l, &r, s, &end, err);
    while (!stopped && sql_read_next(&r, &st, err)) {
        l->last_key = sqlite3_column_int64(r.stmt, 0);
        l->rows++;
        stopped = !show(r.stmt, v);
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        tell_next(l, end);
        if (stopped && l->filter->next != NULL) {
            *l->filter->next = l->last_key;
        }
    }
    sqlite_where_done(&l->where);
    return st;
}

struct user_visitor {
    bool (*visit)(void *v, const struct srv_user_row *row);
    void *v;
};

static bool show_user(sqlite3_stmt *stmt, void *v)
{
    const struct user_visitor *u = v;
    const struct srv_user_row row = user_of(stmt);
    return u->visit(u->v, &row);
}

static enum status read_users(void *ctx, const struct srv_filter *f,
                              bool (*visit)(void *v, const struct srv_user_row *row), void *v,
                              struct err *err)
{
    struct user_visitor visitor = {.visit = visit, .v = v};
    struct listing l = {.filter = f,
                        .select = f->facts_only ? FACTS : USERS,
                        .last = "SELECT coalesce(max(key), 0) FROM user_state"};
    sqlite_where_users(&l.where, f);
    return walk(&l, ctx, show_user, &visitor, err);
}

static struct srv_device_row device_of(sqlite3_stmt *stmt)
{
    return (struct srv_device_row){
        .key = sqlite3_column_int64(stmt, 0),
        .device_id = sql_text(stmt, 1),
        .name = sql_text(stmt, 2),
        .domain = sql_text(stmt, 3),
        .os = sql_text(stmt, 4),
        .agent = sql_text(stmt, 5),
        .duplicate_of = sql_text(stmt, 6),
        .failed_code = sql_text(stmt, 7),
        .failed_pointer = sql_text(stmt, 8),
        .digest = sql_text(stmt, 9),
        .enrolled_s = sqlite3_column_int64(stmt, 10),
        .seen_s = sql_time(stmt, 11),
        .retired_s = sql_time(stmt, 12),
        .effective = sqlite3_column_int64(stmt, 13),
        .received = sqlite3_column_int64(stmt, 14),
        .policy_stale = sqlite3_column_int64(stmt, 15) != 0,
        .outlook = sql_text(stmt, 16),
        .preflight = sql_text(stmt, 17),
        .fqdn = sql_text(stmt, 18),
        .arch = sql_text(stmt, 19),
        .tags = sql_text(stmt, 20),
        .computer_ou = sql_text(stmt, 21),
        .ad_site = sql_text(stmt, 22),
        .multi_session = answer_of(stmt, 23),
    };
}

struct device_visitor {
    bool (*visit)(void *v, const struct srv_device_row *row);
    void *v;
};

static bool show_device(sqlite3_stmt *stmt, void *v)
{
    const struct device_visitor *d = v;
    const struct srv_device_row row = device_of(stmt);
    return d->visit(d->v, &row);
}

static enum status read_devices(void *ctx, const struct srv_filter *f,
                                bool (*visit)(void *v, const struct srv_device_row *row), void *v,
                                struct err *err)
{
    struct device_visitor visitor = {.visit = visit, .v = v};
    struct listing l = {
        .filter = f, .select = DEVICES, .last = "SELECT coalesce(max(key), 0) FROM device"};
    sqlite_where_devices(&l.where, f);
    return walk(&l, ctx, show_device, &visitor, err);
}

static enum status read_reports(void *ctx, int64_t device, size_t limit,
                                bool (*visit)(void *v, const struct srv_report_row *row), void *v,
                                struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx,
                              "SELECT CAST(report_id AS TEXT), received_s, length(body) FROM "
                              "report WHERE device = ? ORDER BY key DESC LIMIT ?",
                              err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "ii", device, (int64_t)limit);
    }
    while (sql_read_next(&r, &st, err)) {
        const struct srv_report_row row = {.report_id = sql_text(r.stmt, 0),
                                           .received_s = sqlite3_column_int64(r.stmt, 1),
                                           .bytes = sqlite3_column_int64(r.stmt, 2)};
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

void sqlite_set_list_readers(struct srv_store *store)
{
    store->reports = read_reports;
    store->users = read_users;
    store->devices = read_devices;
}
