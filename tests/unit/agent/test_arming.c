/* test_arming.c - whose keys are armed when, in virtual time: nobody's changes touch anybody else. */
#include "tests/cmocka_all.h"

#include "tests/unit/agent/armed_keys.h"

/* ---- who is there ------------------------------------------------------------------------ */

static void list__first__everybody_is_armed_once(void **state)
{
    (void)state;
    log_on(500);
    for (size_t i = 0; i < count; i++) {
        assert_true(keys[i].armed);
        assert_int_equal(keys[i].opened, 1);
    }
}

static void list__the_same_again__touches_nobody(void **state)
{
    (void)state;
    log_on(3);
    assert_false(ag_arming_take_list(&arming, sids, count, now_ms));
    assert_false(ag_arming_work(&arming, now_ms));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].opened, 1);
        assert_int_equal(keys[i].rearmed, 0);
    }
}

static void list__one_comes_and_one_goes__only_they_are_touched(void **state)
{
    (void)state;
    log_on(4);
    (void)snprintf(keys[4].sid, sizeof keys[4].sid, "S-1-5-21-1-2-3-2000");
    count = 5;
    /* Another order, too: the second went, the new one stands first. */
    char *now[] = {keys[4].sid, keys[3].sid, keys[0].sid, keys[2].sid};
    assert_true(ag_arming_take_list(&arming, now, 4, now_ms));
    assert_true(ag_arming_work(&arming, now_ms));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(keys[i].opened, 1);
        assert_int_equal(keys[i].handles, i != 1);
    }
    assert_false(ag_arming_take_list(&arming, now, 4, now_ms));
}

static void list__everybody_goes__nothing_stays_open(void **state)
{
    (void)state;
    log_on(20);
    assert_true(ag_arming_take_list(&arming, sids, 0, now_ms));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].handles, 0);
    }
    assert_true(ag_arming_due_ms(&arming) == AG_ARMING_NEVER_MS);
}

static void list__one_went_and_came_in_between__his_keys_are_opened_afresh(void **state)
{
    (void)state;
    log_on(3);
    keys[1].unloaded = true;
    assert_true(ag_arming_take_list(&arming, sids, count, now_ms));
    assert_true(ag_arming_work(&arming, now_ms));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].opened, i == 1 ? 2 : 1);
        assert_int_equal(keys[i].handles, 1);
        assert_true(keys[i].armed);
    }
}

/* ---- changes ----------------------------------------------------------------------------- */

static void change__of_one__tells_and_only_he_is_armed_again(void **state)
{
    (void)state;
    log_on(500);
    change(123);
    assert_true(ag_arming_work(&arming, now_ms));
    assert_false(ag_arming_work(&arming, now_ms));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].rearmed, i == 123);
        assert_int_equal(keys[i].opened, 1);
        assert_true(keys[i].armed);
    }
}

static void change__key_deleted__is_opened_afresh(void **state)
{
    (void)state;
    log_on(2);
    keys[1].deleted = true;
    change(1);
    assert_true(ag_arming_work(&arming, now_ms));
    assert_int_equal(keys[1].opened, 2);
    assert_true(keys[1].armed);
    assert_int_equal(keys[0].opened, 1);
}

static void change__while_keys_are_replaced__is_not_lost(void **state)
{
    (void)state;
    log_on(1);
    assert_false(pass_time(AG_ARMING_REOPEN_MS - 1));
    keys[0].last_word = true;
    assert_true(pass_time(1));
    assert_int_equal(keys[0].opened, 2);
    assert_true(keys[0].armed);
}

static void change__none_for_ten_minutes__keys_are_opened_afresh_unseen(void **state)
{
    (void)state;
    log_on(3);
    assert_true(ag_arming_due_ms(&arming) == now_ms + AG_ARMING_REOPEN_MS);
    assert_false(pass_time(AG_ARMING_REOPEN_MS));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].opened, 2);
    }
    assert_true(ag_arming_due_ms(&arming) == now_ms + AG_ARMING_REOPEN_MS);
}

/* ---- who cannot be watched --------------------------------------------------------------- */

