/* test_run_wait.c - ag_run(): users who wait, are paused, contested or skipped, over days and restarts. */
#include "tests/cmocka_all.h"

#include "agent/permit.h"
#include "tests/unit/agent/one_agent.h"

#include <stdio.h>

enum { DAY_S = 86400 };

static enum pol_state state_of(const char *sid)
{
    return fake_world_reported(&world, sid)->state;
}

/* From now on: 1 for everybody, as `apply` lets it. */
static void release_block(uint32_t serial, const char *apply)
{
    char stages[256];
    struct fake_plan plan = {.serial = serial, .stages = stages};
    (void)snprintf(stages, sizeof stages,
                   "[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"block\",\"expect\":\"any\","
                   "\"apply\":%s}]",
                   apply);
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, "all");
    fake_world_release(&world, bytes_span(&envelope));
    bytes_free(&envelope);
}

/* ---- apply -------------------------------------------------------------------------------- */

static void close_outlook(void *ctx)
{
    struct fake_world *w = ctx;
    w->outlook.sid = NULL;
    w->changed = true;
}

static void run__outlook_runs__is_written_to_when_it_closes(void **state)
{
    (void)state;
    world.outlook.sid = FAKE_PILOT;
    world.outlook.started_s = FAKE_CLOCK_START_S - 100;
    release_block(7, "{\"when\":\"outlook_closed\",\"deadline_s\":259200}");
    fake_world_run(&world, DAY_S);
    assert_false(pilot()->value.present);
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_WAITING);
    assert_true(fake_hives_has_dword(other(), 1));
    fake_world_after(&world, 100, close_outlook);
    fake_world_run(&world, 101);
    assert_true(fake_hives_has_dword(pilot(), 1));
    fake_world_run(&world, 20);
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_IDLE);
}

static void run__outlook_never_closes__is_written_to_at_the_deadline_over_restarts(void **state)
{
    (void)state;
    world.outlook.sid = FAKE_PILOT;
    world.outlook.started_s = FAKE_CLOCK_START_S - 100;
    release_block(7, "{\"when\":\"outlook_closed\",\"deadline_s\":259200}");
    for (int restart = 0; restart < 3; restart++) {
        fake_world_run(&world, DAY_S - 60);
        assert_false(pilot()->value.present);
    }
    fake_world_run(&world, 300);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_PENDING_RESTART);
}

static void run__clock_set_back_while_waiting__waits_no_longer_than_once_more(void **state)
{
    (void)state;
    world.outlook.sid = FAKE_PILOT;
    release_block(7, "{\"when\":\"outlook_closed\",\"deadline_s\":259200}");
    fake_world_run(&world, DAY_S);
    world.clock.offset_s = -10LL * 365 * DAY_S;
    world.outlook.started_s = 1;
    fake_world_run(&world, 3 * DAY_S - 100);
    assert_false(pilot()->value.present);
    fake_world_run(&world, 200);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

static int64_t written_at_s;

static void note_when_written(void *ctx)
{
    struct fake_world *w = ctx;
    if (fake_hives_has_dword(pilot(), 1) && written_at_s == 0) {
        written_at_s = fake_clock_now_s(&w->clock);
    }
    fake_world_after(w, 1, note_when_written);
}

static void run__spread__writes_at_the_users_turn(void **state)
{
    (void)state;
    struct pol_policy policy = {.version = 7001, .apply.spread_s = 3600};
    uint32_t turn_s = ag_permit_turn_s(&policy, FAKE_PILOT);
    assert_in_range(turn_s, 60, 3599);
    written_at_s = 0;
    release_block(7, "{\"spread_s\":3600}");
    fake_world_after(&world, 1, note_when_written);
    fake_world_run(&world, 30);
    assert_false(pilot()->value.present);
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_WAITING);
    fake_world_run(&world, 3700);
    assert_in_range(written_at_s, FAKE_CLOCK_START_S + turn_s, FAKE_CLOCK_START_S + turn_s + 3);
}

static void run__safe_policy__waits_for_nothing(void **state)
{
    (void)state;
    world.outlook.sid = FAKE_PILOT;
    world.outlook.started_s = FAKE_CLOCK_START_S - 100;
    release_block(7, "{\"when\":\"outlook_closed\",\"deadline_s\":259200,\"spread_s\":86400}");
    fake_world_run(&world, 60);
    assert_false(pilot()->value.present);
    fake_world_after(&world, 1, fake_world_release_safe);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

/* ---- pause -------------------------------------------------------------------------------- */

static void run__paused__writes_nothing_until_the_time_comes(void **state)
{
    (void)state;
    world.config.pause_until_s = FAKE_CLOCK_START_S + 3600;
    fake_world_release_safe(&world);
    fake_world_run(&world, 3500);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, 0);
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_PAUSED);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7999);
    fake_world_run(&world, 200);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_IDLE);
}

