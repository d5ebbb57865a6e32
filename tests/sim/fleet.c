#include "tests/sim/fleet.h"

#include "tests/sim/reckon.h"
#include "tests/sim/scenario.h"

#include <stdlib.h>

void sim_fleet_init(struct sim_fleet *fleet, const struct sim_order *order)
{
    *fleet = (struct sim_fleet){.order = *order, .count = order->agents + SIM_COPIES};
    struct sim_world *world = &fleet->world;
    world->flaw = order->flaw;
    world->quiet = order->quiet;
    sim_agenda_init(&world->agenda, fleet->count);
    sim_paper_init(&fleet->paper, world, fleet->count);
    sim_server_init(&fleet->server, world, &fleet->paper, order->seed);
    sim_wire_init(&fleet->wire, world, &fleet->server, &fleet->paper, fleet->count);
    fake_signer_init(&fleet->signer, "mapihttp");
    fleet->machines = sim_new(fleet->count, sizeof *fleet->machines);
    for (size_t i = 0; i < fleet->count; i++) {
        struct sim_machine *machine = &fleet->machines[i];
        sim_machine_init(machine, world, &fleet->wire.plugs[i], fleet->signer.trust, order->seed);
        sim_life_init(machine);
        if (i >= order->agents) {
            machine->habit = SIM_HABIT_COPY;
            sim_life_done(machine);
        }
    }
    sim_scenario_init(fleet);
    for (size_t i = 0; i < fleet->count; i++) {
        sim_fleet_reschedule(fleet, i);
    }
}

void sim_fleet_done(struct sim_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        sim_machine_done(&fleet->machines[i]);
        sim_life_done(&fleet->machines[i]);
    }
    free(fleet->machines);
    sim_scenario_done(fleet);
    fake_signer_done(&fleet->signer);
    sim_wire_done(&fleet->wire);
    sim_server_done(&fleet->server);
    sim_paper_done(&fleet->paper);
    sim_agenda_done(&fleet->world.agenda);
}

void sim_fleet_reschedule(struct sim_fleet *fleet, size_t machine)
{
    struct sim_machine *m = &fleet->machines[machine];
    uint64_t agent_ms = sim_machine_due_ms(m);
    uint64_t life_ms = sim_life_due_ms(m);
    sim_agenda_set(&fleet->world.agenda, machine, agent_ms < life_ms ? agent_ms : life_ms);
}

/* One member's turn: first what its people do, then what its agent does about it. */
static void take_turn(struct sim_fleet *fleet, size_t member)
{
    struct sim_machine *machine = &fleet->machines[member];
    if (sim_life_due_ms(machine) <= fleet->world.now_ms) {
        sim_life_run(machine, &fleet->seasons);
    }
    if (sim_machine_due_ms(machine) <= fleet->world.now_ms) {
        sim_machine_run(machine);
    }
    sim_fleet_reschedule(fleet, member);
}

static void tell_progress(const struct sim_fleet *fleet, uint64_t at_ms)
{
    uint64_t day = at_ms / SIM_DAY_MS;
    if (fleet->order.progress != NULL && day != fleet->world.now_ms / SIM_DAY_MS) {
        fleet->order.progress((unsigned)day, fleet->order.days);
    }
}

void sim_fleet_run(struct sim_fleet *fleet)
{
    struct sim_world *world = &fleet->world;
    uint64_t end_ms = (uint64_t)fleet->order.days * SIM_DAY_MS;
    while (true) {
        uint64_t at_ms = SIM_NEVER;
        size_t member = sim_agenda_first(&world->agenda, &at_ms);
        uint64_t event_ms = sim_scenario_due_ms(fleet);
        uint64_t next_ms = event_ms < at_ms ? event_ms : at_ms;
        if (next_ms >= end_ms) {
            break;
        }
        tell_progress(fleet, next_ms);
        world->now_ms = next_ms;
        if (event_ms <= at_ms) {
            sim_scenario_run(fleet);
        } else {
            take_turn(fleet, member);
        }
    }
    world->now_ms = end_ms;
    sim_reckon(fleet);
}
