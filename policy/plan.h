/* plan.h - read what an administrator wrote, and cut it into policies.
 *
 * Effects: none                                Units:  seconds since 1970 UTC
 * Owns:    struct pol_plan; pol_plan_free()    Errors: ST_REFUSED; all problems in *problems
 * Threads: safe                                Source: docs/policy-format.md "The plan"
 */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "base/bytes.h"
#include "policy/json_read.h"
#include "policy/policy.h"

struct pol_plan;

/* Warnings are things that are allowed and probably not meant. */
enum status pol_plan_parse(struct span document, struct pol_plan **out,
                           struct pol_problems *problems, struct pol_problems *warnings,
                           struct err *err) MUST_USE;
void pol_plan_free(struct pol_plan *plan);

const char *pol_plan_rollout(const struct pol_plan *plan);
uint32_t pol_plan_serial(const struct pol_plan *plan);
size_t pol_plan_stage_count(const struct pol_plan *plan);
const char *pol_plan_stage_name(const struct pol_plan *plan, size_t stage);
/* Index of a stage by its name; false if there is none. */
bool pol_plan_find_stage(const struct pol_plan *plan, const char *name, size_t *out);

enum { POL_PLAN_SAFE = -1 }; /* in place of a stage's index */

/* What a stage, or the safe policy, would decide, before anything is signed: for explaining and
 * simulating. Borrowed from the plan; it has all the plan's rings, where the signed policy has those
 * in use only, and no digest. */
void pol_plan_view(const struct pol_plan *plan, int stage, struct pol_policy *out);

/* Append the payload of the policy of one stage, or of the safe policy. */
enum status pol_plan_write_policy(const struct pol_plan *plan, int stage, struct bytes *out,
                                  struct err *err) MUST_USE;

#endif
