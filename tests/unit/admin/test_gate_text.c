/* test_gate_text.c - adm_gate_read() and adm_gate_text(): how a gate stands, for people. */
#include "tests/cmocka_all.h"

#include "admin/gate_text.h"
#include "tests/unit/admin/answers.h"

#include <stdio.h>
#include <string.h>

static const struct adm_look PLAIN = {.columns = 0};

static const char FAILING[] =
    "{\"gate\":{\"stage\":\"pilot\",\"version\":7003,\"verdict\":\"hold\",\"reason\":\"failing\","
    "\"refusal\":null,\"missing\":[\"soak\",\"healthy\"],\"at\":\"2026-11-22T10:00:00Z\","
    "\"soak_left_s\":93600,\"failing_since\":\"2026-11-22T09:50:00Z\",\"subjects\":100,\"unknown\":7,"
    "\"reporting\":100,\"conclusive\":30,\"healthy\":10,\"failing\":20,\"devices\":90,"
    "\"failing_devices\":18,\"samples\":["
    "{\"threshold_ppm\":250000,\"users\":400,\"seen\":100,\"off\":false},"
    "{\"threshold_ppm\":52500,\"users\":400,\"seen\":200,\"off\":true},"
    "{\"threshold_ppm\":1,\"users\":400,\"seen\":201,\"off\":true}],"
    "\"advance\":\"auto\",\"on_fail\":\"safe\",\"soak_s\":259200,\"min_reporting_percent\":90,"
    "\"min_conclusive_percent\":50,\"min_healthy_percent\":97,\"max_failing\":5},"
    "\"hold\":{\"reason\":\"we look \\u001b at it\",\"by\":\"bob\",\"at\":\"2026-11-22T10:00:00Z\"}}";

static void read_views(const char *text, struct adm_gate_view *gate, struct adm_hold_view *hold,
                       enum status expected)
{
    struct err err;
    struct adm_answer answer = answer_of(text);
    struct pol_at root = adm_answer_root(&answer);
    adm_gate_read(&root, gate, hold);
    assert_int_equal(adm_answer_check(&answer, &err), expected);
    adm_answer_done(&answer);
}

static void check_text(const struct adm_gate_view *gate, const char *expected)
{
    struct bytes text = bytes_with_limit(16384);
    assert_int_equal(adm_gate_text(gate, &PLAIN, &text), ST_OK);
    assert_string_equal(bytes_text(&text), expected);
    bytes_free(&text);
}

static void gate_text__machines_fail__each_number_stands_beside_its_bound(void **state)
{
    (void)state;
    struct adm_gate_view gate;
    struct adm_hold_view hold;
    read_views(FAILING, &gate, &hold, ST_OK);
    check_text(
        &gate,
        "\n"
        "gate of pilot HOLDS: too many machines fail\n"
        "   NUMBER           IS            NEEDS\n"
        "!  soak             1 d 2 h left  3 d 0 h\n"
        "   reporting        100 of 100    90 %\n"
        "!  conclusive       30 of 100     50 %, and 20\n"
        "!  healthy          10 of 30      97 %\n"
        "!  failing devices  18 of 90      at most 5\n"
        "!  in a percentage  200 of 400    about 5.2500 %\n"
        "passed, it goes on by itself; failed, it pulls the brake\n"
        "*** the brake goes on 15 minutes after 2026-11-22T09:50:00Z, unless this ends or the "
        "gates are held ***\n"
        "of 7 users the server cannot tell what changes\n");
}

static void gate_text__held__says_by_whom_and_why_escaped(void **state)
{
    (void)state;
    struct adm_gate_view gate;
    struct adm_hold_view hold;
    struct bytes text = bytes_with_limit(16384);
    read_views(FAILING, &gate, &hold, ST_OK);
    assert_int_equal(adm_hold_text(&hold, &PLAIN, &text), ST_OK);
    assert_string_equal(bytes_text(&text),
                        "hold      the gates are held, 2026-11-22T10:00:00Z by bob: we look \\x1b "
                        "at it\n");
    bytes_free(&text);
}

