#include "server/store_sqlite_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    VERSIONS_TEXT_BYTES = 64 * 1024,
    TIME_NAME_BYTES = 24,
    MINUTE_S = 60,
    DAY_S = 86400,
    SILENT = -1
};

/* ?1 names of a kind at most, ?2 the versions, ?3 the day and ?4 its first minute before which days
 * count whole, ?5 the minute before which devices are silent. Totals stand first: they tell what of a
 * kind is not listed. */
#define MOST(kind)                                                                                 \
    "UNION ALL SELECT * FROM (SELECT " kind                                                        \
    ", name, NULL, n, 0, 0 FROM counter WHERE kind = " kind " ORDER BY n DESC, name LIMIT ?1) "
#define BRAKED(kind)                                                                               \
    "coalesce((SELECT n FROM counter c WHERE c.kind = " kind " AND c.name = b.name), 0)"
static const char COUNTS[] =
    "SELECT kind, name, NULL, n, 0, 0 FROM counter WHERE kind = 0 UNION ALL SELECT -1, 'silent', "
    "NULL, (SELECT coalesce(sum(n), 0) FROM counter WHERE kind = 11 AND name < ?3) + "
    "(SELECT coalesce(sum(n), 0) FROM counter WHERE kind = 12 AND name >= ?4 AND name < ?5), 0, 0 "
    "UNION ALL SELECT kind, name, NULL, n, 0, 0 FROM counter WHERE kind BETWEEN 1 AND 3 " MOST("4")
        MOST("5") MOST("6") "UNION ALL SELECT 7, v.value, substr(c.name, length(v.value) + "
                            "2), c.n, 0, 0 FROM json_each(?2) v JOIN counter c ON c.kind = 7 "
                            "AND c.name >= v.value || ' ' AND c.name < v.value || '!' UNION "
                            "ALL SELECT * FROM (SELECT 8, b.name, NULL, b.n, " BRAKED(
                                "9") ", " BRAKED("10") " FROM counter b WHERE b.kind = 8 "
                                                       "ORDER BY b.n DESC, b.name LIMIT ?1)";
_Static_assert(COUNTER_STATE == 1 && COUNTER_PROTOCOL == 3 && COUNTER_RING == 4 &&
                   COUNTER_OUTLOOK == 5 && COUNTER_VERSION == 6 && COUNTER_VERSION_STATE == 7 &&
                   COUNTER_BRAKE == 8 && COUNTER_BRAKE_RPC == 9 && COUNTER_BRAKE_MAPI == 10 &&
                   COUNTER_HEARD_DAY == 11 && COUNTER_HEARD_MINUTE == 12,
               "the numbers that stand in the statement");

static const char *const KIND_WORDS[] = {
    [COUNTER_TOTAL] = "total",     [COUNTER_STATE] = "state",
    [COUNTER_SET] = "set",         [COUNTER_PROTOCOL] = "protocol",
    [COUNTER_RING] = "ring",       [COUNTER_OUTLOOK] = "outlook",
    [COUNTER_VERSION] = "version", [COUNTER_VERSION_STATE] = "version_state",
    [COUNTER_BRAKE] = "brake",
};
static const char OTHER[] = "other";
static const char RPC_HTTP[] = "rpc_http";
static const char MAPI_HTTP[] = "mapi_http";

struct braked {
    int64_t users;
    int64_t rpc_http;
    int64_t mapi_http;
};

struct walk {
    bool (*visit)(void *v, const struct srv_count_row *row);
    void *v;
    bool stopped;
    /* What is not listed yet. */
    int64_t rings;
    int64_t outlooks;
    int64_t versions;
    struct braked braked;
};

static void show(struct walk *w, const char *kind, const char *name, const char *part,
                 int64_t count)
{
    const struct srv_count_row row = {.kind = kind, .name = name, .part = part, .count = count};
    if (!w->stopped && count > 0) {
        w->stopped = !w->visit(w->v, &row);
    }
}

static void show_braked(struct walk *w, const char *name, const struct braked *b)
{
    const char *kind = KIND_WORDS[COUNTER_BRAKE];
    show(w, kind, name, NULL, b->users);
    show(w, kind, name, RPC_HTTP, b->rpc_http);
    show(w, kind, name, MAPI_HTTP, b->mapi_http);
}

static void take_total(struct walk *w, const char *name, int64_t n)
{
    if (strcmp(name, "users") == 0) {
        w->outlooks = w->versions = n;
    } else if (strcmp(name, "ring") == 0) {
        w->rings = n;
    } else if (strcmp(name, "brake") == 0) {
        w->braked.users = n;
    } else if (strcmp(name, "brake_rpc_http") == 0) {
        w->braked.rpc_http = n;
    } else if (strcmp(name, "brake_mapi_http") == 0) {
        w->braked.mapi_http = n;
    }
    if (strcmp(name, "users") == 0 || strcmp(name, "devices") == 0) {
        show(w, KIND_WORDS[COUNTER_TOTAL], name, NULL, n);
    }
}

