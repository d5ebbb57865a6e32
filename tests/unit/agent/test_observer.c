/* test_observer.c - who is looked at when, and what is kept of it. */
#include "tests/cmocka_all.h"

#include "tests/unit/agent/observing.h"

enum { MANY = 600 };

/* ---- turns --------------------------------------------------------------------------------- */

static void next__nobody_wanted__is_never(void **state)
{
    struct ag_observer_task task;
    (void)state;
    assert_int_equal(begin(&task), ' ');
    assert_true(ag_observer_due_ms(&observer) == AG_OBSERVER_NEVER_MS);
}

static void next__wanted__is_installed_first_then_each_user_with_a_hive(void **state)
{
    (void)state;
    want("abCd");
    assert_true(ag_observer_due_ms(&observer) <= now.ms);
    assert_string_equal(look_at_all(), "!abd");
    assert_true(ag_observer_due_ms(&observer) == AG_OBSERVER_NEVER_MS);
}

static void next__wanted_again_soon__is_due_when_the_gap_is_over(void **state)
{
    (void)state;
    want("a");
    assert_string_equal(look_at_all(), "!a");
    pass(1000);
    want("a");
    want("a");
    assert_string_equal(look_at_all(), "");
    assert_true(ag_observer_due_ms(&observer) == now.ms + GAP_MS - 1000);
    pass(GAP_MS - 1001);
    assert_string_equal(look_at_all(), "");
    pass(1);
    assert_string_equal(look_at_all(), "a");
    pass(GAP_MS);
    assert_string_equal(look_at_all(), ""); /* three wants, one look */
}

static void next__wanted_while_looked_at__is_looked_at_once_more(void **state)
{
    struct ag_observer_task task;
    (void)state;
    want("a");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&task), 'a');
    want("a");
    (void)end(&task, false);
    pass(GAP_MS);
    assert_string_equal(look_at_all(), "a");
}

static void next__one_look_running__waits_for_it(void **state)
{
    struct ag_observer_task task;
    struct ag_observer_task other;
    (void)state;
    want("ab");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&task), 'a');
    assert_int_equal(begin(&other), ' ');
    assert_true(ag_observer_due_ms(&observer) == now.ms + LOOK_MS);
    (void)end(&task, false);
    assert_int_equal(begin(&other), 'b');
    (void)end(&other, false);
}

static void next__what_is_installed__is_due_every_ten_minutes(void **state)
{
    (void)state;
    want("");
    assert_string_equal(look_at_all(), "!");
    pass(CLIENT_GAP_MS - 1);
    want("");
    assert_string_equal(look_at_all(), "");
    pass(1);
    assert_string_equal(look_at_all(), "!");
}

/* Whoever takes long comes last the next time. */
static void next__one_who_takes_long__does_not_hold_others_up(void **state)
{
    struct ag_observer_task task;
    (void)state;
    want("ab");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&task), 'a');
    pass(LOOK_MS - 1);
    (void)end(&task, false);
    want("ab");
    assert_int_equal(look(), 'b');
    want("ab");
    pass(GAP_MS);
    assert_int_equal(look(), 'a');
    assert_int_equal(look(), 'b');
}

static void next__as_many_as_a_machine_has__take_turns(void **state)
{
    static char sids[MANY][AG_OBSERVER_SID_BYTES];
    static struct ag_user users[MANY];
    struct ag_observer_task task;
    unsigned looks = 0;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(sids[i], sizeof sids[i], "S-1-5-21-1-2-3-%d", 1000 + i);
        users[i] = (struct ag_user){.sid = sids[i], .hive_loaded = true};
    }
    ag_observer_want(&observer, users, MANY, now.ms);
    ag_observer_want(&observer, users, MANY, now.ms);
    while (ag_observer_next(&observer, now.ms, &task)) {
        looks++;
        (void)end(&task, false);
    }
    assert_int_equal(looks, MANY + 1);
    ag_observer_want(&observer, &users[MANY / 2], 1, now.ms);
    assert_int_equal(observer.count, 1);
    assert_string_equal(sids[MANY / 2], "S-1-5-21-1-2-3-1300");
    assert_true(ag_observer_find(&observer, sids[MANY / 2], &(struct ag_sight){0}));
}

static void want__sid_of_any_length__is_not_cut(void **state)
{
    char sid[AG_OBSERVER_SID_BYTES + 1];
    const struct ag_user user = {.sid = sid, .hive_loaded = true};
    (void)state;
    memset(sid, '1', sizeof sid);
    sid[AG_OBSERVER_SID_BYTES] = '\0';
    ag_observer_want(&observer, &user, 1, now.ms);
    assert_int_equal(observer.count, 0);
    sid[AG_OBSERVER_SID_BYTES - 1] = '\0';
    ag_observer_want(&observer, &user, 1, now.ms);
    assert_int_equal(observer.count, 1);
}

/* ---- what was seen ------------------------------------------------------------------------- */

