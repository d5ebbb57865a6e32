/* test_commands.c - adm_run(): exit codes, and help that fits a screen. */
#include "tests/cmocka_all.h"

#include "admin/commands.h"

#include <string.h>

enum { SCREEN_LINES = 24, SCREEN_COLUMNS = 80 };

static const char *const WITH_HELP[] = {
    "init",     "keygen",  "trust", "check",  "sign",  "verify",  "publish",
    "release",  "advance", "safe",  "status", "users", "devices", "explain",
    "simulate", "attach",  "hold",  "resume", "audit", "export",  "completion"};

static enum adm_exit run(const char *first, const char *second)
{
    char program[] = "mapi-rollout";
    char words[2][64] = {"", ""};
    char *argv[] = {program, words[0], words[1], NULL};
    int argc = 1;
    if (first != NULL) {
        (void)strncpy(words[0], first, sizeof words[0] - 1);
        argc++;
    }
    if (second != NULL) {
        (void)strncpy(words[1], second, sizeof words[1] - 1);
        argc++;
    }
    return adm_run(argc, argv);
}

static void help__every_command__fits_a_screen_and_has_an_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WITH_HELP / sizeof WITH_HELP[0]; i++) {
        const char *text = adm_help_find(WITH_HELP[i]);
        size_t lines = 0;
        assert_non_null(text);
        assert_non_null(strstr(text, "\nExample: mapi-rollout "));
        for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
            size_t columns = strcspn(line, "\n");
            if (columns > SCREEN_COLUMNS) {
                fail_msg("%s: %zu columns: %.*s", WITH_HELP[i], columns, (int)columns, line);
            }
            lines++;
        }
        assert_in_range(lines, 1, SCREEN_LINES);
        assert_int_equal(run(WITH_HELP[i], "--help"), ADM_EXIT_DONE);
        assert_int_equal(run("help", WITH_HELP[i]), ADM_EXIT_DONE);
    }
}

static void run__asked_about_itself__answers(void **state)
{
    (void)state;
    assert_int_equal(run("help", NULL), ADM_EXIT_DONE);
    assert_int_equal(run("--help", NULL), ADM_EXIT_DONE);
    assert_int_equal(run("--version", NULL), ADM_EXIT_DONE);
}

static void run__wrong_words__are_usage_errors(void **state)
{
    (void)state;
    assert_int_equal(run(NULL, NULL), ADM_EXIT_USAGE);
    assert_int_equal(run("sgin", NULL), ADM_EXIT_USAGE);
    assert_int_equal(run("", NULL), ADM_EXIT_USAGE);
    assert_int_equal(run("help", "sgin"), ADM_EXIT_USAGE);
    assert_int_equal(run("check", NULL), ADM_EXIT_USAGE);
    assert_int_equal(run("users", "extra"), ADM_EXIT_USAGE);
}

static void run__not_built_yet__is_refused(void **state)
{
    (void)state;
    static const char *const LATER[] = {"evidence"};
    for (size_t i = 0; i < sizeof LATER / sizeof LATER[0]; i++) {
        assert_int_equal(run(LATER[i], NULL), ADM_EXIT_FAILED);
        assert_int_equal(run(LATER[i], "--help"), ADM_EXIT_FAILED);
    }
}

static void run__missing_file__fails(void **state)
{
    (void)state;
    assert_int_equal(run("check", "no/such/plan.json"), ADM_EXIT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help__every_command__fits_a_screen_and_has_an_example),
        cmocka_unit_test(run__asked_about_itself__answers),
        cmocka_unit_test(run__wrong_words__are_usage_errors),
        cmocka_unit_test(run__not_built_yet__is_refused),
        cmocka_unit_test(run__missing_file__fails),
    };
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
