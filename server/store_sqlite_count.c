#include "server/store_sqlite_count.h"

#include "policy/outlook_version.h"
#include "policy/words.h"
#include "server/store_sqlite_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_SLOTS = 256,
    SLOTS_KEPT = 4096, /* a table that grew beyond is given back */
    DAY_S = 86400,
    MINUTE_S = 60,
    TIME_NAME_BYTES = 24,
    VERSION_STATE_BYTES = 64
};

/* ---- the table ------------------------------------------------------------------------------- */

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). Names that are made to collide only cost the
 * steps of one transaction. */
static uint64_t hash_of(enum sql_counter kind, const char *name)
{
    uint64_t hash = 14695981039346656037U ^ (uint64_t)kind;
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
    }
    return hash;
}

static struct sql_tally_slot *find_slot(struct sql_tally_slot *slots, size_t capacity,
                                        uint64_t hash, enum sql_counter kind, const char *name)
{
    size_t at = hash & (capacity - 1);
    while (slots[at].name != NULL && (slots[at].hash != hash || slots[at].kind != kind ||
                                      strcmp(slots[at].name, name) != 0)) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

static bool grow(struct sql_tally *t)
{
    size_t capacity = t->capacity > 0 ? t->capacity * 2 : FIRST_SLOTS;
    struct sql_tally_slot *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].name != NULL) {
            *find_slot(slots, capacity, t->slots[i].hash, t->slots[i].kind, t->slots[i].name) =
                t->slots[i];
        }
    }
    free(t->slots);
    t->slots = slots;
    t->capacity = capacity;
    return true;
}

/* False: no memory. */
static bool add(struct sql_tally *t, enum sql_counter kind, const char *name, int64_t n)
{
    if (t->used * 2 >= t->capacity && !grow(t)) {
        return false;
    }
    uint64_t hash = hash_of(kind, name);
    struct sql_tally_slot *slot = find_slot(t->slots, t->capacity, hash, kind, name);
    if (slot->name == NULL) {
        char *copy = text_copy(name);
        if (copy == NULL) {
            return false;
        }
        *slot = (struct sql_tally_slot){.hash = hash, .kind = kind, .name = copy};
        t->used++;
    }
    slot->n += n;
    return true;
}

void sqlite_counts_forget(struct sql_tally *t)
{
    for (size_t i = 0; i < t->capacity && t->used > 0; i++) {
        if (t->slots[i].name != NULL) {
            free(t->slots[i].name);
            t->slots[i] = (struct sql_tally_slot){.name = NULL};
            t->used--;
        }
    }
    if (t->capacity > SLOTS_KEPT) {
        sqlite_counts_done(t);
    }
}

void sqlite_counts_done(struct sql_tally *t)
{
    for (size_t i = 0; i < t->capacity; i++) {
        free(t->slots[i].name);
    }
    free(t->slots);
    *t = (struct sql_tally){.slots = NULL};
}

/* ---- what triggers tell ---------------------------------------------------------------------- */

enum { N, VERSION, STATE, SET, RING, PROTOCOL, CONFIDENCE, OUTLOOK, BRAKED, USER_ARGUMENTS };

static const char *text_of(sqlite3_value *value)
{
    return (const char *)sqlite3_value_text(value);
}

