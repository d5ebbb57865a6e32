/* test_cycle_withheld.c - ag_cycle_run(): what may not be written yet, or not any more, and who is left
 * out. */
#include "tests/unit/agent/one_pass.h"

#include <string.h>

/* ---- what may not be written yet, or not any more ------------------------------------------ */

static void cycle__rewritten_three_times__is_corrected_twice_and_then_contested(void **state)
{
    (void)state;
    run(&BLOCK);
    for (unsigned i = 1; i <= 2; i++) {
        world.clock.ms += 60000;
        fake_hives_set_dword(&world.hives.hives[0], 0);
        run(&BLOCK);
        assert_true(pass->outcomes[0].corrected);
        assert_int_equal(row(0)->value.dword, 1);
        assert_int_equal(row(0)->corrections, i);
        assert_int_equal(row(0)->state, POL_STATE_IDLE);
    }
    world.clock.ms += 60000;
    unsigned writes = world.hives.value_writes + world.hives.marker_writes;
    fake_hives_set_dword(&world.hives.hives[0], 0);
    run(&BLOCK);
    assert_int_equal(row(0)->state, POL_STATE_CONTESTED);
    assert_int_equal(row(0)->value.dword, 0);
    assert_false(row(0)->ours);
    assert_int_equal(row(1)->state, POL_STATE_IDLE);
    world.clock.ms += 23 * 3600 * 1000;
    run(&BLOCK);
    assert_int_equal(row(0)->state, POL_STATE_CONTESTED);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, writes);
    world.clock.ms += 3600 * 1000;
    run(&BLOCK);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(row(0)->state, POL_STATE_IDLE);
}

static void cycle__contested__another_version_is_brought_at_once(void **state)
{
    (void)state;
    struct pol_policy next = BLOCK;
    next.version++;
    run(&BLOCK);
    for (unsigned i = 0; i < 3; i++) {
        fake_hives_set_dword(&world.hives.hives[0], 0);
        run(&BLOCK);
    }
    assert_int_equal(row(0)->state, POL_STATE_CONTESTED);
    run(&next);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(row(0)->corrections, 0);
    assert_false(pass->outcomes[0].corrected);
}

static void cycle__hive_that_forgets__is_written_at_each_logon_and_never_contested(void **state)
{
    (void)state;
    run(&BLOCK);
    for (int logon = 0; logon < 6; logon++) {
        world.hives.hives[0].loaded = false;
        run(&BLOCK);
        world.hives.hives[0].loaded = true;
        world.hives.hives[0].value = (struct ag_value){.present = false};
        memset(world.hives.hives[0].marker, 0, sizeof world.hives.hives[0].marker);
        run(&BLOCK);
        assert_int_equal(row(0)->value.dword, 1);
        assert_int_equal(row(0)->corrections, 0);
        assert_int_equal(row(0)->state, POL_STATE_IDLE);
    }
}

static void cycle__paused__looks_and_writes_nothing(void **state)
{
    (void)state;
    struct pol_policy safe = BLOCK;
    safe.kind = POL_KIND_SAFE;
    pause_until_s = fake_clock_now_s(&world.clock) + 100;
    world.hives.hives[2].loaded = false;
    run(&BLOCK);
    run(&safe);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(row(i)->state, POL_STATE_PAUSED);
        assert_int_equal(row(i)->set, POL_SET_BLOCK);
    }
    assert_true(row(0)->value.known && !row(0)->value.present);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, 0);
    world.clock.ms += 100 * 1000;
    run(&safe);
    assert_int_equal(row(0)->value.dword, 1);
    assert_false(pass->outcomes[0].corrected);
    assert_int_equal(row(2)->state, POL_STATE_PENDING_LOGON);
}

static void cycle__outlook_runs__waits_until_it_is_closed(void **state)
{
    (void)state;
    struct pol_policy patient = BLOCK;
    patient.apply = (struct pol_apply){.when = POL_WHEN_OUTLOOK_CLOSED, .deadline_s = 3600};
    fake_hives_set_dword(&world.hives.hives[1], 1);
    world.outlook.sid = FAKE_PILOT;
    world.outlook.started_s = fake_clock_now_s(&world.clock) - 10;
    run(&patient);
    assert_int_equal(row(0)->state, POL_STATE_WAITING);
    assert_false(row(0)->value.present);
    assert_int_equal(pass->outcomes[0].turn_at_s, -1); /* a question of Outlook, not of time */
    assert_int_equal(row(1)->state, POL_STATE_IDLE);
    assert_int_equal(row(2)->value.dword, 1);
    run(&patient);
    assert_int_equal(row(0)->state, POL_STATE_WAITING);
    world.outlook.sid = NULL;
    run(&patient);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(row(0)->state, POL_STATE_IDLE);
    /* Drift is corrected whether Outlook runs or not. */
    world.outlook.sid = FAKE_PILOT;
    fake_hives_set_dword(&world.hives.hives[0], 0);
    run(&patient);
    assert_int_equal(row(0)->value.dword, 1);
    assert_true(pass->outcomes[0].corrected);
}

