/* life.h - what people do with their machines: on and off, log on and off, Outlook, scripts of others.
 *
 * Each machine's day is drawn at its midnight from its own chance.
 * Effects: starts and stops agents, changes hives    Units:  _ms of virtual time
 * Owns:    a machine's `today`; sim_life_done()      Errors: none
 * Threads: one thread                                Source: tests/sim/README.md
 */
#ifndef TESTS_SIM_LIFE_H
#define TESTS_SIM_LIFE_H

#include "tests/sim/machine.h"

/* The days of the rollout that people's lives depend on; set by scenario.c. */
struct sim_seasons {
    unsigned days;
    unsigned away_from; /* some machines are off from this day on ... */
    unsigned away_until;
    uint64_t managed_from_ms; /* others rewrite values only while there is something to correct */
    uint64_t managed_until_ms;
};

/* Draw what kind of machine it is, and who uses it. */
void sim_life_init(struct sim_machine *machine);
void sim_life_done(struct sim_machine *machine);

/* Do what people do now. */
void sim_life_run(struct sim_machine *machine, const struct sim_seasons *seasons);
/* When they do something next. */
uint64_t sim_life_due_ms(const struct sim_machine *machine);

/* Twelve machines can be there for all sizes of fleets; the others follow the same shares. */
enum {
    SIM_LIFE_CHANGES_A_DAY = 6
}; /* of a user: on, Outlook on, off, off, a rewrite, its correction */

#endif
