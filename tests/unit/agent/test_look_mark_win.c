/* test_look_mark_win.c - look_mark_win.h: who brought the agent down with a look is left out. */
#include "tests/cmocka_all.h"

#include "agent/look_mark_win.h"
#include "agent/running_key_win.h"

#include <stdio.h>
#include <string.h>

static const char ALICE[] = "S-1-5-21-1-2-3-1001";
static const char BOB[] = "S-1-5-21-1-2-3-1002";

static struct ag_look_mark mark;

static int set_up(void **state)
{
    (void)state;
    LSTATUS error = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, AG_RUNNING_KEY, 0, 0);
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ag_look_mark_close(&mark);
    return 0;
}

/* As the next process would. */
static void start_again(void)
{
    ag_look_mark_close(&mark);
    ag_look_mark_open(&mark);
}

static void leave_behind(const wchar_t *text)
{
    HKEY key = NULL;
    assert_int_equal(ag_running_key_open(&key), ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, L"Look", 0, REG_SZ, (const BYTE *)text,
                                    (DWORD)((wcslen(text) + 1) * sizeof *text)),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

static bool is_left_behind(void)
{
    return RegGetValueW(HKEY_LOCAL_MACHINE, AG_RUNNING_KEY, L"Look", RRF_RT_REG_SZ, NULL, NULL,
                        NULL) == ERROR_SUCCESS;
}

static void mark__of_a_look_that_ended__leaves_nobody_out(void **state)
{
    (void)state;
    start_again();
    ag_look_mark_set(&mark, ALICE);
    assert_true(is_left_behind());
    ag_look_mark_clear(&mark);
    assert_false(is_left_behind());
    start_again();
    assert_false(ag_look_mark_leaves_out(&mark, ALICE));
}

static void mark__of_an_earlier_process__leaves_its_user_out_for_good(void **state)
{
    (void)state;
    leave_behind(L"4711-1d9 S-1-5-21-1-2-3-1001");
    start_again();
    assert_true(ag_look_mark_leaves_out(&mark, ALICE));
    assert_false(ag_look_mark_leaves_out(&mark, BOB));
    assert_false(is_left_behind());
    start_again();
    assert_true(ag_look_mark_leaves_out(&mark, ALICE));
    leave_behind(L"4712-1d9 S-1-5-21-1-2-3-1002");
    start_again();
    assert_true(ag_look_mark_leaves_out(&mark, ALICE));
    assert_true(ag_look_mark_leaves_out(&mark, BOB));
}

/* It hangs: another thread goes on with the others, and finds its mark. */
static void mark__of_this_process__is_no_crash(void **state)
{
    struct ag_look_mark other;
    (void)state;
    start_again();
    ag_look_mark_set(&mark, ALICE);
    ag_look_mark_open(&other);
    assert_false(ag_look_mark_leaves_out(&other, ALICE));
    ag_look_mark_close(&other);
}

static void mark__of_a_process_that_ended_well__is_forgotten(void **state)
{
    (void)state;
    leave_behind(L"4711-1d9 S-1-5-21-1-2-3-1001");
    ag_look_mark_forget();
    start_again();
    assert_false(ag_look_mark_leaves_out(&mark, ALICE));
}

static void mark__that_makes_no_sense__leaves_nobody_out(void **state)
{
    static const wchar_t *const TEXTS[] = {L"",
                                           L" ",
                                           L"4711-1d9",
                                           L"4711-1d9 ",
                                           L"4711-1d9 alice",
                                           L"4711-1d9 S-1-5-18",
                                           L"x S-1-5-21-1-2-3-1001 more"};
    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        leave_behind(TEXTS[i]);
        start_again();
        assert_int_equal(mark.left_out_count, 0);
    }
}

static void mark__of_too_many__keeps_the_last(void **state)
{
    wchar_t text[96];
    char sid[AG_USER_SID_BYTES];
    (void)state;
    for (int i = 0; i < AG_LEFT_OUT_MOST + 2; i++) {
        (void)swprintf(text, 96, L"%d-1 S-1-5-21-1-2-3-%d", i, 2000 + i);
        leave_behind(text);
        start_again();
    }
    assert_int_equal(mark.left_out_count, AG_LEFT_OUT_MOST);
    (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%d", 2000 + AG_LEFT_OUT_MOST + 1);
    assert_true(ag_look_mark_leaves_out(&mark, sid));
    assert_false(ag_look_mark_leaves_out(&mark, "S-1-5-21-1-2-3-2001"));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(mark__of_a_look_that_ended__leaves_nobody_out),
        TEST(mark__of_an_earlier_process__leaves_its_user_out_for_good),
        TEST(mark__of_this_process__is_no_crash),
        TEST(mark__of_a_process_that_ended_well__is_forgotten),
        TEST(mark__that_makes_no_sense__leaves_nobody_out),
        TEST(mark__of_too_many__keeps_the_last),
    };
    return cmocka_run_group_tests_name("look_mark", tests, NULL, NULL);
}
