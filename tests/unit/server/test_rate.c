/* test_rate.c - srv_rate_take(): a burst, then as much as flows back. */
#include "tests/cmocka_all.h"

#include "server/rate.h"

static struct srv_rate *open_rate(uint32_t burst, uint32_t per_minute)
{
    struct srv_rate *rate = NULL;
    assert_int_equal(srv_rate_open(burst, per_minute, &rate, NULL), ST_OK);
    return rate;
}

static void rate__burst_is_used_up__refuses(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(3, 60);
    for (int i = 0; i < 3; i++) {
        assert_true(srv_rate_take(rate, 1, 1000));
    }
    assert_false(srv_rate_take(rate, 1, 1000));
    srv_rate_free(rate);
}

static void rate__time_passes__tokens_flow_back_one_by_one(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(1, 60);
    assert_true(srv_rate_take(rate, 1, 1000));
    assert_false(srv_rate_take(rate, 1, 1999));
    assert_true(srv_rate_take(rate, 1, 2000));
    assert_false(srv_rate_take(rate, 1, 2000));
    srv_rate_free(rate);
}

static void rate__long_silence__gives_no_more_than_the_burst(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(2, 60);
    assert_true(srv_rate_take(rate, 1, 1000));
    assert_true(srv_rate_take(rate, 1, UINT64_MAX / 2));
    assert_true(srv_rate_take(rate, 1, UINT64_MAX / 2));
    assert_false(srv_rate_take(rate, 1, UINT64_MAX / 2));
    srv_rate_free(rate);
}

static void rate__clock_steps_back__neither_gives_nor_breaks(void **state)
{
    (void)state;
    struct srv_rate *rate = open_rate(1, 60);
    assert_true(srv_rate_take(rate, 1, 9000));
    assert_false(srv_rate_take(rate, 1, 1));
    srv_rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate__burst_is_used_up__refuses),
        cmocka_unit_test(rate__time_passes__tokens_flow_back_one_by_one),
        cmocka_unit_test(rate__long_silence__gives_no_more_than_the_burst),
        cmocka_unit_test(rate__clock_steps_back__neither_gives_nor_breaks),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
