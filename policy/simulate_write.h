/* simulate_write.h - write what a simulation counted as JSON, the same from a file and at a server.
 *
 * Effects: none                       Units:  users
 * Owns:    nothing; text is appended  Errors: stick in the writer
 * Threads: one thread                 Source: docs/policy-format.md "Simulating"
 */
#ifndef POLICY_SIMULATE_WRITE_H
#define POLICY_SIMULATE_WRITE_H

#include "policy/json_write.h"
#include "policy/simulate.h"

/* `rollout`, `serial`, `users`, `stages` and `safe` into the open object. Where users came with what
 * they have now, each stage has `from_released` and `regressing`, too. */
void pol_simulation_write(struct pol_json_writer *w, const struct pol_plan *plan,
                          const struct pol_simulation *simulation);

/* `outcomes`, `blocked_by` and `unknown_facts` into the open object. */
void pol_stage_counts_write(struct pol_json_writer *w, const struct pol_stage_counts *counts);

/* A list of those moves that change what is set. */
void pol_moves_write(struct pol_json_writer *w, const char *key,
                     const uint64_t (*moves)[POL_OUTCOME_COUNT]);

#endif
