/* test_clock.c - clock.h and random.h: what can be said of them without waiting. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "base/random.h"

#include <string.h>
#include <time.h>

static void clock__of_the_wall__is_the_systems(void **state)
{
    (void)state;
    int64_t before_s = (int64_t)time(NULL);
    int64_t wall_s = clock_wall_s();
    int64_t after_s = (int64_t)time(NULL);
    /* time() may read a coarser clock that lags by a tick. */
    assert_true(wall_s >= before_s - 1 && wall_s <= after_s + 1);
}

static void clock__that_is_monotonic__never_goes_back(void **state)
{
    (void)state;
    uint64_t last_ms = clock_monotonic_ms();
    for (int i = 0; i < 10000; i++) {
        uint64_t now_ms = clock_monotonic_ms();
        assert_true(now_ms >= last_ms);
        last_ms = now_ms;
    }
}

static void random__drawn_twice__differs(void **state)
{
    (void)state;
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_int_equal(random_bytes(a, sizeof a), ST_OK);
    assert_int_equal(random_bytes(b, sizeof b), ST_OK);
    assert_int_not_equal(memcmp(a, b, sizeof a), 0);
}

static void random__of_a_part__leaves_the_rest(void **state)
{
    (void)state;
    uint8_t a[64];
    memset(a, 0x5a, sizeof a);
    assert_int_equal(random_bytes(a, 32), ST_OK);
    assert_int_equal(random_bytes(a, 0), ST_OK);
    for (size_t i = 32; i < sizeof a; i++) {
        assert_int_equal(a[i], 0x5a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock__of_the_wall__is_the_systems),
        cmocka_unit_test(clock__that_is_monotonic__never_goes_back),
        cmocka_unit_test(random__drawn_twice__differs),
        cmocka_unit_test(random__of_a_part__leaves_the_rest),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
