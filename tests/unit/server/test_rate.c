/* test_rate.c - srv_rate_take(): a burst, then as much as flows back. */
#include "tests/cmocka_all.h"

#include "server/rate.h"

static struct srv_rate *open_rate(uint32_t burst, uint32_t per_hour)
{
    struct srv_rate *rate = NULL;
    assert_int_equal(srv_rate_open(burst, per_hour, &rate, NULL), ST_OK);
    return rate;
}

static void rate__burst_is_used_up__refuses(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(3, 3600);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(srv_rate_take(rate, 1, 1000), 0);
    }
    assert_int_equal(srv_rate_take(rate, 1, 1000), 1);
    srv_rate_free(rate);
}

static void rate__time_passes__tokens_flow_back_one_by_one(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(1, 3600);
    assert_int_equal(srv_rate_take(rate, 1, 1000), 0);
    assert_int_equal(srv_rate_take(rate, 1, 1999), 1);
    assert_int_equal(srv_rate_take(rate, 1, 2000), 0);
    assert_int_equal(srv_rate_take(rate, 1, 2000), 1);
    srv_rate_free(rate);
}

static void rate__long_silence__gives_no_more_than_the_burst(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(2, 3600);
    assert_int_equal(srv_rate_take(rate, 1, 1000), 0);
    assert_int_equal(srv_rate_take(rate, 1, UINT64_MAX / 2), 0);
    assert_int_equal(srv_rate_take(rate, 1, UINT64_MAX / 2), 0);
    assert_int_equal(srv_rate_take(rate, 1, UINT64_MAX / 2), 1);
    srv_rate_free(rate);
}

static void rate__clock_steps_back__neither_gives_nor_breaks(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(1, 3600);
    assert_int_equal(srv_rate_take(rate, 1, 9000), 0);
    assert_int_equal(srv_rate_take(rate, 1, 1), 1);
    srv_rate_free(rate);
}

static void rate__refused__says_when_there_will_be_a_token(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(1, 60); /* one a minute */
    assert_int_equal(srv_rate_take(rate, 1, 1000), 0);
    assert_int_equal(srv_rate_take(rate, 1, 1000), 60);
    assert_int_equal(srv_rate_take(rate, 1, 1001), 60);
    assert_int_equal(srv_rate_take(rate, 1, 31000), 30);
    assert_int_equal(srv_rate_take(rate, 1, 60999), 1);
    assert_int_equal(srv_rate_take(rate, 1, 61000), 0);
    srv_rate_free(rate);
}

static void rate__several_at_once__are_taken_all_or_none(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(10, 3600);
    assert_int_equal(srv_rate_take_many(rate, 1, 7, 1000), 0);
    assert_int_equal(srv_rate_take_many(rate, 1, 5, 1000), 2);
    assert_int_equal(srv_rate_take_many(rate, 1, 3, 1000), 0);
    assert_int_equal(srv_rate_take_many(rate, 1, 10, 1000), 10);
    assert_int_equal(srv_rate_take_many(rate, 1, 10, 11000), 0);
    srv_rate_free(rate);
}

enum { HEAVY = 50, CROWD = 200000, TABLE = 4 << 12 };

/* Each of a crowd comes once: the table is far too small for them, and still knows who used up his
 * share. */
static void rate__crowd_of_addresses__makes_nobody_forgotten(void **state)
{
    (void)state;
    size_t refused = 0;
    struct srv_rate *rate = open_rate(10, 60);
    for (uint64_t key = 1; key <= HEAVY; key++) {
        for (int i = 0; i < 10; i++) {
            assert_int_equal(srv_rate_take(rate, key, 1000), 0);
        }
    }
    for (uint64_t key = 1; key <= CROWD / 4; key++) {
        refused += srv_rate_take(rate, HEAVY + key, 1000) != 0 ? 1 : 0;
    }
    assert_true(refused < CROWD / 8); /* most of it comes in */
    for (uint64_t key = 1; key <= HEAVY; key++) {
        assert_int_not_equal(srv_rate_take(rate, key, 1000), 0);
    }
    srv_rate_free(rate);
}

/* What a crowd gets altogether is bounded by the table, however many they are. */
static void rate__crowd_of_addresses__gets_no_more_than_the_table_holds(void **state)
{
    (void)state;
    size_t got = 0;
    struct srv_rate *rate = open_rate(10, 60);
    for (uint64_t key = 1; key <= CROWD; key++) {
        got += srv_rate_take(rate, key << 32, 1000) == 0 ? 1 : 0;
    }
    assert_true(got <= (size_t)TABLE * 10);
    assert_true(got >= (size_t)TABLE);
    srv_rate_free(rate);
}

/* A bucket that has filled again is nobody's loss. */
static void rate__crowd_that_left__is_in_nobodys_way(void **state)
{
    (void)state;
    size_t got = 0;
    struct srv_rate *rate = open_rate(10, 3600);
    for (uint64_t key = 1; key <= CROWD; key++) {
        got += srv_rate_take(rate, key, 1000) == 0 ? 1 : 0;
    }
    assert_true(got < CROWD); /* the table is full, and what it had to give is gone */
    for (uint64_t key = 1; key <= TABLE / 128; key++) {
        for (int i = 0; i < 10; i++) {
            assert_int_equal(srv_rate_take(rate, CROWD + key * 7919, 12000), 0);
        }
    }
    srv_rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate__burst_is_used_up__refuses),
        cmocka_unit_test(rate__time_passes__tokens_flow_back_one_by_one),
        cmocka_unit_test(rate__long_silence__gives_no_more_than_the_burst),
        cmocka_unit_test(rate__clock_steps_back__neither_gives_nor_breaks),
        cmocka_unit_test(rate__refused__says_when_there_will_be_a_token),
        cmocka_unit_test(rate__several_at_once__are_taken_all_or_none),
        cmocka_unit_test(rate__crowd_of_addresses__makes_nobody_forgotten),
        cmocka_unit_test(rate__crowd_of_addresses__gets_no_more_than_the_table_holds),
        cmocka_unit_test(rate__crowd_that_left__is_in_nobodys_way),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
