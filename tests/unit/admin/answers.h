/* answers.h - a server's answers for tests, without a server.
 *
 * Effects: fails the running test where the text is no JSON
 * Owns:    what it returns; adm_answer_done()    Errors: none
 * Units:   none                                  Threads: one thread
 * Source:  docs/protocol.md "Administrators"
 */
#ifndef TESTS_UNIT_ADMIN_ANSWERS_H
#define TESTS_UNIT_ADMIN_ANSWERS_H

#include "admin/answer.h"

struct adm_answer answer_of(const char *text);

/* GET /v1/rollout in the middle of a rollout: serial 7, stages observe, pilot, everyone; pilot is
 * released. */
extern const char ANSWER_ROLLOUT[];
/* GET /v1/rollout before the first bundle. */
extern const char ANSWER_EMPTY[];
/* GET /v1/compliance: 20 users on 12 devices, as older servers told it. */
extern const char ANSWER_FLEET[];
/* The same with all that servers tell now: stages by state, the brake by build, stale devices. */
extern const char ANSWER_FLEET_WHOLE[];

#endif
