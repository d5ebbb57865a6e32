/* test_answer_header.c - ag_answer_header_read(): hostile lines in, bounded facts out. */
#include "tests/cmocka_all.h"

#include "agent/answer_header.h"

#include <string.h>

static struct ag_answer answer;

static int set_up(void **state)
{
    (void)state;
    answer = (struct ag_answer){.st = ST_OK};
    return 0;
}

static void line(const char *text)
{
    ag_answer_header_read(&answer, text, strlen(text));
}

static void read__known_headers__are_taken_in_any_case(void **state)
{
    (void)state;
    line("HTTP/1.1 200 OK\r\n");
    line("etag:   \"7002-abc\"  \r\n");
    line("RETRY-AFTER: 17\r\n");
    line("Preference-Applied: wait=240\r\n");
    line("Enrollment-Required: true\r\n");
    assert_string_equal(answer.etag, "\"7002-abc\"");
    assert_int_equal(answer.retry_after_s, 17);
    assert_true(answer.wait_applied && answer.enrollment_required);
}

static void read__other_headers__change_nothing(void **state)
{
    (void)state;
    line("X-ETag: \"1\"\r\n");
    line("ETag2: \"1\"\r\n");
    line("ETag\r\n");
    line("\r\n");
    line("");
    line("Preference-Applied: respond-async\r\n");
    line("Enrollment-Required: maybe\r\n");
    assert_string_equal(answer.etag, "");
    assert_false(answer.wait_applied || answer.enrollment_required);
}

static void read__etag_too_long_or_with_nul__counts_as_not_there(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'x', sizeof text);
    memcpy(text, "ETag: ", 6);
    ag_answer_header_read(&answer, text, sizeof text);
    assert_string_equal(answer.etag, "");
    ag_answer_header_read(&answer, "ETag: a\0b\r\n", 11);
    assert_string_equal(answer.etag, "");
}

static void read__retry_after__takes_seconds_only(void **state)
{
    (void)state;
    line("Retry-After: Fri, 31 Dec 2036 23:59:59 GMT\r\n");
    assert_int_equal(answer.retry_after_s, 0);
    line("Retry-After: -5\r\n");
    assert_int_equal(answer.retry_after_s, 0);
    line("Retry-After:\r\n");
    assert_int_equal(answer.retry_after_s, 0);
    line("Retry-After: 99999999999999999999999\r\n");
    assert_true(answer.retry_after_s == UINT32_MAX);
}

static void read__status_line__forgets_what_an_earlier_answer_said(void **state)
{
    (void)state;
    line("ETag: \"1\"\r\n");
    line("Enrollment-Required: true\r\n");
    line("HTTP/1.1 200 OK\r\n");
    assert_string_equal(answer.etag, "");
    assert_false(answer.enrollment_required);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(read__known_headers__are_taken_in_any_case),
        TEST(read__other_headers__change_nothing),
        TEST(read__etag_too_long_or_with_nul__counts_as_not_there),
        TEST(read__retry_after__takes_seconds_only),
        TEST(read__status_line__forgets_what_an_earlier_answer_said),
    };
    return cmocka_run_group_tests_name("answer_header", tests, NULL, NULL);
}
