/* store_recount.h - count again what a store has counted, from its rows.
 *
 * Effects: reads the store        Units:  users, devices
 * Owns:    nothing                Errors: fail the test
 * Threads: one                    Source: server/store.h
 */
#ifndef TESTS_UNIT_SERVER_STORE_RECOUNT_H
#define TESTS_UNIT_SERVER_STORE_RECOUNT_H

#include "tests/unit/server/store_place.h"

/* Versions 0 and 7001 to 7003; silent since 60000. */
extern const struct srv_count_question STORE_QUESTION;

/* How many counters the store shows; fails the test unless a recount says the same of each. */
size_t store_recount(struct store_place *p);
/* How many it shows. */
size_t store_counts(struct store_place *p);

#endif
