#include "server/handlers.h"
#include "server/list.h"
#include "server/row_json.h"

/* base is first: the walk hands it back. */
struct search {
    struct srv_list_search base;
    struct srv_app *app;
    struct srv_page page;
};

static bool add_user(void *v, const struct srv_user_row *row)
{
    struct search *s = v;
    srv_user_write(&s->page.json, row);
    s->base.full = !srv_page_row(&s->page, row->key);
    s->base.rows = s->page.rows;
    return !s->base.full;
}

static enum status find_users(struct srv_list_search *search, const struct srv_filter *filter,
                              struct err *err)
{
    struct search *s = (struct search *)search;
    return s->app->store.users(s->app->store.ctx, filter, add_user, s, err);
}

void srv_handle_users(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_list_request request;
    struct search s = {.base = {.find = find_users}, .app = app};
    struct err err = {0};
    (void)actor;
    if (!srv_list_read(app, rq, SRV_LIST_USERS, &request)) {
        return;
    }
    srv_page_start(&s.page, "users");
    enum status st = srv_list_walk(&request, &s.base, &err);
    srv_page_close(&s.page, request.next);
    srv_page_answer(rq, &s.page, st, &err);
}
