#include "server/store_sqlite_where.h"

#include <stdint.h>

enum { WHERE_BYTES = 64 * 1024 };

static void put(struct sql_where *w, const char *sql)
{
    if (w->st == ST_OK) {
        w->st = bytes_append_text(&w->text, sql);
    }
}

static void take_text(struct sql_where *w, const char *value)
{
    if (w->count < SQL_WHERE_VALUES) {
        w->values[w->count++].text = value;
    } else {
        w->st = ST_TOO_LARGE;
    }
}

static void take_number(struct sql_where *w, int64_t value)
{
    if (w->count < SQL_WHERE_VALUES) {
        w->values[w->count].text = NULL;
        w->values[w->count++].number = value;
    } else {
        w->st = ST_TOO_LARGE;
    }
}

static void add_text(struct sql_where *w, const char *condition, const char *value)
{
    if (value != NULL) {
        put(w, condition);
        take_text(w, value);
    }
}

static void add_number(struct sql_where *w, const char *condition, int64_t value)
{
    put(w, condition);
    take_number(w, value);
}

/* The numbers are written: there may be a hundred of them, and they are our own. */
static void add_versions(struct sql_where *w, const char *column, const struct srv_filter *f)
{
    if (f->versions == NULL) {
        return;
    }
    put(w, " AND ");
    put(w, column);
    put(w, f->other_versions ? " NOT IN (" : " IN (");
    for (size_t i = 0; i < f->version_count && w->st == ST_OK; i++) {
        w->st =
            bytes_append_format(&w->text, "%s%lld", i > 0 ? "," : "", (long long)f->versions[i]);
    }
    put(w, ")");
}

static void add_answer(struct sql_where *w, enum pol_answer answer, const char *yes, const char *no)
{
    switch (answer) {
    case POL_NOT_KNOWN: break;
    case POL_YES: put(w, yes); break;
    case POL_NO: put(w, no); break;
    }
}

static void add_value(struct sql_where *w, const struct srv_filter *f)
{
    switch (f->value) {
    case SRV_VALUE_ANY: break;
    case SRV_VALUE_UNKNOWN: put(w, " AND u.value_type IS NULL"); break;
    case SRV_VALUE_ABSENT: put(w, " AND u.value_type = -1"); break;
    case SRV_VALUE_DWORD:
        add_number(w, " AND u.value_type = 4 AND u.value_dword = ?", (int64_t)f->dword);
        break;
    case SRV_VALUE_OTHER: put(w, " AND u.value_type NOT IN (-1, 4)"); break;
    }
}
_Static_assert(POL_VALUE_DWORD == 4, "the number that stands in the conditions");

#define HEARD "coalesce(d.seen_s, d.enrolled_s)"

/* What both lists ask of a device. */
static void add_device(struct sql_where *w, const struct srv_filter *f)
{
    add_answer(w, f->duplicate, " AND d.duplicate_of IS NOT NULL", " AND d.duplicate_of IS NULL");
    add_answer(w, f->failed, " AND d.failed_code IS NOT NULL", " AND d.failed_code IS NULL");
    if (f->stale != POL_NOT_KNOWN) {
        add_number(w,
                   f->stale == POL_YES ? " AND d.retired_s IS NULL AND " HEARD " < ?"
                                       : " AND d.retired_s IS NULL AND " HEARD " >= ?",
                   f->silent_since_s);
    }
    if (f->seen_before_s > 0) {
        add_number(w, " AND " HEARD " < ?", f->seen_before_s);
    }
    if (f->seen_after_s > 0) {
        add_number(w, " AND " HEARD " > ?", f->seen_after_s);
    }
}

/* Rising keys behind the filter's. A narrow condition is led by its index, which the plus sign leaves
 * as the only choice. */
static void add_end(struct sql_where *w, const char *key, const struct srv_filter *f)
{
    put(w, w->narrow ? " AND +" : " AND ");
    put(w, key);
    add_number(w, " > ?", f->after);
    if (f->next != NULL && !w->narrow) {
        put(w, " AND ");
        put(w, key);
        add_number(w, " <= ?",
                   f->after < INT64_MAX - SQL_ROWS_LOOKED_AT ? f->after + SQL_ROWS_LOOKED_AT
                                                             : INT64_MAX);
    }
    put(w, " ORDER BY ");
    put(w, key);
    add_number(w, " LIMIT ?", f->limit < INT64_MAX ? (int64_t)f->limit : INT64_MAX);
}

static void start(struct sql_where *w, const struct srv_filter *f)
{
    *w = (struct sql_where){.text = bytes_with_limit(WHERE_BYTES),
                            .narrow = f->device_id != NULL || f->host != NULL || f->sid != NULL};
}

void sqlite_where_users(struct sql_where *w, const struct srv_filter *f)
{
    start(w, f);
    put(w, " WHERE u.retired_s IS NULL");
    add_text(w, " AND u.device = (SELECT key FROM device WHERE device_id = ?)", f->device_id);
    add_text(w, " AND u.device IN (SELECT key FROM device WHERE name = ? COLLATE NOCASE)", f->host);
    add_text(w, " AND u.sid = ?", f->sid);
    add_text(w, " AND u.state = ?", f->state);
    add_text(w, " AND u.ring = ?", f->ring);
    add_text(w, " AND u.\"set\" = ?", f->set);
    add_text(w, " AND u.protocol = ?", f->protocol);
    add_text(w, " AND u.confidence = ?", f->confidence);
    add_text(w, " AND u.mailbox = ?", f->mailbox);
    add_text(w, " AND u.blocked_by = ?", f->blocked_by);
    add_text(w, " AND u.outlook = ?", f->outlook);
    add_value(w, f);
    add_versions(w, "u.version", f);
    add_device(w, f);
    add_text(w,
             " AND instr(lower(u.sid || ' ' || d.name || ' ' || coalesce(u.account, '')), "
             "lower(?)) > 0",
             f->text);
    add_end(w, "u.key", f);
}

void sqlite_where_devices(struct sql_where *w, const struct srv_filter *f)
{
    start(w, f);
    w->narrow = f->device_id != NULL || f->host != NULL || f->original != NULL;
    put(w, " WHERE 1");
    add_text(w, " AND d.device_id = ?", f->device_id);
    add_text(w, " AND d.name = ? COLLATE NOCASE", f->host);
    add_text(w, " AND d.duplicate_of = ?", f->original);
    add_answer(w, f->retired, " AND d.retired_s IS NOT NULL", " AND d.retired_s IS NULL");
    add_versions(w, "coalesce(d.effective, 0)", f);
    add_device(w, f);
    add_text(w, " AND instr(lower(d.name), lower(?)) > 0", f->text);
    add_end(w, "d.key", f);
}

int sqlite_where_bind(const struct sql_where *w, sqlite3_stmt *stmt)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < w->count && code == SQLITE_OK; i++) {
        code = w->values[i].text != NULL
                   ? sqlite3_bind_text(stmt, (int)i + 1, w->values[i].text, -1, SQLITE_STATIC)
                   : sqlite3_bind_int64(stmt, (int)i + 1, w->values[i].number);
    }
    return code;
}

void sqlite_where_done(struct sql_where *w)
{
    bytes_free(&w->text);
}
