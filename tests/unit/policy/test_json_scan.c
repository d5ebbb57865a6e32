/* test_json_scan.c - json_scan.h: what strict JSON is not, each with its code and its place. */
#include "tests/cmocka_all.h"

#include "policy/json_scan.h"
#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status scan(struct span document, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_BUNDLE_BYTES);
    return pol_json_scan(document, &limits, err);
}

static void assert_taken(const char *text)
{
    struct err err = {0};
    if (scan(span_text(text), &err) != ST_OK) {
        fail_msg("%.60s was refused: %s at \"%s\": %s", text, err.code, err.pointer, err.text);
    }
}

static void assert_span_refused(struct span document, const char *code, const char *pointer)
{
    struct err err = {0};
    if (scan(document, &err) != ST_REFUSED) {
        fail_msg("%.*s was not refused", (int)(document.size < 60 ? document.size : 60),
                 (const char *)document.data);
    }
    if (strcmp(err.code, code) != 0 || strcmp(err.pointer, pointer) != 0) {
        fail_msg("%.*s: %s at \"%s\" instead of %s at \"%s\"",
                 (int)(document.size < 60 ? document.size : 60), (const char *)document.data,
                 err.code, err.pointer, code, pointer);
    }
    assert_memory_equal(err.text, "line ", 5);
}

static void assert_refused(const char *text, const char *code, const char *pointer)
{
    /* A copy without a NUL behind it, so that the sanitizer sees whoever reads beyond the end. */
    size_t size = strlen(text);
    uint8_t *exact = malloc(size + (size == 0));
    assert_non_null(exact);
    memcpy(exact, text, size);
    assert_span_refused((struct span){exact, size}, code, pointer);
    free(exact);
}

struct row {
    const char *text;
    const char *pointer;
};

static void assert_all_refused(const struct row *rows, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        assert_refused(rows[i].text, code, rows[i].pointer);
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
        assert_taken(GOOD[i]);
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
    assert_span_refused((struct span){(const uint8_t *)"{}\0", 3}, "json_syntax", "");
    assert_span_refused((struct span){(const uint8_t *)"\0{}", 3}, "json_syntax", "");
    assert_span_refused((struct span){(const uint8_t *)"[\"a\0b\"]", 7}, "json_syntax", "/0");
    assert_span_refused((struct span){(const uint8_t *)"[\"\\\0\"]", 6}, "json_syntax", "/0");
    assert_span_refused((struct span){(const uint8_t *)"{\"a\0b\":1}", 9}, "json_syntax", "");
}

static void scan__of_a_byte_order_mark__is_a_syntax_error(void **state)
{
    (void)state;
    assert_refused("\xef\xbb\xbf{}", "json_syntax", "");
    assert_refused("\xff\xfe{\0}\0", "json_syntax", "");
    assert_refused("{}\xef\xbb\xbf", "json_syntax", "");
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
    assert_taken("[0.000000000000000000000000000001]"); /* 32 */
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
        {"[\"\\ude00\\ud83d\"]", "/0"}, {"[\"\\ud83d\\ude0", "/0"},
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
    assert_span_refused(bytes_span(&document), "json_duplicate_key", "/name-1717");
    bytes_free(&document);
}

/* ---- places ------------------------------------------------------------------------------- */

