/* test_permit.c - permit.h: who may be written to now, and who has to wait, and how long. */
#include "tests/cmocka_all.h"

#include "agent/permit.h"

#include <stdio.h>
#include <string.h>

enum { NOW_S = 1795000000, DAY_S = 86400 };

static struct pol_policy policy;
static struct ag_outlook_view outlook;
static struct ag_record record;
static struct ag_permit_question question;

static int set_up(void **state)
{
    (void)state;
    policy = (struct pol_policy){.version = 7003, .kind = POL_KIND_STAGE};
    outlook = (struct ag_outlook_view){.known = true};
    record = ag_record_empty();
    (void)snprintf(record.sid, sizeof record.sid, "S-1-5-21-1-2-3-1001");
    question = (struct ag_permit_question){
        .policy = &policy, .accepted_at_s = NOW_S, .now_s = NOW_S, .outlook = &outlook};
    return 0;
}

static void expect(enum ag_permit expected)
{
    assert_int_equal(ag_permit_ask(&question, POL_SET_BLOCK, &record), expected);
}

static void was_brought(void)
{
    record.brought_version = policy.version;
    record.set = POL_SET_BLOCK;
}

/* ---- pause -------------------------------------------------------------------------------- */

static void ask__pause__lasts_until_its_time_and_binds_the_safe_policy(void **state)
{
    (void)state;
    question.pause_until_s = NOW_S + 1;
    expect(AG_PERMIT_PAUSED);
    policy.kind = POL_KIND_SAFE;
    expect(AG_PERMIT_PAUSED);
    question.now_s = NOW_S + 1;
    expect(AG_PERMIT_WRITE);
}

/* ---- outlook_closed ------------------------------------------------------------------------ */

static void ask__outlook_closed__waits_while_it_runs_or_is_not_known(void **state)
{
    (void)state;
    policy.apply = (struct pol_apply){.when = POL_WHEN_OUTLOOK_CLOSED, .deadline_s = 1000};
    expect(AG_PERMIT_WRITE);
    outlook.running = true;
    expect(AG_PERMIT_WAITING);
    outlook = (struct ag_outlook_view){.known = false};
    expect(AG_PERMIT_WAITING);
    question.now_s = NOW_S + 999;
    expect(AG_PERMIT_WAITING);
    question.now_s = NOW_S + 1000;
    expect(AG_PERMIT_WRITE);
}

static void ask__deadline_of_nothing__waits_for_nobody(void **state)
{
    (void)state;
    policy.apply = (struct pol_apply){.when = POL_WHEN_OUTLOOK_CLOSED, .deadline_s = 0};
    outlook.running = true;
    expect(AG_PERMIT_WRITE);
}

static void ask__drift_and_safe_policy__wait_for_nothing(void **state)
{
    (void)state;
    policy.apply =
        (struct pol_apply){.when = POL_WHEN_OUTLOOK_CLOSED, .deadline_s = 1000, .spread_s = 86400};
    outlook.running = true;
    expect(AG_PERMIT_WAITING);
    was_brought();
    expect(AG_PERMIT_WRITE);
    assert_int_equal(ag_permit_ask(&question, POL_SET_ALLOW, &record), AG_PERMIT_WAITING);
    record = ag_record_empty();
    policy.kind = POL_KIND_SAFE;
    expect(AG_PERMIT_WRITE);
}

/* ---- spread -------------------------------------------------------------------------------- */

static void turn__many_users__are_spread_evenly_and_never_beyond(void **state)
{
    (void)state;
    enum { USERS = 20000, SPREAD_S = 3600, SLOTS = 10 };
    unsigned slots[SLOTS] = {0};
    policy.apply.spread_s = SPREAD_S;
    for (unsigned i = 0; i < USERS; i++) {
        char sid[64];
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%u", 1000 + i);
        uint32_t turn_s = ag_permit_turn_s(&policy, sid);
        assert_in_range(turn_s, 0, SPREAD_S - 1);
        slots[turn_s * SLOTS / SPREAD_S]++;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        assert_in_range(slots[i], USERS / SLOTS * 9 / 10, USERS / SLOTS * 11 / 10);
    }
}

/* sha256("7003 S-1-5-21-1-2-3-1001"), first 8 bytes, mod 3600; computed by another program. */
static void turn__one_user__is_the_same_everywhere(void **state)
{
    (void)state;
    policy.apply.spread_s = 3600;
    assert_int_equal(ag_permit_turn_s(&policy, "S-1-5-21-1-2-3-1001"), 1456);
    policy.version = 7004;
    assert_int_equal(ag_permit_turn_s(&policy, "S-1-5-21-1-2-3-1001"), 1837);
    policy.apply.spread_s = 0;
    assert_int_equal(ag_permit_turn_s(&policy, "S-1-5-21-1-2-3-1001"), 0);
}

