/* test_run.c - ag_run(): whole days of an agent in virtual time. */
#include "tests/unit/agent/one_agent.h"

/* ---- the walk ----------------------------------------------------------------------------- */

static void run__whole_rollout__values_and_reports_follow(void **state)
{
    (void)state;
    fake_hives_set_dword(exception(), 1);
    fake_hives_set_dword(other(), 0);
    fake_world_release_observe(&world);
    fake_world_run(&world, 20);
    assert_int_equal(world.hives.value_writes, 0);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->state, POL_STATE_UNMANAGED);

    fake_world_after(&world, 1, fake_world_release_hold_back);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(fake_hives_has_dword(other(), 1));
    assert_false(fake_hives_has_marker(exception()));
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7002);

    fake_world_after(&world, 1, fake_world_release_pilot);
    fake_world_run(&world, 20);
    assert_false(pilot()->value.present);
    assert_string_equal(fake_world_reported(&world, FAKE_PILOT)->ring, "pilot");
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->action, POL_ACTION_REMOVED);

    fake_world_after(&world, 1, fake_world_release_safe);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(fake_hives_has_dword(exception(), 1));

    fake_world_after(&world, 1, fake_world_release_finish);
    fake_world_run(&world, 20);
    assert_false(pilot()->value.present);
    assert_true(fake_hives_has_dword(other(), 0));
    assert_true(fake_hives_has_dword(exception(), 1));
    assert_int_equal(world.hives.rash_writes, 0);
    assert_int_equal(fake_world_reported(&world, FAKE_OTHER)->action, POL_ACTION_RESTORED);
}

static uint64_t asked_ms;

static void release_and_note(void *ctx)
{
    struct fake_world *w = ctx;
    asked_ms = w->clock.ms;
    fake_world_release_pilot(ctx);
}

static void stop_when_written(void *ctx)
{
    struct fake_world *w = ctx;
    assert_false(pilot()->value.present);
    assert_true(w->clock.ms - asked_ms <= 50);
}

static void run__held_poll_without_spread__is_acted_on_at_once(void **state)
{
    (void)state;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    fake_http_at(&world.http, world.clock.ms + 60000, release_and_note, &world);
    fake_http_at(&world.http, world.clock.ms + 60050, stop_when_written, &world);
    fake_world_run(&world, 100);
    assert_int_not_equal(asked_ms, 0);
}

static void release_pilot_with_spread(void *ctx)
{
    struct fake_world *w = ctx;
    static const char STAGES[] = "[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"allow\"}]";
    struct fake_plan plan = {
        .serial = 8,
        .stages = STAGES,
        .timing = "{\"poll_s\":900,\"wait_s\":240,\"spread_s\":10,\"report_s\":86400}"};
    struct bytes envelope = fake_signer_envelope(&w->signer, &plan, "all");
    w->clock.constant = 1;
    w->clock.chance = UINT32_MAX; /* the longest delay there is */
    fake_world_release(w, bytes_span(&envelope));
    bytes_free(&envelope);
}

static void must_not_have_acted(void *ctx)
{
    const struct fake_world *w = ctx;
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_int_equal(fake_world_last_report(w)->effective_version, 7002);
    asked_ms = 1;
}

static void run__held_poll_with_spread__acts_later_and_reports_no_sooner(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    asked_ms = 0;
    fake_world_after(&world, 20, release_pilot_with_spread);
    fake_world_after(&world, 29, must_not_have_acted);
    fake_world_run(&world, 40);
    assert_int_equal(asked_ms, 1);
    assert_false(pilot()->value.present);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 8001);
}

static void must_not_have_begun(void *ctx)
{
    const struct fake_world *w = ctx;
    assert_false(fake_hives_has_dword(pilot(), 0));
    assert_int_equal(fake_world_last_report(w)->effective_version, 0);
    asked_ms = 1;
}

/* All agents wait for it: the first one is a change like any other. */
static void run__first_release_of_all__acts_later_and_reports_no_sooner(void **state)
{
    (void)state;
    asked_ms = 0;
    fake_world_after(&world, 20, release_pilot_with_spread);
    fake_world_after(&world, 29, must_not_have_begun);
    fake_world_run(&world, 40);
    assert_int_equal(asked_ms, 1);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 8001);
}

static void run__policy_changes__is_reported_without_coalescing(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_after(&world, 1, fake_world_release_pilot);
    fake_world_run(&world, 2);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7003);
}

static void log_on(void *ctx)
{
    struct fake_world *w = ctx;
    w->hives.hives[2].loaded = true;
    w->changed = true;
    asked_ms = w->clock.ms;
}

static void must_be_blocked(void *ctx)
{
    (void)ctx;
    assert_true(fake_hives_has_dword(other(), 1));
    asked_ms = 0;
}

static void run__hive_appears__gets_its_value_within_a_second(void **state)
{
    (void)state;
    other()->loaded = false;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    assert_int_equal(fake_world_reported(&world, FAKE_OTHER)->state, POL_STATE_PENDING_LOGON);
    fake_http_at(&world.http, world.clock.ms + 5000, log_on, &world);
    fake_http_at(&world.http, world.clock.ms + 6000, must_be_blocked, &world);
    fake_world_run(&world, 20);
    assert_int_equal(asked_ms, 0);
}

static void run__rewritten_by_others__is_corrected_and_counted(void **state)
{
    (void)state;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    fake_hives_set_dword(pilot(), 0);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->corrections, 1);
}

