#include "server/answer.h"
#include "server/compliance.h"
#include "server/handlers.h"

enum { ANSWER_BYTES = 256 * 1024 };

void srv_handle_compliance(struct srv_app *app, struct srv_request *rq,
                           const struct srv_actor *actor)
{
    struct err err = {0};
    struct srv_rollout_view view;
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    (void)actor;
    srv_rollout_look(app->rollout, &view);
    if (srv_compliance_write(&app->store, &view, app->now_s(), &text, &err) == ST_OK) {
        srv_answer_json(rq, 200, &text);
    } else {
        srv_answer_error(rq, &err);
    }
    bytes_free(&text);
    srv_rollout_view_done(&view);
}
