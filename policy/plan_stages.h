/* plan_stages.h - read the stages of a plan.
 *
 * For plan.c and plan_warnings.c only.
 * Effects: none                       Units:  seconds since 1970 UTC
 * Owns:    rules of each stage        Errors: problems at their places; ST_NO_MEMORY
 * Threads: one thread                 Source: docs/policy-format.md "The plan"
 */
#ifndef POLICY_PLAN_STAGES_H
#define POLICY_PLAN_STAGES_H

#include "policy/clauses.h"

struct pol_plan_stage {
    const char *name;
    struct pol_rule_set rules;
    enum pol_set otherwise;
    enum pol_expect expect;
    int64_t not_before_s; /* -1: at once */
    struct pol_apply apply;
    struct pol_gate gate;
};

struct pol_plan {
    struct pol_json *json; /* what the texts point into */
    const char *rollout;
    uint32_t serial;
    int64_t issued_at_s;
    int64_t expires_at_s;
    struct pol_timing timing;
    struct pol_guards guards;
    struct pol_ring_set rings;
    enum pol_set safe;
    struct pol_plan_stage stages[LIMIT_STAGES];
    size_t stage_count;
};

enum status pol_plan_read_stages(const struct pol_at *root, struct pol_plan *plan) MUST_USE;

#endif
