#include "policy/json_write.h"
#include "policy/limits.h"
#include "policy/report_machine.h"
#include "server/gate_tally.h"
#include "server/store_sqlite_parts.h"
#include "server/store_sqlite_said.h"

#include <stdio.h>
#include <string.h>

/* Parts of sets that were never completed, kept for a device: more than any real agent leaves. */
enum { PARTS_KEPT = 512, MARK_BYTES = 64 };

/* When the agent started, as far as this can be believed: a clock that runs ahead must not make
 * its reports the newest for years. */
static int64_t run_started(const struct srv_write *w)
{
    int64_t started_s = w->u.report.report->agent_started_s;
    return started_s > w->now_s ? w->now_s : started_s;
}

/* The parts of a full set have consecutive numbers: that of its first part names the set. */
static void write_mark(const struct pol_report *r, char out[MARK_BYTES])
{
    uint32_t first = r->seq - (r->part - 1);
    (void)snprintf(out, MARK_BYTES, "%s:%u", r->run_id, first);
}

static enum status write_list(const char *const *items, size_t count, struct bytes *out)
{
    struct pol_json_writer json = pol_json_write_start(out);
    pol_json_array(&json, NULL);
    for (size_t i = 0; i < count; i++) {
        pol_json_text(&json, NULL, items[i]);
    }
    pol_json_close_array(&json);
    return pol_json_write_end(&json);
}

/* As the report had them, "null" included. */
static enum status write_machine(const struct pol_report *r, struct bytes *outlook,
                                 struct bytes *preflight)
{
    struct pol_json_writer json = pol_json_write_start(outlook);
    pol_report_write_outlook(&json, NULL, r);
    enum status st = pol_json_write_end(&json);
    if (st == ST_OK) {
        json = pol_json_write_start(preflight);
        pol_report_write_preflight(&json, NULL, r);
        st = pol_json_write_end(&json);
    }
    return st;
}

/* NULL in the store if it is not known. */
static int64_t answer_number(enum pol_answer answer)
{
    return answer == POL_NOT_KNOWN ? -1 : answer == POL_YES ? 1 : 0;
}

/* An older report says nothing of the device but that it is there. A device may have been retired
 * while its report waited here. */
static enum status mark_seen(struct srv_sqlite *s, const struct srv_write *w, struct err *err)
{
    enum status st = sql_run(s, SQL_DEVICE_SEEN, err, "ii", w->now_s, w->u.report.device);
    return st == ST_OK && sqlite3_changes(s->writer) == 0
               ? err_set(err, ST_NOT_FOUND, 0, "the device is not in service")
               : st;
}

/* What a row takes beside the report's own texts of the machine; lives until the row is written. */
struct machine_texts {
    struct bytes tags;
    struct bytes outlook;
    struct bytes preflight;
};

static enum status run_device(struct srv_sqlite *s, const struct srv_write *w, int64_t said,
                              const struct machine_texts *texts, struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    return sql_run(s, SQL_DEVICE_STATE, err, "tiiitttttttinntittttttnii", r->run_id,
                   (int64_t)r->seq, run_started(w), w->u.report.device, r->host_name, r->host_fqdn,
                   r->host_domain, r->host_os, r->host_arch, bytes_text(&texts->tags),
                   r->agent_version, (int64_t)r->trust_version,
                   r->received_version > 0 ? (int64_t)r->received_version : (int64_t)-1,
                   r->effective_version > 0 ? (int64_t)r->effective_version : (int64_t)-1,
                   r->digest, (int64_t)r->stale, r->failed_code, r->failed_pointer,
                   bytes_text(&texts->outlook), bytes_text(&texts->preflight), r->host_computer_ou,
                   r->host_ad_site, answer_number(r->host_multi_session), w->now_s, said);
}

