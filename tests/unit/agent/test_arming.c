/* test_arming.c - whose keys are armed when, in virtual time: nobody's changes cost anybody else. */
#include "tests/cmocka_all.h"

#include "agent/arming.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 600, SECOND_MS = 1000, MINUTE_MS = 60 * 1000 };

struct ag_keys {
    char sid[32];
    unsigned handles;
    bool armed;
    bool told;
    bool deleted;   /* can only be opened afresh */
    bool denied;    /* cannot be opened */
    bool last_word; /* told while it is being closed */
    unsigned opened;
    unsigned rearmed;
};

static struct ag_keys keys[MOST];
static char *sids[MOST];
static size_t count;
static struct ag_arming arming;
static uint64_t now_ms;

/* ---- a registry of one key for each user ------------------------------------------------- */

static struct ag_keys *keys_of(const char *sid)
{
    size_t i = 0;
    while (i + 1 < count && strcmp(keys[i].sid, sid) != 0) {
        i++;
    }
    assert_string_equal(keys[i].sid, sid);
    return &keys[i];
}

/* Opened twice it is the same struct with two handles. */
static struct ag_keys *open_keys(void *ctx, const char *sid)
{
    struct ag_keys *of = keys_of(sid);
    (void)ctx;
    of->opened++;
    if (of->denied) {
        return NULL;
    }
    of->handles++;
    of->armed = true;
    of->deleted = false;
    return of;
}

static bool take_told(void *ctx, struct ag_keys *of)
{
    (void)ctx;
    assert_int_equal(of->handles, 1);
    bool told = of->told;
    of->told = false;
    return told;
}

static bool arm(void *ctx, struct ag_keys *of)
{
    (void)ctx;
    assert_int_equal(of->handles, 1);
    of->rearmed++;
    of->armed = !of->deleted;
    return of->armed;
}

static bool close_keys(void *ctx, struct ag_keys *of)
{
    (void)ctx;
    bool told = of->last_word;
    of->last_word = false;
    assert_true(of->handles > 0);
    of->handles--;
    of->armed = of->armed && of->handles > 0;
    return told;
}

/* A change in the hive: an armed key tells, and tells no more. */
static void change(size_t i)
{
    keys[i].told = keys[i].told || keys[i].armed;
    keys[i].armed = false;
}

static int start(void **state)
{
    static const struct ag_arming_port port = {
        .open = open_keys, .take_told = take_told, .arm = arm, .close = close_keys};
    (void)state;
    memset(keys, 0, sizeof keys);
    now_ms = 1000 * SECOND_MS;
    ag_arming_init(&arming, &port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    ag_arming_done(&arming);
    return 0;
}

/* So many users log on, and everybody is armed. */
static void log_on(size_t users)
{
    count = users;
    for (size_t i = 0; i < users; i++) {
        (void)snprintf(keys[i].sid, sizeof keys[i].sid, "S-1-5-21-1-2-3-%zu", 1000 + i);
        sids[i] = keys[i].sid;
    }
    assert_true(ag_arming_take_list(&arming, sids, count, now_ms));
    assert_true(ag_arming_work(&arming, now_ms));
}

static bool pass_time(uint64_t ms)
{
    now_ms += ms;
    return ag_arming_work(&arming, now_ms);
}

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

/* ---- a flood ----------------------------------------------------------------------------- */

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

#define ARMING(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARMING(list__first__everybody_is_armed_once),
        ARMING(list__the_same_again__touches_nobody),
        ARMING(list__one_comes_and_one_goes__only_they_are_touched),
        ARMING(list__everybody_goes__nothing_stays_open),
        ARMING(change__of_one__tells_and_only_he_is_armed_again),
        ARMING(change__key_deleted__is_opened_afresh),
        ARMING(change__while_keys_are_replaced__is_not_lost),
        ARMING(change__none_for_ten_minutes__keys_are_opened_afresh_unseen),
        ARMING(flood__at_once__keys_rest_after_so_many_changes),
        ARMING(flood__for_an_hour__is_looked_at_once_a_minute),
        ARMING(flood__of_one__others_are_told_of_at_once_and_not_touched),
        ARMING(flood__rests__a_second_key_that_tells_earns_nothing),
        ARMING(flood__then_quiet__so_many_are_told_at_once_again),
        ARMING(flood__quiet_for_three_minutes__three_are_told_at_once),
        ARMING(denied__tried_again_later_and_later__told_when_it_works),
        ARMING(denied__afresh_once__the_next_time_begins_at_a_second),
        ARMING(let_go__of_one__only_his_keys_close_for_a_while),
        ARMING(let_go__of_all__nothing_stays_open),
        ARMING(let_go__again_and_again__the_others_are_not_blind_for_ever),
        ARMING(let_go__he_goes_meanwhile__is_forgotten),
    };
    return cmocka_run_group_tests_name("arming", tests, NULL, NULL);
}
