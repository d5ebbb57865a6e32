/* test_time_text.c - time_text.h: known instants, refused shapes, and a round trip over all days. */
#include "tests/cmocka_all.h"

#include "base/time_text.h"

static const struct {
    const char *text;
    int64_t wall_s;
} KNOWN[] = {
    {"1970-01-01T00:00:00Z", 0},          {"1970-01-01T00:00:01Z", 1},
    {"1999-12-31T23:59:59Z", 946684799},  {"2000-01-01T00:00:00Z", 946684800},
    {"2000-02-29T12:00:00Z", 951825600}, /* divisible by 400: a leap year */
    {"2000-03-01T00:00:00Z", 951868800},  {"2024-02-29T23:59:59Z", 1709251199},
    {"2026-11-22T10:00:00Z", 1795341600}, {"2038-01-19T03:14:08Z", 2147483648},
    {"2100-02-28T23:59:59Z", 4107542399}, /* divisible by 100 only: no leap year */
    {"2100-03-01T00:00:00Z", 4107542400}, {"9999-12-31T23:59:59Z", 253402300799},
};

static const char *const BAD[] = {
    "",
    "2026-11-22",
    "2026-11-22T10:00:00",
    "2026-11-22T10:00:00z",
    "2026-11-22t10:00:00Z",
    "2026-11-22 10:00:00Z",
    "2026-11-22T10:00:00+00:00",
    "2026-11-22T10:00:00.0Z",
    "2026-11-22T10:00:00Z ",
    " 2026-11-22T10:00:00Z",
    "2026-11-22T10:00Z",
    "2026/11/22T10:00:00Z",
    "+026-11-22T10:00:00Z",
    "2026-1a-22T10:00:00Z",
    "02026-11-22T10:00:00Z",
    "2026-00-22T10:00:00Z",
    "2026-13-22T10:00:00Z",
    "2026-11-00T10:00:00Z",
    "2026-11-31T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2100-02-29T10:00:00Z",
    "2024-02-30T10:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:60:00Z",
    "2026-12-31T23:59:60Z",
    "1969-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
};

static void time_text__of_known_instants__agrees_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        char text[TIME_TEXT_BYTES];
        int64_t wall_s = -1;
        time_text_write(KNOWN[i].wall_s, text);
        assert_string_equal(text, KNOWN[i].text);
        assert_true(time_text_read(KNOWN[i].text, &wall_s));
        assert_int_equal(wall_s, KNOWN[i].wall_s);
    }
}

static void time_text__of_another_shape__is_refused_and_leaves_out_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        int64_t wall_s = 42;
        if (time_text_read(BAD[i], &wall_s)) {
            fail_msg("\"%s\" was taken", BAD[i]);
        }
        assert_int_equal(wall_s, 42);
    }
}

/* Every day of the calendar's whole cycle of 400 years, then some of the rest to 9999; each at
 * another time of the day. */
static void time_text__of_days_on_end__comes_back(void **state)
{
    (void)state;
    enum { CYCLE_DAYS = 146097 };
    static const int64_t LAST_DAY = 253402300799 / 86400;
    for (int64_t day = 0; day <= LAST_DAY; day += day < CYCLE_DAYS ? 1 : 61) {
        int64_t wall_s = day * 86400 + day * 37 % 86400;
        int64_t again = -1;
        char text[TIME_TEXT_BYTES];
        time_text_write(wall_s, text);
        if (!time_text_read(text, &again) || again != wall_s) {
            fail_msg("%s came back as another time", text);
        }
    }
}

static void time_text__out_of_range__is_the_nearest_bound(void **state)
{
    (void)state;
    char text[TIME_TEXT_BYTES];
    time_text_write(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    time_text_write(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    time_text_write(253402300800, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    time_text_write(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_text__of_known_instants__agrees_both_ways),
        cmocka_unit_test(time_text__of_another_shape__is_refused_and_leaves_out_alone),
        cmocka_unit_test(time_text__of_days_on_end__comes_back),
        cmocka_unit_test(time_text__out_of_range__is_the_nearest_bound),
    };
    return cmocka_run_group_tests_name("time_text", tests, NULL, NULL);
}