static enum status change_device(struct srv_sqlite *s, const struct srv_write *w, int64_t said,
                                 struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    struct machine_texts texts = {.tags = bytes_with_limit(LIMIT_REPORT_BYTES),
                                  .outlook = bytes_with_limit(LIMIT_REPORT_BYTES),
                                  .preflight = bytes_with_limit(LIMIT_REPORT_BYTES)};
    enum status st = write_list(r->tags, r->tag_count, &texts.tags);
    if (st == ST_OK) {
        st = write_machine(r, &texts.outlook, &texts.preflight);
    }
    if (st != ST_OK) {
        (void)err_set(err, st, 0, "cannot keep what a report says of its machine");
    } else {
        st = run_device(s, w, said, &texts, err);
    }
    bytes_free(&texts.preflight);
    bytes_free(&texts.outlook);
    bytes_free(&texts.tags);
    return st;
}

static enum status put_device(struct srv_sqlite *s, const struct srv_write *w, struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    int64_t said = sqlite_said_of_machine(r);
    enum status st = sql_run(s, SQL_DEVICE_SAME, err, "tiiiii", r->run_id, (int64_t)r->seq,
                             run_started(w), w->u.report.device, w->now_s, said);
    if (st == ST_OK && sqlite3_changes(s->writer) == 0) {
        st = change_device(s, w, said, err);
    }
    if (st == ST_OK && sqlite3_changes(s->writer) == 0) {
        st = mark_seen(s, w, err);
    }
    return st;
}

static int64_t type_of(const struct pol_report_value *v)
{
    return v->present ? (int64_t)v->type : -1;
}

static enum status bind_values(sqlite3 *db, sqlite3_stmt *stmt, const struct pol_report_user *u,
                               struct err *err)
{
    enum { VALUE_TYPE = 20, PRE_IMAGE_TYPE = 22 };
    int code = SQLITE_OK;
    if (u->value.known) {
        code = sqlite3_bind_int64(stmt, VALUE_TYPE, type_of(&u->value));
    }
    if (code == SQLITE_OK && u->pre_image.known) {
        code = sqlite3_bind_int64(stmt, PRE_IMAGE_TYPE, type_of(&u->pre_image));
    }
    return code == SQLITE_OK ? ST_OK : sql_failed(db, "prepare a change of", err);
}

/* What a row takes beside the report's own texts; lives until the row is written. */
struct row_texts {
    const char *mark;
    const char *groups;
    const char *evidence;
    char outlook[SQL_BUILD_BYTES];
    int64_t said;
};

/* A build, so that nobody can make up names without end. */
static void write_build(const struct pol_report *r, char out[SQL_BUILD_BYTES])
{
    const char *text = r->outlook_version;
    if (!r->outlook_known || text == NULL) {
        (void)snprintf(out, SQL_BUILD_BYTES, "unknown");
    } else if (text[0] == '\0') {
        (void)snprintf(out, SQL_BUILD_BYTES, "none");
    } else {
        sqlite_outlook_build(text, out);
    }
}

static enum status bind_client(sqlite3 *db, sqlite3_stmt *stmt, const struct pol_report_user *u,
                               const char *evidence, struct err *err)
{
    enum { EVIDENCE = 28, RUNNING, STARTED };
    int code = sqlite3_bind_text(stmt, EVIDENCE, evidence, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && u->outlook_known) {
        code = sqlite3_bind_int(stmt, RUNNING, u->outlook_running ? 1 : 0);
    }
    if (code == SQLITE_OK && u->outlook_running) {
        code = sqlite3_bind_int64(stmt, STARTED, u->outlook_started_s);
    }
    return code == SQLITE_OK ? ST_OK : sql_failed(db, "prepare a change of", err);
}

