#include "server/answer.h"
#include "server/handlers.h"
#include "server/openapi.h"

/* Anybody may read it: there is nothing in it that is not in the program. */
void srv_handle_openapi(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct span document = srv_openapi();
    struct bytes text = bytes_with_limit(document.size);
    (void)app;
    (void)actor;
    if (bytes_append(&text, document.data, document.size) == ST_OK) {
        srv_answer_json(rq, 200, &text);
    } else {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
    }
    bytes_free(&text);
}
