#include "base/visible.h"
#include "server/store_sqlite_parts.h"

#include <stdio.h>
#include <string.h>

/* The texts of an entry in the one spelling that is hashed, kept and served. */
struct spelled {
    char name[POL_AUDIT_TEXT_BYTES];
    char address[POL_AUDIT_TEXT_BYTES];
    char what[POL_AUDIT_TEXT_BYTES];
    char before[POL_AUDIT_TEXT_BYTES];
    char after[POL_AUDIT_TEXT_BYTES];
};

static void spell(const char *text, char out[POL_AUDIT_TEXT_BYTES])
{
    (void)visible_copy(text != NULL ? text : "", out, POL_AUDIT_TEXT_BYTES);
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum status take_head(sqlite3_stmt *stmt, struct pol_audit_head *out, struct err *err)
{
    if (sqlite3_column_bytes(stmt, 1) != DIGEST_BYTES) {
        return err_set(err, ST_IO, 0, "the store holds an audit entry without a hash");
    }
    out->number = sqlite3_column_int64(stmt, 0);
    memcpy(out->hash, sqlite3_column_blob(stmt, 1), DIGEST_BYTES);
    return ST_OK;
}

/* Inside the writer's transaction: other programs write to the same chain between two of ours. */
static enum status find_tip(struct srv_sqlite *s, struct err *err)
{
    struct pol_audit_head tip = {.number = 0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sql_start(s, SQL_AUDIT_HEAD, &stmt, err);
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    if (st == ST_OK && row) {
        st = take_head(stmt, &tip, err);
    }
    sql_reset(stmt);
    if (st == ST_OK) {
        s->tip = tip;
        s->tip_known = true;
    }
    return st;
}

static enum status append(struct srv_sqlite *s, const struct pol_audit_entry *e, struct err *err)
{
    struct pol_audit_head next = {.number = e->number};
    enum status st = pol_audit_hash(s->tip.hash, e, next.hash);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot take the hash of an audit entry");
    }
    st = sql_run(s, SQL_AUDIT_ADD, err, "iittttttb", e->number, e->at_s, e->who, e->name,
                 e->address, e->what, e->before, e->after,
                 (struct span){.data = next.hash, .size = DIGEST_BYTES});
    if (st == ST_OK) {
        s->tip = next;
    }
    return st;
}

enum status sqlite_write_audit(struct srv_sqlite *s, int64_t at_s, const struct srv_audit *audit,
                               struct err *err)
{
    struct spelled text;
    enum status st = s->tip_known ? ST_OK : find_tip(s, err);
    if (st != ST_OK) {
        return st;
    }
    spell(audit->name, text.name);
    spell(audit->address, text.address);
    spell(audit->what, text.what);
    spell(audit->before, text.before);
    spell(audit->after, text.after);
    struct pol_audit_entry entry = {.number = s->tip.number + 1,
                                    .at_s = at_s,
                                    .who = SRV_WHO_WORDS[audit->who],
                                    .name = text.name,
                                    .address = text.address,
                                    .what = text.what,
                                    .before = text.before,
                                    .after = text.after};
    return append(s, &entry, err);
}

/* ---- rows of older steps --------------------------------------------------------------------- */

static enum srv_who who_was(const char *actor)
{
    static const char LOCAL[] = "local ";
    if (strcmp(actor, "gate") == 0) {
        return SRV_WHO_GATE;
    }
    return strncmp(actor, LOCAL, sizeof LOCAL - 1) == 0 ? SRV_WHO_LOCAL : SRV_WHO_TOKEN;
}

static enum status chain_rows(struct srv_sqlite *s, sqlite3_stmt *rows, struct err *err)
{
    bool row = false;
    enum status st = sql_step(s->writer, rows, &row, err);
    while (st == ST_OK && row) {
        struct srv_audit audit = {.who = who_was(sql_text(rows, 1)),
                                  .name = sql_text(rows, 1),
                                  .what = sql_text(rows, 2),
                                  .after = sql_text(rows, 3)};
        st = sqlite_write_audit(s, sqlite3_column_int64(rows, 0), &audit, err);
        if (st == ST_OK) {
            st = sql_step(s->writer, rows, &row, err);
        }
    }
    return st;
}

enum status sqlite_chain_older_rows(struct srv_sqlite *s, struct err *err)
{
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(s->writer,
                           "SELECT at_s, actor, action, detail FROM audit_unchained ORDER BY key",
                           -1, &rows, NULL) != SQLITE_OK) {
        return sql_failed(s->writer, "prepare", err);
    }
    enum status st = chain_rows(s, rows, err);
    sqlite3_finalize(rows);
    if (st == ST_OK &&
        sqlite3_exec(s->writer, "DROP TABLE audit_unchained", NULL, NULL, NULL) != SQLITE_OK) {
        st = sql_failed(s->writer, "prepare", err);
    }
    return st;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum status sqlite_load_head(struct srv_sqlite *s, struct err *err)
{
    enum status st = find_tip(s, err);
    s->head = s->tip;
    s->tip_known = false;
    return st;
}

static void read_head(void *ctx, struct pol_audit_head *out)
{
    struct srv_sqlite *s = ctx;
    pthread_mutex_lock(&s->lock);
    *out = s->head;
    pthread_mutex_unlock(&s->lock);
}

static const char ENTRIES[] = "SELECT number, hash, at_s, who, name, address, what, before, after "
                              "FROM audit_entry WHERE number > ? ORDER BY number LIMIT ?";

static enum status read_entries(void *ctx, int64_t after, size_t limit,
                                bool (*visit)(void *v, const struct pol_audit_entry *entry,
                                              const uint8_t hash[DIGEST_BYTES]),
                                void *v, struct err *err)
{
    struct sql_reading r;
    struct pol_audit_head here = {.number = 0};
    enum status st = sql_read(&r, ctx, ENTRIES, err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "ii", after, (int64_t)limit);
    }
    while (sql_read_next(&r, &st, err)) {
        struct pol_audit_entry entry = {.number = sqlite3_column_int64(r.stmt, 0),
                                        .at_s = sqlite3_column_int64(r.stmt, 2),
                                        .who = sql_text(r.stmt, 3),
                                        .name = sql_text(r.stmt, 4),
                                        .address = sql_text(r.stmt, 5),
                                        .what = sql_text(r.stmt, 6),
                                        .before = sql_text(r.stmt, 7),
                                        .after = sql_text(r.stmt, 8)};
        st = take_head(r.stmt, &here, err);
        if (st == ST_OK && !visit(v, &entry, here.hash)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

void sqlite_set_audit_readers(struct srv_store *store)
{
    store->audit_head = read_head;
    store->audit = read_entries;
}
