/* test_observer_stuck.c - looks that hang are given up, and hold nobody else up. */
#include "tests/cmocka_all.h"

#include "tests/unit/agent/observing.h"

static void get_stuck(char who, struct ag_observer_task *task)
{
    assert_int_equal(begin(task), who);
    pass(LOOK_MS - 1);
    assert_int_equal(ag_observer_check(&observer, &now), AG_OBSERVER_IN_TIME);
    pass(1);
    assert_int_equal(ag_observer_check(&observer, &now),
                     who != '!' ? AG_OBSERVER_GIVEN_UP_NEWS : AG_OBSERVER_GIVEN_UP);
    assert_int_equal(ag_observer_check(&observer, &now), AG_OBSERVER_IN_TIME);
}

static void check__look_that_hangs__is_given_up_and_the_others_go_on(void **state)
{
    struct ag_observer_task stuck;
    struct ag_sight sight;
    (void)state;
    want("ab");
    assert_int_equal(look(), '!');
    get_stuck('a', &stuck);
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_true(sight.timed_out);
    assert_int_equal(sight.at_s, now.wall_s);
    assert_int_equal(look(), 'b');

    /* He is not looked at again before it is back. */
    pass(GAP_MS);
    want("ab");
    assert_string_equal(look_at_all(), "b");
    assert_false(end(&stuck, true)); /* and then it is not believed */
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_true(sight.timed_out);
    assert_false(sight.policy_value);
    pass(GAP_MS);
    assert_string_equal(look_at_all(), "a");
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_false(sight.timed_out);
}

static void check__what_is_installed_hangs__is_as_it_was(void **state)
{
    struct ag_observer_task stuck;
    struct ag_client client;
    (void)state;
    want("a");
    get_stuck('!', &stuck);
    assert_false(ag_observer_client(&observer, &client));
    pass(CLIENT_GAP_MS);
    want("a");
    assert_string_equal(look_at_all(), "a");
    assert_false(end(&stuck, false));
    assert_false(ag_observer_client(&observer, &client));
    pass(CLIENT_GAP_MS);
    assert_string_equal(look_at_all(), "!");
    assert_true(ag_observer_client(&observer, &client));
}

static void check__four_hang__nobody_is_looked_at_until_one_is_back(void **state)
{
    struct ag_observer_task stuck[AG_OBSERVER_STUCK_MOST];
    (void)state;
    want("abcde");
    assert_int_equal(look(), '!');
    for (size_t i = 0; i < AG_OBSERVER_STUCK_MOST; i++) {
        get_stuck("abcd"[i], &stuck[i]);
    }
    assert_string_equal(look_at_all(), "");
    assert_true(ag_observer_due_ms(&observer) == AG_OBSERVER_NEVER_MS);
    (void)end(&stuck[2], false);
    assert_true(ag_observer_due_ms(&observer) <= now.ms);
    assert_string_equal(look_at_all(), "e");
    for (size_t i = 0; i < AG_OBSERVER_STUCK_MOST; i++) {
        if (i != 2) {
            (void)end(&stuck[i], false);
        }
    }
    assert_int_equal(observer.stuck, 0);
}

/* Or he could make four of them, coming and going. */
static void want__stuck_user_leaves_and_comes__is_still_stuck(void **state)
{
    struct ag_observer_task stuck;
    struct ag_sight sight;
    (void)state;
    want("a");
    assert_int_equal(look(), '!');
    get_stuck('a', &stuck);
    want("");
    assert_false(ag_observer_find(&observer, sid_of('a'), &sight));
    want("a");
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_true(sight.timed_out);
    pass(GAP_MS);
    assert_string_equal(look_at_all(), "");
    (void)end(&stuck, false);
    pass(GAP_MS);
    assert_string_equal(look_at_all(), "a");
}

static void want__stuck_user_leaves_for_good__goes_with_his_look(void **state)
{
    struct ag_observer_task stuck;
    (void)state;
    want("ab");
    assert_int_equal(look(), '!');
    get_stuck('a', &stuck);
    want("b");
    assert_int_equal(observer.count, 2);
    stuck.memory = malloc(1);
    assert_false(end(&stuck, false));
    assert_non_null(stuck.memory);
    free(stuck.memory);
    assert_int_equal(observer.count, 1);
}

static void check__user_left_meanwhile__is_no_news(void **state)
{
    struct ag_observer_task stuck;
    (void)state;
    want("a");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&stuck), 'a');
    want("");
    pass(LOOK_MS);
    assert_int_equal(ag_observer_check(&observer, &now), AG_OBSERVER_GIVEN_UP);
    (void)end(&stuck, false);
    assert_int_equal(observer.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(check__look_that_hangs__is_given_up_and_the_others_go_on),
        OBSERVED(check__what_is_installed_hangs__is_as_it_was),
        OBSERVED(check__four_hang__nobody_is_looked_at_until_one_is_back),
        OBSERVED(want__stuck_user_leaves_and_comes__is_still_stuck),
        OBSERVED(want__stuck_user_leaves_for_good__goes_with_his_look),
        OBSERVED(check__user_left_meanwhile__is_no_news),
    };
    return cmocka_run_group_tests_name("observer_stuck", tests, NULL, NULL);
}
