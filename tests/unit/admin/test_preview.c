/* test_preview.c - adm_preview_read(), adm_fleet_counts_read() and their lines: what a server counted. */
#include "tests/cmocka_all.h"

#include "admin/preview.h"
#include "admin/simulated.h"
#include "admin/simulation_view.h"
#include "tests/unit/admin/answers.h"

#include <string.h>

#define HEAD "\"at\":\"2026-11-29T10:00:00Z\",\"policy_etag\":\"\\\"7002-aa\\\"\","
#define COUNTS                                                                                     \
    "\"outcomes\":{\"allow\":12519,\"unknown\":12},\"blocked_by\":{},\"unknown_facts\":{\"groups\":12},"

static const char PREVIEW[] =
    "{" HEAD "\"from\":{\"stage\":\"hold-back\",\"version\":7002,\"kind\":\"stage\"},"
    "\"to\":{\"stage\":\"pilot\",\"version\":7003,\"kind\":\"stage\"},\"users\":12976,"
    "\"changes\":[{\"from\":\"block\",\"to\":\"allow\",\"users\":12431},"
    "{\"from\":\"leave\",\"to\":\"allow\",\"users\":88},"
    "{\"from\":\"allow\",\"to\":\"block\",\"users\":14}],"
    "\"unchanged\":431,\"regressing\":14,\"unknown\":12," COUNTS "\"refusal\":null}";

static enum status read_preview(const char *text, struct adm_preview *out, struct err *err)
{
    struct adm_answer answer = answer_of(text);
    enum status st = adm_preview_read(&answer, out, err);
    adm_answer_done(&answer);
    return st;
}

static void preview__of_a_server__is_read_and_laid_out(void **state)
{
    (void)state;
    static struct adm_preview p;
    struct err err = {0};
    struct bytes text = bytes_with_limit(4096);
    assert_int_equal(read_preview(PREVIEW, &p, &err), ST_OK);
    assert_true(p.known);
    assert_string_equal(p.stage, "pilot");
    assert_int_equal(p.version, 7003);
    assert_int_equal(p.regressing, 14);
    assert_int_equal(adm_preview_text(&p, &text), ST_OK);
    assert_string_equal(
        bytes_text(&text),
        "       12,431  block -> allow\n"
        "!          14  allow -> block: taken back, which --confirm-regression confirms\n"
        "           88  leave -> allow\n"
        "          431  stay as they are\n"
        "           12  not known to the server; their machines decide\n"
        "               (of 12 \"groups\" is not known)\n");
    bytes_free(&text);
}

static void preview__that_would_be_refused__says_why(void **state)
{
    (void)state;
    static struct adm_preview p;
    struct err err = {0};
    struct bytes text = bytes_with_limit(4096);
    assert_int_equal(
        read_preview(
            "{\"to\":{\"stage\":\"later\",\"version\":7004},\"users\":0,\"changes\":[],"
            "\"unchanged\":0,\"regressing\":0,\"unknown\":0,\"outcomes\":{},\"blocked_by\":{},"
            "\"unknown_facts\":{},\"refusal\":{\"code\":\"not_yet\",\"detail\":\"too early\"}}",
            &p, &err),
        ST_OK);
    assert_string_equal(p.why.code, "not_yet");
    assert_int_equal(adm_preview_text(&p, &text), ST_OK);
    assert_string_equal(bytes_text(&text),
                        "       0  stay as they are\n"
                        "!      the server would refuse it now: too early (not_yet)\n");
    bytes_free(&text);
}

static void preview__not_known__gives_no_number(void **state)
{
    (void)state;
    struct adm_preview p = {.known = false};
    struct bytes text = bytes_with_limit(4096);
    (void)err_refuse(&p.why, "simulation_running", NULL,
                     "another simulation is running: come again");
    assert_int_equal(adm_preview_text(&p, &text), ST_OK);
    assert_string_equal(bytes_text(&text),
                        "!      how many users change is not known: another "
                        "simulation is running: come again (simulation_running)\n");
    bytes_free(&text);
}

