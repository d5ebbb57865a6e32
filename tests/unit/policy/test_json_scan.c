/* test_json_scan.c - json_scan.h: what strict JSON is not, each with its code and its place. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/scanning.h"

#include <string.h>

struct row {
    const char *text;
    const char *pointer;
};

static void assert_all_refused(const struct row *rows, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        assert_scan_refuses(rows[i].text, code, rows[i].pointer);
    }
}
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- what is JSON ------------------------------------------------------------------------- */

static void scan__of_json__takes_it(void **state)
{
    (void)state;
    static const char *const GOOD[] = {
        "{}",
        "[]",
        "null",
        "true",
        " \t\r\n{ \"a\" : [ 1 , -2.50 , false ] , \"b\" : { } } \n",
        "0",
        "-0",
        "0.0001",
        "9007199254740991",
        "-9007199254740991",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e4\\u20AC\\ud83d\\ude00\"",
        "\"K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"",
        "\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}",
        "{\"a\":1,\"A\":2,\"\":3,\" a\":4}",
        "[[],[],{}]",
    };
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        assert_scan_takes(GOOD[i]);
    }
}

/* ---- grammar ------------------------------------------------------------------------------ */

static void scan__of_another_grammar__is_a_syntax_error(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"", ""},
        {" ", ""},
        {"{", ""},
        {"}", ""},
        {"[1,]", "/1"},
        {"[,1]", "/0"},
        {"[1 2]", "/0"},
        {"[1", "/0"},
        {"{\"a\"}", "/a"},
        {"{\"a\":}", "/a"},
        {"{\"a\":1,}", ""},
        {"{\"a\":1 \"b\":2}", "/a"},
        {"{\"a\" 1}", "/a"},
        {"{a:1}", ""},
        {"{'a':1}", ""},
        {"{1:1}", ""},
        {"{\"a\":1", "/a"},
        {"{\"a\":'x'}", "/a"},
        {"{\"a\":1}]", ""},
        {"{\"a\":[1}", "/a/0"},
        {"{} {}", ""},
        {"{}x", ""},
        {"1 // one", ""},
        {"/* one */ 1", ""},
        {"nul", ""},
        {"NULL", ""},
        {"True", ""},
        {"[nullx]", "/0"},
        {"{\"a\":NaN}", "/a"},
        {"{\"a\":Infinity}", "/a"},
        {"{\"a\":undefined}", "/a"},
        {"[1]\v", ""},
        {"\xc2\xa0{}", ""},
    };
    assert_all_refused(ROWS, COUNT(ROWS), "json_syntax");
}

static void scan__of_a_nul_anywhere__is_a_syntax_error(void **state)
{
    (void)state;
    assert_scan_refuses_span((struct span){(const uint8_t *)"{}\0", 3}, "json_syntax", "");
    assert_scan_refuses_span((struct span){(const uint8_t *)"\0{}", 3}, "json_syntax", "");
    assert_scan_refuses_span((struct span){(const uint8_t *)"[\"a\0b\"]", 7}, "json_syntax", "/0");
    assert_scan_refuses_span((struct span){(const uint8_t *)"[\"\\\0\"]", 6}, "json_syntax", "/0");
    assert_scan_refuses_span((struct span){(const uint8_t *)"{\"a\0b\":1}", 9}, "json_syntax", "");
}

static void scan__of_a_byte_order_mark__is_a_syntax_error(void **state)
{
    (void)state;
    assert_scan_refuses("\xef\xbb\xbf{}", "json_syntax", "");
    assert_scan_refuses("\xff\xfe{\0}\0", "json_syntax", "");
    assert_scan_refuses("{}\xef\xbb\xbf", "json_syntax", "");
}

/* ---- numbers ------------------------------------------------------------------------------ */

static void scan__of_a_misspelt_number__is_a_syntax_error(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"007", ""},          {"[00]", "/0"},   {"[-01]", "/0"},   {"[1.]", "/0"},
        {"[.5]", "/0"},       {"[-]", "/0"},    {"[+1]", "/0"},    {"[- 1]", "/0"},
        {"[1.2.3]", "/0"},    {"[0x10]", "/0"}, {"[1_000]", "/0"}, {"[1,000]", "/1"},
        {"{\"n\":1.}", "/n"}, {"[--1]", "/0"},  {"[1-]", "/0"},
    };
    assert_all_refused(ROWS, COUNT(ROWS), "json_syntax");
}

