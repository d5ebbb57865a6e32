/* plan_warnings.h - find what a plan may say and probably does not mean.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: warnings are added to root->problems, with the code `warning`
 * Threads: safe       Source: docs/policy-format.md "The plan" (what `check` warns of)
 */
#ifndef POLICY_PLAN_WARNINGS_H
#define POLICY_PLAN_WARNINGS_H

#include "policy/plan_stages.h"

/* plan was read from root without a problem. */
void pol_plan_warn(const struct pol_at *root, const struct pol_plan *plan);

#endif
