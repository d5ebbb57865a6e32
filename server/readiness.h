/* readiness.h - say whether the server can do all that it is for, and what is missing.
 *
 * One question for everybody who asks: /readyz, systemd's status line, the log. Whoever is not ready
 * serves all the same what he can: publishing and releasing are the way back.
 * Effects: none              Units:  none
 * Owns:    nothing           Errors: ST_REFUSED unavailable: the released policy is not at hand; those of
 *                                    the store's check
 * Threads: safe              Source: docs/protocol.md "Administrators" (/readyz)
 */
#ifndef SERVER_READINESS_H
#define SERVER_READINESS_H

#include "server/app.h"

/* Cheap, and waits for nothing. */
enum status srv_readiness(struct srv_app *app, struct err *err) MUST_USE;

#endif
