/* test_leave_win.c - what the agent says of users while it gives them back their values. The agent is this program itself. */
#include "tests/cmocka_all.h"

#include "installer/msi/leave_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum { LONG_LINE = 3000 };

static struct err err;
static char self[MAX_PATH];
static char told[8192];

static void remember(void *ctx, const char *line)
{
    assert_ptr_equal(ctx, &err);
    size_t length = strlen(told);
    (void)snprintf(told + length, sizeof told - length, "[%s]", line);
}

/* says: what the agent prints; "exit N" ends it with N. */
static enum status leave(const char *says, bool allow, bool *unreached)
{
    struct ins_leave leave = {.program = self, .allow = allow, .tell = remember, .ctx = &err};
    told[0] = '\0';
    assert_true(SetEnvironmentVariableA("MR_AGENT_SAYS", says));
    enum status st = ins_leave_users(&leave, &err);
    *unreached = leave.unreached;
    return st;
}

static void users_who_were_served__are_told_and_nobody_is_left(void **state)
{
    bool unreached = true;
    (void)state;
    assert_int_equal(
        leave("restored S-1-5-21-1 A\\a\r\nuntouched S-1-5-21-2 A\\failed b\n", false, &unreached),
        ST_OK);
    assert_string_equal(told,
                        "[restore][restored S-1-5-21-1 A\\a][untouched S-1-5-21-2 A\\failed b]");
    assert_false(unreached);
}

static void allow__is_what_the_agent_is_asked_for(void **state)
{
    bool unreached = true;
    (void)state;
    assert_int_equal(leave("removed S-1-5-21-1 -\n", true, &unreached), ST_OK);
    assert_string_equal(told, "[allow][removed S-1-5-21-1 -]");
    assert_false(unreached);
}

static void users_who_were_not_reached__are_seen(void **state)
{
    bool unreached = false;
    (void)state;
    assert_int_equal(
        leave("not_logged_on S-1-5-21-1 -\nrestored S-1-5-21-2 -\n", false, &unreached), ST_OK);
    assert_true(unreached);
    /* The last line may lack its end. */
    assert_int_equal(leave("restored S-1-5-21-2 -\nfailed S-1-5-21-1 denied", false, &unreached),
                     ST_OK);
    assert_true(unreached);
    assert_string_equal(told, "[restore][restored S-1-5-21-2 -][failed S-1-5-21-1 denied]");
}

static void long_line__is_cut(void **state)
{
    char says[LONG_LINE + 32];
    bool unreached = true;
    (void)state;
    memset(says, 'x', LONG_LINE);
    (void)snprintf(says + LONG_LINE, sizeof says - LONG_LINE, "\nrestored\n");
    assert_int_equal(leave(says, false, &unreached), ST_OK);
    assert_int_equal(strlen(told), strlen("[restore]") + 1023 + strlen("[][restored]"));
    assert_false(unreached);
}

static void agent_that_fails__is_an_error_after_its_words(void **state)
{
    bool unreached = true;
    (void)state;
    assert_int_equal(leave("exit 3", false, &unreached), ST_IO);
    assert_string_equal(err.text, "the agent ended with 3");
    assert_string_equal(told, "[restore]");
}

static void agent_that_is_not_there__is_an_error(void **state)
{
    struct ins_leave leave = {.program = "C:\\no\\agent.exe", .tell = remember, .ctx = &err};
    (void)state;
    assert_int_not_equal(ins_leave_users(&leave, &err), ST_OK);
    assert_non_null(strstr(err.text, "C:\\no\\agent.exe"));
}

/* As the agent: first what it was asked for. */
static int speak(const char *asked)
{
    char says[LONG_LINE + 64] = "";
    int code = 0;
    (void)GetEnvironmentVariableA("MR_AGENT_SAYS", says, sizeof says);
    (void)printf("%s\n", asked);
    if (sscanf(says, "exit %d", &code) != 1) {
        (void)printf("%s", says);
    }
    return code;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_who_were_served__are_told_and_nobody_is_left),
        cmocka_unit_test(allow__is_what_the_agent_is_asked_for),
        cmocka_unit_test(users_who_were_not_reached__are_seen),
        cmocka_unit_test(long_line__is_cut),
        cmocka_unit_test(agent_that_fails__is_an_error_after_its_words),
        cmocka_unit_test(agent_that_is_not_there__is_an_error),
    };
    if (argc == 4 && strcmp(argv[1], "restore") == 0 && strcmp(argv[2], "--set") == 0) {
        return speak(argv[3]);
    }
    return GetModuleFileNameA(NULL, self, sizeof self) > 0
               ? cmocka_run_group_tests(tests, NULL, NULL)
               : 1;
}
