/* reckon.h - was all of it done with no more than was needed: requests, wake-ups, writes, memory?
 *
 * Effects: faults of kinds COUNT, WAKE, WRITE and MEMORY    Units:  _ms of virtual time, bytes
 * Owns:    nothing                                          Errors: none
 * Threads: one thread    Source: docs/protocol.md "No herd", docs/performance.md
 */
#ifndef TESTS_SIM_RECKON_H
#define TESTS_SIM_RECKON_H

#include "tests/sim/fleet.h"

/* Once a day: how much memory is in use. */
void sim_reckon_memory(struct sim_fleet *fleet);
/* At the end. */
void sim_reckon(struct sim_fleet *fleet);

struct sim_sums {
    uint64_t on_ms; /* of all agents */
    uint64_t steps;
    uint64_t starts;
    uint64_t changes;
    uint64_t lost; /* requests that reached nobody */
    uint64_t value_writes;
    uint64_t value_writes_most;
    uint64_t foreign_writes;
    uint64_t marker_writes;
    uint64_t vault_writes;
};

struct sim_sums sim_reckon_sums(const struct sim_fleet *fleet);

#endif
