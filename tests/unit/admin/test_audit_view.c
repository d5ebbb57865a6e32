/* test_audit_view.c - the head of the audit as it is printed, and the lines of its table. */
#include "tests/cmocka_all.h"

#include "admin/audit_view.h"
#include "tests/unit/admin/answers.h"

#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static enum status read_view(const char *text, struct adm_audit_view *out)
{
    struct err err = {0};
    struct adm_answer answer = answer_of(text);
    struct pol_at root = adm_answer_root(&answer);
    adm_audit_view_read(&root, out);
    enum status st = adm_answer_check(&answer, &err);
    adm_answer_done(&answer);
    return st;
}

static void expect_text(const struct adm_audit_view *view, const char *text)
{
    struct bytes out = bytes_with_limit(1024);
    assert_int_equal(adm_audit_view_text(view, &out), ST_OK);
    assert_string_equal(bytes_text(&out), text);
    bytes_free(&out);
}

static void head__as_the_server_says__is_one_line(void **state)
{
    (void)state;
    struct adm_audit_view view;
    assert_int_equal(
        read_view("{\"audit\":{\"number\":12,\"hash\":\"" HASH "\",\"pending\":false}}", &view),
        ST_OK);
    expect_text(&view, "audit head 12 " HASH "\n");
    assert_int_equal(
        read_view("{\"audit\":{\"number\":12,\"hash\":\"" HASH "\",\"pending\":true}}", &view),
        ST_OK);
    expect_text(&view, "audit head 12 " HASH " (an entry is still on its way: ask again)\n");
}

static void head__not_said__is_not_printed(void **state)
{
    (void)state;
    struct adm_audit_view view;
    assert_int_equal(read_view("{\"rollout\":null}", &view), ST_OK);
    expect_text(&view, "");
    assert_int_equal(read_view("{\"audit\":null}", &view), ST_OK);
    expect_text(&view, "");
}

static void head__not_ours__is_refused(void **state)
{
    static const char *const BAD[] = {
        "{\"audit\":1}",
        "{\"audit\":{\"hash\":\"" HASH "\"}}",
        "{\"audit\":{\"number\":1}}",
        "{\"audit\":{\"number\":1,\"hash\":\"\\u001b[31m\"}}",
        "{\"audit\":{\"number\":-1,\"hash\":\"" HASH "\"}}",
        "{\"audit\":{\"number\":1,\"hash\":\"" HASH "0\"}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct adm_audit_view view;
        assert_int_equal(read_view(BAD[i], &view), ST_REFUSED);
    }
}

static void entry__whatever_is_in_it__is_one_line_that_moves_no_cursor(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(4096);
    struct pol_audit_entry entry = {.number = 3,
                                    .at_s = 1800000000,
                                    .who = "token",
                                    .name = "al\x1b[31mice",
                                    .address = "",
                                    .what = "hold",
                                    .before = "",
                                    .after = "a\nb"};
    assert_int_equal(adm_audit_entry_text(&entry, &out), ST_OK);
    assert_non_null(
        strstr(bytes_text(&out), "3         2027-01-15T08:00:00Z  token al\\x1b[31mice "));
    assert_non_null(strstr(bytes_text(&out), "  -  "));
    assert_non_null(strstr(bytes_text(&out), "  -> a\\x0ab\n"));
    bytes_clear(&out);
    entry.before = "b";
    entry.after = "";
    assert_int_equal(adm_audit_entry_text(&entry, &out), ST_OK);
    assert_non_null(strstr(bytes_text(&out), "  b ->\n"));
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head__as_the_server_says__is_one_line),
        cmocka_unit_test(head__not_said__is_not_printed),
        cmocka_unit_test(head__not_ours__is_refused),
        cmocka_unit_test(entry__whatever_is_in_it__is_one_line_that_moves_no_cursor),
    };
    return cmocka_run_group_tests_name("audit view", tests, NULL, NULL);
}
