#include "tests/cmocka_all.h"

#include "base/fields.h"

static void fields__of_a_line__come_out_in_order(void **state)
{
    (void)state;
    const char *line = "alice -1 9000000999";
    const char *at = line;
    char word[6];
    int64_t number = 0;
    assert_true(field_word(&at, word, sizeof word));
    assert_string_equal(word, "alice");
    assert_true(field_number(&at, -1, 10, &number));
    assert_true(number == -1);
    assert_false(fields_end(line, at));
    assert_true(field_number(&at, 0, 9000000999, &number));
    assert_true(number == 9000000999);
    assert_true(fields_end(line, at));
}

static void field_word__empty_or_too_long__is_refused(void **state)
{
    (void)state;
    const char *at = "";
    char word[6];
    assert_false(field_word(&at, word, sizeof word));
    at = " x";
    assert_false(field_word(&at, word, sizeof word));
    at = "alices x";
    assert_false(field_word(&at, word, sizeof word));
}

static void field_number__of_anything_else__is_refused_and_moves_nothing(void **state)
{
    static const char *const WRONG[] = {"",    "-",   "+1", "1x", "x",   " 1",
                                        "--1", "1.0", "11", "-2", "0x1", "\t1"};
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        const char *at = WRONG[i];
        int64_t number = 7;
        assert_false(field_number(&at, -1, 10, &number));
        assert_true(number == 7);
        assert_ptr_equal(at, WRONG[i]);
    }
}

static void field_number__beyond_64_bits__is_refused(void **state)
{
    (void)state;
    const char *at = "99999999999999999999";
    int64_t number = 0;
    assert_false(field_number(&at, 0, INT64_MAX, &number));
}

static void fields_end__behind_a_blank__is_none(void **state)
{
    (void)state;
    const char *line = "a ";
    const char *at = line;
    char word[6];
    assert_true(field_word(&at, word, sizeof word));
    assert_false(fields_end(line, at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields__of_a_line__come_out_in_order),
        cmocka_unit_test(field_word__empty_or_too_long__is_refused),
        cmocka_unit_test(field_number__of_anything_else__is_refused_and_moves_nothing),
        cmocka_unit_test(field_number__beyond_64_bits__is_refused),
        cmocka_unit_test(fields_end__behind_a_blank__is_none),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
