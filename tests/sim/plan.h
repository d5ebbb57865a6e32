/* plan.h - the plan of the simulated rollout, signed: what the server has to hand out.
 *
 * Effects: fills fleet->releases             Units:  seconds
 * Owns:    the envelopes; sim_plan_done()    Errors: none; a wrong plan ends the program
 * Threads: one thread                        Source: docs/policy-format.md
 */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "tests/sim/fleet.h"

/* Once it is known who uses the machines: exceptions are named by SID. */
void sim_plan_sign(struct sim_fleet *fleet);
void sim_plan_done(struct sim_fleet *fleet);

#endif
