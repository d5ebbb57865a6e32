#include "server/store_sqlite.h"
#include "server/store_sqlite_parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum status sql_read(struct sql_reading *r, struct srv_sqlite *s, const char *sql, struct err *err)
{
    r->s = s;
    r->stmt = NULL;
    pthread_mutex_lock(&s->read_lock);
    return sqlite3_prepare_v2(s->reader, sql, -1, &r->stmt, NULL) == SQLITE_OK
               ? ST_OK
               : sql_failed(s->reader, "read", err);
}

void sql_read_end(struct sql_reading *r)
{
    sqlite3_finalize(r->stmt);
    pthread_mutex_unlock(&r->s->read_lock);
}

bool sql_read_next(struct sql_reading *r, enum status *st, struct err *err)
{
    bool row = false;
    if (*st == ST_OK) {
        *st = sql_step(r->s->reader, r->stmt, &row, err);
    }
    return *st == ST_OK && row;
}

static void copy_digest(sqlite3_stmt *stmt, int column, uint8_t out[DIGEST_BYTES])
{
    memset(out, 0, DIGEST_BYTES);
    if (sqlite3_column_bytes(stmt, column) == DIGEST_BYTES) {
        memcpy(out, sqlite3_column_blob(stmt, column), DIGEST_BYTES);
    }
}

