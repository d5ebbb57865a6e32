/* request_log.h - one line for each answer, without anything that was said in confidence.
 *
 * Effects: writes the log    Units:  _ms monotonic, bytes of the answer's body
 * Owns:    nothing           Errors: none
 * Threads: safe              Source: docs/operations-server.md "Log, health, metrics"
 */
#ifndef SERVER_REQUEST_LOG_H
#define SERVER_REQUEST_LOG_H

#include "server/http.h"

/* Who asked for what and how it went. What goes well all day is for debugging only. */
void srv_request_log(const struct srv_request *rq);

#endif