static void run__one_user_fails__others_are_looked_after(void **state)
{
    (void)state;
    pilot()->broken = true;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(other(), 1));
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->state, POL_STATE_ERROR);
    assert_string_equal(fake_world_reported(&world, FAKE_PILOT)->error_code, "denied");
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->error_os_code, 5);
}

static void heal(void *ctx)
{
    (void)ctx;
    pilot()->broken = false;
    asked_ms = world.clock.ms;
}

static void pilot_must_be_blocked(void *ctx)
{
    (void)ctx;
    assert_true(fake_hives_has_dword(pilot(), 1));
    asked_ms = 0;
}

static void run__failure_of_a_moment__is_put_right_without_anybody_asking(void **state)
{
    (void)state;
    pilot()->broken = true;
    fake_world_release_hold_back(&world);
    fake_http_at(&world.http, world.clock.ms + 2000, heal, &world);
    fake_http_at(&world.http, world.clock.ms + 7000, pilot_must_be_blocked, &world);
    fake_world_run(&world, 20);
    assert_int_equal(asked_ms, 0);
}

/* ---- the server is away ------------------------------------------------------------------- */

static void run__server_away_at_start__stored_policy_is_enforced(void **state)
{
    (void)state;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    fake_hives_set_dword(pilot(), 0);
    other()->value.present = false;
    world.down = true;
    fake_world_run(&world, 1);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(fake_hives_has_dword(other(), 1));
}

static void run__server_away_for_an_hour__reports_survive_a_restart_and_arrive(void **state)
{
    (void)state;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    unsigned before = world.report_count;
    world.down = true;
    fake_hives_set_dword(pilot(), 0);
    fake_world_run(&world, 1800);
    assert_true(fake_vault_count(&world.vault, "report-") > 0);
    assert_int_equal(world.report_count, before);
    fake_world_after(&world, 1800, fake_world_come_up);
    fake_world_run(&world, 3600);
    assert_int_equal(fake_vault_count(&world.vault, "report-"), 0);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->corrections, 1);
}

static void run__server_away_for_a_day__asks_seldom(void **state)
{
    (void)state;
    world.down = true;
    fake_world_run(&world, 86400);
    assert_true(world.http.requests[AG_LANE_POLICY] < 400);
    assert_true(world.http.requests[AG_LANE_ENROLL] < 150);
    assert_true(world.http.requests[AG_LANE_POLICY] > 90);
}

static void run__quiet_day__holds_polls_and_writes_nothing(void **state)
{
    (void)state;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    unsigned writes = world.hives.value_writes + world.hives.marker_writes;
    unsigned disk = world.vault.writes;
    unsigned reports = world.report_count;
    world.http.waits = 0;
    fake_world_run(&world, 86400);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, writes);
    assert_true(world.http.requests[AG_LANE_POLICY] < 86400 / 240 + 20);
    assert_true(world.http.waits < 86400 * 2);
    assert_true(world.report_count - reports <= 4);
    assert_true(world.vault.writes - disk <= 20);
}

static void run__server_that_ignores_wait__is_asked_every_poll_s(void **state)
{
    (void)state;
    world.ignores_wait = true;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 86400);
    assert_true(world.http.requests[AG_LANE_POLICY] < 86400 / 700);
    assert_true(world.http.requests[AG_LANE_POLICY] > 86400 / 1100);
}

static enum status (*real_write)(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                                 struct err *err);

static enum status write_and_stop(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                                  struct err *err)
{
    world.stop = true;
    return real_write(ctx, hive, value, err);
}

static void run__told_to_stop_in_the_middle_of_a_pass__the_next_start_goes_on(void **state)
{
    (void)state;
    real_write = world.ports.setting.write;
    world.ports.setting.write = write_and_stop;
    fake_world_release_observe(&world);
    fake_world_after(&world, 60, fake_world_release_hold_back); /* others were looked at before */
    fake_world_run(&world, 3600);
    assert_int_equal(world.hives.value_writes, 1);
    assert_true(world.clock.ms < 70 * 1000);
    world.ports.setting.write = real_write;
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(fake_hives_has_dword(other(), 1));
    assert_int_equal(world.hives.value_writes, 2);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7002);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__whole_rollout__values_and_reports_follow),
        TEST(run__held_poll_without_spread__is_acted_on_at_once),
        TEST(run__held_poll_with_spread__acts_later_and_reports_no_sooner),
        TEST(run__first_release_of_all__acts_later_and_reports_no_sooner),
        TEST(run__policy_changes__is_reported_without_coalescing),
        TEST(run__hive_appears__gets_its_value_within_a_second),
        TEST(run__rewritten_by_others__is_corrected_and_counted),
        TEST(run__one_user_fails__others_are_looked_after),
        TEST(run__failure_of_a_moment__is_put_right_without_anybody_asking),
        TEST(run__server_away_at_start__stored_policy_is_enforced),
        TEST(run__server_away_for_an_hour__reports_survive_a_restart_and_arrive),
        TEST(run__server_away_for_a_day__asks_seldom),
        TEST(run__quiet_day__holds_polls_and_writes_nothing),
        TEST(run__server_that_ignores_wait__is_asked_every_poll_s),
        TEST(run__told_to_stop_in_the_middle_of_a_pass__the_next_start_goes_on),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