static void scan__of_a_number_too_large_or_with_exponent__is_out_of_range(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"9007199254740992", ""},
        {"-9007199254740992", ""},
        {"[18446744073709551616]", "/0"},
        {"[99999999999999999999999999999999999999999]", "/0"},
        {"[9007199254740992.5]", "/0"},
        {"[1e2]", "/0"},
        {"[1E2]", "/0"},
        {"[1e400]", "/0"},
        {"[0e0]", "/0"},
        {"[1.5e-3]", "/0"},
        {"{\"n\":1e}", "/n"},
        {"[0.0000000000000000000000000000001]", "/0"}, /* 33 characters */
    };
    assert_all_refused(ROWS, COUNT(ROWS), "out_of_range");
    assert_scan_takes("[0.000000000000000000000000000001]"); /* 32 */
}

/* ---- strings ------------------------------------------------------------------------------ */

static void scan__of_a_broken_string__is_a_syntax_error(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"\"", ""},
        {"\"a", ""},
        {"\"a\\", ""},
        {"\"a\\\"", ""},
        {"[\"\\u\"]", "/0"},
        {"[\"\\u00g0\"]", "/0"},
        {"[\"\\u12\"]", "/0"},
        {"\"\\u123", ""},
        {"[\"\\U0041\"]", "/0"},
        {"[\"\\x41\"]", "/0"},
        {"[\"\\a\"]", "/0"},
        {"[\"\\'\"]", "/0"},
        {"[\"a\nb\"]", "/0"},
        {"[\"a\tb\"]", "/0"},
        {"[\"\x01\"]", "/0"},
        {"[\"\x1f\"]", "/0"},
    };
    assert_all_refused(ROWS, COUNT(ROWS), "json_syntax");
}

static void scan__of_an_escaped_nul_or_half_a_pair__is_a_syntax_error(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"[\"\\u0000\"]", "/0"},        {"{\"ring\\u0000x\":1}", ""},
        {"[\"\\ud800\"]", "/0"},        {"[\"\\udbff\"]", "/0"},
        {"[\"\\udc00\"]", "/0"},        {"[\"\\udfff\"]", "/0"},
        {"[\"\\ud83dx\"]", "/0"},       {"[\"\\ud83d\\n\"]", "/0"},
        {"[\"\\ud83d\\u0041\"]", "/0"}, {"[\"\\ud83d\\ud83d\"]", "/0"},
        {"[\"\\ud83d\\ue000\"]", "/0"}, {"[\"\\ude00\\ud83d\"]", "/0"},
        {"[\"\\ud83d\\ude0", "/0"},
    };
    assert_all_refused(ROWS, COUNT(ROWS), "json_syntax");
}

static void scan__of_bytes_that_are_no_utf8__is_a_syntax_error(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"[\"\x80\"]", "/0"}, /* a continuation alone */
        {"[\"\xbf\"]", "/0"},
        {"[\"\xc0\xaf\"]", "/0"}, /* overlong / */
        {"[\"\xc1\xbf\"]", "/0"},
        {"[\"\xe0\x80\xaf\"]", "/0"},
        {"[\"\xe0\x9f\xbf\"]", "/0"},
        {"[\"\xf0\x80\x80\xaf\"]", "/0"},
        {"[\"\xf0\x8f\xbf\xbf\"]", "/0"},
        {"[\"\xed\xa0\x80\"]", "/0"}, /* surrogates */
        {"[\"\xed\xbf\xbf\"]", "/0"},
        {"[\"\xf4\x90\x80\x80\"]", "/0"}, /* above U+10FFFF */
        {"[\"\xf5\x80\x80\x80\"]", "/0"},
        {"[\"\xfe\"]", "/0"},
        {"[\"\xff\"]", "/0"},
        {"[\"\xc3\"]", "/0"}, /* cut short */
        {"[\"\xe2\x82\"]", "/0"},
        {"[\"\xf0\x9f\x98\"]", "/0"},
        {"[\"\xe2\x28\xa1\"]", "/0"},
        {"\"\xe2\x82", ""},
        {"\"\xc3", ""},
        {"{\"\xff\":1}", ""},
    };
    assert_all_refused(ROWS, COUNT(ROWS), "json_syntax");
}

/* ---- names -------------------------------------------------------------------------------- */

