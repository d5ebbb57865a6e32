/* evaluate.h - decide what one user's setting should become.
 *
 * fetch -> verify -> [evaluate] -> apply -> observe -> report
 *
 * Pure: no I/O, no clock, no allocation, no logging, and it cannot fail; equal inputs give equal
 * answers. Whether a policy is in force was settled before (freshness.h); what is then written
 * depends on the registry, too (agent/apply.h).
 * Effects: none (the trace sink is called)    Units:  buckets in parts per million
 * Owns:    nothing; pointers in the decision belong to the policy or are literals
 * Errors:  none                               Threads: safe
 * Source:  docs/policy-format.md "Decision"
 */
#ifndef POLICY_EVALUATE_H
#define POLICY_EVALUATE_H

#include "policy/match.h"

struct pol_decision {
    enum pol_set set;
    int rule;         /* index of the deciding rule, or -1 for "otherwise" */
    const char *ring; /* of the deciding rule, or NULL */
    enum pol_blocked blocked_by;
    const char *guard; /* the plan's key of the guard that blocks, or NULL */
    const char *fact;  /* the missing fact's name under unknown_fact, or NULL */
};

/* Decide for one user. The first rule that is not FALSE ends the search; an unknown fact never widens
 * a rule: it leaves the user alone and says so.
 *
 * trace      may be NULL.
 * Returns    the decision; there is no failure. */
struct pol_decision pol_evaluate(const struct pol_policy *policy, const struct pol_facts *facts,
                                 const struct pol_trace *trace);

/* The same for one of several policies that have the same rings, as the stages of a plan do
 * (pol_plan_view): what one has settled is not settled again by the next. matching->policy says
 * which; facts and trace are set, settled is 0 before the first. */
struct pol_decision pol_evaluate_next(struct pol_matching *matching);

#endif
