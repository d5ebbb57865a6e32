#include "server/compliance.h"
#include "server/handlers.h"
#include "server/list.h"
#include "server/row_json.h"

#include <string.h>

/* What is shown of one device beside itself. */
enum { REPORTS_SHOWN = 20, DUPLICATES_SHOWN = 100 };

/* base is first: the walk hands it back. */
struct search {
    struct srv_list_search base;
    struct srv_app *app;
    struct srv_page page;
    int64_t silent_since_s;
    int64_t device; /* the number of the last one */
};

static bool add_device(void *v, const struct srv_device_row *row)
{
    struct search *s = v;
    pol_json_object(&s->page.json, NULL);
    srv_device_write(&s->page.json, row, s->silent_since_s);
    pol_json_close_object(&s->page.json);
    s->base.full = !srv_page_row(&s->page, row->key);
    s->base.rows = s->page.rows;
    return !s->base.full;
}

static enum status find_devices(struct srv_list_search *search, const struct srv_filter *filter,
                                struct err *err)
{
    struct search *s = (struct search *)search;
    return s->app->store.devices(s->app->store.ctx, filter, add_device, s, err);
}

void srv_handle_devices(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_list_request request;
    struct search s = {.base = {.find = find_devices}, .app = app};
    struct err err = {0};
    (void)actor;
    if (!srv_list_read(app, rq, SRV_LIST_DEVICES, &request)) {
        return;
    }
    s.silent_since_s = request.filter.silent_since_s;
    srv_page_start(&s.page, "devices");
    enum status st = srv_list_walk(&request, &s.base, &err);
    srv_page_close(&s.page, request.next);
    srv_page_answer(rq, &s.page, st, &err);
}

/* ---- one device ------------------------------------------------------------------------------ */

static bool write_members(void *v, const struct srv_device_row *row)
{
    struct search *s = v;
    s->device = row->key;
    s->page.rows++;
    srv_device_write(&s->page.json, row, s->silent_since_s);
    return true;
}

static bool write_user(void *v, const struct srv_user_row *row)
{
    struct search *s = v;
    srv_user_write(&s->page.json, row);
    return s->page.text.size < SRV_PAGE_ENOUGH_BYTES;
}

static bool write_duplicate(void *v, const struct srv_device_row *row)
{
    struct search *s = v;
    pol_json_text(&s->page.json, NULL, row->device_id);
    return true;
}

static bool write_report(void *v, const struct srv_report_row *row)
{
    struct search *s = v;
    struct pol_json_writer *w = &s->page.json;
    pol_json_object(w, NULL);
    pol_json_text(w, "report_id", row->report_id);
    pol_json_time(w, "received_at", row->received_s);
    pol_json_integer(w, "bytes", row->bytes);
    pol_json_close_object(w);
    return true;
}

/* Its users, whose list goes on at /v1/users if next says so; copies of it; its last reports. */
static enum status write_rest(struct search *s, const char *device_id, struct err *err)
{
    const struct srv_store *store = &s->app->store;
    struct pol_json_writer *w = &s->page.json;
    int64_t next = 0;
    struct srv_filter users = {.device_id = device_id, .limit = SRV_PAGE_MOST, .next = &next};
    struct srv_filter copies = {.original = device_id, .limit = DUPLICATES_SHOWN};
    pol_json_array(w, "users");
    enum status st = store->users(store->ctx, &users, write_user, s, err);
    pol_json_close_array(w);
    pol_json_boolean(w, "more_users", next != 0);
    pol_json_array(w, "duplicates");
    if (st == ST_OK) {
        st = store->devices(store->ctx, &copies, write_duplicate, s, err);
    }
    pol_json_close_array(w);
    pol_json_array(w, "reports");
    if (st == ST_OK) {
        st = store->reports(store->ctx, s->device, REPORTS_SHOWN, write_report, s, err);
    }
    pol_json_close_array(w);
    return st;
}

void srv_handle_device(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct search s = {.app = app};
    struct srv_rollout_view view;
    struct srv_filter filter = {.device_id = strrchr(rq->path, '/') + 1, .limit = 1};
    (void)actor;
    srv_rollout_look(app->rollout, &view);
    s.silent_since_s = srv_compliance_silent_since(&view, app->now_s());
    srv_rollout_view_done(&view);
    srv_page_start(&s.page, NULL);
    pol_json_object(&s.page.json, NULL);
    enum status st = app->store.devices(app->store.ctx, &filter, write_members, &s, &err);
    if (st == ST_OK && s.page.rows == 0) {
        st = err_set(&err, ST_NOT_FOUND, 0, "there is no device of that id");
    }
    if (st == ST_OK) {
        st = write_rest(&s, filter.device_id, &err);
    }
    pol_json_close_object(&s.page.json);
    srv_page_answer(rq, &s.page, st, &err);
}
