/* test_schedule.c - ag_schedule_*(): docs/protocol.md "No herd", rule by rule. */
#include "tests/cmocka_all.h"

#include "agent/schedule.h"

static const uint64_t NOW = 5000000;
static const uint32_t MOST = UINT32_MAX; /* the largest draw */
static const uint32_t MIDDLE = UINT32_MAX / 2 + 1;
static struct ag_schedule s;

static int set_up(void **state)
{
    (void)state;
    ag_schedule_init(&s, NOW);
    return 0;
}

static uint64_t delay_after(enum ag_poll_result result, uint32_t elapsed_ms, uint32_t chance)
{
    struct ag_poll_end end = {.result = result, .asked_wait_s = 240, .elapsed_ms = elapsed_ms};
    ag_schedule_poll_ended(&s, &end, NOW, chance);
    return s.policy_due_ms - NOW;
}

static void backoff__draws__are_between_nothing_much_and_the_doubling_cap(void **state)
{
    (void)state;
    assert_int_equal(ag_schedule_backoff_ms(0, 900, 0, MOST), 5000);
    assert_int_equal(ag_schedule_backoff_ms(1, 900, 0, MOST), 10000);
    assert_int_equal(ag_schedule_backoff_ms(3, 900, 0, MOST), 40000);
    assert_int_equal(ag_schedule_backoff_ms(9, 900, 0, MOST), 900000);
    assert_int_equal(ag_schedule_backoff_ms(4000000000u, 3600, 0, MOST), 3600000);
    assert_true(ag_schedule_backoff_ms(9, 900, 0, 0) >= 200);
    assert_int_equal(ag_schedule_backoff_ms(9, 900, 0, MOST / 2), 449999);
}

static void backoff__retry_after__is_never_undercut_but_capped(void **state)
{
    (void)state;
    assert_int_equal(ag_schedule_backoff_ms(0, 900, 120, 0), 120000);
    assert_int_equal(ag_schedule_backoff_ms(0, 900, 120, MOST), 144000);
    assert_true(ag_schedule_backoff_ms(0, 900, UINT32_MAX, 0) == 900000);
    assert_int_equal(ag_schedule_backoff_ms(9, 900, 120, MOST), 900000); /* its own was longer */
}

static void period__chance__is_plus_minus_20_percent(void **state)
{
    (void)state;
    assert_int_equal(ag_schedule_period_ms(900, 0), 720000);
    assert_int_equal(ag_schedule_period_ms(900, MOST), 1080000);
}

static void wait__default_and_policy__are_asked_for(void **state)
{
    (void)state;
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240);
    ag_schedule_set_timing(&s, &(struct pol_timing){.poll_s = 60, .wait_s = 0});
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 0);
}

static void wait__chance__is_plus_minus_20_percent(void **state)
{
    (void)state;
    assert_int_equal(ag_schedule_wait_s(&s, 0), 192);
    assert_int_equal(ag_schedule_wait_s(&s, MOST), 288);
}

static void poll__changed_or_held_to_the_end__is_asked_again_at_once(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_CHANGED, 5, MOST), 0);
    assert_int_equal(delay_after(AG_POLL_HELD, 240000, MOST), 0);
    assert_int_equal(delay_after(AG_POLL_HELD, 10000, MOST), 0);
}

static void poll__held_much_too_short_again_and_again__slows_down(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_HELD, 100, MOST), 5000);
    assert_int_equal(delay_after(AG_POLL_HELD, 100, MOST), 10000);
    assert_int_equal(delay_after(AG_POLL_HELD, 240000, MOST), 0);
    assert_int_equal(delay_after(AG_POLL_HELD, 100, MOST), 5000);
}

static void poll__not_held__sleeps_poll_s_with_jitter(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_NOT_HELD, 5, 0), 720000);
    assert_int_equal(delay_after(AG_POLL_NOT_HELD, 5, MOST), 1080000);
}