static bool is_word(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static bool add_text(struct sql_tally *t, enum sql_counter kind, sqlite3_value *value, int64_t n)
{
    const char *text = text_of(value);
    return text == NULL || add(t, kind, text, n);
}

/* Value 1, and Outlook restarted: where was it seen? What the server only offered is not seen. */
static bool add_braked(struct sql_tally *t, sqlite3_value **values, int64_t n)
{
    const char *protocol = text_of(values[PROTOCOL]);
    const char *confidence = text_of(values[CONFIDENCE]);
    bool seen = is_word(confidence, POL_CONFIDENCE_WORDS[POL_CONFIDENCE_CONFIGURED]) ||
                is_word(confidence, POL_CONFIDENCE_WORDS[POL_CONFIDENCE_CONNECTED]);
    bool good = add(t, COUNTER_TOTAL, "brake", n) && add_text(t, COUNTER_BRAKE, values[OUTLOOK], n);
    if (seen && is_word(protocol, POL_OBSERVED_WORDS[POL_OBSERVED_RPC_HTTP])) {
        good = good && add(t, COUNTER_TOTAL, "brake_rpc_http", n) &&
               add_text(t, COUNTER_BRAKE_RPC, values[OUTLOOK], n);
    } else if (seen && is_word(protocol, POL_OBSERVED_WORDS[POL_OBSERVED_MAPI_HTTP])) {
        good = good && add(t, COUNTER_TOTAL, "brake_mapi_http", n) &&
               add_text(t, COUNTER_BRAKE_MAPI, values[OUTLOOK], n);
    }
    return good;
}

static bool add_version(struct sql_tally *t, sqlite3_value **values, int64_t n)
{
    char name[VERSION_STATE_BYTES];
    const char *state = text_of(values[STATE]);
    (void)snprintf(name, sizeof name, "%" PRId64 " %s",
                   (int64_t)sqlite3_value_int64(values[VERSION]), state != NULL ? state : "");
    return add_text(t, COUNTER_VERSION, values[VERSION], n) &&
           add(t, COUNTER_VERSION_STATE, name, n);
}

static void count_user(sqlite3_context *ctx, int count, sqlite3_value **values)
{
    struct sql_tally *t = sqlite3_user_data(ctx);
    int64_t n = sqlite3_value_int64(values[N]);
    (void)count; /* SQLite sees to it */
    bool good = add(t, COUNTER_TOTAL, "users", n) && add_text(t, COUNTER_STATE, values[STATE], n) &&
                add_text(t, COUNTER_SET, values[SET], n) &&
                add_text(t, COUNTER_PROTOCOL, values[PROTOCOL], n) &&
                add_text(t, COUNTER_RING, values[RING], n) &&
                add_text(t, COUNTER_OUTLOOK, values[OUTLOOK], n) && add_version(t, values, n);
    if (good && sqlite3_value_type(values[RING]) != SQLITE_NULL) {
        good = add(t, COUNTER_TOTAL, "ring", n);
    }
    if (good && sqlite3_value_int(values[BRAKED]) != 0) {
        good = add_braked(t, values, n);
    }
    if (!good) {
        sqlite3_result_error_nomem(ctx);
    }
}

static void count_device(sqlite3_context *ctx, int count, sqlite3_value **values)
{
    char day[TIME_NAME_BYTES];
    char minute[TIME_NAME_BYTES];
    struct sql_tally *t = sqlite3_user_data(ctx);
    int64_t n = sqlite3_value_int64(values[0]);
    int64_t heard_s = sqlite3_value_int64(values[1]);
    (void)count;
    heard_s = heard_s > 0 ? heard_s : 0;
    (void)snprintf(day, sizeof day, "%016" PRId64, heard_s / DAY_S);
    (void)snprintf(minute, sizeof minute, "%016" PRId64, heard_s / MINUTE_S);
    if (!add(t, COUNTER_TOTAL, "devices", n) || !add(t, COUNTER_HEARD_DAY, day, n) ||
        !add(t, COUNTER_HEARD_MINUTE, minute, n)) {
        sqlite3_result_error_nomem(ctx);
    }
}

void sqlite_outlook_build(const char *text, char out[SQL_BUILD_BYTES])
{
    uint64_t v = 0;
    if (strcmp(text, "none") == 0 || strcmp(text, "unknown") == 0) {
        (void)snprintf(out, SQL_BUILD_BYTES, "%s", text);
    } else if (pol_outlook_version_read(text, &v)) {
        (void)snprintf(out, SQL_BUILD_BYTES, "%u.%u.%u.%u", (unsigned)(v >> 48),
                       (unsigned)(v >> 32 & 0xffff), (unsigned)(v >> 16 & 0xffff),
                       (unsigned)(v & 0xffff));
    } else {
        (void)snprintf(out, SQL_BUILD_BYTES, "invalid");
    }
}

static void outlook_build(sqlite3_context *ctx, int count, sqlite3_value **values)
{
    char build[SQL_BUILD_BYTES];
    const char *text = text_of(values[0]);
    (void)count;
    sqlite_outlook_build(text != NULL ? text : "", build);
    sqlite3_result_text(ctx, build, -1, SQLITE_TRANSIENT);
}

enum status sqlite_counts_open(sqlite3 *db, struct sql_tally *tally, struct err *err)
{
    /* Innocuous: what triggers of an untrusted schema could do with them is count. */
    static const int FLAGS = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    bool good = sqlite3_create_function(db, "count_user", USER_ARGUMENTS, FLAGS, tally, count_user,
                                        NULL, NULL) == SQLITE_OK &&
                sqlite3_create_function(db, "count_device", 2, FLAGS, tally, count_device, NULL,
                                        NULL) == SQLITE_OK &&
                sqlite3_create_function(db, "outlook_build", 1, FLAGS | SQLITE_DETERMINISTIC, NULL,
                                        outlook_build, NULL, NULL) == SQLITE_OK;
    return good ? ST_OK : sql_failed(db, "count in", err);
}

/* ---- the counters ---------------------------------------------------------------------------- */

static enum status write_slot(struct srv_sqlite *s, const struct sql_tally_slot *slot,
                              struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sql_start(s, SQL_COUNTER_ADD, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "iti", (int64_t)slot->kind, slot->name, slot->n);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    bool nought = row && sqlite3_column_int64(stmt, 0) == 0;
    sql_reset(stmt);
    return st == ST_OK && nought
               ? sql_run(s, SQL_COUNTER_DROP, err, "it", (int64_t)slot->kind, slot->name)
               : st;
}

enum status sqlite_counts_write(struct srv_sqlite *s, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < s->tally.capacity && st == ST_OK && s->tally.used > 0; i++) {
        const struct sql_tally_slot *slot = &s->tally.slots[i];
        if (slot->name != NULL && slot->n != 0) {
            st = write_slot(s, slot, err);
        }
    }
    sqlite_counts_forget(&s->tally);
    return st;
}

enum status sqlite_count_rows(struct srv_sqlite *s, struct err *err)
{
    enum status st = sql_execute(
        s->writer,
        "SELECT count_user(1, version, state, \"set\", ring, protocol, confidence, outlook, "
        "value_type IS 4 AND value_dword = 1 AND starts >= 2) FROM user_state "
        "WHERE retired_s IS NULL; SELECT count_device(1, coalesce(seen_s, enrolled_s)) "
        "FROM device WHERE retired_s IS NULL;",
        err);
    return st == ST_OK ? sqlite_counts_write(s, err) : st;
}
