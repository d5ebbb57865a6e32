/* test_flaws_posix.c - mistakes planted at the ports are found, and nothing is where there is none. */
#include "tests/cmocka_all.h"

#include "base/log.h"
#include "tests/sim/fleet.h"

static const struct sim_order SMALL = {.agents = 20, .days = 7};

/* Runs a small fleet for a week; returns its world, which needs no more freeing. */
static struct sim_world run(uint64_t seed, enum sim_flaw flaw)
{
    struct sim_fleet fleet;
    struct sim_order order = SMALL;
    order.seed = seed;
    order.flaw = flaw;
    order.quiet = flaw != SIM_FLAW_NONE;
    sim_fleet_init(&fleet, &order);
    sim_fleet_run(&fleet);
    struct sim_world world = fleet.world;
    sim_fleet_done(&fleet);
    return world;
}

static void flaws__none__nothing_is_found(void **state)
{
    (void)state;
    struct sim_world world = run(2, SIM_FLAW_NONE);
    assert_int_equal(sim_faults(&world), 0);
}

static void flaws__same_seed__same_story(void **state)
{
    (void)state;
    uint64_t story = run(3, SIM_FLAW_NONE).story;
    assert_int_equal(run(3, SIM_FLAW_NONE).story, story);
    assert_int_not_equal(run(4, SIM_FLAW_NONE).story, story);
}

static void flaws__no_chance__is_a_herd(void **state)
{
    (void)state;
    assert_true(run(2, SIM_FLAW_NO_CHANCE).faults[SIM_FAULT_HERD] > 0);
}

static void flaws__etag_is_lost__is_more_policies_than_computed(void **state)
{
    (void)state;
    assert_true(run(2, SIM_FLAW_NO_ETAG).faults[SIM_FAULT_COUNT] > 0);
}

static void flaws__floor_is_not_kept__is_a_version_that_falls(void **state)
{
    (void)state;
    assert_true(run(2, SIM_FLAW_LOST_FLOOR).faults[SIM_FAULT_STATE] > 0);
}

static void flaws__spool_is_not_emptied__is_reports_sent_again(void **state)
{
    (void)state;
    struct sim_world world = run(2, SIM_FLAW_SPOOL_STAYS);
    assert_true(world.faults[SIM_FAULT_COUNT] + world.faults[SIM_FAULT_STATE] > 0);
}

static void flaws__restless_watcher__is_too_many_steps(void **state)
{
    (void)state;
    assert_true(run(2, SIM_FLAW_RESTLESS).faults[SIM_FAULT_WAKE] > 0);
}

static void flaws__writes_get_lost__is_a_wrong_value(void **state)
{
    (void)state;
    assert_true(run(2, SIM_FLAW_DEAF_VALUE).faults[SIM_FAULT_STATE] > 0);
}

static void flaws__device_is_not_kept__is_more_enrolling_than_computed(void **state)
{
    (void)state;
    assert_true(run(2, SIM_FLAW_FORGETS_DEVICE).faults[SIM_FAULT_COUNT] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flaws__none__nothing_is_found),
        cmocka_unit_test(flaws__same_seed__same_story),
        cmocka_unit_test(flaws__no_chance__is_a_herd),
        cmocka_unit_test(flaws__etag_is_lost__is_more_policies_than_computed),
        cmocka_unit_test(flaws__floor_is_not_kept__is_a_version_that_falls),
        cmocka_unit_test(flaws__spool_is_not_emptied__is_reports_sent_again),
        cmocka_unit_test(flaws__restless_watcher__is_too_many_steps),
        cmocka_unit_test(flaws__writes_get_lost__is_a_wrong_value),
        cmocka_unit_test(flaws__device_is_not_kept__is_more_enrolling_than_computed),
    };
    struct err err = {.st = ST_OK};
    if (log_open(NULL, LOG_ERROR, &err) != ST_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