static void poll__nothing_released_and_not_held__asks_every_minute(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_EMPTY, 5, MOST), 72000);
}

static void poll__cut_after_10_s__is_no_failure_and_halves_the_wait(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_LOST, 10000, MOST), 60000);
    assert_int_equal(s.policy_failures, 0);
    assert_int_equal(ag_schedule_wait_s(&s, 0), 120);
    assert_int_equal(ag_schedule_wait_s(&s, MOST), 96); /* downwards only: what is longer is cut */
    struct ag_poll_end end = {.result = AG_POLL_LOST, .asked_wait_s = 40, .elapsed_ms = 20000};
    ag_schedule_poll_ended(&s, &end, NOW, 0);
    assert_int_equal(ag_schedule_wait_s(&s, 0), 30);
}

/* A longer wait than the policy's was jitter: half of what the policy says. */
static void poll__cut_while_longer_than_usual__halves_the_policys_wait(void **state)
{
    (void)state;
    struct ag_poll_end end = {.result = AG_POLL_LOST, .asked_wait_s = 288, .elapsed_ms = 250000};
    ag_schedule_poll_ended(&s, &end, NOW, 0);
    assert_int_equal(ag_schedule_wait_s(&s, 0), 120);
}

static void poll__not_cut_for_a_day__waits_longer_again(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_LOST, 10000, 0);
    (void)delay_after(AG_POLL_LOST, 10000, 0);
    assert_int_equal(ag_schedule_wait_s(&s, 0), 60);
    struct ag_poll_end end = {.result = AG_POLL_HELD, .asked_wait_s = 60, .elapsed_ms = 60000};
    ag_schedule_poll_ended(&s, &end, NOW + 86400000, 0);
    assert_int_equal(ag_schedule_wait_s(&s, 0), 60);
    ag_schedule_poll_ended(&s, &end, NOW + 86400001, 0);
    assert_int_equal(ag_schedule_wait_s(&s, 0), 120);
    ag_schedule_poll_ended(&s, &end, NOW + 2 * 86400002ull, 0);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240);
}

static void poll__lost_early__backs_off(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_LOST, 9999, MOST), 5000);
    assert_int_equal(delay_after(AG_POLL_LOST, 5, MOST), 10000);
    assert_int_equal(delay_after(AG_POLL_FAILED, 5, MOST), 20000);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240);
    assert_int_equal(delay_after(AG_POLL_HELD, 240000, MOST), 0);
    assert_int_equal(s.policy_failures, 0);
}

static void poll__server_gone_after_a_hold__comes_back_within_60_s(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_HELD, 240000, 0);
    assert_int_equal(delay_after(AG_POLL_LOST, 5, MOST), 60000);
    assert_int_equal(delay_after(AG_POLL_LOST, 5, MOST), 10000);
}

static void poll__server_gone_after_a_change__comes_back_within_60_s(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_CHANGED, 5000, 0);
    assert_int_equal(delay_after(AG_POLL_LOST, 5, MOST), 60000);
}

static void poll__server_said_when__is_heeded_on_any_answer(void **state)
{
    (void)state;
    static const enum ag_poll_result RESULTS[] = {AG_POLL_CHANGED, AG_POLL_UNCHANGED,
                                                  AG_POLL_HELD,    AG_POLL_NOT_HELD,
                                                  AG_POLL_EMPTY,   AG_POLL_FAILED};
    for (size_t i = 0; i < sizeof RESULTS / sizeof RESULTS[0]; i++) {
        struct ag_poll_end end = {.result = RESULTS[i],
                                  .asked_wait_s = 240,
                                  .elapsed_ms = 240000,
                                  .retry_after_s = 4000000000u};
        ag_schedule_init(&s, NOW);
        ag_schedule_poll_ended(&s, &end, NOW, 0);
        assert_int_equal(s.policy_due_ms, NOW + 900000);
        ag_schedule_enroll_ended(&s, true, 0, NOW, 0); /* a new token is no reason, either */
        assert_int_equal(s.policy_due_ms, NOW + 900000);
    }
}