static void take__first_look_and_changes__are_news(void **state)
{
    struct ag_observer_task task;
    struct ag_sight sight;
    (void)state;
    want("a");
    assert_false(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_false(ag_observer_client(&observer, &(struct ag_client){0}));
    assert_int_equal(begin(&task), '!');
    assert_true(end(&task, false));
    assert_int_equal(begin(&task), 'a');
    assert_true(end(&task, false));
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_int_equal(sight.at_s, now.wall_s);
    assert_false(ag_observer_find(&observer, sid_of('b'), &sight));

    pass(GAP_MS);
    want("a");
    assert_int_equal(begin(&task), 'a');
    assert_false(end(&task, false)); /* the same: no news, but it was seen now */
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_int_equal(sight.at_s, now.wall_s);

    pass(GAP_MS);
    want("a");
    assert_int_equal(begin(&task), 'a');
    assert_true(end(&task, true));
    assert_true(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_true(sight.policy_value);
}

static void take__what_is_installed__is_kept(void **state)
{
    struct ag_client client;
    struct ag_observer_task task;
    (void)state;
    want("");
    assert_int_equal(look(), '!');
    assert_true(ag_observer_client(&observer, &client));
    assert_string_equal(client.version, "16.0.1.2");
    pass(CLIENT_GAP_MS);
    want("");
    assert_int_equal(begin(&task), '!');
    assert_false(end(&task, false));
}

static void take__memory_of_a_look__is_there_for_the_next(void **state)
{
    struct ag_observer_task task;
    void *memory = malloc(1);
    (void)state;
    want("a");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&task), 'a');
    assert_null(task.memory);
    task.memory = memory;
    (void)end(&task, false);
    assert_null(task.memory);
    pass(GAP_MS);
    want("a");
    assert_int_equal(begin(&task), 'a');
    assert_ptr_equal(task.memory, memory);
    (void)end(&task, false);
    assert_int_equal(forgotten, 0);
    want("");
    assert_int_equal(forgotten, 1);
}

static void done__look_not_back__keeps_its_memory(void **state)
{
    struct ag_observer_task task;
    (void)state;
    want("a");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&task), 'a');
    task.memory = malloc(1);
    (void)end(&task, false);
    pass(GAP_MS);
    want("a");
    assert_int_equal(begin(&task), 'a');
    ag_observer_done(&observer);
    assert_int_equal(forgotten, 0);
    free(task.memory);
}

static void want__user_not_on_the_list__is_forgotten(void **state)
{
    struct ag_sight sight;
    (void)state;
    want("ab");
    (void)look_at_all();
    want("Ab"); /* his hive is not loaded any more */
    assert_false(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_true(ag_observer_find(&observer, sid_of('b'), &sight));
    want("ab"); /* he is new: seen at once */
    assert_false(ag_observer_find(&observer, sid_of('a'), &sight));
    assert_string_equal(look_at_all(), "a");
}

static void want__user_leaves_while_looked_at__his_look_is_of_no_use(void **state)
{
    struct ag_observer_task task;
    struct ag_sight sight;
    (void)state;
    want("a");
    assert_int_equal(look(), '!');
    assert_int_equal(begin(&task), 'a');
    want("");
    task.memory = malloc(1);
    assert_false(end(&task, true));
    assert_non_null(task.memory); /* whoever took the look frees it */
    free(task.memory);
    assert_int_equal(observer.count, 0);
    assert_false(ag_observer_find(&observer, sid_of('a'), &sight));
}

static void rest__somebody_logs_off__no_hive_is_opened_for_a_while(void **state)
{
    struct ag_observer_task task;
    (void)state;
    want("ab");
    assert_int_equal(look(), '!');
    ag_observer_rest(&observer, now.ms + 10000);
    assert_int_equal(begin(&task), ' ');
    assert_true(ag_observer_due_ms(&observer) == now.ms + 10000);
    pass(9999);
    assert_int_equal(begin(&task), ' ');
    pass(1);
    assert_string_equal(look_at_all(), "ab");
    want("ab"); /* and then as ever */
    assert_true(ag_observer_due_ms(&observer) == now.ms + GAP_MS);
}

/* No hive is in the way of that. */
static void rest__what_is_installed__is_looked_at_all_the_same(void **state)
{
    (void)state;
    ag_observer_rest(&observer, now.ms + 10000);
    want("a");
    assert_int_equal(look(), '!');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(next__nobody_wanted__is_never),
        OBSERVED(next__wanted__is_installed_first_then_each_user_with_a_hive),
        OBSERVED(next__wanted_again_soon__is_due_when_the_gap_is_over),
        OBSERVED(next__wanted_while_looked_at__is_looked_at_once_more),
        OBSERVED(next__one_look_running__waits_for_it),
        OBSERVED(next__what_is_installed__is_due_every_ten_minutes),
        OBSERVED(next__one_who_takes_long__does_not_hold_others_up),
        OBSERVED(next__as_many_as_a_machine_has__take_turns),
        OBSERVED(want__sid_of_any_length__is_not_cut),
        OBSERVED(take__first_look_and_changes__are_news),
        OBSERVED(take__what_is_installed__is_kept),
        OBSERVED(take__memory_of_a_look__is_there_for_the_next),
        OBSERVED(done__look_not_back__keeps_its_memory),
        OBSERVED(want__user_not_on_the_list__is_forgotten),
        OBSERVED(rest__somebody_logs_off__no_hive_is_opened_for_a_while),
        OBSERVED(rest__what_is_installed__is_looked_at_all_the_same),
        OBSERVED(want__user_leaves_while_looked_at__his_look_is_of_no_use),
    };
    return cmocka_run_group_tests_name("observer", tests, NULL, NULL);
}
