#include "policy/simulate.h"

#include "policy/facts.h"

#include <stdlib.h>
#include <string.h>

const char *pol_outcome_word(unsigned outcome)
{
    return outcome == POL_OUTCOME_UNKNOWN ? "unknown" : POL_SET_WORDS[outcome];
}

const char *const POL_FACT_WORDS[POL_FACT_COUNT] = {"sid",  "account",     "groups",
                                                    "host", "computer_ou", "ad_site",
                                                    "tags", "outlook",     "multi_session"};

struct row {
    struct pol_policy policy;
    struct pol_stage_counts counts;
};

struct pol_simulation {
    struct pol_move_sink sink;
    struct pol_preparation preparation;
    uint64_t users;
    bool compares;
    size_t row_count;
    struct row rows[];
};

enum status pol_simulation_new(const struct pol_plan *plan, const struct pol_move_sink *sink,
                               struct pol_simulation **out, struct err *err)
{
    size_t stages = pol_plan_stage_count(plan);
    struct pol_simulation *s = calloc(1, sizeof *s + (stages + 1) * sizeof s->rows[0]);
    if (s == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to simulate a plan");
    }
    s->row_count = stages + 1;
    for (size_t i = 0; i < s->row_count; i++) {
        struct row *row = &s->rows[i];
        pol_plan_view(plan, i < stages ? (int)i : POL_PLAN_SAFE, &row->policy);
        row->counts.stage = row->policy.stage;
        row->counts.version = row->policy.version;
    }
    if (sink != NULL) {
        s->sink = *sink;
    }
    *out = s;
    return ST_OK;
}

void pol_simulation_free(struct pol_simulation *simulation)
{
    if (simulation != NULL) {
        pol_preparation_done(&simulation->preparation);
        free(simulation);
    }
}

static void count_missing(struct pol_stage_counts *counts, const char *fact)
{
    for (size_t i = 0; i < POL_FACT_COUNT; i++) {
        if (strcmp(POL_FACT_WORDS[i], fact) == 0) {
            counts->missing[i]++;
            return;
        }
    }
}

unsigned pol_outcome_of(const struct pol_decision *d)
{
    return d->blocked_by == POL_BLOCKED_UNKNOWN_FACT ? (unsigned)POL_OUTCOME_UNKNOWN
                                                     : (unsigned)d->set;
}

unsigned pol_stage_counts_add(struct pol_stage_counts *counts, const struct pol_decision *d)
{
    unsigned outcome = pol_outcome_of(d);
    counts->outcomes[outcome]++;
    if (outcome == POL_OUTCOME_UNKNOWN) {
        count_missing(counts, d->fact);
    } else if (d->blocked_by != POL_BLOCKED_NOT) {
        counts->blocked[d->blocked_by]++;
    }
    return outcome;
}

static unsigned set_of(unsigned outcome)
{
    return outcome == POL_OUTCOME_UNKNOWN ? (unsigned)POL_SET_LEAVE : outcome;
}

bool pol_outcome_moves(unsigned from, unsigned to)
{
    return set_of(from) != set_of(to);
}

bool pol_outcome_regresses(unsigned from, unsigned to)
{
    return (from == POL_SET_ALLOW || from == POL_SET_ALLOW_EXPLICIT) && to == POL_SET_BLOCK;
}

enum { NOT_RELEASED = POL_OUTCOME_COUNT }; /* nobody said what the user has now */

static enum status add(struct pol_simulation *s, const struct pol_facts *known, unsigned released)
{
    struct pol_matching matching;
    unsigned before = POL_SET_LEAVE;
    matching.facts = &s->preparation.facts;
    matching.trace = NULL;
    matching.settled = 0;
    /* All stages of a plan share their draws: one preparation serves them all. */
    enum status st = pol_prepare(&s->preparation, &s->rows[0].policy, known);
    for (size_t i = 0; i < s->row_count && st == ST_OK; i++) {
        struct row *row = &s->rows[i];
        matching.policy = &row->policy;
        struct pol_decision d = pol_evaluate_next(&matching);
        unsigned outcome = pol_stage_counts_add(&row->counts, &d);
        bool is_safe = i + 1 == s->row_count;
        unsigned from = is_safe ? (unsigned)POL_SET_LEAVE : before;
        row->counts.moves[from][outcome]++;
        if (released != NOT_RELEASED) {
            row->counts.from_released[released][outcome]++;
        }
        if (pol_outcome_moves(from, outcome) && !is_safe && s->sink.moved != NULL) {
            st = s->sink.moved(s->sink.ctx, row->counts.stage, known, from, outcome);
        }
        before = outcome;
    }
    s->users += st == ST_OK ? 1 : 0;
    return st;
}

enum status pol_simulation_add(struct pol_simulation *s, const struct pol_facts *known)
{
    return add(s, known, NOT_RELEASED);
}

enum status pol_simulation_add_from(struct pol_simulation *s, const struct pol_facts *known,
                                    unsigned released)
{
    return add(s, known, released);
}

void pol_simulation_compare(struct pol_simulation *simulation)
{
    simulation->compares = true;
}

bool pol_simulation_compares(const struct pol_simulation *simulation)
{
    return simulation->compares;
}

uint64_t pol_simulation_users(const struct pol_simulation *simulation)
{
    return simulation->users;
}

size_t pol_simulation_stage_count(const struct pol_simulation *simulation)
{
    return simulation->row_count;
}

const struct pol_stage_counts *pol_simulation_stage(const struct pol_simulation *simulation,
                                                    size_t i)
{
    return &simulation->rows[i].counts;
}

uint64_t pol_stage_counts_moved(const struct pol_stage_counts *counts)
{
    uint64_t moved = 0;
    for (unsigned from = 0; from < POL_OUTCOME_COUNT; from++) {
        for (unsigned to = 0; to < POL_OUTCOME_COUNT; to++) {
            moved += pol_outcome_moves(from, to) ? counts->moves[from][to] : 0;
        }
    }
    return moved;
}

uint64_t pol_moves_regressing(const uint64_t (*moves)[POL_OUTCOME_COUNT])
{
    uint64_t users = 0;
    for (unsigned from = 0; from < POL_OUTCOME_COUNT; from++) {
        for (unsigned to = 0; to < POL_OUTCOME_COUNT; to++) {
            users += pol_outcome_regresses(from, to) ? moves[from][to] : 0;
        }
    }
    return users;
}
