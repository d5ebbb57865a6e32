/* test_json_read.c - json_read.h: typed values, and what is none of them. */
#include "tests/unit/policy/parsed.h"

#include <stdio.h>
#include <string.h>

/* ---- parsing ------------------------------------------------------------------------------ */

static void parse__of_what_is_not_strict__refuses_and_leaves_out_alone(void **state)
{
    (void)state;
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_json *json = NULL;
    struct err err = {0};
    assert_int_equal(pol_json_parse(span_text("{\"a\":007}"), &limits, &json, &err), ST_REFUSED);
    assert_string_equal(err.code, "json_syntax");
    assert_string_equal(err.pointer, "/a");
    assert_null(json);
    pol_json_free(NULL);
}

/* ---- members ------------------------------------------------------------------------------ */

static void read__of_values_that_are_there__gives_them(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"t\":\"K\\u00f6ln\",\"n\":-12,\"b\":true,\"f\":false,"
                                   "\"at\":\"1970-01-01T00:00:09Z\",\"w\":\"two\"}");
    struct pol_at root = pol_json_root(json, &problems);
    static const char *const WORDS[] = {"one", NULL, "two"};
    const char *text = NULL;
    int64_t number = 0;
    int64_t time_s = 0;
    bool yes = false;
    bool no = true;
    size_t word = 0;
    assert_true(pol_read_text(&root, "t", POL_REQUIRED, 5, &text));
    assert_true(pol_read_integer(&root, "n", POL_REQUIRED, -12, -12, &number));
    assert_true(pol_read_boolean(&root, "b", POL_REQUIRED, &yes));
    assert_true(pol_read_boolean(&root, "f", POL_OPTIONAL, &no));
    assert_true(pol_read_time(&root, "at", POL_REQUIRED, &time_s));
    assert_true(pol_read_word(&root, "w", POL_REQUIRED, WORDS, 3, &word));
    assert_string_equal(text, "K\xc3\xb6ln");
    assert_int_equal(number, -12);
    assert_true(yes);
    assert_false(no);
    assert_int_equal(time_s, 9);
    assert_int_equal(word, 2);
    assert_int_equal(problems.found, 0);
    pol_json_free(json);
}

static void read__of_optional_members_absent_or_null__is_no_problem(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"null\":null}");
    struct pol_at root = pol_json_root(json, &problems);
    static const char *const KEYS[] = {"null", "absent"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = "kept";
        int64_t number = 7;
        bool flag = true;
        struct pol_at member;
        size_t count = 0;
        assert_false(pol_read_text(&root, KEYS[i], POL_OPTIONAL, 9, &text));
        assert_false(pol_read_integer(&root, KEYS[i], POL_OPTIONAL, 0, 9, &number));
        assert_false(pol_read_time(&root, KEYS[i], POL_OPTIONAL, &number));
        assert_false(pol_read_boolean(&root, KEYS[i], POL_OPTIONAL, &flag));
        assert_false(pol_read_member(&root, KEYS[i], POL_OPTIONAL, &member));
        assert_false(pol_read_array(&root, KEYS[i], POL_OPTIONAL, 9, &member, &count));
        assert_string_equal(text, "kept");
        assert_int_equal(number, 7);
    }
    assert_int_equal(problems.found, 0);
    pol_json_free(json);
}

static void read__of_required_members_absent_or_null__is_a_missing_field(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"null\":null}");
    struct pol_at root = pol_json_root(json, &problems);
    const char *text = NULL;
    struct pol_at member;
    assert_false(pol_read_text(&root, "absent", POL_REQUIRED, 9, &text));
    assert_false(pol_read_member(&root, "null", POL_REQUIRED, &member));
    assert_int_equal(problems.found, 2);
    assert_problem(0, "missing_field", "/absent");
    assert_problem(1, "missing_field", "/null");
    pol_json_free(json);
}

static void read__of_another_kind__is_a_wrong_type(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"1", "\"1\"", "true", "[]", "{}"};
    enum { NUMBER, TEXT, BOOLEAN, ARRAY, OBJECT };
    for (size_t i = 0; i < 5; i++) {
        char document[32];
        (void)snprintf(document, sizeof document, "{\"v\":%s}", VALUES[i]);
        struct pol_json *json = parsed(document);
        struct pol_at root = pol_json_root(json, &problems);
        const char *text = NULL;
        int64_t number = 0;
        bool flag = false;
        struct pol_at member;
        size_t count = 0;
        size_t wrong = 0;
        wrong += pol_read_text(&root, "v", POL_OPTIONAL, 9, &text) ? 0 : 1;
        wrong += pol_read_integer(&root, "v", POL_OPTIONAL, 0, 9, &number) ? 0 : 1;
        wrong += pol_read_boolean(&root, "v", POL_OPTIONAL, &flag) ? 0 : 1;
        wrong += pol_read_array(&root, "v", POL_OPTIONAL, 9, &member, &count) ? 0 : 1;
        assert_int_equal(wrong, 3); /* exactly one of the four wants this kind */
        assert_int_equal(problems.found, 3);
        assert_problem(0, "wrong_type", "/v");
        assert_problem(2, "wrong_type", "/v");
        pol_json_free(json);
    }
}

