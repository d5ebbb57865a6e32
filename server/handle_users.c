#include "policy/words.h"
#include "server/handlers.h"
#include "server/page.h"

static void write_value(struct pol_json_writer *w, const char *key, struct pol_report_value v)
{
    if (!v.known) {
        pol_json_null(w, key);
        return;
    }
    pol_json_object(w, key);
    pol_json_boolean(w, "present", v.present);
    if (v.present) {
        pol_json_text(w, "type",
                      POL_VALUE_TYPE_WORDS[v.type < POL_VALUE_OTHER ? v.type : POL_VALUE_OTHER]);
    }
    if (v.present && v.type == POL_VALUE_DWORD) {
        pol_json_integer(w, "value", v.dword);
    }
    pol_json_close_object(w);
}

static void write_outlook(struct pol_json_writer *w, const struct srv_user_row *row)
{
    pol_json_object(w, "outlook");
    pol_json_text(w, "version", row->outlook);
    if (row->running == POL_NOT_KNOWN) {
        pol_json_null(w, "running");
    } else {
        pol_json_boolean(w, "running", row->running == POL_YES);
    }
    pol_json_time(w, "started_at", row->started_s);
    pol_json_integer(w, "starts_since_change", row->starts);
    pol_json_close_object(w);
}

static bool write_user(void *v, const struct srv_user_row *row)
{
    struct srv_page *page = v;
    struct pol_json_writer *w = &page->json;
    pol_json_object(w, NULL);
    pol_json_text(w, "sid", row->sid);
    pol_json_text(w, "account", row->account);
    pol_json_text(w, "host", row->host);
    pol_json_text(w, "device_id", row->device_id);
    pol_json_text(w, "ring", row->ring);
    pol_json_text(w, "set", row->set);
    write_value(w, "value", row->value);
    write_value(w, "pre_image", row->pre_image);
    pol_json_boolean(w, "ours", row->ours);
    pol_json_text(w, "state", row->state);
    pol_json_text(w, "blocked_by", row->blocked_by);
    pol_json_text(w, "error", row->error);
    pol_json_text(w, "hive", row->hive_loaded ? "loaded" : "not_loaded");
    pol_json_text(w, "protocol", row->protocol);
    pol_json_text(w, "confidence", row->confidence);
    pol_json_text(w, "mailbox", row->mailbox);
    pol_json_raw(w, "evidence", span_text(row->evidence));
    write_outlook(w, row);
    if (row->version > 0) {
        pol_json_integer(w, "version", row->version);
    } else {
        pol_json_null(w, "version");
    }
    pol_json_time(w, "changed_at", row->changed_s);
    pol_json_integer(w, "corrections", row->corrections);
    pol_json_time(w, "reported_at", row->reported_s);
    pol_json_close_object(w);
    srv_page_row(page, row->key);
    return true;
}

void srv_handle_users(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_filter filter;
    struct srv_page page;
    struct err err = {0};
    (void)actor;
    if (!srv_page_read(rq, &filter)) {
        return;
    }
    srv_page_start(&page, "users");
    enum status st = app->store.users(app->store.ctx, &filter, write_user, &page, &err);
    srv_page_close(&page, filter.limit);
    srv_page_answer(rq, &page, st, &err);
}
