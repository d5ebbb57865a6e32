/* test_problems.c - problems.h and json_pointer.h: every mistake at its place, up to twenty. */
#include "tests/unit/policy/parsed.h"

#include <stdio.h>
#include <string.h>

static void read_object__with_unknown_members__guesses_what_was_meant(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"advance", "soak_s", "on_fail"};
    struct pol_json *json =
        parsed("{\"soak\":1,\"soak_s\":1,\"advanse\":1,\"colour\":1,\"ON_FAIL\":1}");
    struct pol_at root = pol_json_root(json, &problems);
    assert_true(pol_read_object(&root, KEYS, 3));
    assert_int_equal(problems.found, 4);
    assert_problem(0, "unknown_field", "/soak");
    assert_string_equal(problems.items[0].text, "did you mean \"soak_s\"?");
    assert_problem(1, "unknown_field", "/advanse");
    assert_string_equal(problems.items[1].text, "did you mean \"advance\"?");
    assert_problem(2, "unknown_field", "/colour");
    assert_string_equal(problems.items[2].text, "there is no such field");
    assert_problem(3, "unknown_field", "/ON_FAIL");
    pol_json_free(json);
}

static void problem__deep_inside__has_an_escaped_pointer(void **state)
{
    (void)state;
    struct pol_json *json = parsed("{\"a~b\":[0,{\"c/d\":{\"\":\"x\"}}]}");
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_at list;
    struct pol_at item;
    struct pol_at inner;
    int64_t number = 0;
    size_t count = 0;
    assert_true(pol_read_array(&root, "a~b", POL_REQUIRED, 9, &list, &count));
    assert_true(pol_first(&list, &item) && pol_next(&item));
    assert_true(pol_read_member(&item, "c/d", POL_REQUIRED, &inner));
    assert_false(pol_read_integer(&inner, "", POL_REQUIRED, 0, 9, &number));
    assert_one_problem("wrong_type", "/a~0b/1/c~1d/");
    pol_json_free(json);
}

static void problem__at_a_long_name__is_cut_at_a_whole_character(void **state)
{
    (void)state;
    char document[600] = "{\"";
    for (size_t i = 0; i < 100; i++) {
        (void)strcat(document, i % 2 == 0 ? "~" : "\xe2\x82\xac");
    }
    (void)strcat(document, "\":1}");
    struct pol_json *json = parsed(document);
    struct pol_at root = pol_json_root(json, &problems);
    assert_true(pol_read_object(&root, NULL, 0));
    const char *pointer = problems.items[0].pointer;
    assert_memory_equal(pointer, "/~0\xe2\x82\xac~0", 8);
    assert_int_equal(strlen(pointer), 1 + 5 * 50); /* fits as a whole */
    struct err err = {.st = ST_REFUSED, .code = "x"};
    (void)snprintf(err.pointer, sizeof err.pointer, "%s", pointer);
    pol_problems_add(&problems, &err);
    assert_string_equal(problems.items[1].pointer, pointer);
    pol_json_free(json);
}

static void problems__beyond_20__are_counted_and_not_kept(void **state)
{
    (void)state;
    struct pol_json *json = parsed("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]");
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_at item;
    const char *text = NULL;
    for (bool more = pol_first(&root, &item); more; more = pol_next(&item)) {
        assert_false(pol_at_text(&item, 9, &text));
    }
    assert_int_equal(problems.count, 20);
    assert_int_equal(problems.found, 23);
    assert_problem(0, "wrong_type", "/0");
    assert_problem(19, "wrong_type", "/19");
    pol_problems_add(&problems, &(struct err){.st = ST_REFUSED, .code = "x"});
    assert_int_equal(problems.count, 20);
    assert_int_equal(problems.found, 24);
    assert_problem(19, "wrong_type", "/19");
    pol_json_free(json);
}

static void problems_status__of_several__is_the_first(void **state)
{
    (void)state;
    struct err err = {0};
    memset(&problems, 0, sizeof problems);
    assert_int_equal(pol_problems_status(&problems, &err), ST_OK);
    struct pol_json *json = parsed("{\"a\":1}");
    struct pol_at root = pol_json_root(json, &problems);
    pol_at_problem(&root, "expired", "the %s", "first");
    pol_at_problem(&root, "not_yet", "the second");
    assert_int_equal(pol_problems_status(&problems, &err), ST_REFUSED);
    assert_string_equal(err.code, "expired");
    assert_string_equal(err.text, "the first");
    assert_string_equal(err.pointer, "");
    pol_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_object__with_unknown_members__guesses_what_was_meant),
        cmocka_unit_test(problem__deep_inside__has_an_escaped_pointer),
        cmocka_unit_test(problem__at_a_long_name__is_cut_at_a_whole_character),
        cmocka_unit_test(problems__beyond_20__are_counted_and_not_kept),
        cmocka_unit_test(problems_status__of_several__is_the_first),
    };
    return cmocka_run_group_tests_name("problems", tests, NULL, NULL);
}
