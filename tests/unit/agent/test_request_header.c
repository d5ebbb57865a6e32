#include "tests/cmocka_all.h"

#include "agent/request_header.h"

#include <string.h>

static struct bytes seen;

static enum status see(void *ctx, const char *line)
{
    (void)ctx;
    assert_int_equal(bytes_append_format(&seen, "%s\n", line), ST_OK);
    return ST_OK;
}

static void assert_lines(const struct ag_request *request, const char *expected)
{
    seen = bytes_with_limit(4096);
    assert_int_equal(ag_request_header_write(request, see, NULL), ST_OK);
    assert_string_equal(bytes_text(&seen), expected);
    bytes_free(&seen);
}

static void header__of_a_held_poll__asks_to_wait(void **state)
{
    (void)state;
    const struct ag_request poll = {.bearer = "t", .if_none_match = "\"7-a\"", .wait_s = 240};
    assert_lines(&poll, "Authorization: Bearer t\nIf-None-Match: \"7-a\"\nPrefer: wait=240\n");
}

static void header__of_a_body__says_what_it_is_and_expects_nothing(void **state)
{
    (void)state;
    const struct ag_request report = {.device_token = "old", .body = span_text("{}")};
    assert_lines(&report, "X-Device-Token: old\nContent-Type: application/json\nExpect:\n");
}

static void header__of_a_bare_request__has_no_line(void **state)
{
    (void)state;
    const struct ag_request bare = {.path = "/v1/policy"};
    assert_lines(&bare, "");
}

static void header__too_long__is_not_cut(void **state)
{
    (void)state;
    char token[2000];
    memset(token, 'x', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    const struct ag_request request = {.bearer = token};
    assert_int_equal(ag_request_header_write(&request, see, NULL), ST_TOO_LARGE);
}

static enum status refuse(void *ctx, const char *line)
{
    (void)line;
    ++*(int *)ctx;
    return ST_NO_MEMORY;
}

static void header__visit_fails__ends_there(void **state)
{
    (void)state;
    int visits = 0;
    const struct ag_request request = {.bearer = "t", .if_none_match = "\"0\""};
    assert_int_equal(ag_request_header_write(&request, refuse, &visits), ST_NO_MEMORY);
    assert_int_equal(visits, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header__of_a_held_poll__asks_to_wait),
        cmocka_unit_test(header__of_a_body__says_what_it_is_and_expects_nothing),
        cmocka_unit_test(header__of_a_bare_request__has_no_line),
        cmocka_unit_test(header__too_long__is_not_cut),
        cmocka_unit_test(header__visit_fails__ends_there),
    };
    return cmocka_run_group_tests_name("request_header", tests, NULL, NULL);
}
