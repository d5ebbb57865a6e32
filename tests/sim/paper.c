#include "tests/sim/paper.h"

#include <math.h>
#include <stdlib.h>

enum {
    RECONNECT_SPREAD_MS = 60 * 1000, /* "reconnects after a server restart spread over 60 s" */
    WAIT_LEAST_S = 30,               /* "halves its wait (30 s at least) and remembers" */
    IN_STEP_MS = SIM_HOUR_MS,
    ANSWERED_MS = 100, /* server.c answers within 30 ms; then the next poll begins */
    RING_LEAST = 1024,
};

const char *const SIM_KIND_WORDS[SIM_KIND_COUNT] = {
    "asking for the policy", "policies sent",     "enrolling",
    "full reports",          "reports on change", "put off (429, 503)"};

void sim_paper_init(struct sim_paper *paper, struct sim_world *world, size_t machines)
{
    *paper = (struct sim_paper){.world = world, .machines = machines, .room = RING_LEAST};
    paper->expected = sim_new(machines, sizeof *paper->expected);
    paper->arrived = sim_new(paper->room, sizeof *paper->arrived);
    paper->windows[0].width_ms = 1000;
    paper->windows[1].width_ms = 10 * 1000;
}

void sim_paper_done(struct sim_paper *paper)
{
    free(paper->expected);
    free(paper->arrived);
    *paper = (struct sim_paper){.world = paper->world};
}

/* ---- polls: 86400 / wait_s a day ------------------------------------------------------------ */

/* How long a machine's polls are held: `wait_s` +-20 %, on the average just that. A way that cuts has
 * taught it a cap, and jitter then goes down only: nine tenths of it. */
static double wait_ms(const struct sim_expected *e)
{
    return 1000.0 * (e->cap_s > 0 ? 0.9 * e->cap_s : SIM_WAIT_S);
}

static double rate(const struct sim_expected *e)
{
    return e->polling ? 1 / wait_ms(e) : 0;
}

/* A poll ends when it was held that long, and the next begins at once: time / wait of them. What
 * comes on top is said by whoever brings it about. 3 %: a machine's thousand polls, of a tenth each,
 * have a mean within 1 %; the rest is for what a poll takes beside being held. */
static void settle_until(struct sim_paper *paper, struct sim_expected *e, uint64_t until_ms)
{
    double polls = rate(e) * (double)(until_ms - e->since_ms);
    sim_paper_expect(paper, SIM_KIND_POLL, 0.97 * polls, 1.03 * polls);
    e->since_ms = until_ms;
}

/* What was learned is tried again after a day, twice as long each time. */
static void settle(struct sim_paper *paper, struct sim_expected *e)
{
    uint64_t now_ms = paper->world->now_ms;
    while (e->cap_s > 0 && now_ms - e->cap_ms > SIM_DAY_MS) {
        e->cap_ms += SIM_DAY_MS;
        if (e->since_ms < e->cap_ms) {
            settle_until(paper, e, e->cap_ms);
        }
        paper->polls_per_ms -= rate(e);
        e->cap_s = e->cap_s * 2 < SIM_WAIT_S ? e->cap_s * 2 : 0;
        paper->polls_per_ms += rate(e);
    }
    settle_until(paper, e, now_ms);
}

static void change(struct sim_paper *paper, size_t machine, bool polling, uint32_t cap_s)
{
    struct sim_expected *e = &paper->expected[machine];
    settle(paper, e);
    paper->polls_per_ms -= rate(e);
    e->polling = polling;
    e->cap_s = cap_s;
    paper->polls_per_ms += rate(e);
}

void sim_paper_started(struct sim_paper *paper, size_t machine)
{
    change(paper, machine, paper->expected[machine].polling, 0);
}

void sim_paper_polling(struct sim_paper *paper, size_t machine, bool polling)
{
    settle(paper, &paper->expected[machine]);
    change(paper, machine, polling, paper->expected[machine].cap_s);
}