/* ---- contested ----------------------------------------------------------------------------- */

static void rewrite(void *ctx)
{
    struct fake_world *w = ctx;
    fake_hives_set_dword(&w->hives.hives[0], 0);
    w->changed = true;
}

static void run__rewritten_three_times__is_contested_over_restarts_for_a_day(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    for (unsigned i = 0; i < 3; i++) {
        fake_world_after(&world, 10, rewrite);
        fake_world_run(&world, 12);
        assert_int_equal(fake_hives_has_dword(pilot(), 1), i < 2);
    }
    unsigned writes = world.hives.value_writes;
    fake_world_run(&world, 20);
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_CONTESTED);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->corrections, 2);
    fake_world_run(&world, DAY_S - 200);
    assert_int_equal(world.hives.value_writes, writes);
    fake_world_run(&world, 400);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

static void run__rewritten_and_corrected__within_seconds(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_after(&world, 10, rewrite);
    fake_world_run(&world, 11);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

/* ---- a profile that travels ----------------------------------------------------------------- */

static void run__our_own_1_from_another_machine__is_recognised(void **state)
{
    (void)state;
    /* The hive as another machine's agent left it: value, marker, the pre-image 0. */
    fake_hives_set_dword(pilot(), 0);
    fake_world_enforce_hold_back(&world);
    struct ag_hive roamed = *pilot();
    fake_world_done(&world);
    fake_world_init(&world);
    *pilot() = roamed;

    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    assert_int_equal(world.hives.value_writes, 1); /* the third user; nothing for who roamed */
    assert_true(fake_world_reported(&world, FAKE_PILOT)->ours);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->changed_at_s, -1);
    fake_world_release_finish(&world);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 0));
    assert_false(fake_hives_has_marker(pilot()));
}

/* ---- users who bring the agent down ---------------------------------------------------------- */

static void leave_mark(int64_t version)
{
    (void)snprintf(world.vault.mark, sizeof world.vault.mark, "%s %lld", FAKE_PILOT,
                   (long long)version);
}

/* A start that ends before anybody is looked after. */
static void start_and_end_at_once(void)
{
    const struct ag_trust trust = {.trust = world.signer.trust, .refused = {.st = ST_OK}};
    world.stop = true;
    assert_int_equal(ag_run(&world.config, &world.host, &world.ports, &trust, &world.err), ST_OK);
}

static void run__came_down_twice_under_a_user__skips_him_and_serves_the_others(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    leave_mark(7002);
    start_and_end_at_once();
    leave_mark(7002);
    fake_hives_set_dword(pilot(), 0);
    fake_hives_set_dword(other(), 0);
    unsigned waits = world.http.waits;
    fake_world_run(&world, DAY_S);
    assert_in_range(world.http.waits - waits, 0, 3 * DAY_S / 20); /* nobody waits for his turn */
    assert_int_equal(state_of(FAKE_PILOT), POL_STATE_ERROR);
    assert_string_equal(fake_world_reported(&world, FAKE_PILOT)->error_code, "skipped_after_crash");
    assert_true(fake_hives_has_dword(pilot(), 0));
    assert_true(fake_hives_has_dword(other(), 1));
    fake_world_release_stage(&world, 8, "hold-back");
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_null(fake_world_reported(&world, FAKE_PILOT)->error_code);
}

static void run__killed_once_under_a_user__goes_on_where_it_was(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    for (int i = 0; i < 3; i++) {
        leave_mark(7002);
        fake_world_run(&world, 20);
        assert_int_equal(state_of(FAKE_PILOT), POL_STATE_IDLE);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__outlook_runs__is_written_to_when_it_closes),
        TEST(run__outlook_never_closes__is_written_to_at_the_deadline_over_restarts),
        TEST(run__clock_set_back_while_waiting__waits_no_longer_than_once_more),
        TEST(run__spread__writes_at_the_users_turn),
        TEST(run__safe_policy__waits_for_nothing),
        TEST(run__paused__writes_nothing_until_the_time_comes),
        TEST(run__rewritten_three_times__is_contested_over_restarts_for_a_day),
        TEST(run__rewritten_and_corrected__within_seconds),
        TEST(run__our_own_1_from_another_machine__is_recognised),
        TEST(run__came_down_twice_under_a_user__skips_him_and_serves_the_others),
        TEST(run__killed_once_under_a_user__goes_on_where_it_was),
    };
    return cmocka_run_group_tests_name("run_wait", tests, NULL, NULL);
}
