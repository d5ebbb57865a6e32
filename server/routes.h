/* routes.h - find who answers a request, and whether whoever asks may.
 *
 * Two listeners, two tables. Who may not is refused before the body is read.
 * Effects: none                Units:  none
 * Owns:    nothing             Errors: become answers
 * Threads: safe                Source: docs/protocol.md "Agents", "Administrators"
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "server/app.h"
#include "server/http.h"

/* Calls for a listener; app must outlive it. */
struct srv_handler srv_routes_agents(struct srv_app *app);
struct srv_handler srv_routes_admins(struct srv_app *app);

/* The index-th route of a door; false behind the last. */
bool srv_routes_name(enum srv_door door, size_t index, const char **method, const char **path);

#endif