/* "The agent halves its wait (30 s at least) and remembers." */
void sim_paper_cut(struct sim_paper *paper, size_t machine, uint32_t asked_wait_s)
{
    struct sim_expected *e = &paper->expected[machine];
    settle(paper, e);
    uint32_t most_s = e->cap_s > 0 ? e->cap_s : SIM_WAIT_S;
    uint32_t half_s = (asked_wait_s < most_s ? asked_wait_s : most_s) / 2;
    change(paper, machine, e->polling, half_s > WAIT_LEAST_S ? half_s : WAIT_LEAST_S);
    e->cap_ms = paper->world->now_ms;
    /* The cut one was too short by up to all of it, and the next comes after up to 60 s. */
    sim_paper_expect(paper, SIM_KIND_POLL, -2, 1);
}

/* ---- herd --------------------------------------------------------------------------------- */

static struct sim_allowance *add_allowance(struct sim_paper *paper, uint64_t for_ms)
{
    size_t i = 0;
    uint64_t now_ms = paper->world->now_ms;
    uint64_t window_ms = paper->windows[SIM_WINDOWS - 1].width_ms;
    while (i < paper->allowance_count && paper->allowances[i].until_ms + window_ms > now_ms) {
        i++; /* the first whose time is over */
    }
    if (i == SIM_ALLOWANCES) {
        abort();
    }
    paper->allowance_count += i == paper->allowance_count ? 1 : 0;
    paper->allowances[i] = (struct sim_allowance){.from_ms = now_ms, .until_ms = now_ms + for_ms};
    return &paper->allowances[i];
}

void sim_paper_allow(struct sim_paper *paper, double requests, uint64_t for_ms)
{
    add_allowance(paper, for_ms)->per_ms = requests / (double)for_ms;
}

void sim_paper_allow_burst(struct sim_paper *paper, double requests, uint64_t for_ms)
{
    add_allowance(paper, for_ms)->at_once = requests;
}

static void walk_in_step(struct sim_paper *paper)
{
    paper->in_step_until_ms = paper->world->now_ms + IN_STEP_MS;
}

/* Each machine comes back at an even time within 60 s: n / 60 a second. If the server is not there
 * yet, it fails and backs off with full jitter, up to 5 s * 2^k: after a seconds without an answer
 * the next try is drawn from about max(5, 2 a) s, so a machine that has tried for a seconds
 * arrives with a density of 1 / max(5, 2 a). Over all machines, whose a is even in 0..60, that is
 *   n / 60 * (integral of 1 / max(5, 2 a) over a = 0..60) = n / 60 * (0.5 + ln(60 / 2.5) / 2)
 * and with those that did not try yet n / 60 * 3.1 in the worst second, when the server comes back
 * after a minute. Longer outages are better: up to 15 min are drawn from then. */
void sim_paper_reconnect(struct sim_paper *paper, size_t machines, double requests_each)
{
    const double worst = 1 + 0.5 + log(60 / 2.5) / 2;
    walk_in_step(paper);
    struct sim_allowance *a = add_allowance(paper, RECONNECT_SPREAD_MS);
    a->per_ms = worst * (double)machines * requests_each / RECONNECT_SPREAD_MS;
    /* What follows an answer (enrolling, the reports that waited) may come 5 s and more later. */
    a->until_ms += 30 * 1000;
}

/* All held polls are answered at once, and their agents ask again at once, on connections that stand:
 * a policy that is released a second later must reach them, too. They act, and report that they did,
 * "after a random part of spread_s". */
void sim_paper_released(struct sim_paper *paper, size_t held)
{
    walk_in_step(paper);
    sim_paper_allow_burst(paper, (double)held, ANSWERED_MS);
    sim_paper_allow(paper, (double)held, SIM_SPREAD_S * 1000);
}

static double overlap_ms(const struct sim_allowance *a, uint64_t from_ms, uint64_t until_ms)
{
    uint64_t from = a->from_ms > from_ms ? a->from_ms : from_ms;
    uint64_t until = a->until_ms < until_ms ? a->until_ms : until_ms;
    return until > from ? (double)(until - from) : 0;
}