static void scan__of_a_mistake_deep_inside__tells_pointer_line_and_column(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(scan(span_text("{\n \"a~b\": {\"c/d\": [1, 2,\n  {\"\": 01}]}}"), &err),
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
    assert_int_equal(scan(bytes_span(&document), &err), ST_REFUSED);
    assert_int_equal(strlen(err.pointer), 2 + 2 * 126);
    assert_memory_equal(err.pointer + 2 + 2 * 125, "\xc3\xa4", 3);
    bytes_free(&document);
}

/* ---- bounds ------------------------------------------------------------------------------- */

/* prefix, then middle so many times, then suffix. */
static struct bytes repeated(const char *prefix, const char *middle, size_t times,
                             const char *suffix)
{
    struct bytes document = bytes_with_limit(LIMIT_BUNDLE_BYTES + 1);
    assert_int_equal(bytes_append_text(&document, prefix), ST_OK);
    for (size_t i = 0; i < times; i++) {
        assert_int_equal(bytes_append_text(&document, middle), ST_OK);
    }
    assert_int_equal(bytes_append_text(&document, suffix), ST_OK);
    return document;
}

static void assert_bound(struct bytes fits, struct bytes over, const char *pointer)
{
    assert_taken(bytes_text(&fits));
    assert_span_refused(bytes_span(&over), "too_large", pointer);
    bytes_free(&fits);
    bytes_free(&over);
}

static void scan__of_16_levels__is_taken_and_of_17_too_large(void **state)
{
    (void)state;
    assert_taken("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]");
    assert_refused("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "too_large",
                   "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0");
    assert_bound(repeated("{\"a\":", "{\"a\":", 14, "{}}}}}}}}}}}}}}}}"),
                 repeated("{\"a\":", "{\"a\":", 15, "{}}}}}}}}}}}}}}}}}"),
                 "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a");
    assert_taken("[[[[[[[[[[[[[[[[],[]],[[]]]]]]]]]]]]]]]]]");
}

static void scan__of_256_bytes_of_text__is_taken_and_of_257_too_large(void **state)
{
    (void)state;
    assert_bound(repeated("[\"", "a", 256, "\"]"), repeated("[\"", "a", 257, "\"]"), "/0");
    /* What counts is what the text means, not how it is spelt. */
    assert_bound(repeated("[\"", "\\u00e4", 128, "\"]"), repeated("[\"", "\\u00e4", 129, "\"]"),
                 "/0");
    assert_bound(repeated("{\"", "k", 256, "\":1}"), repeated("{\"", "k", 257, "\":1}"), "");
}

static void scan__of_16384_items__is_taken_and_of_16385_too_large(void **state)
{
    (void)state;
    assert_bound(repeated("[0", ",0", 16383, "]"), repeated("[0", ",0", 16384, "]"), "/16384");
    /* Members and elements count together, wherever they stand. */
    assert_bound(repeated("{\"a\":[0", ",0", 16381, "],\"b\":0}"),
                 repeated("{\"a\":[0", ",0", 16382, "],\"b\":0}"), "");
}

static void scan__of_a_document_at_its_size__is_taken_and_beyond_too_large(void **state)
{
    (void)state;
    struct pol_json_limits limits = pol_json_limits_document(6);
    struct err err = {0};
    assert_int_equal(pol_json_scan(span_text("[1, 2]"), &limits, &err), ST_OK);
    assert_int_equal(pol_json_scan(span_text("[1, 2] "), &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_string_equal(err.pointer, "");
}

static void scan__of_an_envelope__allows_one_text_as_long_as_the_document(void **state)
{
    (void)state;
    struct bytes document = repeated("{\"payload\":\"", "a", 100000, "\"}");
    struct pol_json_limits limits = pol_json_limits_envelope(document.size);
    assert_int_equal(pol_json_scan(bytes_span(&document), &limits, NULL), ST_OK);
    assert_span_refused(bytes_span(&document), "too_large", "/payload");
    bytes_free(&document);
}

static void assert_hostile(const char *prefix, const char *middle, const char *code)
{
    size_t times = (LIMIT_BUNDLE_BYTES - strlen(prefix)) / strlen(middle);
    struct bytes document = repeated(prefix, middle, times, "");
    struct pol_json_limits limits = pol_json_limits_envelope(LIMIT_BUNDLE_BYTES);
    struct err err = {0};
    assert_int_equal(pol_json_scan(bytes_span(&document), &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, code);
    bytes_free(&document);
}

static void scan__of_8_mib_of_malice__is_refused(void **state)
{
    (void)state;
    assert_hostile("", "[", "too_large");
    assert_hostile("", "{\"a\":", "too_large");
    assert_hostile("[0", ",0", "too_large");
    assert_hostile("[[]", ",[]", "too_large");
    assert_hostile("{", "\"a\":1,", "json_duplicate_key");
    assert_hostile("\"", "a", "json_syntax");
    assert_hostile("[\"", "\\u0061", "json_syntax");
    assert_hostile("{\"", "k", "json_syntax");
    assert_hostile("", " ", "json_syntax");
    assert_hostile("", "1", "out_of_range");
    assert_hostile("0.", "0", "out_of_range");
    assert_hostile("{\"a\":\"", "\xf0\x9f\x98\x80", "json_syntax");
}

static void scan__without_an_err__still_refuses(void **state)
{
    (void)state;
    assert_int_equal(scan(span_text("[1,]"), NULL), ST_REFUSED);
    assert_int_equal(scan((struct span){0}, NULL), ST_REFUSED);
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
        cmocka_unit_test(scan__of_16_levels__is_taken_and_of_17_too_large),
        cmocka_unit_test(scan__of_256_bytes_of_text__is_taken_and_of_257_too_large),
        cmocka_unit_test(scan__of_16384_items__is_taken_and_of_16385_too_large),
        cmocka_unit_test(scan__of_a_document_at_its_size__is_taken_and_beyond_too_large),
        cmocka_unit_test(scan__of_an_envelope__allows_one_text_as_long_as_the_document),
        cmocka_unit_test(scan__of_8_mib_of_malice__is_refused),
        cmocka_unit_test(scan__without_an_err__still_refuses),
    };
    return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
