#include "tests/sim/machine.h"

#include "agent/lanes.h"
#include "agent/outlook_none.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer, a pass, a poll and a report may fall into one millisecond; never that many. */
enum { SAME_MS_STEPS = 20, FIRST_MS = 1000 };

/* ---- ports -------------------------------------------------------------------------------- */

static int64_t wall_s(void *ctx)
{
    const struct sim_machine *machine = ctx;
    return SIM_START_S + (int64_t)(machine->world->now_ms / 1000) + machine->wall_offset_s;
}

static uint64_t monotonic_ms(void *ctx)
{
    const struct sim_machine *machine = ctx;
    return machine->world->now_ms + FIRST_MS;
}

static uint32_t draw(void *ctx)
{
    struct sim_machine *machine = ctx;
    uint32_t drawn = sim_dice_draw(&machine->chance);
    return machine->world->flaw == SIM_FLAW_NO_CHANCE ? 0 : drawn;
}

static bool stopping(void *ctx)
{
    (void)ctx;
    return false;
}

static bool hives_changed(void *ctx)
{
    struct sim_machine *machine = ctx;
    bool changed = machine->hive_changed || machine->world->flaw == SIM_FLAW_RESTLESS;
    machine->hive_changed = false;
    return changed;
}

static bool files_changed(void *ctx)
{
    (void)ctx;
    return false;
}

/* Mistakes that are planted in here. */
static bool gets_lost(void *ctx, const char *name, bool removing)
{
    enum sim_flaw flaw = ((const struct sim_world *)ctx)->flaw;
    bool floor = strcmp(name, "accepted.floor") == 0 || strcmp(name, "floor") == 0;
    return removing ? flaw == SIM_FLAW_SPOOL_STAYS && strncmp(name, "report-", 7) == 0
                    : (flaw == SIM_FLAW_LOST_FLOOR && floor) ||
                          (flaw == SIM_FLAW_FORGETS_DEVICE && strcmp(name, "device.sealed") == 0);
}

static void make_disk(struct sim_machine *machine)
{
    fake_vault_init(&machine->vault);
    machine->vault.loses = gets_lost;
    machine->vault.loses_ctx = machine->world;
}

static struct ag_ports ports_of(struct sim_machine *machine)
{
    return (struct ag_ports){
        .clock = {.ctx = machine, .wall_s = wall_s, .monotonic_ms = monotonic_ms, .random = draw},
        .http = sim_wire_port(machine->plug),
        .users = sim_hives_users(&machine->hives),
        .setting = sim_hives_setting(&machine->hives),
        .outlook = sim_hives_outlook(&machine->hives),
        .sights = ag_sights_none(),
        .vault = fake_vault_port(&machine->vault),
        .stopping = stopping,
        .hives_changed = hives_changed,
        .files_changed = files_changed,
        .events_ctx = machine,
    };
}

static char OS[] = "10.0.19045";
static char ARCH[] = "x64";

/* ---- init and done ------------------------------------------------------------------------ */

void sim_machine_init(struct sim_machine *machine, struct sim_world *world, struct sim_plug *plug,
                      struct pol_trust *trust, uint64_t seed)
{
    *machine = (struct sim_machine){
        .world = world, .plug = plug, .number = plug->machine, .trust = {.trust = trust}};
    machine->chance = sim_dice_new(seed, 2 * (uint64_t)plug->machine + 100);
    machine->fate = sim_dice_new(seed, 2 * (uint64_t)plug->machine + 101);
    (void)snprintf(machine->name, sizeof machine->name, "PC-%05u", machine->number);
    (void)snprintf(machine->guid, sizeof machine->guid, "guid-%u", machine->number);
    machine->config = ag_config_defaults();
    machine->config.server_url = text_copy("https://server.test");
    machine->config.enroll_secret_file = text_copy("/nonexistent/secret");
    machine->host = (struct ag_host){
        .name = machine->name, .os = OS, .arch = ARCH, .machine_guid = machine->guid};
    make_disk(machine);
    fake_vault_put(&machine->vault, "enroll.sealed", span_text("enroll-me"));
    sim_hives_init(&machine->hives, world, &machine->wall_offset_s);
}

void sim_machine_done(struct sim_machine *machine)
{
    sim_machine_stop(machine);
    fake_vault_done(&machine->vault);
    ag_config_done(&machine->config);
}

