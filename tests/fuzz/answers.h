/* answers.h - what any answer of the server must be like, whatever was asked.
 *
 * Each route has its statuses, in a table written from docs/protocol.md and not from the handlers; a
 * problem says what RFC 9457 wants and our code; JSON is JSON; nobody's secret is in it.
 * Effects: ends the program where an answer is wrong    Units:  none
 * Owns:    nothing                                      Errors: none
 * Threads: safe                                         Source: docs/protocol.md
 */
#ifndef TESTS_FUZZ_ANSWERS_H
#define TESTS_FUZZ_ANSWERS_H

#include "server/meter.h"
#include "tests/fakes/fake_listener.h"

/* Each route of both doors must be known here. */
void answers_know_all_routes(void);

void answers_check(enum srv_door door, const struct fake_request *request,
                   const struct fake_answer *answer);

/* Is a token or the enroll secret in it that fake_server.h gives out? */
bool answers_have_secret(struct span text);

#endif
