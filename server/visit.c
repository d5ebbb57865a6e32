#include "server/visit.h"

#include "server/answer.h"
#include "server/log_sink.h"

#include <stdlib.h>

/* A request on its way to the desk; nobody else looks at it until it is woken. */
struct visit {
    struct srv_job job; /* first: the desk gives it back */
    struct srv_app *app;
    struct srv_request *rq;
    srv_handle_fn *handle;
    bool has_actor;
    struct srv_actor actor;
};

static void answer(struct srv_job *job, bool closing)
{
    struct visit *v = (struct visit *)job;
    struct srv_request *rq = v->rq;
    if (closing) {
        srv_answer_problem(rq, 503, "unavailable", "the server stops: come again");
    } else {
        srv_log_begin(rq->id);
        v->handle(v->app, rq, v->has_actor ? &v->actor : NULL);
        srv_log_end();
    }
    free(v);
    srv_request_wake(rq); /* from here on it may be gone */
}

void srv_visit(struct srv_desk *desk, struct srv_app *app, struct srv_request *rq,
               const struct srv_actor *actor, srv_handle_fn *handle)
{
    if (desk == NULL) {
        handle(app, rq, actor);
        return;
    }
    struct visit *v = calloc(1, sizeof *v);
    if (v == NULL) {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
        return;
    }
    *v = (struct visit){
        .job = {.run = answer}, .app = app, .rq = rq, .handle = handle, .has_actor = actor != NULL};
    if (actor != NULL) {
        v->actor = *actor;
    }
    srv_request_park(rq);
    if (!srv_desk_take(desk, &v->job)) {
        free(v);
        srv_answer_problem(rq, 503, "unavailable", "too many are waiting here: come again");
        srv_request_wake(rq);
    }
}
