#include "tests/sim/reckon.h"

#include "tests/sim/judge.h"
#include "tests/sim/memory_posix.h"

#include <inttypes.h>

enum { PASS_EVERY_MS = 60 * 1000, FILE_EVERY_MS = 10 * 1000 }; /* agent/loop.c */

static uint64_t on_ms(const struct sim_machine *m)
{
    bool on = sim_machine_is_on(m);
    return m->on_ms + (on ? m->world->now_ms - m->started_ms : 0);
}

static uint64_t requests(const struct sim_machine *m)
{
    uint64_t sum = 0;
    for (size_t lane = 0; lane < AG_LANE_COUNT; lane++) {
        sum += m->plug->started[lane];
    }
    return sum;
}

/* Each release can change a user's value once; each rewrite by others is corrected at most once. */
static uint64_t writes_most(const struct sim_fleet *fleet, const struct sim_machine *m,
                            const struct ag_hive *hive)
{
    uint64_t most = hive->foreign_writes;
    struct sim_value before = hive->own;
    for (size_t i = 0; i < SIM_RELEASES; i++) {
        enum pol_set set = sim_judge_set(m, hive, fleet->releases[i].stage);
        struct sim_value now = sim_judge_value(set, hive);
        most += sim_value_same(&now, &before) ? 0 : 1;
        before = now;
    }
    return most;
}

struct sim_sums sim_reckon_sums(const struct sim_fleet *fleet)
{
    struct sim_sums sums = {0};
    for (size_t i = 0; i < fleet->count; i++) {
        const struct sim_machine *m = &fleet->machines[i];
        sums.on_ms += on_ms(m);
        sums.steps += m->steps;
        sums.starts += m->starts;
        sums.changes += m->changes;
        sums.lost += m->plug->lost;
        sums.marker_writes += m->hives.marker_writes;
        sums.vault_writes += m->vault.contents;
        for (size_t u = 0; u < m->hives.count; u++) {
            sums.value_writes += m->hives.users[u].value_writes;
            sums.foreign_writes += m->hives.users[u].foreign_writes;
            sums.value_writes_most += writes_most(fleet, m, &m->hives.users[u]);
        }
    }
    return sums;
}

/* ---- each machine ------------------------------------------------------------------------- */

/* A pass each minute and a look for a dropped file every 10 s; to start a request and to take its
 * answer; a change is seen once, corrected once and reported after 5 s; a policy is taken, brought
 * to the users once their turn has come, and reported. 2 % and a few for what is not that even. */
static void check_wakes(struct sim_fleet *fleet, const struct sim_machine *m)
{
    uint64_t most = on_ms(m) / PASS_EVERY_MS + on_ms(m) / FILE_EVERY_MS + 2 * requests(m) +
                    3 * m->changes + 4 * (uint64_t)m->starts + 6 * (uint64_t)fleet->release_count;
    most += most / 50;
    if (m->steps > most) {
        sim_fault(&fleet->world, SIM_FAULT_WAKE,
                  "%s: %" PRIu64 " steps, and %" PRIu64 " were computed", m->name, m->steps, most);
    }
}

/* An accepted policy is 5 writes (its bytes, two floors, trust, etag), the time of accepting it one
 * more; a device is one, a report one; the ledger follows what happens to users: a start of Outlook,
 * a rewrite, a version that was brought. */
static void check_writes(struct sim_fleet *fleet, const struct sim_machine *m)
{
    uint64_t most = (6 + m->hives.count) * fleet->release_count + m->plug->started[AG_LANE_ENROLL] +
                    m->plug->started[AG_LANE_REPORT] + 2 * m->changes + 4 * (uint64_t)m->starts;
    if (m->vault.contents > most) {
        sim_fault(&fleet->world, SIM_FAULT_WRITE,
                  "%s: %" PRIu64 " files written, and %" PRIu64 " were computed", m->name,
                  m->vault.contents, most);
    }
    for (size_t u = 0; u < m->hives.count; u++) {
        const struct ag_hive *hive = &m->hives.users[u];
        if (hive->value_writes > writes_most(fleet, m, hive)) {
            sim_fault(&fleet->world, SIM_FAULT_WRITE,
                      "%s: written %u times, and %" PRIu64 " were computed", hive->sid,
                      hive->value_writes, writes_most(fleet, m, hive));
        }
    }
}

/* ---- requests ----------------------------------------------------------------------------- */

/* What the events of the scenario did not say already. */
static void expect_the_rest(struct sim_fleet *fleet, const struct sim_sums *sums)
{
    struct sim_paper *paper = &fleet->paper;
    double agents = fleet->order.agents;
    double starts = (double)sums->starts;
    double days_on = (double)sums->on_ms / SIM_DAY_MS;
    double changes = (double)sums->changes;
    double months = fleet->order.days / 30.0;

    /* A start cuts a poll short, begins without a token, enrolls and asks to be held. */
    sim_paper_expect(paper, SIM_KIND_POLL, -starts, 3 * starts);
    /* Once at first; once a month to change the token; a clock that jumps by years changes it when it
     * goes and when it comes back. */
    sim_paper_expect(paper, SIM_KIND_ENROLL, agents,
                     agents + SIM_COPIES + agents * months + agents / 5);
    /* Who lost his policy, or refused one by a wrong clock, gets it once more. */
    sim_paper_expect(paper, SIM_KIND_BODY, 0, agents / 2);
    /* "The first report of a run", and "fully every report_s", +-20 %; but a policy's full report
     * begins a new period. */
    sim_paper_expect(paper, SIM_KIND_FULL, 0, starts + days_on / 0.8);
    if (paper->least[SIM_KIND_FULL] < days_on / 1.2 - agents) {
        paper->least[SIM_KIND_FULL] = days_on / 1.2 - agents;
    }
    /* Each change is news, unless it comes within 5 s of another, or the machine goes off with it. */
    sim_paper_expect(paper, SIM_KIND_NEWS, 0.4 * changes, 1.1 * changes + 2 * agents);
}

void sim_reckon(struct sim_fleet *fleet)
{
    struct sim_sums sums = sim_reckon_sums(fleet);
    for (size_t i = 0; i < fleet->count; i++) {
        check_wakes(fleet, &fleet->machines[i]);
        check_writes(fleet, &fleet->machines[i]);
    }
    expect_the_rest(fleet, &sums);
    sim_paper_check(&fleet->paper);
}

/* ---- memory ------------------------------------------------------------------------------- */

/* From the second day on everybody has a policy, a device and a ledger. What differs later is how
 * many lines these have, and how full buffers are: a tenth. */
void sim_reckon_memory(struct sim_fleet *fleet)
{
    size_t now_bytes = sim_memory_bytes();
    if (fleet->world.now_ms < SIM_DAY_MS) {
        return;
    }
    if (fleet->memory_bytes == 0) {
        fleet->memory_bytes = now_bytes;
    }
    fleet->memory_last_bytes = now_bytes;
    if (now_bytes > fleet->memory_bytes + fleet->memory_bytes / 10) {
        sim_fault(&fleet->world, SIM_FAULT_MEMORY, "%zu KiB in use, %zu KiB on the second day",
                  now_bytes / 1024, fleet->memory_bytes / 1024);
    }
}
