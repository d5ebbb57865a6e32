/* test_run_network.c - ag_run(): months without a server, sleep, other networks, wrong clocks. Each
 * bound on requests is computed, not measured. */
#include "tests/unit/agent/one_agent.h"

#include <string.h>

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, MONTH_S = 30 * DAY_S };
static const int64_t TEN_YEARS_S = 3652 * 86400LL;

static unsigned polls(void)
{
    return world.http.requests[AG_LANE_POLICY];
}

static void count_from_here(void)
{
    memset(world.http.requests, 0, sizeof world.http.requests);
    world.http.waits = 0;
}

/* ---- nothing to do ------------------------------------------------------------------------ */

/* Held polls last 192 to 288 s, 240 on average; report_s is a day. */
static void run__idle_hours__send_held_polls_and_nothing_else(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_run(&world, MINUTE_S); /* the report of a start */
    unsigned reports = world.report_count;
    count_from_here();
    fake_world_run(&world, 6 * HOUR_S);
    assert_int_equal(world.http.requests[AG_LANE_ENROLL], 0);
    assert_int_equal(world.report_count - reports, 1); /* the start's again */
    assert_in_range(polls(), 6 * HOUR_S / 288, 6 * HOUR_S / 192 + 1);
    assert_string_equal(world.last_if_none_match, "\"release-1\"");
}

static void run__nothing_released__is_asked_for_0_and_held(void **state)
{
    (void)state;
    fake_world_run(&world, MINUTE_S);
    count_from_here();
    fake_world_run(&world, HOUR_S);
    assert_in_range(polls(), HOUR_S / 288, HOUR_S / 192 + 2);
    assert_string_equal(world.last_if_none_match, "\"0\"");
}

/* Without a token nobody holds: every 60 s, give or take a fifth. */
static void run__nothing_released_and_not_held__asks_every_minute(void **state)
{
    (void)state;
    fake_vault_drop(&world.vault, "enroll.sealed");
    fake_world_run(&world, HOUR_S);
    assert_in_range(polls(), HOUR_S / 72, HOUR_S / 48 + 1);
    assert_string_equal(world.last_if_none_match, "\"0\"");
}

/* ---- no server ---------------------------------------------------------------------------- */

/* Full jitter up to 900 s is 450 s on average, for reports 1800 s; the first few come sooner. The
 * sum of so many draws stays within 5 % (polls) and 10 % (reports) of that with 6 sigma to spare. */
static void run__server_away_for_a_month__asks_as_computed_and_is_in_step_again(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    unsigned reports = world.report_count;
    count_from_here();
    world.down = true;
    fake_world_run(&world, MONTH_S);
    assert_in_range(polls(), MONTH_S / 450 * 95 / 100, MONTH_S / 450 * 105 / 100 + 20);
    assert_true(world.http.requests[AG_LANE_REPORT] < MONTH_S / 1800 * 110 / 100 + 20);
    assert_true(world.http.requests[AG_LANE_ENROLL] <= 6); /* its 30 days end in the last minute */
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(world.http.waits < MONTH_S / 5);

    fake_world_come_up(&world);
    fake_world_release_pilot(&world);
    fake_world_run(&world, 15 * MINUTE_S + 1);
    assert_false(pilot()->value.present);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7003);
    assert_int_equal(fake_vault_count(&world.vault, "report-"), 0);
    /* One full report a day at least, a fifth sooner at most, and those of two starts. */
    assert_in_range(world.report_count - reports, 25, 45);
}

static void run__reports_hang__policies_come_through(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.report_slow_ms = 30000;
    fake_world_after(&world, 5, fake_world_release_pilot);
    fake_world_run(&world, 6);
    assert_false(pilot()->value.present);
}

static void take_reports_again(void *ctx)
{
    struct fake_world *w = ctx;
    w->report_code = 0;
}

static void run__report_refused_for_good__all_is_said_again_in_an_hour(void **state)
{
    (void)state;
    world.report_code = 400;
    fake_world_release_hold_back(&world);
    fake_world_after(&world, 50 * MINUTE_S, take_reports_again);
    fake_world_run(&world, 59 * MINUTE_S);
    assert_int_equal(world.report_count, 0);
    assert_true(world.http.requests[AG_LANE_REPORT] <= 4);

    world.report_code = 400;
    fake_world_after(&world, 50 * MINUTE_S, take_reports_again);
    fake_world_run(&world, 62 * MINUTE_S);
    assert_int_equal(world.report_count, 1);
    assert_true(fake_world_last_report(&world)->full);
}

