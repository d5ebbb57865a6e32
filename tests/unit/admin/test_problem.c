/* test_problem.c - adm_problem_read(): each refusal of a server becomes one of ours. */
#include "tests/cmocka_all.h"

#include "admin/problem.h"
#include "base/file.h"

#include <string.h>

enum { PAGE_BYTES = 1024 * 1024, CODE_BYTES = 64 };

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

/* The words in backquotes of a paragraph, or of a table's first column; what is said of users and of an audit
 * is no server's code. */
static size_t expect_codes(char *line)
{
    const char *of_others = "| of a";
    size_t count = 0;
    if (strncmp(line, of_others, strlen(of_others)) == 0) {
        return 0;
    }
    if (line[0] == '|') {
        line[1 + strcspn(line + 1, "|")] = '\0';
    }
    for (const char *at = strchr(line, '`'); at != NULL; at = strchr(at, '`')) {
        char code[CODE_BYTES] = "";
        size_t length = strspn(++at, "abcdefghijklmnopqrstuvwxyz_");
        if (at[length] == '`' && length < sizeof code) {
            memcpy(code, at, length);
            assert_string_equal(adm_problem_code(code), code);
            count++;
        }
        at = strchr(at, '`');
        assert_non_null(at);
        at++;
    }
    return count;
}

static size_t expect_codes_of_page(const char *page, const char *from, const char *to)
{
    struct bytes text = {0};
    size_t count = 0;
    assert_int_equal(file_read(page, PAGE_BYTES, &text, NULL), ST_OK);
    char *at = strstr((char *)text.data, from);
    assert_non_null(at);
    char *end = strstr(at, to);
    assert_non_null(end);
    *end = '\0';
    while (at != NULL) {
        char *next = strchr(at, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        count += expect_codes(at);
        at = next;
    }
    bytes_free(&text);
    return count;
}

static void code__of_each_page__is_known(void **state)
{
    (void)state;
    assert_true(expect_codes_of_page("docs/policy-format.md", "\n### Codes\n",
                                     "\nThe server's answers") >= 35);
    assert_true(expect_codes_of_page("docs/protocol.md", "\nBeside the codes of",
                                     "Request headers may") >= 11);
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
        cmocka_unit_test(code__of_each_page__is_known),
    };
    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