static void gate_text__no_gate_and_no_hold__says_nothing(void **state)
{
    (void)state;
    static const char *const ANSWERS[] = {"{\"gate\":null,\"hold\":null}", "{}"};
    for (size_t i = 0; i < 2; i++) {
        struct adm_gate_view gate;
        struct adm_hold_view hold;
        struct bytes text = bytes_with_limit(16384);
        read_views(ANSWERS[i], &gate, &hold, ST_OK);
        check_text(&gate, "");
        assert_int_equal(adm_hold_text(&hold, &PLAIN, &text), ST_OK);
        assert_string_equal(bytes_text(&text), "");
        bytes_free(&text);
    }
}

static void gate_text__few_subjects__all_of_them_are_needed(void **state)
{
    (void)state;
    struct adm_gate_view gate = {.known = true,
                                 .stage = "pilot",
                                 .reason = "conclusive",
                                 .failing_since_s = -1,
                                 .soak_s = 90,
                                 .subjects = 3,
                                 .reporting = 3,
                                 .conclusive = 2,
                                 .healthy = 2,
                                 .devices = 3,
                                 .min_conclusive_percent = 50,
                                 .min_healthy_percent = 97,
                                 .max_failing = 5};
    check_text(&gate, "\n"
                      "gate of pilot holds: of too few it is known whether they are healthy\n"
                      "   NUMBER           IS      NEEDS\n"
                      "   soak             over    1 min 30 s\n"
                      "   reporting        3 of 3  0 %\n"
                      "!  conclusive       2 of 3  50 %, and 3\n"
                      "   healthy          2 of 2  97 %\n"
                      "   failing devices  0 of 3  at most 5\n");
}

static void gate_text__refused__says_why(void **state)
{
    (void)state;
    struct adm_gate_view gate = {
        .known = true, .stage = "pilot", .reason = "refused", .refusal = "expired: \x1b"};
    struct bytes text = bytes_with_limit(16384);
    gate.failing_since_s = -1;
    assert_int_equal(adm_gate_text(&gate, &PLAIN, &text), ST_OK);
    assert_non_null(strstr(bytes_text(&text), "gate of pilot HOLDS: expired: \\x1b\n"));
    bytes_free(&text);
}

static void gate_text__each_reason_of_the_server__has_a_sentence(void **state)
{
    (void)state;
    static const char *const REASONS[] = {"passed",
                                          "soak",
                                          "reporting",
                                          "conclusive",
                                          "conclusive_percent",
                                          "healthy",
                                          "failing",
                                          "sample_ratio",
                                          "manual",
                                          "not_before",
                                          "no_next_stage",
                                          "never_automatic",
                                          "held",
                                          "not_fixed"};
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        struct adm_gate_view gate = {.known = true, .stage = "x", .failing_since_s = -1};
        struct bytes text = bytes_with_limit(16384);
        char as_word[64];
        (void)snprintf(gate.reason, sizeof gate.reason, "%s", REASONS[i]);
        (void)snprintf(as_word, sizeof as_word, "gate of x %s\n", REASONS[i]);
        assert_int_equal(adm_gate_text(&gate, &PLAIN, &text), ST_OK);
        assert_true(i == 0 || strstr(bytes_text(&text), as_word) == NULL);
        bytes_free(&text);
    }
}

static void gate_read__wrong_answers__are_refused(void **state)
{
    (void)state;
    static const char *const ANSWERS[] = {
        "{\"gate\":7}",
        "{\"gate\":{}}",
        "{\"hold\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        struct adm_gate_view gate;
        struct adm_hold_view hold;
        read_views(ANSWERS[i], &gate, &hold, ST_REFUSED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_text__machines_fail__each_number_stands_beside_its_bound),
        cmocka_unit_test(gate_text__held__says_by_whom_and_why_escaped),
        cmocka_unit_test(gate_text__no_gate_and_no_hold__says_nothing),
        cmocka_unit_test(gate_text__few_subjects__all_of_them_are_needed),
        cmocka_unit_test(gate_text__refused__says_why),
        cmocka_unit_test(gate_text__each_reason_of_the_server__has_a_sentence),
        cmocka_unit_test(gate_read__wrong_answers__are_refused),
    };
    return cmocka_run_group_tests_name("gate_text", tests, NULL, NULL);
}
