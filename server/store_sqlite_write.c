#include "server/store_sqlite_parts.h"

#include <stdio.h>

/* A report is newer than what is kept if it comes later in the same start of the agent, or from a
 * later start. */
#define NEWER(table)                                                                               \
    "((" table ".run_id = ?1 AND " table ".seq < ?2) OR "                                          \
    "(" table ".run_id <> ?1 AND " table ".run_started_s <= ?3))"

static const char *const SQL[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_REPORT_FIND] = "SELECT digest FROM report WHERE device = ? AND report_id = ?",
    [SQL_REPORT_ADD] = "INSERT INTO report (device, report_id, digest, received_s, body) "
                       "VALUES (?, ?, ?, ?, ?)",
    [SQL_REPORT_PRUNE] = "DELETE FROM report WHERE key IN (SELECT key FROM report ORDER BY key "
                         "LIMIT ?) AND received_s < ?",
    [SQL_DEVICE_SEEN] = "UPDATE device SET seen_s = ? WHERE key = ?",
    [SQL_DEVICE_STATE] =
        "UPDATE device SET run_id = ?1, seq = ?2, run_started_s = ?3, name = ?5, fqdn = ?6, "
        "domain = ?7, os = ?8, arch = ?9, tags = ?10, agent = ?11, trust_version = ?12, "
        "received = ?13, effective = ?14, digest = ?15, stale = ?16, failed_code = ?17, "
        "failed_pointer = ?18, outlook = ?19, preflight = ?20, computer_ou = ?21, ad_site = ?22, "
        "multi_session = ?23 WHERE key = ?4 AND " NEWER("device"),
    [SQL_USER_PUT] =
        "INSERT INTO user_state (run_id, seq, run_started_s, device, sid, mark, reported_s, "
        "version, account, ring, \"set\", state, blocked_by, error, protocol, confidence, mailbox, "
        "outlook, groups, value_type, value_dword, pre_image_type, pre_image_dword, hive_loaded, "
        "ours, changed_s, corrections, evidence, outlook_running, outlook_started_s, starts, "
        "failing_since_s) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?) ON CONFLICT (device, sid) DO UPDATE SET run_id = excluded.run_id, "
        "seq = excluded.seq, run_started_s = excluded.run_started_s, retired_s = NULL, "
        "mark = coalesce(excluded.mark, mark), reported_s = excluded.reported_s, "
        "version = excluded.version, account = excluded.account, ring = excluded.ring, "
        "\"set\" = excluded.\"set\", state = excluded.state, blocked_by = excluded.blocked_by, "
        "error = excluded.error, protocol = excluded.protocol, "
        "confidence = excluded.confidence, mailbox = excluded.mailbox, "
        "outlook = excluded.outlook, groups = coalesce(excluded.groups, groups), "
        "value_type = excluded.value_type, value_dword = excluded.value_dword, "
        "pre_image_type = excluded.pre_image_type, pre_image_dword = excluded.pre_image_dword, "
        "hive_loaded = excluded.hive_loaded, ours = excluded.ours, "
        "changed_s = excluded.changed_s, corrections = excluded.corrections, "
        "evidence = excluded.evidence, outlook_running = excluded.outlook_running, "
        "outlook_started_s = excluded.outlook_started_s, starts = excluded.starts, "
        "failing_since_s = CASE WHEN excluded.failing_since_s IS NULL OR retired_s IS NOT NULL OR "
        "failing_since_s IS NULL THEN excluded.failing_since_s ELSE failing_since_s END WHERE " NEWER(
            "user_state"),
    [SQL_PART_ADD] = "INSERT OR IGNORE INTO full_part (device, mark, part) VALUES (?, ?, ?)",
    [SQL_PART_COUNT] = "SELECT count(*) FILTER (WHERE mark = ?2), count(*) FROM full_part "
                       "WHERE device = ?1",
    [SQL_PART_FORGET] = "DELETE FROM full_part WHERE device = ?",
    [SQL_USERS_RETIRE] = "UPDATE user_state SET retired_s = ?4 WHERE device = ?5 AND retired_s IS "
                         "NULL AND mark IS NOT ?6 AND " NEWER("user_state"),
    [SQL_USERS_OUTLOOK] =
        "UPDATE user_state SET outlook = ?3 WHERE device = ?4 AND retired_s IS NULL AND outlook IS "
        "NOT ?3 AND EXISTS (SELECT 1 FROM device WHERE key = ?4 AND run_id = ?1 AND seq = ?2)",
    [SQL_TOKEN_PROVES] =
        "SELECT d.key, d.device_id FROM device_token t JOIN device d ON d.key = t.device WHERE "
        "t.digest = ? AND d.retired_s IS NULL AND (t.expires_s IS NULL OR t.expires_s > ?)",
    [SQL_TOKEN_ADD] = "INSERT INTO device_token (digest, device, expires_s) VALUES (?, ?, NULL)",
    [SQL_TOKEN_END] =
        "UPDATE device_token SET expires_s = ? WHERE digest = ? AND expires_s IS NULL",
    [SQL_TOKEN_PRUNE] = "DELETE FROM device_token WHERE device = ? AND expires_s <= ?",
    [SQL_MACHINE_FIND] =
        "SELECT device_id FROM device WHERE machine_guid = ? AND computer_sid IS ? "
        "AND name = ? COLLATE NOCASE AND retired_s IS NULL ORDER BY key LIMIT 1",
    [SQL_DEVICE_ADD] = "INSERT INTO device (device_id, name, fqdn, domain, machine_guid, "
                       "computer_sid, enrolled_s, duplicate_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_DEVICE_FACTS] = "UPDATE device SET name = ?, fqdn = ?, domain = ?, machine_guid = ?, "
                         "computer_sid = ? WHERE key = ?",
    [SQL_DEVICE_FIND] = "SELECT key FROM device WHERE device_id = ? AND retired_s IS NULL",
    [SQL_DEVICE_RETIRE] = "UPDATE device SET retired_s = ? WHERE key = ?",
    [SQL_DEVICE_TOKENS_DROP] = "DELETE FROM device_token WHERE device = ?",
    [SQL_DEVICE_USERS_RETIRE] = "UPDATE user_state SET retired_s = ? WHERE device = ? AND "
                                "retired_s IS NULL",
    [SQL_CREDENTIAL_FIND] = "SELECT key FROM credential WHERE name = ? AND (role = 'enroll') = ? "
                            "AND revoked_s IS NULL",
    [SQL_CREDENTIAL_ADD] = "INSERT INTO credential (name, role, digest, created_s) "
                           "VALUES (?, ?, ?, ?)",
    [SQL_CREDENTIAL_REVOKE] = "UPDATE credential SET revoked_s = ? WHERE key = ?",
    [SQL_BUNDLE_PUT] = "INSERT INTO bundle (serial, etag, stored_by, stored_s, raw) "
                       "VALUES (?, ?, ?, ?, ?)",
    [SQL_BUNDLE_PRUNE] = "DELETE FROM bundle WHERE serial < ?",
    [SQL_RELEASE_PUT] =
        "INSERT INTO release (one, version, rollout, stage, at_s, by, reason) VALUES "
        "(1, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version, "
        "rollout = excluded.rollout, stage = excluded.stage, at_s = excluded.at_s, "
        "by = excluded.by, reason = excluded.reason WHERE excluded.version > release.version",
    [SQL_GATE_PUT] = "INSERT INTO gate (version, released_s, unknown) VALUES (?, ?, ?)",
    [SQL_GATE_FAILING] = "UPDATE gate SET failing_s = ? WHERE version = ?",
    [SQL_GATE_DROP] = "DELETE FROM gate WHERE version <> ?",
    [SQL_SUBJECTS_DROP] = "DELETE FROM gate_subject WHERE version <> ?",
    [SQL_SUBJECT_ADD] = "INSERT INTO gate_subject (version, device, user) VALUES (?, ?, ?)",
    [SQL_HOLD_PUT] = "INSERT OR REPLACE INTO gate_hold (one, at_s, by, reason) VALUES (1, ?, ?, ?)",
    [SQL_HOLD_DROP] = "DELETE FROM gate_hold",
    [SQL_AUDIT_HEAD] = "SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1",
    [SQL_AUDIT_ADD] = "INSERT INTO audit_entry (number, at_s, who, name, address, what, before, "
                      "after, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