static void reports__server_said_when_with_its_success__is_heeded(void **state)
{
    (void)state;
    ag_schedule_report_ended(&s, true, 100, NOW, MOST);
    assert_int_equal(s.report_due_ms, NOW + 120000);
    ag_schedule_report_ended(&s, true, UINT32_MAX, NOW, 0);
    assert_int_equal(s.report_due_ms, NOW + 3600000);
}

static void renew__lanes__begin_anew_within_half_a_minute(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_LOST, 10000, 0);
    ag_schedule_renew(&s, NOW + 1, MOST);
    assert_int_equal(s.policy_due_ms, NOW + 1 + 30000);
    assert_int_equal(s.report_due_ms, NOW + 1 + 30000);
    assert_int_equal(s.enroll_due_ms, NOW + 1 + 30000);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240); /* another way, other devices on it */
}

static void renew__backing_off__is_cut_short_but_not_what_the_server_said(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        (void)delay_after(AG_POLL_LOST, 5, MOST);
        ag_schedule_report_ended(&s, false, 0, NOW, MOST);
        ag_schedule_enroll_ended(&s, false, 0, NOW, MOST);
    }
    ag_schedule_renew(&s, NOW, MOST);
    assert_int_equal(s.policy_due_ms, NOW + 30000);
    assert_int_equal(s.report_due_ms, NOW + 30000);
    assert_int_equal(s.enroll_due_ms, NOW + 3600000);
    assert_int_equal(delay_after(AG_POLL_LOST, 5, MOST), 5000); /* from the beginning */

    struct ag_poll_end end = {.result = AG_POLL_FAILED, .retry_after_s = 600};
    ag_schedule_poll_ended(&s, &end, NOW, 0);
    ag_schedule_report_ended(&s, false, 600, NOW, 0);
    ag_schedule_renew(&s, NOW, MOST);
    assert_int_equal(s.policy_due_ms, NOW + 600000);
    assert_int_equal(s.report_due_ms, NOW + 600000);
}

static void renew__nothing_failed__is_asked_no_sooner(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_NOT_HELD, 5, 0);
    ag_schedule_renew(&s, NOW, 0);
    assert_int_equal(s.policy_due_ms, NOW + 720000);
}

static void poll__two_bodies_for_nothing_within_poll_s__polls_plainly(void **state)
{
    (void)state;
    assert_int_equal(delay_after(AG_POLL_UNCHANGED, 5, 0), 0);
    assert_int_equal(delay_after(AG_POLL_UNCHANGED, 5, 0), 720000);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 0);
    assert_int_equal(delay_after(AG_POLL_CHANGED, 5, 0), 0);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240);
}

static void poll__two_bodies_for_nothing_far_apart__goes_on(void **state)
{
    (void)state;
    struct ag_poll_end end = {.result = AG_POLL_UNCHANGED, .asked_wait_s = 240};
    ag_schedule_poll_ended(&s, &end, NOW, 0);
    ag_schedule_poll_ended(&s, &end, NOW + 900001, 0);
    assert_int_equal(s.policy_due_ms, NOW + 900001);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240);
}

static void poll__plain_for_a_day__tries_to_be_held_again(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_UNCHANGED, 5, 0);
    (void)delay_after(AG_POLL_UNCHANGED, 5, 0);
    struct ag_poll_end end = {.result = AG_POLL_NOT_HELD};
    ag_schedule_poll_ended(&s, &end, NOW + 86400001, 0);
    assert_int_equal(ag_schedule_wait_s(&s, MIDDLE), 240);
}

static void reports__failures__back_off_to_an_hour_and_a_success_ends_it(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        ag_schedule_report_ended(&s, false, 0, NOW, MOST);
    }
    assert_int_equal(s.report_due_ms, NOW + 3600000);
    ag_schedule_report_ended(&s, true, 0, NOW, MOST);
    assert_int_equal(s.report_due_ms, NOW);
}