static void cycle__nothing_differs__nobody_waits(void **state)
{
    (void)state;
    struct pol_policy patient = BLOCK;
    patient.apply = (struct pol_apply){.when = POL_WHEN_OUTLOOK_CLOSED, .deadline_s = 3600};
    fake_hives_set_dword(&world.hives.hives[0], 1);
    world.outlook.sid = FAKE_PILOT;
    world.outlook.started_s = fake_clock_now_s(&world.clock) - 10;
    run(&patient);
    assert_int_not_equal(row(0)->state, POL_STATE_WAITING);
    assert_int_equal(ag_ledger_find(&ledger, FAKE_PILOT)->brought_version, 7002);
}

/* ---- users who bring the agent down -------------------------------------------------------- */

static unsigned marks_while_open;
static char mark_of_user[AG_MARK_BYTES];
static enum status (*real_read)(void *ctx, struct ag_hive *hive, struct ag_value *out,
                                struct err *err);

static enum status read_and_look_at_the_mark(void *ctx, struct ag_hive *hive, struct ag_value *out,
                                             struct err *err)
{
    if (strncmp(world.vault.mark, hive->sid, strlen(hive->sid)) == 0) {
        marks_while_open++;
        memcpy(mark_of_user, world.vault.mark, sizeof mark_of_user);
    }
    return real_read(ctx, hive, out, err);
}

static void cycle__each_user__is_looked_after_under_his_mark(void **state)
{
    (void)state;
    real_read = world.ports.setting.read;
    world.ports.setting.read = read_and_look_at_the_mark;
    marks_while_open = 0;
    run(&BLOCK);
    assert_in_range(marks_while_open, 3, 6);
    assert_string_equal(mark_of_user, "S-1-5-21-1-2-3-1003 7002");
    assert_string_equal(world.vault.mark, "");
}

static void cycle__crashed_twice__is_skipped_until_another_version(void **state)
{
    (void)state;
    struct pol_policy next = BLOCK;
    next.version++;
    struct ag_record *record = ag_ledger_find(&ledger, FAKE_PILOT);
    record->crashes = 2;
    record->crash_version = BLOCK.version;
    run(&BLOCK);
    assert_int_equal(row(0)->state, POL_STATE_ERROR);
    assert_string_equal(row(0)->error_code, "skipped_after_crash");
    assert_false(row(0)->value.known);
    assert_false(world.hives.hives[0].value.present);
    assert_int_equal(row(1)->value.dword, 1);
    run(&next);
    assert_null(row(0)->error_code);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(ag_ledger_find(&ledger, FAKE_PILOT)->crashes, 0);
}

static void cycle__crashed_once__is_tried_again_and_forgiven(void **state)
{
    (void)state;
    struct ag_record *record = ag_ledger_find(&ledger, FAKE_PILOT);
    record->crashes = 1;
    record->crash_version = BLOCK.version;
    run(&BLOCK);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(ag_ledger_find(&ledger, FAKE_PILOT)->crashes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(cycle__rewritten_three_times__is_corrected_twice_and_then_contested),
        TEST(cycle__contested__another_version_is_brought_at_once),
        TEST(cycle__hive_that_forgets__is_written_at_each_logon_and_never_contested),
        TEST(cycle__paused__looks_and_writes_nothing),
        TEST(cycle__outlook_runs__waits_until_it_is_closed),
        TEST(cycle__nothing_differs__nobody_waits),
        TEST(cycle__each_user__is_looked_after_under_his_mark),
        TEST(cycle__crashed_twice__is_skipped_until_another_version),
        TEST(cycle__crashed_once__is_tried_again_and_forgiven),
    };
    return cmocka_run_group_tests_name("cycle_withheld", tests, NULL, NULL);
}
