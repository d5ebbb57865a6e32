#include "server/answer.h"
#include "server/handlers.h"
#include "server/metrics.h"

enum { ANSWER_BYTES = 256 * 1024 };

void srv_handle_metrics(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    (void)actor;
    if (srv_metrics_write(app, &text, &err) == ST_OK) {
        srv_answer_json(rq, 200, &text);
        rq->answer.type = "text/plain; version=0.0.4; charset=utf-8";
    } else {
        srv_answer_error(rq, &err);
    }
    bytes_free(&text);
}
