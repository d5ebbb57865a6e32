/* test_outlook_version.c - outlook_version.h: versions, and the ranges that they are held against. */
#include "tests/cmocka_all.h"

#include "policy/outlook_version.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint64_t number(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (uint64_t)a << 48 | (uint64_t)b << 32 | (uint64_t)c << 16 | d;
}

static void outlook_version__of_one_to_four_numbers__fills_up_with_noughts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned parts[4];
    } ROWS[] = {
        {"16", {16, 0, 0, 0}},           {"16.0", {16, 0, 0, 0}},
        {"15.0.4569", {15, 0, 4569, 0}}, {"16.0.17328.20162", {16, 0, 17328, 20162}},
        {"016.00", {16, 0, 0, 0}},       {"65535.65535.65535.65535", {65535, 65535, 65535, 65535}},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const unsigned *p = ROWS[i].parts;
        uint64_t version = 0;
        assert_true(pol_outlook_version_read(ROWS[i].text, &version));
        assert_true(version == number(p[0], p[1], p[2], p[3]));
        assert_int_equal(pol_outlook_version_major(version), p[0]);
    }
}

static void outlook_version__of_anything_else__is_refused(void **state)
{
    (void)state;
    static const char *const ROWS[] = {
        "",      ".",         "16.", ".16", "16..0", "65536",   "16.0a",    " 16.0",
        "16.0 ", "1.2.3.4.5", "-1",  "+1",  "0x10",  "16.0.-1", "1.2.3.4.", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        uint64_t version = 7;
        if (pol_outlook_version_read(ROWS[i], &version)) {
            fail_msg("\"%s\"", ROWS[i]);
        }
        assert_int_equal(version, 7);
    }
}

static void outlook_range__of_bounds__holds_what_lies_between(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned low[4];
        unsigned high[4];
    } ROWS[] = {
        {">=16.0", {16, 0, 0, 0}, {65535, 65535, 65535, 65535}},
        {">16.0", {16, 0, 0, 1}, {65535, 65535, 65535, 65535}},
        {"<=16.0", {0, 0, 0, 0}, {16, 0, 0, 0}},
        {"<16.0", {0, 0, 0, 0}, {15, 65535, 65535, 65535}},
        {"=16.0", {16, 0, 0, 0}, {16, 0, 0, 0}},
        {">=15 <16", {15, 0, 0, 0}, {15, 65535, 65535, 65535}},
        {">=15 >=16 <17 <18", {16, 0, 0, 0}, {16, 65535, 65535, 65535}},
        {">=16 <=16", {16, 0, 0, 0}, {16, 0, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const unsigned *l = ROWS[i].low;
        const unsigned *h = ROWS[i].high;
        struct pol_outlook_range range = {0};
        assert_true(pol_outlook_range_read(ROWS[i].text, &range));
        if (range.low != number(l[0], l[1], l[2], l[3]) ||
            range.high != number(h[0], h[1], h[2], h[3])) {
            fail_msg("\"%s\"", ROWS[i].text);
        }
        assert_ptr_equal(range.text, ROWS[i].text);
    }
}

static void outlook_range__without_sense_or_with_nothing_in_it__is_refused(void **state)
{
    (void)state;
    static const char *const ROWS[] = {"",
                                       "16.0",
                                       ">=",
                                       "> 16",
                                       ">=16.0 ",
                                       " >=16.0",
                                       ">=16  <17",
                                       "=>16",
                                       "==16",
                                       "!=16",
                                       ">=16,<17",
                                       ">16 <16",
                                       ">=16 <16",
                                       ">=17 <=16",
                                       "<0",
                                       "<0.0.0.0",
                                       ">65535.65535.65535.65535",
                                       ">=16.0.x",
                                       "<>16",
                                       "~16"};
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct pol_outlook_range range = {.low = 7};
        if (pol_outlook_range_read(ROWS[i], &range)) {
            fail_msg("\"%s\"", ROWS[i]);
        }
        assert_int_equal(range.low, 7);
    }
}

static void outlook_version__held_against_minimums__goes_by_its_own_major(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        bool fine;
    } ROWS[] = {
        {"12.0.6700", false},       {"14.0.7146.9999", false},
        {"14.0.7147", true},        {"14.0.7172.5000", true},
        {"15.0.4420.1017", false},  {"15.0.4569.0", true},
        {"15.0.5603", true},        {"16.0", true},
        {"16.0.17328.20162", true}, {"17.0", true},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        uint64_t version = 0;
        assert_true(pol_outlook_version_read(ROWS[i].version, &version));
        if (pol_outlook_is_new_enough(POL_OUTLOOK_MAPI_HTTP, POL_OUTLOOK_MAPI_HTTP_COUNT,
                                      version) != ROWS[i].fine) {
            fail_msg("%s", ROWS[i].version);
        }
    }
    assert_true(pol_outlook_is_new_enough(NULL, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlook_version__of_one_to_four_numbers__fills_up_with_noughts),
        cmocka_unit_test(outlook_version__of_anything_else__is_refused),
        cmocka_unit_test(outlook_version__held_against_minimums__goes_by_its_own_major),
        cmocka_unit_test(outlook_range__of_bounds__holds_what_lies_between),
        cmocka_unit_test(outlook_range__without_sense_or_with_nothing_in_it__is_refused),
    };
    return cmocka_run_group_tests_name("outlook_version", tests, NULL, NULL);
}
