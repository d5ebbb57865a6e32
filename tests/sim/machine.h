/* machine.h - one simulated machine: the real agent core on its own disk, hives and clock.
 *
 * The agent is driven in steps (agent/run.h); nothing sleeps. What it keeps over a restart is in the
 * vault, and in the users' hives.
 * Effects: those of the ports, all simulated     Units:  _ms of virtual time, _s wall seconds
 * Owns:    struct sim_machine; sim_machine_done()
 * Errors:  an agent that cannot go on is a fault, and ends
 * Threads: one thread                            Source: agent/run.h
 */
#ifndef TESTS_SIM_MACHINE_H
#define TESTS_SIM_MACHINE_H

#include "agent/loop.h"
#include "tests/fakes/fake_vault.h"
#include "tests/sim/wire.h"

/* What kind of machine, for life.c. */
enum sim_habit {
    SIM_HABIT_ALWAYS_ON,
    SIM_HABIT_OFF_AT_NIGHT,
    SIM_HABIT_AWAY, /* off for days in the middle of the rollout */
    SIM_HABIT_TERMINAL_SERVER,
    SIM_HABIT_COPY, /* does not exist until somebody copies another machine */
};

struct sim_today;

struct sim_machine {
    struct sim_world *world;
    struct sim_plug *plug;
    unsigned number;
    char name[16];
    char guid[40];
    enum sim_habit habit;

    struct ag_config config;
    struct ag_host host;
    struct ag_ports ports;
    struct ag_trust trust; /* the signer's */
    struct ag_loop *loop;  /* NULL: the agent does not run */
    struct fake_vault vault;
    struct sim_hives hives;
    int64_t wall_offset_s;  /* how wrong its clock is */
    struct sim_dice chance; /* of the agent */
    bool hive_changed;      /* since the agent looked last */

    struct sim_dice fate; /* of the machine */
    struct sim_today *today;

    uint64_t started_ms; /* the agent, last */
    uint64_t on_ms;      /* the agent, in all its runs but this one */
    uint64_t steps;
    uint64_t changes; /* of users and machine that an agent may wake for */
    unsigned starts;
    int64_t highest; /* version that was ever in force */
    unsigned same_ms_steps;
    uint64_t last_step_ms;
};

void sim_machine_init(struct sim_machine *machine, struct sim_world *world, struct sim_plug *plug,
                      struct pol_trust *trust, uint64_t seed);
void sim_machine_done(struct sim_machine *machine);

void sim_machine_start(struct sim_machine *machine);
void sim_machine_stop(struct sim_machine *machine);
bool sim_machine_is_on(const struct sim_machine *machine);
/* Take the answers that came, and do what is due. */
void sim_machine_run(struct sim_machine *machine);
/* When there is something to do; SIM_NEVER: not by itself. */
uint64_t sim_machine_due_ms(struct sim_machine *machine);

/* Become a copy of another machine's disk, with the same users. */
void sim_machine_copy(struct sim_machine *machine, const struct sim_machine *from, bool same_facts);

#endif