enum status sql_start(struct srv_sqlite *s, enum sql_id id, sqlite3_stmt **out, struct err *err)
{
    if (s->statements[id] == NULL &&
        sqlite3_prepare_v3(s->writer, SQL[id], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[id],
                           NULL) != SQLITE_OK) {
        return sql_failed(s->writer, "prepare a change of", err);
    }
    *out = s->statements[id];
    return ST_OK;
}

static struct span digest_span(const uint8_t digest[DIGEST_BYTES])
{
    return (struct span){.data = digest, .size = DIGEST_BYTES};
}

/* ---- enrolling ------------------------------------------------------------------------------- */

/* One row of a number and a text; ST_NOT_FOUND without one. Resets the statement. */
static enum status find_one(struct srv_sqlite *s, sqlite3_stmt *stmt, int64_t *key,
                            char device_id[POL_ID_BYTES], struct err *err)
{
    bool row = false;
    enum status st = sql_step(s->writer, stmt, &row, err);
    if (st == ST_OK && !row) {
        st = err_set(err, ST_NOT_FOUND, 0, "there is no such row");
    }
    if (st == ST_OK) {
        *key = sqlite3_column_int64(stmt, 0);
        if (device_id != NULL) {
            const char *text = sql_text(stmt, 1);
            (void)snprintf(device_id, POL_ID_BYTES, "%s", text != NULL ? text : "");
        }
    }
    sql_reset(stmt);
    return st;
}