static void preview__with_words_or_numbers_that_are_none__is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *pointer;
    } MISTAKES[] = {
        {"\"users\":12976", "\"users\":-1", "/users"},
        {"\"unchanged\":431,", "", "/unchanged"},
        {"\"to\":\"allow\",\"users\":88", "\"to\":\"perhaps\",\"users\":88", "/changes/1/to"},
        {"\"unknown\":12}", "\"perhaps\":12}", "/outcomes/perhaps"},
        {"{\"groups\":12}", "[12]", "/unknown_facts"},
        {"\"version\":7003", "\"version\":\"7003\"", "/to/version"},
        {"\"refusal\":null", "\"refusal\":7", "/refusal"},
    };
    (void)state;
    static struct adm_preview p;
    for (size_t i = 0; i < sizeof MISTAKES / sizeof MISTAKES[0]; i++) {
        struct err err = {0};
        struct bytes text = bytes_with_limit(8192);
        const char *at = strstr(PREVIEW, MISTAKES[i].from);
        assert_non_null(at);
        assert_int_equal(bytes_append(&text, PREVIEW, (size_t)(at - PREVIEW)), ST_OK);
        assert_int_equal(bytes_append_text(&text, MISTAKES[i].to), ST_OK);
        assert_int_equal(bytes_append_text(&text, at + strlen(MISTAKES[i].from)), ST_OK);
        assert_int_equal(read_preview(bytes_text(&text), &p, &err), ST_REFUSED);
        assert_string_equal(err.pointer, MISTAKES[i].pointer);
        bytes_free(&text);
    }
}

/* ---- a plan against the fleet ------------------------------------------------------------- */

static const char PLAN_ANSWER[] =
    "{" HEAD "\"released\":{\"stage\":\"pilot\",\"version\":7002,\"kind\":\"stage\"},"
    "\"rollout\":\"mapihttp-2026\",\"serial\":8,\"users\":20,"
    "\"stages\":[{\"stage\":\"hold-back\",\"version\":8001,\"outcomes\":{\"block\":17,\"leave\":3},"
    "\"blocked_by\":{\"mailbox\":2},\"unknown_facts\":{},"
    "\"changes\":[{\"from\":\"leave\",\"to\":\"block\",\"users\":17}],"
    "\"from_released\":[{\"from\":\"allow\",\"to\":\"block\",\"users\":4}],\"regressing\":4}],"
    "\"safe\":{\"stage\":\"safe\",\"version\":8999,\"outcomes\":{\"block\":20},\"blocked_by\":{},"
    "\"unknown_facts\":{},\"from_released\":[{\"from\":\"leave\",\"to\":\"block\",\"users\":9}],"
    "\"regressing\":0},\"warnings\":[]}";

static void fleet__counted_by_a_server__is_laid_out_as_from_a_file(void **state)
{
    (void)state;
    struct err err = {0};
    struct bytes text = bytes_with_limit(8192);
    struct adm_fleet_counts counts = {.answer = answer_of(PLAN_ANSWER)};
    assert_int_equal(adm_fleet_counts_read(&counts, &err), ST_OK);
    assert_int_equal(adm_simulation_text(&counts.simulated, &text), ST_OK);
    assert_string_equal(
        bytes_text(&text),
        "rollout mapihttp-2026, serial 8, 20 users\n\n"
        "STAGE      block  allow  allow_explicit  leave  release  restore  unknown  by guard  changes\n"
        "hold-back  17     0      0               3      0        0        0        2         17\n"
        "safe       20     0      0               0      0        0        0        0         -\n\n"
        "hold-back: 17 from leave to block\n"
        "hold-back: 2 by the guard: mailbox\n\n"
        "against what is released now (pilot, version 7002):\n"
        "hold-back: 4 from allow to block (taken back)\n"
        "safe: 9 from leave to block\n");
    adm_fleet_counts_done(&counts);
    bytes_free(&text);
}

static void fleet__answer_that_is_none__is_refused(void **state)
{
    static const char *const ANSWERS[] = {
        "[]", "{}", "{\"rollout\":\"r\",\"serial\":8,\"users\":20,\"stages\":7}",
        "{\"rollout\":\"r\",\"serial\":8,\"users\":20,\"stages\":[7],\"safe\":{}}"};
    (void)state;
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        struct err err = {0};
        struct adm_fleet_counts counts = {.answer = answer_of(ANSWERS[i])};
        assert_int_equal(adm_fleet_counts_read(&counts, &err), ST_REFUSED);
        adm_fleet_counts_done(&counts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preview__of_a_server__is_read_and_laid_out),
        cmocka_unit_test(preview__that_would_be_refused__says_why),
        cmocka_unit_test(preview__not_known__gives_no_number),
        cmocka_unit_test(preview__with_words_or_numbers_that_are_none__is_refused),
        cmocka_unit_test(fleet__counted_by_a_server__is_laid_out_as_from_a_file),
        cmocka_unit_test(fleet__answer_that_is_none__is_refused),
    };
    return cmocka_run_group_tests_name("preview", tests, NULL, NULL);
}