static void scan__of_a_name_there_twice__is_a_duplicate_key(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"{\"a\":1,\"a\":1}", "/a"},
        {"{\"a\":1,\"\\u0061\":1}", "/a"},
        {"{\"\\u00e4\":1,\"\xc3\xa4\":1}", "/\xc3\xa4"},
        {"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}", "/\xf0\x9f\x98\x80"},
        {"{\"\\/\":1,\"/\":1}", "/~1"},
        {"{\"a\":{\"a\":1},\"a\":1}", "/a"},
        {"{\"a\":[0,{\"b\":1,\"c\":2,\"b\":3}]}", "/a/1/b"},
        {"{\"\":1,\"\":1}", "/"},
    };
    assert_all_refused(ROWS, COUNT(ROWS), "json_duplicate_key");
}

static void scan__of_many_names__finds_the_one_that_is_there_twice(void **state)
{
    (void)state;
    enum { NAMES = 3000 };
    struct bytes document = bytes_with_limit(LIMIT_PLAN_BYTES);
    assert_int_equal(bytes_append_text(&document, "{"), ST_OK);
    for (int i = 0; i < NAMES; i++) {
        assert_int_equal(bytes_append_format(&document, "\"name-%d\":0,", i), ST_OK);
    }
    assert_int_equal(bytes_append_text(&document, "\"name-1717\":0}"), ST_OK);
    assert_scan_refuses_span(bytes_span(&document), "json_duplicate_key", "/name-1717");
    bytes_free(&document);
}

/* ---- places ------------------------------------------------------------------------------- */

static void scan__of_a_mistake_deep_inside__tells_pointer_line_and_column(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(
        scan_document(span_text("{\n \"a~b\": {\"c/d\": [1, 2,\n  {\"\": 01}]}}"), &err),
        ST_REFUSED);
    assert_string_equal(err.pointer, "/a~0b/c~1d/2/");
    assert_memory_equal(err.text, "line 3, column 8: ", 18);
}

static void scan__of_a_place_beyond_the_pointers_room__cuts_whole_characters(void **state)
{
    (void)state;
    struct err err = {0};
    struct bytes document = bytes_with_limit(4096);
    assert_int_equal(bytes_append_text(&document, "{\"x"), ST_OK);
    for (int i = 0; i < 127; i++) {
        assert_int_equal(bytes_append_text(&document, "\xc3\xa4"), ST_OK);
    }
    assert_int_equal(bytes_append_text(&document, "y\":01}"), ST_OK);
    assert_int_equal(scan_document(bytes_span(&document), &err), ST_REFUSED);
    assert_int_equal(strlen(err.pointer), 2 + 2 * 126);
    assert_memory_equal(err.pointer + 2 + 2 * 125, "\xc3\xa4", 3);
    bytes_free(&document);
}

/* ---- callers ------------------------------------------------------------------------------ */

static void scan__without_an_err__still_refuses(void **state)
{
    (void)state;
    assert_int_equal(scan_document(span_text("[1,]"), NULL), ST_REFUSED);
    assert_int_equal(scan_document((struct span){0}, NULL), ST_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan__of_json__takes_it),
        cmocka_unit_test(scan__of_another_grammar__is_a_syntax_error),
        cmocka_unit_test(scan__of_a_nul_anywhere__is_a_syntax_error),
        cmocka_unit_test(scan__of_a_byte_order_mark__is_a_syntax_error),
        cmocka_unit_test(scan__of_a_misspelt_number__is_a_syntax_error),
        cmocka_unit_test(scan__of_a_number_too_large_or_with_exponent__is_out_of_range),
        cmocka_unit_test(scan__of_a_broken_string__is_a_syntax_error),
        cmocka_unit_test(scan__of_an_escaped_nul_or_half_a_pair__is_a_syntax_error),
        cmocka_unit_test(scan__of_bytes_that_are_no_utf8__is_a_syntax_error),
        cmocka_unit_test(scan__of_a_name_there_twice__is_a_duplicate_key),
        cmocka_unit_test(scan__of_many_names__finds_the_one_that_is_there_twice),
        cmocka_unit_test(scan__of_a_mistake_deep_inside__tells_pointer_line_and_column),
        cmocka_unit_test(scan__of_a_place_beyond_the_pointers_room__cuts_whole_characters),
        cmocka_unit_test(scan__without_an_err__still_refuses),
    };
    return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