static void read__of_members_of_no_object__finds_none(void **state)
{
    (void)state;
    struct pol_json *json = parsed("[1]");
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_at member;
    static const char *const KEYS[] = {"a"};
    assert_false(pol_read_member(&root, "a", POL_OPTIONAL, &member));
    assert_int_equal(problems.found, 0);
    assert_false(pol_read_object(&root, KEYS, 1));
    assert_one_problem("wrong_type", "");
    pol_json_free(json);
}

/* ---- bounds ------------------------------------------------------------------------------- */

static void read_text__beyond_its_bytes__is_too_large(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"t\":\"\xc3\xb6\xc3\xb6\"}");
    struct pol_at root = pol_json_root(json, &problems);
    const char *text = NULL;
    assert_true(pol_read_text(&root, "t", POL_REQUIRED, 4, &text));
    assert_false(pol_read_text(&root, "t", POL_REQUIRED, 3, &text));
    assert_one_problem("too_large", "/t");
    pol_json_free(json);
}

static void read_integer__at_its_bounds__is_taken_and_beyond_out_of_range(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"n\":60,\"big\":9007199254740991}");
    struct pol_at root = pol_json_root(json, &problems);
    int64_t number = 0;
    assert_true(pol_read_integer(&root, "n", POL_REQUIRED, 60, 86400, &number));
    assert_true(pol_read_integer(&root, "n", POL_REQUIRED, 0, 60, &number));
    assert_true(pol_read_integer(&root, "big", POL_REQUIRED, 0, 9007199254740991, &number));
    assert_int_equal(number, 9007199254740991);
    assert_false(pol_read_integer(&root, "n", POL_REQUIRED, 61, 86400, &number));
    assert_false(pol_read_integer(&root, "n", POL_REQUIRED, 0, 59, &number));
    assert_int_equal(number, 9007199254740991);
    assert_int_equal(problems.found, 2);
    assert_problem(0, "out_of_range", "/n");
    assert_string_equal(problems.items[0].text, "61 to 86400 is allowed");
    pol_json_free(json);
}

static void read_integer__of_a_fraction__is_a_wrong_type(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"n\":5.0}");
    struct pol_at root = pol_json_root(json, &problems);
    int64_t number = 0;
    assert_false(pol_read_integer(&root, "n", POL_REQUIRED, 0, 9, &number));
    assert_one_problem("wrong_type", "/n");
    pol_json_free(json);
}

static void read_array__with_more_than_allowed__is_too_large(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"l\":[1,2,3],\"o\":{\"a\":1}}");
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_at list;
    size_t count = 0;
    assert_true(pol_read_array(&root, "l", POL_REQUIRED, 3, &list, &count));
    assert_int_equal(count, 3);
    assert_true(pol_read_array(&root, "o", POL_REQUIRED, 3, &list, &count));
    assert_int_equal(count, 1);
    assert_false(pol_read_array(&root, "l", POL_REQUIRED, 2, &list, &count));
    assert_one_problem("too_large", "/l");
    pol_json_free(json);
}

static void read_time__of_another_shape__is_a_bad_time(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"at\":\"2026-02-30T00:00:00Z\"}");
    struct pol_at root = pol_json_root(json, &problems);
    int64_t time_s = 42;
    assert_false(pol_read_time(&root, "at", POL_REQUIRED, &time_s));
    assert_int_equal(time_s, 42);
    assert_one_problem("bad_time", "/at");
    pol_json_free(json);
}

static void read_word__of_an_unknown_one__is_out_of_range_and_names_the_allowed(void **state)
{
    (void)state;
    static const char *const WORDS[] = {NULL, "manual", "auto"};
    struct pol_json *json = parsed("{\"w\":\"Manual\"}");
    struct pol_at root = pol_json_root(json, &problems);
    size_t word = 9;
    assert_false(pol_read_word(&root, "w", POL_REQUIRED, WORDS, 3, &word));
    assert_int_equal(word, 9);
    assert_one_problem("out_of_range", "/w");
    assert_non_null(strstr(problems.items[0].text, "manual, auto"));
    pol_json_free(json);
}

/* ---- decimals ----------------------------------------------------------------------------- */

