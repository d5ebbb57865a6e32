/* test_json_write.c - json_write.h: commas, escapes, and the failure that sticks. */
#include "tests/cmocka_all.h"

#include "policy/json_scan.h"
#include "policy/json_write.h"

#include <stdio.h>
#include <string.h>

static void write__of_every_kind__puts_commas_where_they_belong(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(1000);
    struct pol_json_writer w = pol_json_write_start(&out);
    pol_json_object(&w, NULL);
    pol_json_array(&w, "a");
    pol_json_close_array(&w);
    pol_json_array(&w, "b");
    pol_json_integer(&w, NULL, INT64_MIN);
    pol_json_integer(&w, NULL, INT64_MAX);
    pol_json_object(&w, NULL);
    pol_json_close_object(&w);
    pol_json_close_array(&w);
    pol_json_text(&w, "c", NULL);
    pol_json_boolean(&w, "d", true);
    pol_json_boolean(&w, "e", false);
    pol_json_null(&w, "f");
    pol_json_time(&w, "g", 1795341600);
    pol_json_time(&w, "h", -1);
    pol_json_raw(&w, "i", span_text("[1]"));
    pol_json_text(&w, "", "");
    pol_json_close_object(&w);
    assert_int_equal(pol_json_write_end(&w), ST_OK);
    assert_string_equal(bytes_text(&out),
                        "{\"a\":[],\"b\":[-9223372036854775808,9223372036854775807,{}],\"c\":null,"
                        "\"d\":true,\"e\":false,\"f\":null,\"g\":\"2026-11-22T10:00:00Z\","
                        "\"h\":null,\"i\":[1],\"\":\"\"}");
    bytes_free(&out);
}

/* Every character that a NUL-terminated text can have becomes strict JSON. */
static void write_text__of_every_ascii_character__is_strict_json(void **state)
{
    (void)state;
    struct pol_json_limits limits = pol_json_limits_document(1000);
    for (int c = 1; c < 0x80; c++) {
        char text[2] = {(char)c, '\0'};
        char expected[16];
        struct bytes out = bytes_with_limit(100);
        struct pol_json_writer w = pol_json_write_start(&out);
        pol_json_object(&w, NULL);
        pol_json_text(&w, text, text);
        pol_json_close_object(&w);
        assert_int_equal(pol_json_write_end(&w), ST_OK);
        assert_int_equal(pol_json_scan(bytes_span(&out), &limits, NULL), ST_OK);
        if (c >= 0x20 && c != '"' && c != '\\') {
            (void)snprintf(expected, sizeof expected, "{\"%c\":\"%c\"}", c, c);
            assert_string_equal(bytes_text(&out), expected);
        }
        bytes_free(&out);
    }
}

static void write_text__with_escapes_between__keeps_what_is_between(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(100);
    struct pol_json_writer w = pol_json_write_start(&out);
    pol_json_text(&w, NULL, "\"a\\b\nc\rd\te\bf\xc3\xa4/\x1f");
    assert_string_equal(bytes_text(&out), "\"\\\"a\\\\b\\nc\\rd\\te\\u0008f\xc3\xa4/\\u001f\"");
    bytes_free(&out);
}

static void write__beyond_the_cap__sticks(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(10);
    struct pol_json_writer w = pol_json_write_start(&out);
    pol_json_array(&w, NULL);
    pol_json_text(&w, NULL, "much too long");
    pol_json_integer(&w, NULL, 1);
    pol_json_close_array(&w);
    assert_int_equal(pol_json_write_end(&w), ST_TOO_LARGE);
    assert_null(strchr(bytes_text(&out), '1'));
    assert_null(strchr(bytes_text(&out), ']'));
    bytes_free(&out);
}

static void write__with_brackets_that_do_not_match__is_our_own_mistake(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(100);
    struct pol_json_writer open = pol_json_write_start(&out);
    pol_json_array(&open, NULL);
    assert_int_equal(pol_json_write_end(&open), ST_BUG);
    struct pol_json_writer closed = pol_json_write_start(&out);
    pol_json_close_object(&closed);
    assert_int_equal(pol_json_write_end(&closed), ST_BUG);
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write__of_every_kind__puts_commas_where_they_belong),
        cmocka_unit_test(write_text__of_every_ascii_character__is_strict_json),
        cmocka_unit_test(write_text__with_escapes_between__keeps_what_is_between),
        cmocka_unit_test(write__beyond_the_cap__sticks),
        cmocka_unit_test(write__with_brackets_that_do_not_match__is_our_own_mistake),
    };
    return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
