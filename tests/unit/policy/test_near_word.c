/* test_near_word.c - near_word.h and decimal.h: small readers that need no document. */
#include "tests/cmocka_all.h"

#include "policy/decimal.h"
#include "policy/near_word.h"

static const char *const WORDS[] = {"soak_s",
                                    "set",
                                    "of",
                                    "otherwise",
                                    "min_reporting_percent",
                                    "min_conclusive_percent_that_is_longer_than_the_table"};

static const char *near_to(const char *text)
{
    return pol_near_word(text, WORDS, sizeof WORDS / sizeof WORDS[0]);
}

static void near_word__of_a_beginning__is_the_whole(void **state)
{
    (void)state;
    assert_string_equal(near_to("soak"), "soak_s");
    assert_string_equal(near_to("min_rep"), "min_reporting_percent");
    assert_string_equal(near_to("min_conclusive"), WORDS[5]);
}

static void near_word__up_to_two_edits_away__is_found(void **state)
{
    (void)state;
    assert_string_equal(near_to("soka_s"), "soak_s");
    assert_string_equal(near_to("oterwise"), "otherwise");
    assert_string_equal(near_to("otherwisexx"), "otherwise");
    assert_string_equal(near_to("sets"), "set");
}

static void near_word__farther_away__is_none(void **state)
{
    (void)state;
    assert_null(near_to("otherwisexxx"));
    assert_null(near_to("colour"));
    assert_null(near_to("ab")); /* two edits turn any two letters into any others */
    assert_null(near_to(""));
    assert_null(near_to("min_conclusive_percent_that_is_longer_than_the_tabel"));
    assert_null(pol_near_word("set", WORDS, 0));
}

static void decimal__that_does_not_fit__leaves_out_alone(void **state)
{
    (void)state;
    int64_t value = 42;
    assert_false(pol_decimal_read("9223372036854775808", 0, &value));
    assert_false(pol_decimal_read("99999999999999999999", 0, &value));
    assert_false(pol_decimal_read("922337203685477581", 4, &value));
    assert_false(pol_decimal_read("1.00001", 4, &value));
    assert_false(pol_decimal_read("1.0", 0, &value));
    assert_int_equal(value, 42);
}

static void decimal__of_digits__counts_from_the_right_place(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(pol_decimal_read("9007199254740991", 0, &value));
    assert_int_equal(value, 9007199254740991);
    assert_true(pol_decimal_read("-12.5", 4, &value));
    assert_int_equal(value, -125000);
    assert_true(pol_decimal_read("0.0001", 4, &value));
    assert_int_equal(value, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_word__of_a_beginning__is_the_whole),
        cmocka_unit_test(near_word__up_to_two_edits_away__is_found),
        cmocka_unit_test(near_word__farther_away__is_none),
        cmocka_unit_test(decimal__that_does_not_fit__leaves_out_alone),
        cmocka_unit_test(decimal__of_digits__counts_from_the_right_place),
    };
    return cmocka_run_group_tests_name("near_word", tests, NULL, NULL);
}