/* How many requests may come in the window that ends now.
 *
 * Polls: in phases that have nothing to do with each other, sum(1 / wait). For an hour after all
 * began together, 2.5 times that: a jitter of +-20 % spreads those in step over 0.4 of their wait,
 * and never closer again. An hour is 15 waits: by then their phases differ by 0.115 * sqrt(15) =
 * 0.45 of a wait (standard deviation), that is by chance.
 * Reports on change: each user's day has up to 6 changes (life.c), of which 2 fall into the same
 * two hours for all: 2 * 1.3 users * n / 7200 s. Three in ten are switched on within 1.4 h of each
 * morning, with a poll that is not held, enrolling perhaps, one that is, and a report: 4 of them.
 *
 * Margin: arrivals that do not know of each other are Poisson's; six deviations are exceeded once in
 * 10^8 windows. And 10, since a machine that starts says five things within a second: two may meet. */
static double bound(const struct sim_paper *paper, uint64_t width_ms)
{
    uint64_t now_ms = paper->world->now_ms;
    uint64_t from_ms = now_ms > width_ms ? now_ms - width_ms : 0;
    double in_step = now_ms < paper->in_step_until_ms ? 2.5 : 1;
    double changes_per_ms = 2 * 1.3 * (double)paper->machines / (7200.0 * 1000);
    double starts_per_ms = 4 * 0.3 * (double)paper->machines / (1.4 * SIM_HOUR_MS);
    double mean =
        (in_step * paper->polls_per_ms + changes_per_ms + starts_per_ms) * (double)width_ms;
    for (size_t i = 0; i < paper->allowance_count; i++) {
        const struct sim_allowance *a = &paper->allowances[i];
        double both_ms = overlap_ms(a, from_ms, now_ms + 1);
        mean += a->per_ms * both_ms + (both_ms > 0 ? a->at_once : 0);
    }
    return mean + 6 * sqrt(mean) + 10;
}

static void grow(struct sim_paper *paper)
{
    uint64_t *twice = sim_new(2 * paper->room, sizeof *twice);
    for (size_t i = paper->windows[SIM_WINDOWS - 1].first; i < paper->end; i++) {
        twice[i % (2 * paper->room)] = paper->arrived[i % paper->room];
    }
    free(paper->arrived);
    paper->arrived = twice;
    paper->room *= 2;
}

static void look_at(struct sim_paper *paper, struct sim_window *w)
{
    uint64_t now_ms = paper->world->now_ms;
    while (paper->arrived[w->first % paper->room] + w->width_ms <= now_ms) {
        w->first++;
    }
    w->count = paper->end - w->first;
    bool is_peak = w->count > w->peak;
    /* A few are a herd for nobody, and most windows hold a few. */
    double most = w->count > 10 || is_peak ? bound(paper, w->width_ms) : (double)w->count;
    if (is_peak) {
        w->peak = w->count;
        w->bound_at_peak = most;
    }
    if ((double)w->count > most && now_ms >= w->told_ms + SIM_MINUTE_MS) {
        w->told_ms = now_ms; /* one herd is one fault */
        sim_fault(paper->world, SIM_FAULT_HERD, "%zu requests in %g s, %.0f are the bound",
                  w->count, (double)w->width_ms / 1000, most);
    }
}

void sim_paper_arrived(struct sim_paper *paper)
{
    if (paper->end - paper->windows[SIM_WINDOWS - 1].first == paper->room) {
        grow(paper);
    }
    paper->arrived[paper->end++ % paper->room] = paper->world->now_ms;
    for (size_t i = 0; i < SIM_WINDOWS; i++) {
        look_at(paper, &paper->windows[i]);
    }
}

/* ---- counts ------------------------------------------------------------------------------- */

void sim_paper_count(struct sim_paper *paper, enum sim_kind kind)
{
    paper->seen[kind]++;
}

void sim_paper_expect(struct sim_paper *paper, enum sim_kind kind, double least, double most)
{
    paper->least[kind] += least;
    paper->most[kind] += most;
}

void sim_paper_check(struct sim_paper *paper)
{
    for (size_t i = 0; i < paper->machines; i++) {
        settle(paper, &paper->expected[i]);
    }
    for (size_t kind = 0; kind < SIM_KIND_COUNT; kind++) {
        double seen = (double)paper->seen[kind];
        if (seen < paper->least[kind] || seen > paper->most[kind]) {
            sim_fault(paper->world, SIM_FAULT_COUNT, "%s: %.0f, and %.0f to %.0f were computed",
                      SIM_KIND_WORDS[kind], seen, paper->least[kind], paper->most[kind]);
        }
    }
}