/* ---- what failing contact leaves behind ---------------------------------------------------- */

static unsigned reports_that_say(const char *code)
{
    unsigned count = 0;
    for (unsigned i = 0; i < world.report_count && i < FAKE_REPORTS; i++) {
        const char *failed = world.reports[i]->failed_code;
        count += failed != NULL && strcmp(failed, code) == 0 ? 1 : 0;
    }
    return count;
}

static void run__tls_fails_for_a_day__is_reported_once_it_holds_again(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.down = true;
    world.down_as = ST_DENIED;
    fake_world_after(&world, DAY_S / 2, fake_world_come_up);
    fake_world_run(&world, DAY_S / 2 + HOUR_S);
    assert_int_equal(reports_that_say("tls_refused"), 1);
    assert_null(fake_world_last_report(&world)->failed_code);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

static void run__nobody_answers_for_hours__is_no_news_of_its_own(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_run(&world, MINUTE_S);
    unsigned reports = world.report_count;
    world.down = true;
    fake_world_after(&world, HOUR_S, fake_world_come_up);
    fake_world_run(&world, 2 * HOUR_S);
    assert_int_equal(reports_that_say("unreachable"), 0);
    assert_int_equal(world.report_count - reports, 1); /* the start's */
}

static void rewrite(void *ctx)
{
    struct fake_world *w = ctx;
    w->hives.hives[0].value.present = false;
    w->changed = true;
}

static void run__news_while_nobody_answers__says_so_and_takes_it_back(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.down = true;
    fake_world_after(&world, HOUR_S, rewrite);
    fake_world_after(&world, 2 * HOUR_S, fake_world_come_up);
    fake_world_run(&world, 3 * HOUR_S);
    assert_int_equal(reports_that_say("unreachable"), 1);
    assert_null(fake_world_last_report(&world)->failed_code);
}

/* ---- sleep and other networks -------------------------------------------------------------- */

static void sleep_for_a_night(void *ctx)
{
    struct fake_world *w = ctx;
    fake_http_cut_silently(&w->http, AG_LANE_POLICY);
    w->clock.ms += 8ull * HOUR_S * 1000;
    count_from_here();
    fake_world_release_pilot(w); /* while it slept */
}

static void run__woken_after_a_night__is_in_step_within_a_minute(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_after(&world, 100, sleep_for_a_night);
    fake_world_after(&world, 100 + 8 * HOUR_S + 45, fake_world_go_down);
    fake_world_run(&world, 100 + 8 * HOUR_S + 50);
    assert_false(pilot()->value.present);
    assert_true(polls() <= 3);
}

/* The same night, but its machine is put to sleep in the middle of a pass. */
static enum status (*list_awake)(void *, struct ag_user **, size_t *, struct err *);

static enum status list_asleep(void *ctx, struct ag_user **out, size_t *out_count, struct err *err)
{
    world.ports.users.list = list_awake;
    sleep_for_a_night(&world);
    return list_awake(ctx, out, out_count, err);
}

static void begin_last_pass(void *ctx)
{
    struct fake_world *w = ctx;
    w->changed = true;
    list_awake = w->ports.users.list;
    w->ports.users.list = list_asleep;
}

static void run__slept_in_a_pass__is_in_step_within_a_minute(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_after(&world, 100, begin_last_pass);
    fake_world_run(&world, 100 + 8 * HOUR_S + 50);
    assert_false(pilot()->value.present);
}

static void dock(void *ctx)
{
    struct fake_world *w = ctx;
    fake_http_cut_silently(&w->http, AG_LANE_POLICY);
    w->network = true;
    count_from_here();
}

/* The longest draw: 30 s, and 10 s until the loop looks. */
static void run__other_network__the_held_poll_begins_anew_with_jitter(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.clock.constant = 1;
    world.clock.chance = UINT32_MAX;
    fake_world_after(&world, 100, dock);
    fake_world_run(&world, 100 + 29);
    assert_int_equal(polls(), 0);

    fake_world_after(&world, 100, dock);
    fake_world_run(&world, 100 + 41);
    assert_int_equal(polls(), 1);
    assert_int_equal(world.http.requests[AG_LANE_ENROLL], 0);
}

static void flap(void *ctx)
{
    struct fake_world *w = ctx;
    w->network = true;
    fake_world_after(w, 5, flap);
}

static void run__network_comes_and_goes__is_asked_once_a_minute_at_most(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    count_from_here();
    flap(&world);
    fake_world_run(&world, HOUR_S);
    assert_in_range(polls(), 30, HOUR_S / 60 + 2);
    assert_int_equal(world.http.requests[AG_LANE_ENROLL], 0);
    assert_true(world.http.waits < 4 * HOUR_S);
}

/* A change that falls into the gap is not forgotten: the new connection may be dead as well. */
static void run__network_changes_twice__the_second_is_heeded_a_minute_later(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_after(&world, 100, dock);
    fake_world_after(&world, 140, dock);
    fake_world_run(&world, 140 + 60 + 30 + 10);
    assert_int_equal(polls(), 1);
}

static void network_comes(void *ctx)
{
    struct fake_world *w = ctx;
    w->down = false;
    w->network = true;
}

static void run__boot_before_the_network__acts_at_once_and_connects_soon_after(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_release_pilot(&world);
    pilot()->value.present = false;
    world.down = true;
    fake_world_run(&world, 1);
    assert_true(fake_hives_has_dword(pilot(), 1)); /* the stored policy, without any network */

    fake_world_after(&world, 10 * MINUTE_S, network_comes);
    fake_world_run(&world, 10 * MINUTE_S + 31);
    assert_false(pilot()->value.present);
}

/* ---- clocks that jump ---------------------------------------------------------------------- */

static void jump_ahead(void *ctx)
{
    struct fake_world *w = ctx;
    w->clock.offset_s += TEN_YEARS_S;
}

static void jump_back(void *ctx)
{
    struct fake_world *w = ctx;
    w->clock.offset_s -= TEN_YEARS_S;
}

static void run__clock_jumps_while_running__neither_herd_nor_spinning_nor_circle(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    unsigned reports = world.report_count;
    count_from_here();
    for (uint32_t hour = 1; hour < 24; hour += 2) {
        fake_world_after(&world, hour * HOUR_S, jump_ahead);
        fake_world_after(&world, (hour + 1) * HOUR_S, jump_back);
    }
    fake_world_run(&world, DAY_S);
    assert_in_range(polls(), DAY_S / 288, DAY_S / 192 + 1);
    assert_true(world.enrolled <= 2);
    assert_true(world.http.waits < 2 * DAY_S);
    /* The policy is stale ten years later: news, and news again. */
    assert_true(world.report_count - reports <= 2 + 24);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

static void run__clock_is_wrong_between_starts__keeps_policy_and_device(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    for (int i = 0; i < 4; i++) {
        count_from_here();
        world.clock.offset_s = i % 2 == 0 ? -TEN_YEARS_S : TEN_YEARS_S;
        fake_world_run(&world, HOUR_S);
        assert_true(polls() <= HOUR_S / 192 + 2);
        assert_true(fake_hives_has_dword(pilot(), 1));
    }
    assert_in_range(world.enrolled, 2, 3); /* the one of ten years ago is old, once */
    assert_string_equal(fake_world_last_report(&world)->device_id, "device-1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__idle_hours__send_held_polls_and_nothing_else),
        TEST(run__nothing_released__is_asked_for_0_and_held),
        TEST(run__nothing_released_and_not_held__asks_every_minute),
        TEST(run__server_away_for_a_month__asks_as_computed_and_is_in_step_again),
        TEST(run__reports_hang__policies_come_through),
        TEST(run__report_refused_for_good__all_is_said_again_in_an_hour),
        TEST(run__tls_fails_for_a_day__is_reported_once_it_holds_again),
        TEST(run__nobody_answers_for_hours__is_no_news_of_its_own),
        TEST(run__news_while_nobody_answers__says_so_and_takes_it_back),
        TEST(run__woken_after_a_night__is_in_step_within_a_minute),
        TEST(run__slept_in_a_pass__is_in_step_within_a_minute),
        TEST(run__other_network__the_held_poll_begins_anew_with_jitter),
        TEST(run__network_comes_and_goes__is_asked_once_a_minute_at_most),
        TEST(run__network_changes_twice__the_second_is_heeded_a_minute_later),
        TEST(run__boot_before_the_network__acts_at_once_and_connects_soon_after),
        TEST(run__clock_jumps_while_running__neither_herd_nor_spinning_nor_circle),
        TEST(run__clock_is_wrong_between_starts__keeps_policy_and_device),
    };
    return cmocka_run_group_tests_name("run_network", tests, NULL, NULL);
}
