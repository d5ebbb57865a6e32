#include "server/store_sqlite_parts.h"

#include <stdio.h>

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
        st = sql_run(s, SQL_TOKEN_END, err, "ii", e->old_expires_s, e->device);
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

    enum status st = e->has_secret ? sqlite_use_secret(s, w, err) : ST_OK;
    if (st == ST_OK) {
        st = find_twin(s, m, twin, err);
    }
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
    return st == ST_NOT_FOUND
               ? sql_run(s, SQL_CREDENTIAL_ADD, err, "ttbiii", c->name, SRV_ROLE_WORDS[c->role],
                         digest_span(c->digest), w->now_s, c->expires_s, c->uses)
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
    case SRV_WRITE_SAMPLE: return sqlite_write_sample(s, w, err);
    case SRV_WRITE_AUDIT: return ST_OK; /* the audit row alone */
    case SRV_WRITE_PRUNE: return sqlite_write_prune(s, w, err);
    case SRV_WRITE_TIDY: return sqlite_write_tidy(s, w, err);
    case SRV_WRITE_PROBE: return sql_run(s, SQL_HISTORY_PROBE, err, "i", w->now_s);
    }
    return err_set(err, ST_BUG, 0, "there is no such kind of write");
}

enum status sqlite_write(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    enum status st = write_kind(s, w, err);
    return st == ST_OK && w->audit.what != NULL ? sqlite_write_audit(s, w->now_s, &w->audit, err)
                                                : st;
}
