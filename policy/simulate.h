/* simulate.h - count what the stages of a plan would decide for many users, one after the other.
 *
 * Memory does not grow with the users. A stage is compared with the one before it, the first one and
 * the safe policy with leaving everybody alone.
 * Effects: none (the sink is called)                           Units:  users
 * Owns:    struct pol_simulation; pol_simulation_free()        Errors: ST_NO_MEMORY, ST_TOO_LARGE,
 *                                                                      those of the sink
 * Threads: one thread                                          Source: docs/policy-format.md
 *                                                                      "Simulating"
 */
#ifndef POLICY_SIMULATE_H
#define POLICY_SIMULATE_H

#include "base/err.h"
#include "policy/evaluate.h"
#include "policy/plan.h"

/* What came out for one user: a set, or that a fact was missing. */
enum { POL_OUTCOME_UNKNOWN = POL_SET_COUNT, POL_OUTCOME_COUNT };
const char *pol_outcome_word(unsigned outcome);

enum { POL_FACT_COUNT = 9 };
extern const char *const POL_FACT_WORDS[POL_FACT_COUNT]; /* that a decision can miss */

struct pol_stage_counts {
    const char *stage;
    int64_t version;
    uint64_t outcomes[POL_OUTCOME_COUNT];
    uint64_t blocked[POL_BLOCKED_COUNT]; /* by a guard: decided, but written otherwise or not */
    uint64_t missing[POL_FACT_COUNT];    /* the unknown ones, by the fact that was missing */
    uint64_t moves[POL_OUTCOME_COUNT][POL_OUTCOME_COUNT]; /* from, to; see pol_outcome_moves() */
    /* The same from what is released now, of users that came with it. */
    uint64_t from_released[POL_OUTCOME_COUNT][POL_OUTCOME_COUNT];
};

/* Told of every user for whom something changes, stage by stage; may be NULL. */
struct pol_move_sink {
    void *ctx;
    enum status (*moved)(void *ctx, const char *stage, const struct pol_facts *facts, unsigned from,
                         unsigned to);
};

struct pol_simulation;

/* The plan must live as long as the simulation. */
enum status pol_simulation_new(const struct pol_plan *plan, const struct pol_move_sink *sink,
                               struct pol_simulation **out, struct err *err) MUST_USE;
void pol_simulation_free(struct pol_simulation *simulation);

enum status pol_simulation_add(struct pol_simulation *simulation,
                               const struct pol_facts *known) MUST_USE;
/* The same of a user who has that outcome now. */
enum status pol_simulation_add_from(struct pol_simulation *simulation,
                                    const struct pol_facts *known, unsigned released) MUST_USE;

uint64_t pol_simulation_users(const struct pol_simulation *simulation);
/* Users come with what they have now, if any come at all. */
void pol_simulation_compare(struct pol_simulation *simulation);
bool pol_simulation_compares(const struct pol_simulation *simulation);
/* The stages in their order, and behind them the safe policy. */
size_t pol_simulation_stage_count(const struct pol_simulation *simulation);
const struct pol_stage_counts *pol_simulation_stage(const struct pol_simulation *simulation,
                                                    size_t i);
/* Is this a change of what is set? Whether somebody is left alone by a rule or for want of a fact is
 * none. */
bool pol_outcome_moves(unsigned from, unsigned to);
/* From some kind of `allow` back to `block`. */
bool pol_outcome_regresses(unsigned from, unsigned to);
/* Users for whom it is. */
uint64_t pol_stage_counts_moved(const struct pol_stage_counts *counts);

/* Users who would lose `allow` that way. */
uint64_t pol_moves_regressing(const uint64_t (*moves)[POL_OUTCOME_COUNT]);

unsigned pol_outcome_of(const struct pol_decision *decision);
/* Count a decision: its outcome comes back, for the moves. */
unsigned pol_stage_counts_add(struct pol_stage_counts *counts, const struct pol_decision *decision);

#endif
