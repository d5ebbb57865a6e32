#include "server/answer.h"
#include "server/compliance.h"
#include "server/handlers.h"

/* 200 names of 64 bytes and more for each of four kinds, and a hundred stages by state. */
enum { ANSWER_BYTES = 1024 * 1024 };

void srv_handle_compliance(struct srv_app *app, struct srv_request *rq,
                           const struct srv_actor *actor)
{
    struct err err = {0};
    struct srv_rollout_view view;
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    struct pol_json_writer json = pol_json_write_start(&text);
    (void)actor;
    srv_rollout_look(app->rollout, &view);
    pol_json_object(&json, NULL);
    enum status st = srv_compliance_write(&app->store, &view, app->now_s(), &json, &err);
    pol_json_close_object(&json);
    if (st == ST_OK) {
        st = pol_json_write_end(&json);
        if (st != ST_OK) {
            (void)err_set(&err, st, 0, "cannot write the counts");
        }
    }
    if (st == ST_OK) {
        srv_answer_json(rq, 200, &text);
    } else {
        srv_answer_error(rq, &err);
    }
    bytes_free(&text);
    srv_rollout_view_done(&view);
}
