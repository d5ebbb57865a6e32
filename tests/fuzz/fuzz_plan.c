/* Plans: whatever is taken becomes policies that agents take, too. */
#include "tests/fuzz/fuzzing.h"

#include "policy/parse.h"
#include "policy/plan.h"

#include <string.h>

static void check_policy(const struct pol_plan *plan, int stage, const struct pol_policy *policy)
{
    bool safe = stage == POL_PLAN_SAFE;
    int64_t position = safe ? VERSION_SAFE_POSITION : stage + 1;
    HOLDS(policy->version == (int64_t)pol_plan_serial(plan) * VERSION_STEP + position);
    HOLDS(policy->kind == (safe ? POL_KIND_SAFE : POL_KIND_STAGE));
    HOLDS(strcmp(policy->rollout, pol_plan_rollout(plan)) == 0);
    HOLDS(strcmp(policy->stage, safe ? "safe" : pol_plan_stage_name(plan, (size_t)stage)) == 0);
    HOLDS(safe == (policy->expires_at_s < 0));
}

static void check_stage(const struct pol_plan *plan, int stage)
{
    static const char *const TOO_LARGE[] = {"too_large"};
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    struct pol_policy *policy = NULL;
    struct err err = {0};
    if (fuzz_taken(pol_plan_write_policy(plan, stage, &payload, &err), &err)) {
        HOLDS(fuzz_taken(pol_json_scan(bytes_span(&payload), &limits, &err), &err));
        struct pol_verified *verified = fuzz_verified(bytes_span(&payload));
        HOLDS(verified != NULL);
        HOLDS(fuzz_taken(pol_parse(verified, &policy, &err), &err));
        check_policy(plan, stage, policy);
        pol_policy_free(policy);
        pol_verified_free(verified);
    } else {
        HOLDS(fuzz_refused_with(&err, TOO_LARGE, 1));
        HOLDS(payload.size == 0);
    }
    bytes_free(&payload);
}

static void check_plan(const struct pol_plan *plan)
{
    HOLDS(pol_plan_stage_count(plan) >= 1 && pol_plan_stage_count(plan) <= LIMIT_STAGES);
    for (size_t i = 0; i < pol_plan_stage_count(plan); i++) {
        size_t found = 0;
        HOLDS(pol_plan_find_stage(plan, pol_plan_stage_name(plan, i), &found) && found == i);
        check_stage(plan, (int)i);
    }
    check_stage(plan, POL_PLAN_SAFE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span document = {.data = data, .size = size};
    struct pol_problems problems = {0};
    struct pol_problems warnings = {0};
    struct pol_plan *plan = NULL;
    struct err err = {0};
    bool taken = fuzz_taken(pol_plan_parse(document, &plan, &problems, &warnings, &err), &err);
    HOLDS(taken == (plan != NULL));
    HOLDS(taken == (problems.found == 0));
    HOLDS(taken || warnings.found == 0);
    fuzz_check_problems(&problems);
    fuzz_check_problems(&warnings);
    if (taken) {
        check_plan(plan);
    } else {
        HOLDS(strcmp(err.code, problems.items[0].code) == 0);
        HOLDS(strcmp(err.pointer, problems.items[0].pointer) == 0);
    }
    pol_plan_free(plan);
    return 0;
}
