/* answer.h - say it in HTTP: bodies, headers and problems.
 *
 * Problems are RFC 9457 with our stable code; what failed inside the server is logged in full and
 * told in general.
 * Effects: logs failures of the server    Units:  none
 * Owns:    the request owns its answer    Errors: none; without memory the status goes alone
 * Threads: one for each request           Source: docs/protocol.md; RFC 9457
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include "policy/problems.h"
#include "server/http.h"

void srv_answer_empty(struct srv_request *rq, unsigned status);
/* Takes the buffer, whose content is JSON. */
void srv_answer_json(struct srv_request *rq, unsigned status, struct bytes *take);
/* Takes the stream, whose content is text of that type. */
void srv_answer_stream(struct srv_request *rq, const char *type, struct srv_stream *take);
/* Takes the body. */
void srv_answer_policy(struct srv_request *rq, struct srv_body *take);
/* name is a literal; a value that is too long is left out. */
void srv_answer_header(struct srv_request *rq, const char *name, const char *value);

void srv_answer_problem(struct srv_request *rq, unsigned status, const char *code,
                        const char *format, ...) PRINTF_LIKE(4, 5);
/* The first of them, and all in `problems`; at least one. */
void srv_answer_problems(struct srv_request *rq, const struct pol_problems *problems);
/* 429, and in how many seconds to come again. */
void srv_answer_limited(struct srv_request *rq, uint32_t wait_s, const char *sentence);
/* The status that belongs to a failure; what is our own fault is 500 or 503. */
void srv_answer_error(struct srv_request *rq, const struct err *err);

#endif
