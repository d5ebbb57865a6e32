#include "server/answer.h"
#include "server/handlers.h"
#include "server/readiness.h"

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
    (void)actor;
    if (srv_readiness(app, &err) != ST_OK) {
        srv_answer_error(rq, &err);
    } else {
        answer_line(rq, "ready\n");
    }
}
