/* test_cycle.c - ag_cycle_run(): one pass over all users. */
#include "tests/unit/agent/one_pass.h"

#include <string.h>

static void cycle__no_policy__looks_and_changes_nothing(void **state)
{
    (void)state;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    run(NULL);
    assert_int_equal(pass->count, 3);
    assert_false(row(0)->decided);
    assert_true(row(0)->value.known && row(0)->value.present);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(row(0)->state, POL_STATE_UNMANAGED);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, 0);
}

static void cycle__policy__is_brought_to_everybody_and_noted(void **state)
{
    (void)state;
    run(&BLOCK);
    for (size_t i = 0; i < 3; i++) {
        assert_true(row(i)->decided && row(i)->ours);
        assert_int_equal(row(i)->value.dword, 1);
        assert_int_equal(row(i)->action, POL_ACTION_WROTE);
        assert_int_equal(row(i)->changed_at_s, fake_clock_now_s(&world.clock));
        assert_true(row(i)->pre_image.known && !row(i)->pre_image.present);
        assert_int_equal(row(i)->state, POL_STATE_IDLE);
        assert_int_equal(world.hives.hives[i].opened, 0);
    }
    assert_int_equal(ag_ledger_find(&ledger, FAKE_PILOT)->brought_version, 7002);
}

static void cycle__second_pass__writes_nothing_and_keeps_what_it_knows(void **state)
{
    (void)state;
    run(&BLOCK);
    int64_t written = row(0)->changed_at_s;
    unsigned writes = world.hives.value_writes;
    world.clock.ms += 60000;
    run(&BLOCK);
    assert_int_equal(world.hives.value_writes, writes);
    assert_int_equal(row(0)->changed_at_s, written);
    assert_int_equal(row(0)->action, POL_ACTION_WROTE);
    assert_int_equal(pass->outcomes[0].wrote, POL_ACTION_NONE);
    assert_int_equal(row(0)->corrections, 0);
}

static void cycle__logged_off_after_it_was_brought__keeps_the_last_state(void **state)
{
    (void)state;
    world.hives.hives[1].loaded = false;
    run(&BLOCK);
    assert_int_equal(row(1)->state, POL_STATE_PENDING_LOGON);
    assert_false(row(1)->value.known);
    world.hives.hives[0].loaded = false;
    run(&BLOCK);
    assert_int_equal(row(0)->state, POL_STATE_IDLE);
}

static void cycle__outlook_runs_since_before__is_pending_restart_until_it_starts(void **state)
{
    (void)state;
    world.outlook.sid = FAKE_PILOT;
    world.outlook.started_s = fake_clock_now_s(&world.clock) - 10;
    run(&BLOCK);
    assert_int_equal(row(0)->state, POL_STATE_PENDING_RESTART);
    assert_true(row(0)->outlook_running);
    assert_int_equal(row(0)->starts_since_change, 0);
    world.clock.ms += 60000;
    world.outlook.started_s = fake_clock_now_s(&world.clock) - 1;
    run(&BLOCK);
    run(&BLOCK);
    assert_int_equal(row(0)->starts_since_change, 1);
    assert_int_equal(row(0)->state, POL_STATE_UNVERIFIED);
}

static void cycle__processes_cannot_be_listed__outlook_is_unknown(void **state)
{
    (void)state;
    world.outlook.unknown = true;
    run(&BLOCK);
    assert_false(row(0)->outlook_known);
    assert_true(fake_hives_has_dword(&world.hives.hives[0], 1));
}

static void cycle__rewritten_by_others__is_a_correction_of_that_version_only(void **state)
{
    (void)state;
    struct pol_policy next = BLOCK;
    next.version = 7003;
    run(&BLOCK);
    fake_hives_set_dword(&world.hives.hives[0], 0);
    run(&BLOCK);
    assert_int_equal(row(0)->corrections, 1);
    assert_true(pass->outcomes[0].corrected);
    fake_hives_set_dword(&world.hives.hives[0], 0);
    run(&next);
    assert_int_equal(row(0)->corrections, 0);
    assert_true(fake_hives_has_dword(&world.hives.hives[0], 1));
}

static void cycle__decided_otherwise_within_a_version__is_no_correction(void **state)
{
    (void)state;
    struct pol_policy otherwise = BLOCK; /* as when a fact about the user became known */
    otherwise.otherwise = POL_SET_ALLOW_EXPLICIT;
    run(&BLOCK);
    run(&otherwise);
    assert_true(fake_hives_has_dword(&world.hives.hives[0], 0));
    assert_int_equal(row(0)->corrections, 0);
}

static void cycle__one_hive_is_broken__is_that_users_error(void **state)
{
    (void)state;
    world.hives.hives[0].broken = true;
    run(&BLOCK);
    assert_string_equal(row(0)->error_code, "denied");
    assert_int_equal(row(0)->state, POL_STATE_ERROR);
    assert_null(row(1)->error_code);
    assert_int_equal(world.hives.hives[0].opened, 0);
}

static void cycle__mailbox_guard__says_blocked(void **state)
{
    (void)state;
    struct pol_policy guarded = BLOCK;
    guarded.guards.block_mailboxes[POL_MAILBOX_UNKNOWN] = false;
    run(&guarded);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_MAILBOX);
    assert_int_equal(row(0)->state, POL_STATE_BLOCKED);
    assert_int_equal(world.hives.value_writes, 0);
}

static bool stop_at_once(void *ctx)
{
    (void)ctx;
    return true;
}

static void cycle__told_to_stop__looks_after_nobody_else(void **state)
{
    (void)state;
    world.ports.stopping = stop_at_once;
    run(&BLOCK);
    assert_true(pass->cut);
    assert_int_equal(world.hives.value_writes, 1);
    assert_int_equal(ag_ledger_find(&ledger, FAKE_PILOT)->brought_version, 7002);
    assert_int_equal(ag_ledger_find(&ledger, FAKE_OTHER)->brought_version, 0);
    assert_string_equal(world.vault.mark, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(cycle__no_policy__looks_and_changes_nothing),
        TEST(cycle__policy__is_brought_to_everybody_and_noted),
        TEST(cycle__second_pass__writes_nothing_and_keeps_what_it_knows),
        TEST(cycle__logged_off_after_it_was_brought__keeps_the_last_state),
        TEST(cycle__outlook_runs_since_before__is_pending_restart_until_it_starts),
        TEST(cycle__processes_cannot_be_listed__outlook_is_unknown),
        TEST(cycle__rewritten_by_others__is_a_correction_of_that_version_only),
        TEST(cycle__decided_otherwise_within_a_version__is_no_correction),
        TEST(cycle__one_hive_is_broken__is_that_users_error),
        TEST(cycle__mailbox_guard__says_blocked),
        TEST(cycle__told_to_stop__looks_after_nobody_else),
    };
    return cmocka_run_group_tests_name("cycle", tests, NULL, NULL);
}
