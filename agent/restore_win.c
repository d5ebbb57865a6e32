#include "agent/restore_win.h"

#include "agent/accepted_win.h"
#include "agent/eventlog_win.h"
#include "agent/observe.h"
#include "agent/service_setup_win.h"
#include "agent/setting_win.h"
#include "agent/users_win.h"
#include "agent/vault_win.h"
#include "policy/json_write.h"

#include <stdio.h>
#include <string.h>

enum {
    OUTPUT_BYTES = 4 * 1024 * 1024, /* AG_USERS_MOST lines */
    PATIENCE_MS = 5000,             /* for the names of accounts */
};

bool ag_restore_how_find(const char *word, enum ag_restore_how *out)
{
    bool restore = strcmp(word, "restore") == 0;
    if (restore || strcmp(word, "allow") == 0) {
        *out = restore ? AG_RESTORE_PRE_IMAGE : AG_RESTORE_ALLOW;
        return true;
    }
    return false;
}

/* ---- what is said of each user ------------------------------------------------------------- */

struct restoring {
    struct bytes text;
    struct pol_json_writer json;
    bool as_json;
    enum status text_st;
    size_t failed;
    struct err first; /* of those that failed */
};

static const char *outcome_of(const struct ag_restored *row)
{
    if (row->err.st != ST_OK) {
        return "failed";
    }
    if (!row->reached) {
        return "not_logged_on";
    }
    if (row->after.blocked_by == POL_BLOCKED_PRE_IMAGE_LOST) {
        return "pre_image_lost";
    }
    if (row->after.action != POL_ACTION_NONE) {
        return POL_ACTION_WORDS[row->after.action];
    }
    return row->after.blocked_by == POL_BLOCKED_FOREIGN ? "foreign" : "untouched";
}

static void say_text(struct restoring *r, const struct ag_restored *row)
{
    const char *account = row->user->account != NULL ? row->user->account : "-";
    bool failed = row->err.st != ST_OK;
    enum status st =
        bytes_append_format(&r->text, "%-14s %-48s %s%s%s\n", outcome_of(row), row->user->sid,
                            account, failed ? ": " : "", failed ? row->err.text : "");
    r->text_st = r->text_st == ST_OK ? st : r->text_st;
}

static void say_value(struct pol_json_writer *w, const struct ag_value *raw)
{
    struct pol_report_value value = ag_observe_value(raw);
    pol_json_object(w, "value");
    pol_json_boolean(w, "present", value.present);
    if (value.present) {
        pol_json_integer(w, "type", value.type);
        pol_json_integer(w, "dword", value.dword);
    }
    pol_json_close_object(w);
}

static void say_json(struct restoring *r, const struct ag_restored *row)
{
    struct pol_json_writer *w = &r->json;
    pol_json_object(w, NULL);
    pol_json_text(w, "sid", row->user->sid);
    pol_json_text(w, "account", row->user->account);
    pol_json_text(w, "outcome", outcome_of(row));
    pol_json_boolean(w, "marker", row->marked);
    if (row->reached && row->err.st == ST_OK) {
        say_value(w, &row->after.value);
    }
    if (row->err.st != ST_OK) {
        pol_json_object(w, "error");
        pol_json_text(w, "code", row->err.code != NULL ? row->err.code : status_name(row->err.st));
        pol_json_integer(w, "os_code", row->err.os_code);
        pol_json_text(w, "text", row->err.text);
        pol_json_close_object(w);
    }
    pol_json_close_object(w);
}

static void visit(void *ctx, const struct ag_restored *row)
{
    struct restoring *r = ctx;
    if (row->err.st != ST_OK && r->failed++ == 0) {
        r->first = row->err;
    }
    if (r->as_json) {
        say_json(r, row);
    } else {
        say_text(r, row);
    }
}

static enum status print(struct restoring *r, struct err *err)
{
    enum status st = r->text_st;
    if (r->as_json) {
        pol_json_close_array(&r->json);
        pol_json_close_object(&r->json);
        st = pol_json_write_end(&r->json);
        st = st == ST_OK ? bytes_append_text(&r->text, "\n") : st;
    }
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot put the list of users together");
    }
    size_t size = r->text.size;
    if (fwrite(bytes_text(&r->text), 1, size, stdout) != size || fflush(stdout) != 0) {
        return err_set(err, ST_IO, 0, "cannot print the list of users");
    }
    return ST_OK;
}

/* ---- doing it ------------------------------------------------------------------------------ */

/* The service is asked for first: its answer is the clearer one. */
static enum status expect_no_agent(const struct ag_config *config, struct ag_accepted *a,
                                   struct err *err)
{
    const char *word = NULL;
    uint32_t process_id = 0;
    enum status st = ag_service_state(&word, &process_id, err);
    if (st == ST_OK && strcmp(word, "stopped") != 0 && strcmp(word, "not_installed") != 0) {
        return err_set(err, ST_BUSY, 0,
                       "the service is %s and would write again: mapi-rollout-agent service stop",
                       word);
    }
    if (st == ST_OK) {
        st = ag_accepted_open(config, a, err);
    }
    return st == ST_OK && a->vault != NULL ? ag_vault_win_lock(a->vault, err) : st;
}

/* vault: NULL if there is no data directory. */
static enum status restore_users(const struct ag_vault *vault, enum ag_restore_how how,
                                 struct restoring *r, struct err *err)
{
    struct ag_sessions *sessions = NULL;
    struct ag_users_win *source = NULL;
    enum status st = ag_sessions_new(&AG_SESSION_CALLS, &sessions, err);
    if (st == ST_OK) {
        const struct ag_users_win_options options = {
            .vault = vault, .sessions = sessions, .patience_ms = PATIENCE_MS};
        st = ag_users_win_new(&options, &source, err);
    }
    if (st == ST_OK) {
        struct ag_users users = ag_users_win_port(source);
        struct ag_setting setting = ag_setting_win(sessions);
        st = ag_restore_all(&users, &setting, how, visit, r, err);
    }
    ag_users_win_free(source);
    ag_sessions_free(sessions);
    return st;
}

/* Values were changed without the service: those who watch for that should know. */
static void note(enum ag_restore_how how, size_t failed)
{
    char message[64];
    (void)snprintf(message, sizeof message, "event=restored set=%s failed=%zu",
                   how == AG_RESTORE_ALLOW ? "allow" : "restore", failed);
    ag_eventlog_note(message);
}

enum status ag_restore_here(const struct ag_config *config, enum ag_restore_how how, bool json,
                            struct err *err)
{
    struct ag_accepted accepted = {0};
    struct restoring r = {.text = bytes_with_limit(OUTPUT_BYTES), .as_json = json};
    if (json) {
        r.json = pol_json_write_start(&r.text);
        pol_json_object(&r.json, NULL);
        pol_json_array(&r.json, "users");
    }
    enum status st = expect_no_agent(config, &accepted, err);
    if (st == ST_OK) {
        st = restore_users(accepted.vault != NULL ? &accepted.port : NULL, how, &r, err);
    }
    if (st == ST_OK) {
        note(how, r.failed);
        st = print(&r, err);
    }
    if (st == ST_OK && r.failed > 0) {
        st = err_set(err, r.first.st, r.first.os_code, "%zu users could not be restored: %s",
                     r.failed, r.first.text);
    }
    ag_accepted_close(&accepted);
    bytes_free(&r.text);
    return st;
}
