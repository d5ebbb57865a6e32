/* test_fleet_posix.c - a hundred agents for a week, in virtual time: no herd, and everybody ends right.
 *
 * With arguments (AGENTS DAYS SEED) it is `./run soak`.
 */
#include "tests/cmocka_all.h"

#include "base/log.h"
#include "tests/sim/fleet.h"
#include "tests/sim/soak.h"

#include <stdlib.h>

static struct sim_fleet fleet;

static const struct sim_order WEEK = {.agents = 100, .days = 7, .seed = 1};

static int run_week(void **state)
{
    (void)state;
    sim_fleet_init(&fleet, &WEEK);
    sim_fleet_run(&fleet);
    return 0;
}

static int end_week(void **state)
{
    (void)state;
    sim_fleet_done(&fleet);
    return 0;
}

static void fleet__week__is_never_a_herd(void **state)
{
    (void)state;
    assert_int_equal(fleet.world.faults[SIM_FAULT_HERD], 0);
    assert_true(fleet.paper.windows[0].peak > 10); /* it was looked at */
}

static void fleet__week__ends_in_the_right_state(void **state)
{
    (void)state;
    assert_int_equal(fleet.world.faults[SIM_FAULT_STATE], 0);
    assert_true(fleet.checks > 10);
}

static void fleet__week__sends_as_many_requests_as_computed(void **state)
{
    (void)state;
    assert_int_equal(fleet.world.faults[SIM_FAULT_COUNT], 0);
}

static void fleet__week__writes_only_what_differs(void **state)
{
    (void)state;
    assert_int_equal(fleet.world.faults[SIM_FAULT_WRITE], 0);
}

static void fleet__week__wakes_only_for_a_reason(void **state)
{
    (void)state;
    assert_int_equal(fleet.world.faults[SIM_FAULT_WAKE], 0);
}

static void fleet__week__memory_is_flat(void **state)
{
    (void)state;
    assert_int_equal(fleet.world.faults[SIM_FAULT_MEMORY], 0);
    assert_true(fleet.memory_bytes > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fleet__week__is_never_a_herd),
        cmocka_unit_test(fleet__week__ends_in_the_right_state),
        cmocka_unit_test(fleet__week__sends_as_many_requests_as_computed),
        cmocka_unit_test(fleet__week__writes_only_what_differs),
        cmocka_unit_test(fleet__week__wakes_only_for_a_reason),
        cmocka_unit_test(fleet__week__memory_is_flat),
    };
    struct err err = {.st = ST_OK};
    if (log_open(NULL, LOG_ERROR, &err) != ST_OK) {
        return 1;
    }
    if (argc > 1) {
        return sim_soak(argc, argv);
    }
    return cmocka_run_group_tests(tests, run_week, end_week);
}
