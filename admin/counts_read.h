/* counts_read.h - read the numbers of users that a server counted.
 *
 * Words that we do not know are refused: leaving them out would make sums wrong.
 * Effects: none       Units:  users
 * Owns:    nothing    Errors: problems at their places
 * Threads: one        Source: docs/protocol.md "Simulating at the server"
 */
#ifndef ADMIN_COUNTS_READ_H
#define ADMIN_COUNTS_READ_H

#include "policy/json_read.h"
#include "policy/simulate.h"

/* A number of users; 0 and a problem where it is missing. */
uint64_t adm_users_read(const struct pol_at *at, const char *key);

/* `outcomes`, `blocked_by` and `unknown_facts` of the object. */
void adm_stage_counts_read(const struct pol_at *at, struct pol_stage_counts *out);

/* A list of `from`, `to`, `users`. */
void adm_moves_read(const struct pol_at *at, const char *key, uint64_t (*out)[POL_OUTCOME_COUNT]);

#endif
