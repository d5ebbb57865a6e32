/* test_completion.c - completion.h: options as help names them. */
#include "tests/cmocka_all.h"

#include "admin/commands.h"
#include "admin/completion.h"

#include <string.h>

static void check_options(const char *help, const char *expected)
{
    struct bytes out = bytes_with_limit(4096);
    assert_int_equal(adm_completion_options(help, &out), ST_OK);
    assert_string_equal(bytes_text(&out), expected);
    bytes_free(&out);
}

static void options__lines_of_them__are_found(void **state)
{
    (void)state;
    check_options("", "");
    check_options("mapi-rollout x [--not-here]\n\nText --nor here\n  --one FILE  text --not\n"
                  "  --two       --three WORD   more\n           --deep\n",
                  " --one --two --three");
    check_options("  --last", " --last");
    check_options("  -", "");
    check_options("  --", "");
}

static void bash__every_command_and_nothing_planned__is_in_it(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(256 * 1024);
    assert_int_equal(adm_completion_bash(&out), ST_OK);
    for (size_t i = 0; adm_command_name(i) != NULL; i++) {
        char line[64] = "    ";
        assert_true(strlen(adm_command_name(i)) < 40);
        (void)strcat(strcat(line, adm_command_name(i)), ") words=");
        if (strstr(bytes_text(&out), line) == NULL) {
            fail_msg("%s is not completed", adm_command_name(i));
        }
        assert_non_null(adm_help_find(adm_command_name(i)));
    }
    assert_null(strstr(bytes_text(&out), "evidence"));
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__lines_of_them__are_found),
        cmocka_unit_test(bash__every_command_and_nothing_planned__is_in_it),
    };
    return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