void sql_copy(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
    const char *text = sql_text(stmt, column);
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static bool role_of(const char *word, enum srv_role *out)
{
    for (size_t i = 0; word != NULL && i < SRV_ROLE_COUNT; i++) {
        if (strcmp(word, SRV_ROLE_WORDS[i]) == 0) {
            *out = (enum srv_role)i;
            return true;
        }
    }
    return false;
}

static enum status read_credentials(void *ctx,
                                    bool (*visit)(void *v, const struct srv_credential *c), void *v,
                                    struct err *err)
{
    struct sql_reading r;
    enum status st =
        sql_read(&r, ctx,
                 "SELECT name, role, digest, created_s, revoked_s, coalesce(expires_s, 0), "
                 "coalesce(uses, 0), used, used_s FROM credential ORDER BY key",
                 err);
    while (sql_read_next(&r, &st, err)) {
        struct srv_credential c = {.created_s = sql_time(r.stmt, 3),
                                   .revoked_s = sql_time(r.stmt, 4),
                                   .expires_s = sqlite3_column_int64(r.stmt, 5),
                                   .uses = sqlite3_column_int64(r.stmt, 6),
                                   .used = sqlite3_column_int64(r.stmt, 7),
                                   .used_s = sql_time(r.stmt, 8)};
        sql_copy(r.stmt, 0, c.name, sizeof c.name);
        copy_digest(r.stmt, 2, c.digest);
        if (!role_of(sql_text(r.stmt, 1), &c.role)) {
            st = err_set(err, ST_IO, 0, "the store holds a credential of an unknown role");
        } else if (!visit(v, &c)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status read_tokens(void *ctx, bool (*visit)(void *v, const struct srv_token_row *row),
                               void *v, struct err *err)
{
    struct sql_reading r;
    enum status st =
        sql_read(&r, ctx,
                 "SELECT t.digest, t.device, d.device_id, t.expires_s FROM device_token "
                 "t JOIN device d ON d.key = t.device WHERE d.retired_s IS NULL",
                 err);
    while (sql_read_next(&r, &st, err)) {
        struct srv_token_row row = {.device = sqlite3_column_int64(r.stmt, 1),
                                    .device_id = sql_text(r.stmt, 2),
                                    .expires_s = sql_time(r.stmt, 3)};
        copy_digest(r.stmt, 0, row.digest);
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status read_bundles(void *ctx, bool (*visit)(void *v, const struct srv_bundle_row *row),
                                void *v, struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(
        &r, ctx, "SELECT serial, etag, stored_by, stored_s, raw FROM bundle ORDER BY serial", err);
    while (sql_read_next(&r, &st, err)) {
        struct srv_bundle_row row = {
            .serial = (uint32_t)sqlite3_column_int64(r.stmt, 0),
            .etag = sql_text(r.stmt, 1),
            .by = sql_text(r.stmt, 2),
            .at_s = sqlite3_column_int64(r.stmt, 3),
            .raw = {.data = sqlite3_column_blob(r.stmt, 4),
                    .size = (size_t)sqlite3_column_bytes(r.stmt, 4)},
        };
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status read_release(void *ctx, struct srv_release *out, struct err *err)
{
    struct sql_reading r;
    struct srv_release release = {0};
    enum status st =
        sql_read(&r, ctx, "SELECT version, rollout, stage, at_s, by, reason FROM release", err);
    if (sql_read_next(&r, &st, err)) {
        release.version = sqlite3_column_int64(r.stmt, 0);
        sql_copy(r.stmt, 1, release.rollout, sizeof release.rollout);
        sql_copy(r.stmt, 2, release.stage, sizeof release.stage);
        release.at_s = sqlite3_column_int64(r.stmt, 3);
        sql_copy(r.stmt, 4, release.by, sizeof release.by);
        sql_copy(r.stmt, 5, release.reason, sizeof release.reason);
    }
    sql_read_end(&r);
    if (st == ST_OK) {
        *out = release;
    }
    return st;
}

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
    "d.ad_site, d.multi_session, d.preflight FROM user_state u JOIN device d ON d.key = u.device "
    "WHERE u.key > ?1 AND u.retired_s IS NULL AND (?2 IS NULL OR u.state = ?2) "
    "AND (?3 IS NULL OR u.ring = ?3) AND (?4 IS NULL OR u.\"set\" = ?4) "
    "AND (?5 IS NULL OR d.device_id = ?5) AND (?6 IS NULL OR d.name = ?6 COLLATE NOCASE) "
    "AND (?7 IS NULL OR u.sid = ?7) AND (?8 IS NULL OR instr(lower(u.sid || ' ' || d.name || ' ' "
    "|| coalesce(u.account, '')), lower(?8)) > 0) ORDER BY u.key LIMIT ?9";

static enum status read_users(void *ctx, const struct srv_filter *f,
                              bool (*visit)(void *v, const struct srv_user_row *row), void *v,
                              struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx, USERS, err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "ittttttti", f->after, f->state, f->ring, f->set,
                      f->device_id, f->host, f->sid, f->text, (int64_t)f->limit);
    }
    while (sql_read_next(&r, &st, err)) {
        struct srv_user_row row = user_of(r.stmt);
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static const char DEVICES[] =
    "SELECT key, device_id, name, domain, os, agent, duplicate_of, failed_code, enrolled_s, "
    "seen_s, retired_s, effective, stale, outlook, preflight FROM device WHERE key > ?1 "
    "AND (?2 IS NULL OR device_id = ?2) AND (?3 IS NULL OR name = ?3 COLLATE NOCASE) "
    "AND (?4 IS NULL OR instr(lower(name), lower(?4)) > 0) ORDER BY key LIMIT ?5";

static enum status read_devices(void *ctx, const struct srv_filter *f,
                                bool (*visit)(void *v, const struct srv_device_row *row), void *v,
                                struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx, DEVICES, err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "ittti", f->after, f->device_id, f->host, f->text,
                      (int64_t)f->limit);
    }
    while (sql_read_next(&r, &st, err)) {
        struct srv_device_row row = {
            .key = sqlite3_column_int64(r.stmt, 0),
            .device_id = sql_text(r.stmt, 1),
            .name = sql_text(r.stmt, 2),
            .domain = sql_text(r.stmt, 3),
            .os = sql_text(r.stmt, 4),
            .agent = sql_text(r.stmt, 5),
            .duplicate_of = sql_text(r.stmt, 6),
            .failed_code = sql_text(r.stmt, 7),
            .enrolled_s = sqlite3_column_int64(r.stmt, 8),
            .seen_s = sql_time(r.stmt, 9),
            .retired_s = sql_time(r.stmt, 10),
            .effective = sqlite3_column_int64(r.stmt, 11),
            .stale = sqlite3_column_int64(r.stmt, 12) != 0,
            .outlook = sql_text(r.stmt, 13),
            .preflight = sql_text(r.stmt, 14),
        };
        if (!visit(v, &row)) {
            break;
        }
    }
    sql_read_end(&r);
    return st;
}

static enum status check(void *ctx, struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, ctx, "SELECT count(*) FROM release", err);
    (void)sql_read_next(&r, &st, err); /* st says whether it could be read */
    sql_read_end(&r);
    return st == ST_OK ? sqlite_trouble(ctx, err) : st;
}

static enum status backup(void *ctx, const char *path, struct err *err)
{
    struct sql_reading r;
    struct stat info;
    if (lstat(path, &info) == 0) {
        return err_set(err, ST_EXISTS, 0, "%s exists already", path);
    }
    enum status st = sql_read(&r, ctx, "VACUUM INTO ?", err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "t", path);
    }
    (void)sql_read_next(&r, &st, err); /* st says whether it was written */
    sql_read_end(&r);
    return st;
}

void sqlite_set_readers(struct srv_store *store)
{
    store->check = check;
    store->credentials = read_credentials;
    store->tokens = read_tokens;
    store->bundles = read_bundles;
    store->release = read_release;
    store->users = read_users;
    store->devices = read_devices;
    store->backup = backup;
    sqlite_set_gate_readers(store);
    sqlite_set_audit_readers(store);
    sqlite_set_count_readers(store);
    sqlite_set_history_readers(store);
}