void sim_machine_copy(struct sim_machine *machine, const struct sim_machine *from, bool same_facts)
{
    fake_vault_done(&machine->vault);
    make_disk(machine);
    fake_vault_copy(&machine->vault, &from->vault);
    machine->hives.count = from->hives.count;
    for (size_t i = 0; i < from->hives.count; i++) {
        machine->hives.users[i] = from->hives.users[i];
        machine->hives.users[i].hives = &machine->hives;
    }
    if (same_facts) {
        memcpy(machine->name, from->name, sizeof machine->name);
        memcpy(machine->guid, from->guid, sizeof machine->guid);
    }
}

/* ---- running ------------------------------------------------------------------------------ */

bool sim_machine_is_on(const struct sim_machine *machine)
{
    return machine->loop != NULL;
}

void sim_machine_start(struct sim_machine *machine)
{
    struct err err = {.st = ST_OK};
    if (machine->loop != NULL) {
        return;
    }
    machine->loop = sim_new(1, sizeof *machine->loop);
    machine->ports = ports_of(machine);
    machine->starts++;
    machine->started_ms = machine->world->now_ms;
    if (ag_loop_open(machine->loop, &machine->config, &machine->host, &machine->ports,
                     &machine->trust, &err) != ST_OK) {
        sim_fault(machine->world, SIM_FAULT_STATE, "%s does not start: %s", machine->name,
                  err.text);
        free(machine->loop);
        machine->loop = NULL;
        return;
    }
    ag_loop_take_mark(machine->loop);
    sim_plug_switch(machine->plug, true);
}

void sim_machine_stop(struct sim_machine *machine)
{
    if (machine->loop == NULL) {
        return;
    }
    ag_lanes_cancel(machine->loop);
    ag_loop_close(machine->loop);
    free(machine->loop);
    machine->loop = NULL;
    machine->on_ms += machine->world->now_ms - machine->started_ms;
    sim_plug_switch(machine->plug, false);
}

/* What was in force stays the least that is: over restarts, damage and lying servers. */
static void check_floor(struct sim_machine *machine)
{
    const struct pol_policy *policy = machine->loop->standing.policy;
    if (policy == NULL) {
        return;
    }
    if (policy->version < machine->highest) {
        sim_fault(machine->world, SIM_FAULT_STATE, "%s: version %" PRId64 " after %" PRId64,
                  machine->name, policy->version, machine->highest);
    }
    machine->highest = policy->version;
}

static void count_step(struct sim_machine *machine)
{
    bool same = machine->last_step_ms == machine->world->now_ms;
    machine->steps++;
    machine->same_ms_steps = same ? machine->same_ms_steps + 1 : 0;
    machine->last_step_ms = machine->world->now_ms;
    if (machine->same_ms_steps == SAME_MS_STEPS) {
        sim_fault(machine->world, SIM_FAULT_WAKE, "%s: does not come to rest", machine->name);
    }
}

void sim_machine_run(struct sim_machine *machine)
{
    enum ag_lane lane = AG_LANE_POLICY;
    struct ag_answer answer;
    if (machine->loop == NULL) {
        return;
    }
    while (sim_plug_take(machine->plug, &lane, &answer)) {
        ag_lanes_take(machine->loop, lane, &answer);
        bytes_wipe(&answer.body);
        check_floor(machine);
    }
    count_step(machine);
    if (ag_run_step(machine->loop) != ST_OK) {
        sim_fault(machine->world, SIM_FAULT_STATE, "%s: the agent cannot go on", machine->name);
        sim_machine_stop(machine);
    }
}

/* A watcher that saw something wakes the loop: look_for_changes() may bring the pass forward. */
uint64_t sim_machine_due_ms(struct sim_machine *machine)
{
    if (machine->loop == NULL) {
        return SIM_NEVER;
    }
    uint64_t now_ms = machine->world->now_ms;
    uint64_t answer_ms = sim_plug_due_ms(machine->plug);
    uint64_t due_ms = ag_run_due_ms(machine->loop);
    due_ms = due_ms == UINT64_MAX ? SIM_NEVER : due_ms > FIRST_MS ? due_ms - FIRST_MS : 0;
    due_ms = machine->hive_changed ? now_ms : due_ms;
    uint64_t restless_ms = machine->last_step_ms + 1000;
    if (machine->world->flaw == SIM_FLAW_RESTLESS && due_ms > restless_ms) {
        due_ms = restless_ms;
    }
    due_ms = answer_ms < due_ms ? answer_ms : due_ms;
    return due_ms > now_ms ? due_ms : now_ms;
}
