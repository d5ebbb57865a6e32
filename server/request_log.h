/* request_log.h - one line for each answer, without anything that was said in confidence.
 *
 * Effects: writes the log    Units:  _ms monotonic
 * Owns:    nothing           Errors: none
 * Threads: safe              Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_REQUEST_LOG_H
#define SERVER_REQUEST_LOG_H

#include "server/http.h"

/* Method, path, status, milliseconds and number. What agents do all day is for debugging only. */
void srv_request_log(const struct srv_request *rq);

#endif
