#include "tests/sim/judge.h"

#include "policy/bucket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLED_MS =
        3 * SIM_MINUTE_MS, /* a pass each minute finds what watchers miss, a report 5 s later */
    STARTED_MS = 10 * SIM_MINUTE_MS,
    QUARTER = 250000, /* of a million buckets */
};

/* ---- what should be ----------------------------------------------------------------------- */

static bool is_in_quarter(const char *sid)
{
    uint32_t bucket = 0;
    if (pol_bucket("fleet", sid, &bucket) != ST_OK) {
        abort();
    }
    return bucket < QUARTER;
}

enum pol_set sim_judge_set(const struct sim_machine *machine, const struct ag_hive *hive,
                           const char *stage)
{
    bool in_pilot = strncmp(machine->name, "PC-0000", 7) == 0;
    bool exception = hive->traits.exception;
    if (strcmp(stage, "observe") == 0) {
        return POL_SET_LEAVE;
    }
    if (strcmp(stage, "safe") == 0) {
        return POL_SET_BLOCK;
    }
    if (strcmp(stage, "finish") == 0) {
        return POL_SET_RELEASE;
    }
    if (exception) {
        return POL_SET_LEAVE;
    }
    bool allowed = strcmp(stage, "everyone") == 0 ||
                   (in_pilot && (strcmp(stage, "pilot") == 0 || strcmp(stage, "quarter") == 0)) ||
                   (strcmp(stage, "quarter") == 0 && is_in_quarter(hive->sid));
    return allowed ? POL_SET_ALLOW : POL_SET_BLOCK;
}

/* Where the agent never wrote, `release` and `leave` find the value as it was without us. */
struct sim_value sim_judge_value(enum pol_set set, const struct ag_hive *hive)
{
    bool touched = hive->value_writes > 0 && !hive->traits.exception;
    switch (set) {
    case POL_SET_BLOCK: return sim_value_of(1);
    case POL_SET_ALLOW: return sim_value_of(-1);
    case POL_SET_RELEASE: return touched ? sim_value_of(-1) : hive->own;
    case POL_SET_LEAVE: return hive->own;
    case POL_SET_ALLOW_EXPLICIT:
    case POL_SET_RESTORE:
    case POL_SET_COUNT: break;
    }
    abort();
}

static bool marker_fits(enum pol_set set, const struct ag_hive *hive)
{
    bool has = sim_hive_has_marker(hive);
    bool managed = set == POL_SET_BLOCK || set == POL_SET_ALLOW;
    return managed ? has || hive->value_writes == 0 : !has;
}

static bool state_fits(enum pol_set set, const struct ag_hive *hive, enum pol_state state)
{
    if (set == POL_SET_LEAVE || (set == POL_SET_RELEASE && hive->loaded)) {
        return state == POL_STATE_UNMANAGED;
    }
    if (!hive->loaded) {
        return state != POL_STATE_ERROR && state != POL_STATE_PENDING_RESTART;
    }
    if (hive->traits.contested && state == POL_STATE_CONTESTED) {
        return true;
    }
    return hive->outlook_running
               ? state == POL_STATE_PENDING_RESTART || state == POL_STATE_UNVERIFIED
               : state == POL_STATE_IDLE || state == POL_STATE_UNVERIFIED;
}

/* ---- one user ----------------------------------------------------------------------------- */

struct view {
    struct sim_fleet *fleet;
    const struct sim_machine *machine;
    const struct sim_device *device;
    const struct ag_hive *hive;
    enum pol_set set;
};

static const struct sim_row *find_row(const struct view *v)
{
    for (size_t i = 0; i < v->device->row_count; i++) {
        if (strcmp(v->device->rows[i].sid, v->hive->sid) == 0) {
            return &v->device->rows[i];
        }
    }
    return NULL;
}

static void complain(const struct view *v, const char *what)
{
    sim_fault(&v->fleet->world, SIM_FAULT_STATE, "%s %s under %s: %s", v->machine->name,
              v->hive->sid, v->fleet->server.released->stage, what);
}

static void check_hive(const struct view *v)
{
    struct sim_value want = sim_judge_value(v->set, v->hive);
    if (v->hive->loaded && !v->hive->traits.contested && !sim_value_same(&v->hive->value, &want)) {
        complain(v, "the value is not as decided");
    }
    if (v->hive->loaded && !v->hive->traits.contested && !marker_fits(v->set, v->hive)) {
        complain(v, "the marker does not fit");
    }
}

