/* turned_place.h - a whole server whose clock the test turns, with one device enrolled if wanted.
 *
 * Effects: those of conversation.h                 Units:  seconds since 1970 UTC
 * Owns:    struct place, from turned_start() on    Errors: fail the test
 * Threads: one                                     Source: docs/protocol.md
 */
#ifndef TESTS_UNIT_SERVER_TURNED_PLACE_H
#define TESTS_UNIT_SERVER_TURNED_PLACE_H

#include "tests/unit/server/conversation.h"

enum { TURNED_START_S = 1800000000 };

/* Fixtures of cmocka; place_teardown() ends them. The second one enrolls the device. */
int turned_start(void **state);
int turned_setup(void **state);
void turned_clock_set(int64_t now_s);

/* Ask the administrators' listener as a viewer. */
void turned_look(struct place *p, const char *line, struct answer *a);
/* A report of the device, the number being its id and order, about so many users S-1-5-21-1-2-3-1001 and
 * on; rest: the members of each of them behind sid and hive. */
void turned_report(struct place *p, unsigned number, int64_t version, size_t users,
                   const char *rest);

#endif
