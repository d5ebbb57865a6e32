/* scenario.h - what happens to the fleet, as a table of events over a week.
 *
 * Longer runs have the same days further apart, and a server that restarts every week.
 * Effects: releases policies, takes networks and servers away    Units:  _ms of virtual time
 * Owns:    the signed policies; sim_scenario_done()              Errors: none
 * Threads: one thread                                            Source: tests/sim/README.md
 */
#ifndef TESTS_SIM_SCENARIO_H
#define TESTS_SIM_SCENARIO_H

#include "tests/sim/fleet.h"

/* Signs all policies of the rollout, and sets the seasons. */
void sim_scenario_init(struct sim_fleet *fleet);
void sim_scenario_done(struct sim_fleet *fleet);

/* When the next event comes; SIM_NEVER: none does. */
uint64_t sim_scenario_due_ms(const struct sim_fleet *fleet);
void sim_scenario_run(struct sim_fleet *fleet);

#endif
