/* judge.h - is everybody where the policy that was released last says?
 *
 * Decides by itself, from the rings' definitions, what each user's value should be.
 * Effects: faults of kinds STATE and COUNT    Units:  _ms of virtual time
 * Owns:    nothing                            Errors: none
 * Threads: one thread    Source: docs/policy-format.md "The setting", "State of one user"
 */
#ifndef TESTS_SIM_JUDGE_H
#define TESTS_SIM_JUDGE_H

#include "tests/sim/fleet.h"

/* Look at all machines that can be expected to be in step by now. */
void sim_judge_check(struct sim_fleet *fleet);
/* The same of all machines: nobody is excused at the end. */
void sim_judge_check_all(struct sim_fleet *fleet);
/* What the rings say of a user under a stage of the plan in scenario.c. */
enum pol_set sim_judge_set(const struct sim_machine *machine, const struct ag_hive *hive,
                           const char *stage);
/* What his value is then, once he was looked after. */
struct sim_value sim_judge_value(enum pol_set set, const struct ag_hive *hive);

#endif