static void check_row(const struct view *v)
{
    const struct sim_row *row = find_row(v);
    if (row == NULL) {
        complain(v, "the server does not know the user");
        return;
    }
    bool value_told = !v->hive->loaded || (row->present == v->hive->value.present &&
                                           (!row->present || row->dword == v->hive->value.data[0]));
    if (row->loaded != v->hive->loaded || row->set != v->set || !value_told) {
        complain(v, "the server was told something else");
    }
    if (!state_fits(v->set, v->hive, row->state)) {
        complain(v, POL_STATE_WORDS[row->state]);
    }
}

/* ---- one machine -------------------------------------------------------------------------- */

static void check_standing(struct sim_fleet *fleet, const struct sim_machine *m)
{
    const struct ag_standing *standing = &m->loop->standing;
    const struct sim_release *released = fleet->server.released;
    const struct fake_file *floor = fake_vault_find(&m->vault, "accepted.floor");
    int64_t version = standing->policy != NULL ? standing->policy->version : 0;
    if (version != released->version || strcmp(m->loop->poll.etag, released->etag) != 0) {
        sim_fault(&fleet->world, SIM_FAULT_STATE,
                  "%s is at %" PRId64 " (%s), and %" PRId64 " is released", m->name, version,
                  m->loop->poll.etag, released->version);
    }
    if (version != 0 &&
        (ag_policy_store_floor(&standing->store, "mapihttp").version != version || floor == NULL ||
         !span_equal(bytes_span(&floor->content), bytes_span(&m->vault.floor)))) {
        sim_fault(&fleet->world, SIM_FAULT_STATE, "%s: the floors are not at %" PRId64, m->name,
                  version);
    }
    if (m->loop->reports.spool.count > 0) {
        sim_fault(&fleet->world, SIM_FAULT_STATE, "%s: %zu reports wait", m->name,
                  m->loop->reports.spool.count);
    }
}

static const struct sim_device *check_device(struct sim_fleet *fleet, const struct sim_machine *m)
{
    const struct sim_device *device = sim_server_find(&fleet->server, m->loop->enroll.device_id);
    int64_t version = fleet->server.released->version;
    /* "fully every report_s", +-20 %; an hour for what kept it from being sent. */
    uint64_t full_ms = SIM_REPORT_S * UINT64_C(1200) + SIM_HOUR_MS;
    if (device == NULL) {
        sim_fault(&fleet->world, SIM_FAULT_STATE, "%s: the server does not know it", m->name);
    } else if (device->effective != version || device->failed) {
        sim_fault(&fleet->world, SIM_FAULT_STATE, "%s: reported %" PRId64 "%s", m->name,
                  device->effective, device->failed ? " and a failure" : "");
    } else if (!device->full || fleet->world.now_ms - device->full_ms > full_ms) {
        sim_fault(&fleet->world, SIM_FAULT_COUNT, "%s: no full report for too long", m->name);
    }
    return device;
}

static void check_machine(struct sim_fleet *fleet, const struct sim_machine *m)
{
    check_standing(fleet, m);
    const struct sim_device *device = check_device(fleet, m);
    for (size_t i = 0; device != NULL && i < m->hives.count; i++) {
        struct view v = {
            .fleet = fleet, .machine = m, .device = device, .hive = &m->hives.users[i]};
        v.set = sim_judge_set(m, v.hive, fleet->server.released->stage);
        if (fleet->world.now_ms - v.hive->changed_ms >= SETTLED_MS) {
            check_hive(&v);
            check_row(&v);
        }
    }
}

/* ---- all machines ------------------------------------------------------------------------- */

/* Whoever shares his token with a copy overwrites what the copy reports, and the other way round. */
static bool shares_token(const struct sim_fleet *fleet, size_t machine)
{
    return fleet->token_shared &&
           (machine == 0 || machine == fleet->order.agents + (size_t)SIM_TWIN);
}

/* A clock that is years wrong makes each new stage look like one of another time. */
static bool is_in_step(const struct sim_fleet *fleet, size_t machine)
{
    const struct sim_machine *m = &fleet->machines[machine];
    return sim_machine_is_on(m) && !m->plug->unplugged && !shares_token(fleet, machine) &&
           llabs(m->wall_offset_s) < 86400 && fleet->world.now_ms - m->started_ms >= STARTED_MS;
}

static void check(struct sim_fleet *fleet, size_t least)
{
    size_t looked_at = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (is_in_step(fleet, i)) {
            check_machine(fleet, &fleet->machines[i]);
            looked_at++;
        }
    }
    if (looked_at < least) {
        sim_fault(&fleet->world, SIM_FAULT_STATE, "only %zu machines could be looked at",
                  looked_at);
    }
    fleet->checks++;
}

/* By night three in ten are off, and some are away for days; small fleets may have more of these. */
void sim_judge_check(struct sim_fleet *fleet)
{
    check(fleet, fleet->order.agents / 5);
}

void sim_judge_check_all(struct sim_fleet *fleet)
{
    check(fleet, fleet->order.agents);
}
