/* handlers.h - the answers, one function for each route.
 *
 * Agents' handlers find their device themselves; administrators' get who asks, whose role was
 * checked. A handler with state has an end function, called when all is over.
 * Effects: those of the parts in app.h    Units:  none
 * Owns:    rq->state until their end      Errors: become answers
 * Threads: safe                           Source: docs/protocol.md
 */
#ifndef SERVER_HANDLERS_H
#define SERVER_HANDLERS_H

#include "server/app.h"
#include "server/http.h"

/* agents; actor is NULL */
void srv_handle_enroll(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_end_enroll(struct srv_request *rq);
void srv_handle_policy(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
/* Tokens were taken away: answer the polls that were held for them. */
void srv_end_polls_without_token(struct srv_app *app);
void srv_handle_reports(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_end_reports(struct srv_request *rq);

/* both */
void srv_handle_healthz(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_readyz(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);

/* administrators */
void srv_handle_rollout(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_put(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_release(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_advance(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_hold(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_resume(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_safe(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_compliance(struct srv_app *app, struct srv_request *rq,
                           const struct srv_actor *actor);
void srv_handle_users(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_devices(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_device(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_export(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_metrics(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_audit(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_simulate(struct srv_app *app, struct srv_request *rq,
                         const struct srv_actor *actor);
void srv_end_simulate(struct srv_request *rq);
void srv_handle_openapi(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
void srv_handle_unsupported(struct srv_app *app, struct srv_request *rq,
                            const struct srv_actor *actor);

#endif
