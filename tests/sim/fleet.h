/* fleet.h - many agents, one server and one time: the scheduler of the simulation.
 *
 * The next member of the agenda, or the next event of the scenario, whichever is sooner, decides what
 * time it is; nothing happens in between. Equal seeds give equal runs.
 * Effects: none but faults on stderr     Units:  _ms of virtual time, days
 * Owns:    all; sim_fleet_done()         Errors: none; what goes wrong is counted in world.faults
 * Threads: one thread                    Source: tests/sim/README.md
 */
#ifndef TESTS_SIM_FLEET_H
#define TESTS_SIM_FLEET_H

#include "tests/fakes/fake_signer.h"
#include "tests/sim/life.h"

enum { SIM_RELEASES = 8, SIM_COPIES = 2 };

/* The last machines are copies of the first, while there are any. */
enum { SIM_CLONE = 0, SIM_TWIN = 1 };

struct sim_order {
    unsigned agents;
    unsigned days;
    uint64_t seed;
    enum sim_flaw flaw;
    bool quiet;
    void (*progress)(unsigned day, unsigned days); /* each midnight; may be NULL */
};

struct sim_scene;

struct sim_fleet {
    struct sim_order order;
    struct sim_world world;
    struct sim_paper paper;
    struct sim_server server;
    struct sim_wire wire;
    struct sim_machine *machines;
    size_t count; /* with the copies */
    struct sim_seasons seasons;
    struct fake_signer signer;
    struct sim_release releases[SIM_RELEASES];
    struct sim_scene *scene; /* the events to come; scenario.c */
    uint64_t released_ms;    /* the last time */
    unsigned release_count;
    bool token_shared; /* the twin runs, and whoever it was copied from */

    unsigned checks;
    size_t memory_bytes; /* at a moment of the second day; 0: not looked at yet */
    size_t memory_last_bytes;
};

void sim_fleet_init(struct sim_fleet *fleet, const struct sim_order *order);
void sim_fleet_done(struct sim_fleet *fleet);
/* From the first minute to the last, and the reckoning. */
void sim_fleet_run(struct sim_fleet *fleet);

/* Look again when this machine wants something. */
void sim_fleet_reschedule(struct sim_fleet *fleet, size_t machine);

#endif