/* A name that devices chose; one that is called as the rest is stays with the rest. */
static void take_name(struct walk *w, enum sql_counter kind, const char *name, int64_t n,
                      int64_t *rest)
{
    if (strcmp(name, OTHER) != 0) {
        *rest -= n;
        show(w, KIND_WORDS[kind], name, NULL, n);
    }
}

static void take_braked(struct walk *w, sqlite3_stmt *stmt, const char *name)
{
    const struct braked b = {.users = sqlite3_column_int64(stmt, 3),
                             .rpc_http = sqlite3_column_int64(stmt, 4),
                             .mapi_http = sqlite3_column_int64(stmt, 5)};
    w->braked.users -= b.users;
    w->braked.rpc_http -= b.rpc_http;
    w->braked.mapi_http -= b.mapi_http;
    show_braked(w, name, &b);
}

static void take(struct walk *w, sqlite3_stmt *stmt)
{
    int kind = sqlite3_column_int(stmt, 0);
    const char *name = sql_text(stmt, 1);
    int64_t n = sqlite3_column_int64(stmt, 3);
    switch (kind) {
    case SILENT: show(w, KIND_WORDS[COUNTER_TOTAL], name, NULL, n); break;
    case COUNTER_TOTAL: take_total(w, name, n); break;
    case COUNTER_RING: take_name(w, COUNTER_RING, name, n, &w->rings); break;
    case COUNTER_OUTLOOK: take_name(w, COUNTER_OUTLOOK, name, n, &w->outlooks); break;
    case COUNTER_VERSION: take_name(w, COUNTER_VERSION, name, n, &w->versions); break;
    case COUNTER_BRAKE: take_braked(w, stmt, name); break;
    default: show(w, KIND_WORDS[kind], name, sql_text(stmt, 2), n); break;
    }
}

static void take_rest(struct walk *w)
{
    show(w, KIND_WORDS[COUNTER_RING], OTHER, NULL, w->rings);
    show(w, KIND_WORDS[COUNTER_OUTLOOK], OTHER, NULL, w->outlooks);
    show(w, KIND_WORDS[COUNTER_VERSION], OTHER, NULL, w->versions);
    show_braked(w, OTHER, &w->braked);
}

static enum status write_versions(const struct srv_count_question *q, struct bytes *out)
{
    enum status st = bytes_append_text(out, "[");
    for (size_t i = 0; i < q->version_count && st == ST_OK; i++) {
        st = bytes_append_format(out, "%s\"%" PRId64 "\"", i > 0 ? "," : "", q->versions[i]);
    }
    return st == ST_OK ? bytes_append_text(out, "]") : st;
}

struct times {
    char day[TIME_NAME_BYTES];
    char first[TIME_NAME_BYTES]; /* minute of that day */
    char silent[TIME_NAME_BYTES];
};

static struct times times_of(int64_t silent_since_s)
{
    struct times t;
    int64_t since_s = silent_since_s > 0 ? silent_since_s : 0;
    int64_t day = since_s / DAY_S;
    (void)snprintf(t.day, sizeof t.day, "%016" PRId64, day);
    (void)snprintf(t.first, sizeof t.first, "%016" PRId64, day * (DAY_S / MINUTE_S));
    (void)snprintf(t.silent, sizeof t.silent, "%016" PRId64, since_s / MINUTE_S);
    return t;
}

static enum status read_counts(void *ctx, const struct srv_count_question *question,
                               bool (*visit)(void *v, const struct srv_count_row *row), void *v,
                               struct err *err)
{
    struct sql_reading r;
    struct walk w = {.visit = visit, .v = v};
    struct times t = times_of(question->silent_since_s);
    struct bytes versions = bytes_with_limit(VERSIONS_TEXT_BYTES);
    enum status st = write_versions(question, &versions);
    if (st != ST_OK) {
        bytes_free(&versions);
        return err_set(err, st, 0, "cannot ask for so many versions");
    }
    st = sql_read(&r, ctx, COUNTS, err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "itttt", (int64_t)SRV_COUNT_NAMES,
                      bytes_text(&versions), t.day, t.first, t.silent);
    }
    while (!w.stopped && sql_read_next(&r, &st, err)) {
        take(&w, r.stmt);
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        take_rest(&w);
    }
    bytes_free(&versions);
    return st;
}

void sqlite_set_count_readers(struct srv_store *store)
{
    store->counts = read_counts;
}
