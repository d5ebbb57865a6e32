#include "policy/plan_stages.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void check_name(const struct pol_at *at, const struct pol_plan *plan, const char *name)
{
    if (strcmp(name, "safe") == 0) {
        pol_at_problem(at, "out_of_range", "the name \"safe\" is reserved");
    }
    for (size_t i = 0; i < plan->stage_count; i++) {
        if (strcmp(plan->stages[i].name, name) == 0) {
            pol_at_problem(at, "duplicate_name", "there is another stage \"%s\"", name);
        }
    }
}

static enum status read_stage(const struct pol_at *at, struct pol_plan *plan)
{
    static const char *const KEYS[] = {"name",  "rules", "otherwise",   "expect", "not_before",
                                       "apply", "gate",  "description", "ticket"};
    struct pol_plan_stage *stage = &plan->stages[plan->stage_count];
    *stage = (struct pol_plan_stage){.name = "", .not_before_s = -1};
    if (!pol_read_object(at, KEYS, COUNT(KEYS))) {
        return ST_OK;
    }
    pol_read_notes(at);
    if (pol_read_name(at, "name", &stage->name)) {
        check_name(at, plan, stage->name);
    }
    (void)pol_read_set(at, "otherwise", &stage->otherwise);
    pol_read_expect(at, &stage->expect);
    if (pol_read_time(at, "not_before", POL_OPTIONAL, &stage->not_before_s) &&
        plan->expires_at_s > 0 && stage->not_before_s >= plan->expires_at_s) {
        pol_at_problem(at, "out_of_range", "not_before must be earlier than expires_at");
    }
    pol_read_apply(at, &stage->apply);
    pol_read_gate(at, &stage->gate);
    return pol_read_rules(at, &plan->rings, &stage->rules);
}

enum status pol_plan_read_stages(const struct pol_at *root, struct pol_plan *plan)
{
    struct pol_at list;
    struct pol_at stage;
    size_t count = 0;
    enum status st = ST_OK;
    if (!pol_read_array(root, "stages", POL_REQUIRED, LIMIT_STAGES, &list, &count)) {
        return ST_OK;
    }
    if (!pol_at_is_array(&list) || count == 0) {
        pol_at_problem(&list, pol_at_is_array(&list) ? "out_of_range" : "wrong_type",
                       "a list of at least one stage is expected");
        return ST_OK;
    }
    for (bool more = pol_first(&list, &stage); more && st == ST_OK; more = pol_next(&stage)) {
        st = read_stage(&stage, plan);
        plan->stage_count++;
    }
    return st;
}