static enum status bind_user(struct srv_sqlite *s, sqlite3_stmt *stmt, const struct srv_write *w,
                             const struct pol_report_user *u, const struct row_texts *texts,
                             struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    enum status st = sql_bind(
        s->writer, stmt, err, "tiiittiittttttttttt", r->run_id, (int64_t)r->seq, run_started(w),
        w->u.report.device, u->sid, texts->mark, w->now_s, (int64_t)r->effective_version,
        u->account, u->ring, u->decided ? POL_SET_WORDS[u->set] : NULL, POL_STATE_WORDS[u->state],
        POL_BLOCKED_WORDS[u->blocked_by], u->error_code, POL_OBSERVED_WORDS[u->observed],
        POL_CONFIDENCE_WORDS[u->confidence], POL_MAILBOX_WORDS[u->mailbox], texts->outlook,
        texts->groups);
    if (st != ST_OK) {
        return st;
    }
    enum {
        VALUE_DWORD = 21,
        PRE_IMAGE_DWORD = 23,
        HIVE_LOADED,
        OURS,
        CHANGED,
        CORRECTIONS,
        STARTS = 31,
        FAILING_SINCE,
        SAID
    };
    const int64_t numbers[][2] = {{VALUE_DWORD, (int64_t)u->value.dword},
                                  {PRE_IMAGE_DWORD, (int64_t)u->pre_image.dword},
                                  {HIVE_LOADED, (int64_t)u->hive_loaded},
                                  {OURS, (int64_t)u->ours},
                                  {CORRECTIONS, (int64_t)u->corrections},
                                  {STARTS, (int64_t)u->starts_since_change},
                                  {SAID, texts->said}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sqlite3_bind_int64(stmt, (int)numbers[i][0], numbers[i][1]) != SQLITE_OK) {
            return sql_failed(s->writer, "prepare a change of", err);
        }
    }
    if (srv_state_is_failing(u->state) &&
        sqlite3_bind_int64(stmt, FAILING_SINCE, w->now_s) != SQLITE_OK) {
        return sql_failed(s->writer, "prepare a change of", err);
    }
    if (u->changed_at_s >= 0 && sqlite3_bind_int64(stmt, CHANGED, u->changed_at_s) != SQLITE_OK) {
        return sql_failed(s->writer, "prepare a change of", err);
    }
    st = bind_client(s->writer, stmt, u, texts->evidence, err);
    return st == ST_OK ? bind_values(s->writer, stmt, u, err) : st;
}

static enum status run_user(struct srv_sqlite *s, enum sql_id id, const struct srv_write *w,
                            const struct pol_report_user *u, const struct row_texts *texts,
                            struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    enum status st = sql_start(s, id, &stmt, err);
    if (st == ST_OK) {
        st = bind_user(s, stmt, w, u, texts, err);
    }
    if (st == ST_OK) {
        return sql_finish(s, stmt, err);
    }
    sql_reset(stmt);
    return st;
}

/* What is there and newer stays: then neither changes anything. */
static enum status change_user(struct srv_sqlite *s, const struct srv_write *w,
                               const struct pol_report_user *u, struct row_texts *texts,
                               struct err *err)
{
    struct bytes groups = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct bytes evidence = bytes_with_limit(LIMIT_REPORT_BYTES);
    enum status st = u->groups != NULL ? write_list(u->groups, u->group_count, &groups) : ST_OK;
    if (st == ST_OK) {
        st = write_list(u->evidence, u->evidence_count, &evidence);
    }
    if (st != ST_OK) {
        (void)err_set(err, st, 0, "cannot keep the groups and evidence of a user");
    } else {
        texts->groups = u->groups != NULL ? bytes_text(&groups) : NULL;
        texts->evidence = bytes_text(&evidence);
        write_build(w->u.report.report, texts->outlook);
        st = run_user(s, SQL_USER_CHANGE, w, u, texts, err);
    }
    if (st == ST_OK && sqlite3_changes(s->writer) == 0) {
        st = run_user(s, SQL_USER_ADD, w, u, texts, err);
    }
    bytes_free(&evidence);
    bytes_free(&groups);
    return st;
}

