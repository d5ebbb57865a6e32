/* test_plan_memory_posix.c - reading a plan and writing its policies when memory runs out. */
#include "tests/cmocka_all.h"

#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/documents.h"

#include <string.h>

struct planning {
    struct pol_plan *plan;
    struct pol_problems problems;
    struct bytes payload;
    int stage;
};

static enum status parse(void *ctx, struct err *err)
{
    struct planning *p = ctx;
    struct pol_problems warnings = {0};
    p->problems.found = 0;
    p->problems.count = 0;
    return pol_plan_parse(span_text(EXAMPLE_PLAN), &p->plan, &p->problems, &warnings, err);
}

/* Missing memory is no mistake of the plan. */
static void after_parse(void *ctx, bool good)
{
    struct planning *p = ctx;
    assert_int_equal(p->plan != NULL, good);
    assert_int_equal(p->problems.found, 0);
    pol_plan_free(p->plan);
    p->plan = NULL;
}

static enum status write_policy(void *ctx, struct err *err)
{
    struct planning *p = ctx;
    return pol_plan_write_policy(p->plan, p->stage, &p->payload, err);
}

static void after_write(void *ctx, bool good)
{
    struct planning *p = ctx;
    assert_int_equal(p->payload.size > 0, good);
    bytes_free(&p->payload);
}

static void parse__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct planning p = {0};
    struct nth_call call = {.ctx = &p, .call = parse, .after = after_parse};
    assert_true(nth_allocation_each(&call) >= 100);
}

static void write_policy__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct planning p = {.payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES)};
    struct nth_call call = {.ctx = &p, .call = write_policy, .after = after_write};
    p.plan = plan_of(EXAMPLE_PLAN);
    for (p.stage = POL_PLAN_SAFE; p.stage < (int)pol_plan_stage_count(p.plan); p.stage++) {
        assert_true(nth_allocation_each(&call) >= 2);
    }
    pol_plan_free(p.plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__every_allocation_fails__no_memory),
        cmocka_unit_test(write_policy__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