static void at_decimal__of_digits__is_exact(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        int64_t ppm; /* -1: refused */
    } ROWS[] = {
        {"0", 0},
        {"25", 250000},
        {"25.5", 255000},
        {"0.0001", 1},
        {"99.9999", 999999},
        {"100", 1000000},
        {"100.0000", 1000000},
        {"0.1", 1000},
        {"33.3333", 333333},
        {"-0", 0},
        {"25.00001", -1},
        {"25.00000", -1},
        {"100.0001", -1},
        {"101", -1},
        {"-0.0001", -1},
        {"9007199254740991", -1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char document[64];
        int64_t ppm = -1;
        (void)snprintf(document, sizeof document, "[\"7\",%s]", ROWS[i].digits);
        struct pol_json *json = parsed(document);
        struct pol_at root = pol_json_root(json, &problems);
        struct pol_at item;
        assert_true(pol_first(&root, &item) && pol_next(&item));
        bool taken = pol_at_decimal(&item, 4, 0, 1000000, &ppm);
        assert_int_equal(taken, ROWS[i].ppm >= 0);
        assert_int_equal(ppm, ROWS[i].ppm);
        if (!taken) {
            assert_one_problem("out_of_range", "/1");
        }
        pol_json_free(json);
    }
}

/* ---- walking and writing ------------------------------------------------------------------ */

static void first_and_next__walk_in_the_documents_order(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"z\":1,\"a\":null,\"m\":[]}");
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_at item;
    char seen[8] = "";
    for (bool more = pol_first(&root, &item); more; more = pol_next(&item)) {
        assert_non_null(item.value); /* a null in its place is a value, too */
        (void)strcat(seen, item.key);
    }
    assert_string_equal(seen, "zam");
    assert_true(pol_first(&root, &item) && !pol_first(&item, &item));
    pol_json_free(json);
}

static void write__of_what_was_read__is_identical(void **state)
{
    (void)state;
    static const char *const DOCUMENTS[] = {
        "{\"b\":[1,-0,25.50,0.0001,9007199254740991],\"a\":{\"\":null,\"t\":true,\"f\":false}}",
        "[]",
        "{}",
        "[[],{},\"\",\"K\xc3\xb6ln \xf0\x9f\x98\x80\",\"\\\"\\\\/\\n\\r\\t\\u0001\\u001f\"]",
        "{\"1\":\"2-3\",\"-4\":[\"5\\\"6\",7],\"tr\\\\ue8\":9}",
        "{\"1\\\\\":2,\"3\\\\\\\"4\":[\"\\\\\\\\\",5,\"\\\"\",6]}",
        "null",
    };
    for (size_t i = 0; i < sizeof DOCUMENTS / sizeof DOCUMENTS[0]; i++) {
        struct pol_json *json = parsed(DOCUMENTS[i]);
        struct pol_at root = pol_json_root(json, &problems);
        struct bytes out = bytes_with_limit(1000);
        struct pol_json_writer w = pol_json_write_start(&out);
        pol_at_write(&root, &w, NULL);
        assert_int_equal(pol_json_write_end(&w), ST_OK);
        assert_string_equal(bytes_text(&out), DOCUMENTS[i]);
        bytes_free(&out);
        pol_json_free(json);
    }
}

static void write__of_an_absent_value__is_null(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(100);
    struct pol_json_writer w = pol_json_write_start(&out);
    struct pol_at nowhere = {.problems = &problems};
    pol_at_write(&nowhere, &w, NULL);
    assert_string_equal(bytes_text(&out), "null");
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__of_what_is_not_strict__refuses_and_leaves_out_alone),
        cmocka_unit_test(read__of_values_that_are_there__gives_them),
        cmocka_unit_test(read__of_optional_members_absent_or_null__is_no_problem),
        cmocka_unit_test(read__of_required_members_absent_or_null__is_a_missing_field),
        cmocka_unit_test(read__of_another_kind__is_a_wrong_type),
        cmocka_unit_test(read__of_members_of_no_object__finds_none),
        cmocka_unit_test(read_text__beyond_its_bytes__is_too_large),
        cmocka_unit_test(read_integer__at_its_bounds__is_taken_and_beyond_out_of_range),
        cmocka_unit_test(read_integer__of_a_fraction__is_a_wrong_type),
        cmocka_unit_test(read_array__with_more_than_allowed__is_too_large),
        cmocka_unit_test(read_time__of_another_shape__is_a_bad_time),
        cmocka_unit_test(read_word__of_an_unknown_one__is_out_of_range_and_names_the_allowed),
        cmocka_unit_test(at_decimal__of_digits__is_exact),
        cmocka_unit_test(first_and_next__walk_in_the_documents_order),
        cmocka_unit_test(write__of_what_was_read__is_identical),
        cmocka_unit_test(write__of_an_absent_value__is_null),
    };
    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