static enum status put_user(struct srv_sqlite *s, const struct srv_write *w,
                            const struct pol_report_user *u, const char *mark, struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    struct row_texts texts = {.mark = r->full ? mark : NULL, .said = sqlite_said_of_user(r, u)};
    enum status st =
        sql_run(s, SQL_USER_SAME, err, "tiiittii", r->run_id, (int64_t)r->seq, run_started(w),
                w->u.report.device, u->sid, texts.mark, w->now_s, texts.said);
    return st == ST_OK && sqlite3_changes(s->writer) == 0 ? change_user(s, w, u, &texts, err) : st;
}

/* Note a part of a full set. *complete: all have come. */
static enum status note_part(struct srv_sqlite *s, const struct srv_write *w, const char *mark,
                             bool *complete, struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int64_t kept = 0;
    enum status st =
        sql_run(s, SQL_PART_ADD, err, "iti", w->u.report.device, mark, (int64_t)r->part);
    if (st == ST_OK) {
        st = sql_start(s, SQL_PART_COUNT, &stmt, err);
    }
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "it", w->u.report.device, mark);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &row, err);
    }
    if (st == ST_OK) {
        *complete = row && sqlite3_column_int64(stmt, 0) >= (int64_t)r->parts;
        kept = row ? sqlite3_column_int64(stmt, 1) : 0;
    }
    sql_reset(stmt);
    if (st == ST_OK && (*complete || kept > PARTS_KEPT)) {
        st = sql_run(s, SQL_PART_FORGET, err, "i", w->u.report.device);
    }
    return st;
}

/* Users that a complete set does not name are gone from the machine. */
static enum status retire_missing(struct srv_sqlite *s, const struct srv_write *w, const char *mark,
                                  struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    bool complete = false;
    enum status st = note_part(s, w, mark, &complete, err);
    if (st != ST_OK || !complete) {
        return st;
    }
    return sql_run(s, SQL_USERS_RETIRE, err, "tiiiit", r->run_id, (int64_t)r->seq, run_started(w),
                   w->now_s, w->u.report.device, mark);
}

/* It is the machine's: a report that names only who differs says it of all its users, if the device
 * stands by it: if none that is newer came before. */
static enum status put_outlook(struct srv_sqlite *s, const struct srv_write *w, struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    char build[SQL_BUILD_BYTES];
    sqlite3_stmt *stmt = NULL;
    bool differs = false;
    write_build(r, build);
    enum status st = sql_start(s, SQL_USERS_OUTLOOK_FIND, &stmt, err);
    if (st == ST_OK) {
        st = sql_bind(s->writer, stmt, err, "it", w->u.report.device, build);
    }
    if (st == ST_OK) {
        st = sql_step(s->writer, stmt, &differs, err);
    }
    sql_reset(stmt);
    return st == ST_OK && differs ? sql_run(s, SQL_USERS_OUTLOOK, err, "titi", r->run_id,
                                            (int64_t)r->seq, build, w->u.report.device)
                                  : st;
}

enum status sqlite_write_report(struct srv_sqlite *s, struct srv_write *w, struct err *err)
{
    const struct pol_report *r = w->u.report.report;
    char mark[MARK_BYTES];
    bool known = false;
    enum status st = sqlite_history_find(s, w, &known, err);
    write_mark(r, mark);
    w->u.report.repeated = known;
    if (known) {
        w->audit.what = NULL; /* what it said was entered when it first came */
    }
    if (st != ST_OK || known) {
        return st;
    }
    st = sqlite_make_room(s, w, err);
    if (st == ST_OK) {
        st = put_device(s, w, err);
    }
    if (st == ST_OK) {
        st = sqlite_history_add(s, w, err);
    }
    for (size_t i = 0; i < r->user_count && st == ST_OK; i++) {
        st = put_user(s, w, &r->users[i], mark, err);
    }
    if (st == ST_OK) {
        st = put_outlook(s, w, err);
    }
    if (st == ST_OK && r->full) {
        st = retire_missing(s, w, mark, err);
    }
    if (st == ST_OK && w->u.report.behind.version > 0) {
        st = sqlite_write_behind(s, &w->u.report.behind, err);
    }
    return st;
}
