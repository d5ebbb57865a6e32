/* test_arming_flood.c - who changes his keys over and over is looked at once a minute, and costs nobody. */
#include "tests/cmocka_all.h"

#include "tests/unit/agent/armed_keys.h"

/* Changes at once, as often as the keys are armed: how often the core is told. */
static unsigned flood(size_t user)
{
    unsigned looks = 0;
    do {
        change(user);
        looks += ag_arming_work(&arming, now_ms);
    } while (keys[user].armed);
    return looks;
}

static void flood__at_once__keys_rest_after_so_many_changes(void **state)
{
    (void)state;
    log_on(2);
    assert_int_equal(flood(0), AG_ARMING_CHANGES + 1);
    assert_int_equal(keys[0].handles, 1);
    assert_false(keys[0].armed);
    assert_true(ag_arming_due_ms(&arming) == now_ms + AG_ARMING_EARN_MS);
    assert_false(pass_time(AG_ARMING_EARN_MS - 1));
    assert_false(keys[0].armed);
    assert_false(pass_time(1)); /* the core's own pass looks at what was not told of */
    assert_true(keys[0].armed);
}

static void flood__for_an_hour__is_looked_at_once_a_minute(void **state)
{
    (void)state;
    unsigned looks = 0;
    log_on(2);
    for (int i = 0; i < 3600 * 10; i++) {
        change(0);
        looks += pass_time(100);
    }
    assert_in_range(looks, 60, 60 + AG_ARMING_CHANGES + 1);
}

static void flood__of_one__others_are_told_of_at_once_and_not_touched(void **state)
{
    (void)state;
    log_on(500);
    (void)flood(7);
    for (size_t i = 0; i < count; i += 100) {
        change(i);
        assert_true(ag_arming_work(&arming, now_ms));
        assert_true(keys[i].armed);
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(keys[i].armed || i == 7);
        assert_int_equal(keys[i].opened, 1);
    }
}

static void flood__rests__a_second_key_that_tells_earns_nothing(void **state)
{
    (void)state;
    log_on(1);
    (void)flood(0);
    uint64_t due_ms = ag_arming_due_ms(&arming);
    keys[0].told = true; /* the key above */
    assert_true(pass_time(SECOND_MS));
    assert_true(ag_arming_due_ms(&arming) == due_ms);
    assert_false(keys[0].armed);
}

static void flood__then_quiet__so_many_are_told_at_once_again(void **state)
{
    (void)state;
    log_on(1);
    (void)flood(0);
    /* The keys come afresh every ten minutes meanwhile; that is no change. */
    for (int i = 0; i <= AG_ARMING_CHANGES; i++) {
        assert_false(pass_time(MINUTE_MS));
    }
    assert_int_equal(flood(0), AG_ARMING_CHANGES + 1);
}

static void flood__quiet_for_three_minutes__three_are_told_at_once(void **state)
{
    (void)state;
    log_on(1);
    (void)flood(0);
    for (int i = 0; i < 3; i++) {
        assert_false(pass_time(MINUTE_MS));
    }
    assert_int_equal(flood(0), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARMING(flood__at_once__keys_rest_after_so_many_changes),
        ARMING(flood__for_an_hour__is_looked_at_once_a_minute),
        ARMING(flood__of_one__others_are_told_of_at_once_and_not_touched),
        ARMING(flood__rests__a_second_key_that_tells_earns_nothing),
        ARMING(flood__then_quiet__so_many_are_told_at_once_again),
        ARMING(flood__quiet_for_three_minutes__three_are_told_at_once),
    };
    return cmocka_run_group_tests_name("arming, a flood", tests, NULL, NULL);
}
