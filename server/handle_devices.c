#include "policy/json_write.h"
#include "server/answer.h"
#include "server/handlers.h"
#include "server/page.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_BYTES = 2 * 1024 * 1024, CURSOR_BYTES = 24 };

struct listing {
    struct pol_json_writer json;
    int64_t last_key;
    size_t rows;
};

static bool write_device(void *v, const struct srv_device_row *row)
{
    struct listing *l = v;
    struct pol_json_writer *w = &l->json;
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
    pol_json_time(w, "enrolled_at", row->enrolled_s);
    pol_json_time(w, "seen_at", row->seen_s);
    pol_json_time(w, "retired_at", row->retired_s);
    pol_json_close_object(w);
    l->last_key = row->key;
    l->rows++;
    return true;
}

/* Answer with the listing, or with what went wrong. */
static void finish(struct srv_request *rq, struct listing *l, enum status st, struct err *err,
                   struct bytes *text)
{
    if (st == ST_OK) {
        st = pol_json_write_end(&l->json);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot write the devices");
        }
    }
    if (st == ST_OK) {
        srv_answer_json(rq, 200, text);
    } else {
        srv_answer_error(rq, err);
    }
}

void srv_handle_devices(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_filter filter;
    struct err err = {0};
    char cursor[CURSOR_BYTES];
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    (void)actor;
    if (!srv_page_read(rq, &filter)) {
        return;
    }
    struct listing l = {.json = pol_json_write_start(&text)};
    pol_json_object(&l.json, NULL);
    pol_json_array(&l.json, "devices");
    enum status st = app->store.devices(app->store.ctx, &filter, write_device, &l, &err);
    pol_json_close_array(&l.json);
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)l.last_key);
    pol_json_text(&l.json, "next", l.rows == filter.limit ? cursor : NULL);
    pol_json_close_object(&l.json);
    finish(rq, &l, st, &err, &text);
    bytes_free(&text);
}

void srv_handle_device(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    struct srv_filter filter = {.device_id = strrchr(rq->path, '/') + 1, .limit = 1};
    struct listing l = {.json = pol_json_write_start(&text)};
    (void)actor;
    enum status st = app->store.devices(app->store.ctx, &filter, write_device, &l, &err);
    if (st == ST_OK && l.rows == 0) {
        st = err_set(&err, ST_NOT_FOUND, 0, "there is no device of that id");
    }
    finish(rq, &l, st, &err, &text);
    bytes_free(&text);
}
