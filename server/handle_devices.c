#include "server/handlers.h"
#include "server/page.h"

#include <string.h>

static void write_part(struct pol_json_writer *w, const char *key, const char *json)
{
    if (json == NULL) {
        pol_json_null(w, key);
    } else {
        pol_json_raw(w, key, span_text(json));
    }
}

static bool write_device(void *v, const struct srv_device_row *row)
{
    struct srv_page *page = v;
    struct pol_json_writer *w = &page->json;
    pol_json_object(w, NULL);
    pol_json_text(w, "device_id", row->device_id);
    pol_json_text(w, "name", row->name);
    pol_json_text(w, "domain", row->domain);
    pol_json_text(w, "os", row->os);
    pol_json_text(w, "agent", row->agent);
    pol_json_text(w, "duplicate_of", row->duplicate_of);
    if (row->effective > 0) {
        pol_json_integer(w, "effective", row->effective);
    } else {
        pol_json_null(w, "effective");
    }
    pol_json_text(w, "failed", row->failed_code);
    pol_json_boolean(w, "stale", row->stale);
    write_part(w, "outlook", row->outlook);
    write_part(w, "preflight", row->preflight);
    pol_json_time(w, "enrolled_at", row->enrolled_s);
    pol_json_time(w, "seen_at", row->seen_s);
    pol_json_time(w, "retired_at", row->retired_s);
    pol_json_close_object(w);
    srv_page_row(page, row->key);
    return true;
}

void srv_handle_devices(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_filter filter;
    struct srv_page page;
    struct err err = {0};
    (void)actor;
    if (!srv_page_read(rq, &filter)) {
        return;
    }
    srv_page_start(&page, "devices");
    enum status st = app->store.devices(app->store.ctx, &filter, write_device, &page, &err);
    srv_page_close(&page, filter.limit);
    srv_page_answer(rq, &page, st, &err);
}

void srv_handle_device(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct srv_page page;
    struct srv_filter filter = {.device_id = strrchr(rq->path, '/') + 1, .limit = 1};
    (void)actor;
    srv_page_start(&page, NULL);
    enum status st = app->store.devices(app->store.ctx, &filter, write_device, &page, &err);
    if (st == ST_OK && page.rows == 0) {
        st = err_set(&err, ST_NOT_FOUND, 0, "there is no device of that id");
    }
    srv_page_answer(rq, &page, st, &err);
}
