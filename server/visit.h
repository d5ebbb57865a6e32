/* visit.h - handle a request at the desk, while its connection is parked.
 *
 * Effects: those of the handler; parks and wakes     Units:  none
 * Owns:    what it needs until the request is woken  Errors: become answers
 * Threads: safe; a handler that is handed over must  Source: docs/protocol.md "Limits at the door"
 *          not park
 */
#ifndef SERVER_VISIT_H
#define SERVER_VISIT_H

#include "server/app.h"
#include "server/http.h"

typedef void srv_handle_fn(struct srv_app *app, struct srv_request *rq,
                           const struct srv_actor *actor);

/* actor is copied; NULL stays NULL. Without a desk it is handled here and now. */
void srv_visit(struct srv_desk *desk, struct srv_app *app, struct srv_request *rq,
               const struct srv_actor *actor, srv_handle_fn *handle);

#endif