static enum status rotate(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    struct srv_enrollment *e = &w->u.enroll;
    const struct srv_machine *m = &e->machine;
    sqlite3_stmt *stmt = NULL;

    enum status st = sql_start(s, SQL_TOKEN_PROVES, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "bi", digest_span(e->old_digest), w->now_s);
    }
    if (st == ST_OK) {
        st = find_one(s, stmt, &e->device, e->device_id, err);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_TOKEN_PRUNE, err, "ii", e->device, w->now_s);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_TOKEN_END, err, "ib", e->old_expires_s, digest_span(e->old_digest));
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_DEVICE_FACTS, err, "ttttti", m->name, m->fqdn, m->domain,
                     m->machine_guid, m->computer_sid, e->device);
    }
    e->duplicate = false;
    return st;
}

/* The first device in service that says the same of its machine; "" if there is none. */
static enum status find_twin(struct srv_sqlite *s, const struct srv_machine *m,
                             char twin[POL_ID_BYTES], struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum status st = sql_start(s, SQL_MACHINE_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "ttt", m->machine_guid, m->computer_sid, m->name);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    if (st == ST_OK) {
        (void)snprintf(twin, POL_ID_BYTES, "%s", row ? sql_text(stmt, 0) : "");
    }
    sql_reset(stmt);
    return st;
}

static enum status add_device(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    struct srv_enrollment *e = &w->u.enroll;
    const struct srv_machine *m = &e->machine;
    char twin[POL_ID_BYTES];

    enum status st = find_twin(s, m, twin, err);
    if (st == ST_OK) {
        st = sql_run(s, SQL_DEVICE_ADD, err, "ttttttit", e->device_id, m->name, m->fqdn, m->domain,
                     m->machine_guid, m->computer_sid, w->now_s, twin[0] != '\0' ? twin : NULL);
    }
    if (st == ST_OK) {
        e->device = sqlite3_last_insert_rowid(s->writer);
        e->duplicate = twin[0] != '\0';
    }
    return st;
}

