/* test_problem.c - adm_problem_read(): each refusal of a server becomes one of ours. */
#include "tests/cmocka_all.h"

#include "admin/problem.h"

static struct err read_problem(long http, const char *body)
{
    struct err err = {.st = ST_OK};
    enum status st = adm_problem_read(http, span_text(body), "me.token", &err);
    assert_int_not_equal(st, ST_OK);
    assert_int_equal(st, err.st);
    return err;
}

static void problem__known_code__is_taken_with_its_sentence(void **state)
{
    (void)state;
    struct err err = read_problem(412, "{\"type\":\"t\",\"title\":\"x\",\"status\":412,"
                                       "\"detail\":\"somebody was faster\","
                                       "\"code\":\"precondition_failed\"}");
    assert_int_equal(err.st, ST_REFUSED);
    assert_string_equal(err.code, "precondition_failed");
    assert_string_equal(err.text, "somebody was faster");
}

static void problem__pointer__is_passed_on(void **state)
{
    (void)state;
    struct err err = read_problem(
        422, "{\"code\":\"unknown_field\",\"detail\":\"d\",\"pointer\":\"/stages/1/gate\"}");
    assert_string_equal(err.pointer, "/stages/1/gate");
}

static void problem__unknown_code__is_quoted_and_not_trusted(void **state)
{
    (void)state;
    struct err err = read_problem(409, "{\"code\":\"brand_new\",\"detail\":\"later\"}");
    assert_string_equal(err.code, "internal");
    assert_string_equal(err.text, "the server says brand_new: later");
}

static void problem__token_refused__names_the_file_and_the_way_out(void **state)
{
    (void)state;
    struct err err = read_problem(401, "{\"code\":\"unauthorized\",\"detail\":\"no\"}");
    assert_string_equal(err.code, "unauthorized");
    assert_string_equal(err.text, "the server does not know the token in me.token: make one with"
                                  " 'mapi-rollout-server token add'");
    err = read_problem(403, "{\"code\":\"forbidden\",\"detail\":\"operator needed\"}");
    assert_string_equal(err.text, "the token in me.token may not do this: operator needed");
}

static void problem__not_json__is_told_by_its_http_status(void **state)
{
    (void)state;
    assert_string_equal(read_problem(503, "<html>busy</html>").code, "unavailable");
    assert_string_equal(read_problem(404, "").code, "not_found");
    assert_string_equal(read_problem(500, "[]").text, "the server answered 500 and no reason");
    assert_string_equal(read_problem(501, "{\"code\":7}").code, "unsupported");
}

static void problem__redirect__is_no_refusal_of_ours(void **state)
{
    (void)state;
    struct err err = read_problem(302, "");
    assert_int_equal(err.st, ST_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem__known_code__is_taken_with_its_sentence),
        cmocka_unit_test(problem__pointer__is_passed_on),
        cmocka_unit_test(problem__unknown_code__is_quoted_and_not_trusted),
        cmocka_unit_test(problem__token_refused__names_the_file_and_the_way_out),
        cmocka_unit_test(problem__not_json__is_told_by_its_http_status),
        cmocka_unit_test(problem__redirect__is_no_refusal_of_ours),
    };
    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