static void ask__spread__waits_for_the_turn_and_says_when_it_comes(void **state)
{
    (void)state;
    policy.apply.spread_s = 3600;
    uint32_t turn_s = ag_permit_turn_s(&policy, record.sid);
    assert_true(turn_s > 0);
    expect(AG_PERMIT_WAITING);
    assert_int_equal(ag_permit_turn_at_s(&question, record.sid), NOW_S + turn_s);
    question.now_s = NOW_S + turn_s - 1;
    expect(AG_PERMIT_WAITING);
    assert_int_equal(ag_permit_turn_at_s(&question, record.sid), NOW_S + turn_s);
    question.now_s = NOW_S + turn_s;
    expect(AG_PERMIT_WRITE);
    assert_int_equal(ag_permit_turn_at_s(&question, record.sid), -1);
}

static void ask__spread_and_outlook__both_must_be_over(void **state)
{
    (void)state;
    policy.apply =
        (struct pol_apply){.when = POL_WHEN_OUTLOOK_CLOSED, .deadline_s = DAY_S, .spread_s = 3600};
    question.now_s = NOW_S + 3600;
    outlook.running = true;
    expect(AG_PERMIT_WAITING);
    outlook.running = false;
    expect(AG_PERMIT_WRITE);
    question.now_s = NOW_S;
    expect(AG_PERMIT_WAITING);
}

/* ---- contested ----------------------------------------------------------------------------- */

static void rewrite__third_within_a_day__is_contested_for_a_day(void **state)
{
    (void)state;
    was_brought();
    assert_true(ag_permit_take_rewrite(NOW_S, &record));
    assert_true(ag_permit_take_rewrite(NOW_S + 100, &record));
    expect(AG_PERMIT_WRITE);
    assert_false(ag_permit_take_rewrite(NOW_S + DAY_S - 1, &record));
    question.now_s = NOW_S + DAY_S;
    expect(AG_PERMIT_CONTESTED);
    question.now_s = NOW_S + 2 * DAY_S - 2;
    expect(AG_PERMIT_CONTESTED);
    question.now_s = NOW_S + 2 * DAY_S - 1;
    expect(AG_PERMIT_WRITE);
    assert_true(ag_permit_take_rewrite(question.now_s, &record));
    assert_true(ag_permit_take_rewrite(question.now_s, &record));
    assert_false(ag_permit_take_rewrite(question.now_s, &record));
}

static void rewrite__third_after_more_than_a_day__is_corrected(void **state)
{
    (void)state;
    was_brought();
    for (int i = 0; i < 10; i++) {
        assert_true(ag_permit_take_rewrite(NOW_S + i * (DAY_S / 2), &record));
    }
    expect(AG_PERMIT_WRITE);
}

static void ask__another_version__ends_it(void **state)
{
    (void)state;
    was_brought();
    record.contested_at_s = NOW_S;
    record.rewritten_at_s[0] = NOW_S;
    record.rewritten_at_s[1] = NOW_S;
    expect(AG_PERMIT_CONTESTED);
    policy.version++;
    expect(AG_PERMIT_WRITE);
    assert_int_equal(record.rewritten_at_s[0], -1);
    assert_int_equal(record.rewritten_at_s[1], -1);
    assert_int_equal(record.contested_at_s, -1);
}

static void ask__another_outcome_under_the_same_version__is_not_contested(void **state)
{
    (void)state;
    was_brought();
    record.contested_at_s = NOW_S;
    assert_int_equal(ag_permit_ask(&question, POL_SET_LEAVE, &record), AG_PERMIT_WRITE);
    expect(AG_PERMIT_CONTESTED);
}

static void ask__clock_set_years_ahead_or_back__nobody_stays_contested(void **state)
{
    (void)state;
    static const int64_t AHEAD_S[] = {10LL * 365 * DAY_S, -10LL * 365 * DAY_S};
    for (size_t i = 0; i < 2; i++) {
        (void)set_up(NULL);
        was_brought();
        record.contested_at_s = NOW_S;
        question.now_s = NOW_S + AHEAD_S[i];
        expect(AG_PERMIT_WRITE);
        assert_true(ag_permit_take_rewrite(question.now_s, &record));
    }
}

static void ask__contested_in_a_pause__stays_contested(void **state)
{
    (void)state;
    was_brought();
    record.contested_at_s = NOW_S;
    question.pause_until_s = NOW_S + 10;
    expect(AG_PERMIT_CONTESTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(ask__pause__lasts_until_its_time_and_binds_the_safe_policy),
        TEST(ask__outlook_closed__waits_while_it_runs_or_is_not_known),
        TEST(ask__deadline_of_nothing__waits_for_nobody),
        TEST(ask__drift_and_safe_policy__wait_for_nothing),
        TEST(turn__many_users__are_spread_evenly_and_never_beyond),
        TEST(turn__one_user__is_the_same_everywhere),
        TEST(ask__spread__waits_for_the_turn_and_says_when_it_comes),
        TEST(ask__spread_and_outlook__both_must_be_over),
        TEST(rewrite__third_within_a_day__is_contested_for_a_day),
        TEST(rewrite__third_after_more_than_a_day__is_corrected),
        TEST(ask__another_version__ends_it),
        TEST(ask__another_outcome_under_the_same_version__is_not_contested),
        TEST(ask__clock_set_years_ahead_or_back__nobody_stays_contested),
        TEST(ask__contested_in_a_pause__stays_contested),
    };
    return cmocka_run_group_tests_name("permit", tests, NULL, NULL);
}