static enum status write_enroll(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    enum status st = w->u.enroll.has_old_token ? rotate(s, w, err) : add_device(s, w, err);
    if (st == ST_OK) {
        st = sql_run(s, SQL_TOKEN_ADD, err, "bi", digest_span(w->u.enroll.new_digest),
                     w->u.enroll.device);
    }
    return st;
}

/* ---- the other changes ----------------------------------------------------------------------- */

static enum status write_retire(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t device = 0;
    enum status st = sql_start(s, SQL_DEVICE_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "t", w->u.device_id);
    }
    if (st == ST_OK) {
        st = find_one(s, stmt, &device, NULL, err);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_DEVICE_RETIRE, err, "ii", w->now_s, device);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_DEVICE_TOKENS_DROP, err, "i", device);
    }
    if (st == ST_OK) {
        st = sql_run(s, SQL_DEVICE_USERS_RETIRE, err, "ii", w->now_s, device);
    }
    return st;
}

static enum status find_credential(struct srv_sqlite *s, const struct srv_credential *c,
                                   int64_t *key, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    enum status st = sql_start(s, SQL_CREDENTIAL_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "ti", c->name, (int64_t)(c->role == SRV_ROLE_ENROLL));
    }
    return st == ST_OK ? find_one(s, stmt, key, NULL, err) : st;
}

static enum status write_credential(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    const struct srv_credential *c = &w->u.credential;
    int64_t key = 0;
    enum status st = find_credential(s, c, &key, err);
    if (st == ST_OK) {
        return err_set(err, ST_EXISTS, 0, "the name %s is in use: revoke it or choose another one",
                       c->name);
    }
    return st == ST_NOT_FOUND ? sql_run(s, SQL_CREDENTIAL_ADD, err, "ttbi", c->name,
                                        SRV_ROLE_WORDS[c->role], digest_span(c->digest), w->now_s)
                              : st;
}

static enum status write_revoke(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    int64_t key = 0;
    enum status st = find_credential(s, &w->u.credential, &key, err);
    return st == ST_OK ? sql_run(s, SQL_CREDENTIAL_REVOKE, err, "ii", w->now_s, key) : st;
}

static enum status write_bundle(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    enum status st = sql_run(s, SQL_BUNDLE_PUT, err, "ittib", (int64_t)w->u.bundle.serial,
                             w->u.bundle.etag, w->u.bundle.by, w->now_s, w->u.bundle.raw);
    return st == ST_OK ? sql_run(s, SQL_BUNDLE_PRUNE, err, "i", (int64_t)w->u.bundle.keep_from)
                       : st;
}

static enum status write_release(struct srv_sqlite *s, const struct srv_release *r, struct err *err)
{
    return sql_run(s, SQL_RELEASE_PUT, err, "ittitt", (int64_t)r->version, r->rollout, r->stage,
                   r->at_s, r->by, r->reason);
}

static enum status write_kind(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    switch (w->kind) {
    case SRV_WRITE_REPORT: return sqlite_write_report(s, w, err);
    case SRV_WRITE_ENROLL: return write_enroll(s, w, err);
    case SRV_WRITE_CREDENTIAL: return write_credential(s, w, err);
    case SRV_WRITE_REVOKE: return write_revoke(s, w, err);
    case SRV_WRITE_RETIRE: return write_retire(s, w, err);
    case SRV_WRITE_BUNDLE: return write_bundle(s, w, err);
    case SRV_WRITE_RELEASE: return write_release(s, &w->u.release, err);
    case SRV_WRITE_SUBJECTS: return sqlite_write_subjects(s, w, err);
    case SRV_WRITE_FAILING: return sqlite_write_failing(s, w, err);
    case SRV_WRITE_HOLD: return sqlite_write_hold(s, w, err);
    case SRV_WRITE_AUDIT: return ST_OK; /* the audit row alone */
    }
    return err_set(err, ST_BUG, 0, "there is no such kind of write");
}

enum status sqlite_write(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    enum status st = write_kind(s, w, err);
    return st == ST_OK && w->audit.what != NULL ? sqlite_write_audit(s, w->now_s, &w->audit, err)
                                                : st;
}
