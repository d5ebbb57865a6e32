#include "server/answer.h"
#include "server/handlers.h"

static void answer_line(struct srv_request *rq, const char *line)
{
    struct bytes text = bytes_with_limit(64);
    if (bytes_append_text(&text, line) == ST_OK) {
        srv_answer_json(rq, 200, &text);
        rq->answer.type = "text/plain; charset=utf-8";
    } else {
        srv_answer_empty(rq, 200);
    }
}

void srv_handle_healthz(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    (void)app;
    (void)actor;
    answer_line(rq, "ok\n");
}

/* Anybody may ask: so it must stay cheap, and says no more than yes or no. */
void srv_handle_readyz(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct srv_rollout_view view;
    (void)actor;
    srv_rollout_look(app->rollout, &view);
    bool policy = view.release.version == 0 || view.served;
    srv_rollout_view_done(&view);
    if (!policy) {
        srv_answer_problem(rq, 503, "unavailable", "the released policy is not at hand");
    } else if (app->store.check(app->store.ctx, &err) != ST_OK) {
        srv_answer_error(rq, &err);
    } else {
        answer_line(rq, "ready\n");
    }
}