static void reports__server_is_back__do_not_wait_their_hour_out(void **state)
{
    (void)state;
    (void)delay_after(AG_POLL_LOST, 5, MOST);
    s.report_due_ms = NOW + 3600000;
    (void)delay_after(AG_POLL_HELD, 240000, MOST);
    assert_true(s.report_due_ms <= NOW + 5000);
}

static void reports__server_said_when__is_heeded_even_if_it_is_back(void **state)
{
    (void)state;
    ag_schedule_report_ended(&s, false, 600, NOW, 0);
    (void)delay_after(AG_POLL_LOST, 5, MOST);
    (void)delay_after(AG_POLL_HELD, 240000, MOST);
    assert_int_equal(s.report_due_ms, NOW + 600000);
}

static void enroll__success__polls_at_once_and_does_not_enroll_in_a_circle(void **state)
{
    (void)state;
    s.policy_due_ms = NOW + 900000;
    for (int i = 0; i < 6; i++) {
        ag_schedule_enroll_ended(&s, true, 0, NOW, MOST);
    }
    assert_int_equal(s.policy_due_ms, NOW);
    assert_int_equal(s.enroll_due_ms, NOW + 160000);
    ag_schedule_enroll_ended(&s, true, 0, NOW + 3600001, MOST);
    assert_int_equal(s.enroll_due_ms, NOW + 3600001 + 5000);
}

static void act_delay__is_within_spread_s(void **state)
{
    (void)state;
    ag_schedule_set_timing(&s, &(struct pol_timing){.spread_s = 10});
    assert_int_equal(ag_schedule_act_delay_ms(&s, MOST), 10000);
    ag_schedule_set_timing(&s, &(struct pol_timing){.spread_s = 0});
    assert_int_equal(ag_schedule_act_delay_ms(&s, MOST), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(backoff__draws__are_between_nothing_much_and_the_doubling_cap),
        TEST(backoff__retry_after__is_never_undercut_but_capped),
        TEST(period__chance__is_plus_minus_20_percent),
        TEST(wait__default_and_policy__are_asked_for),
        TEST(wait__chance__is_plus_minus_20_percent),
        TEST(poll__changed_or_held_to_the_end__is_asked_again_at_once),
        TEST(poll__held_much_too_short_again_and_again__slows_down),
        TEST(poll__not_held__sleeps_poll_s_with_jitter),
        TEST(poll__nothing_released_and_not_held__asks_every_minute),
        TEST(poll__cut_after_10_s__is_no_failure_and_halves_the_wait),
        TEST(poll__cut_while_longer_than_usual__halves_the_policys_wait),
        TEST(poll__not_cut_for_a_day__waits_longer_again),
        TEST(poll__lost_early__backs_off),
        TEST(poll__server_gone_after_a_hold__comes_back_within_60_s),
        TEST(poll__server_gone_after_a_change__comes_back_within_60_s),
        TEST(poll__server_said_when__is_heeded_on_any_answer),
        TEST(reports__server_said_when_with_its_success__is_heeded),
        TEST(renew__lanes__begin_anew_within_half_a_minute),
        TEST(renew__backing_off__is_cut_short_but_not_what_the_server_said),
        TEST(renew__nothing_failed__is_asked_no_sooner),
        TEST(poll__two_bodies_for_nothing_within_poll_s__polls_plainly),
        TEST(poll__two_bodies_for_nothing_far_apart__goes_on),
        TEST(poll__plain_for_a_day__tries_to_be_held_again),
        TEST(reports__failures__back_off_to_an_hour_and_a_success_ends_it),
        TEST(reports__server_is_back__do_not_wait_their_hour_out),
        TEST(reports__server_said_when__is_heeded_even_if_it_is_back),
        TEST(enroll__success__polls_at_once_and_does_not_enroll_in_a_circle),
        TEST(act_delay__is_within_spread_s),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