static void denied__tried_again_later_and_later__told_when_it_works(void **state)
{
    static const uint64_t AFTER_MS[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    (void)state;
    keys[1].denied = true;
    log_on(2);
    for (size_t i = 0; i < sizeof AFTER_MS / sizeof AFTER_MS[0]; i++) {
        assert_int_equal(keys[1].opened, i + 1);
        assert_false(pass_time(AFTER_MS[i] - 1));
        assert_int_equal(keys[1].opened, i + 1);
        assert_false(pass_time(1));
    }
    keys[1].denied = false;
    assert_true(pass_time(MINUTE_MS));
    assert_true(keys[1].armed);
    assert_int_equal(keys[0].opened, 1);
}

static void denied__afresh_once__the_next_time_begins_at_a_second(void **state)
{
    (void)state;
    log_on(1);
    for (int round = 0; round < 2; round++) {
        keys[0].denied = true;
        keys[0].deleted = true;
        change(0);
        assert_true(ag_arming_work(&arming, now_ms));
        assert_true(ag_arming_due_ms(&arming) == now_ms + AG_ARMING_RETRY_FIRST_MS);
        keys[0].denied = false;
        assert_true(pass_time(AG_ARMING_RETRY_FIRST_MS));
        assert_true(keys[0].armed);
    }
}

/* ---- logging off ------------------------------------------------------------------------- */

static void let_go__of_one__only_his_keys_close_for_a_while(void **state)
{
    (void)state;
    log_on(3);
    ag_arming_let_go(&arming, keys[1].sid, now_ms);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].handles, i != 1);
    }
    assert_false(pass_time(AG_ARMING_LET_GO_MS - 1));
    assert_int_equal(keys[1].handles, 0);
    assert_true(pass_time(1)); /* nobody watched him: the core must look */
    assert_true(keys[1].armed);
    assert_int_equal(keys[0].opened, 1);
}

static void let_go__of_all__nothing_stays_open(void **state)
{
    (void)state;
    log_on(5);
    ag_arming_let_go(&arming, NULL, now_ms);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(keys[i].handles, 0);
    }
}

static void let_go__again_and_again__the_others_are_not_blind_for_ever(void **state)
{
    unsigned looks = 0;
    (void)state;
    log_on(2);
    for (int i = 0; i < 60; i++) {
        ag_arming_let_go(&arming, NULL, now_ms);
        looks += pass_time(SECOND_MS);
    }
    assert_in_range(looks, 5, 6);
}

static void let_go__he_goes_meanwhile__is_forgotten(void **state)
{
    (void)state;
    log_on(2);
    ag_arming_let_go(&arming, keys[0].sid, now_ms);
    assert_true(ag_arming_take_list(&arming, sids + 1, 1, now_ms));
    assert_false(pass_time(AG_ARMING_LET_GO_MS));
    assert_int_equal(keys[0].opened, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARMING(list__first__everybody_is_armed_once),
        ARMING(list__the_same_again__touches_nobody),
        ARMING(list__one_comes_and_one_goes__only_they_are_touched),
        ARMING(list__everybody_goes__nothing_stays_open),
        ARMING(list__one_went_and_came_in_between__his_keys_are_opened_afresh),
        ARMING(change__of_one__tells_and_only_he_is_armed_again),
        ARMING(change__key_deleted__is_opened_afresh),
        ARMING(change__while_keys_are_replaced__is_not_lost),
        ARMING(change__none_for_ten_minutes__keys_are_opened_afresh_unseen),
        ARMING(denied__tried_again_later_and_later__told_when_it_works),
        ARMING(denied__afresh_once__the_next_time_begins_at_a_second),
        ARMING(let_go__of_one__only_his_keys_close_for_a_while),
        ARMING(let_go__of_all__nothing_stays_open),
        ARMING(let_go__again_and_again__the_others_are_not_blind_for_ever),
        ARMING(let_go__he_goes_meanwhile__is_forgotten),
    };
    return cmocka_run_group_tests_name("arming", tests, NULL, NULL);
}
