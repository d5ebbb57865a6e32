/* test_profile_folder_win.c - ag_profile_folder_find(): what Windows' list of profiles says, and nothing else. */
#include "tests/cmocka_all.h"

#include "agent/profile_folder_win.h"
#include "tests/unit/agent/footprint_win.h"

#include <stdio.h>
#include <string.h>

#include <windows.h>

#define SID "S-1-5-21-91-92-93-1001"
#define KEY L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" SID

static struct err err;

static int remove_key(void **state)
{
    (void)state;
    (void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, KEY);
    return 0;
}

static void set(DWORD type, const void *data, size_t bytes)
{
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, KEY, L"ProfileImagePath", type, data, (DWORD)bytes),
        ERROR_SUCCESS);
}

static void set_text(DWORD type, const wchar_t *text)
{
    set(type, text, (wcslen(text) + 1) * sizeof *text);
}

static void check_found(const wchar_t *expected)
{
    wchar_t folder[AG_PROFILE_FOLDER_CHARS] = L"";
    assert_int_equal(ag_profile_folder_find(SID, folder, &err), ST_OK);
    if (wcscmp(folder, expected) != 0) {
        fail_msg("%ls instead of %ls", folder, expected);
    }
}

static void check_not_found(const char *sid, enum status st)
{
    wchar_t folder[AG_PROFILE_FOLDER_CHARS] = L"before";
    err = (struct err){.st = ST_OK};
    assert_int_equal(ag_profile_folder_find(sid, folder, &err), st);
    assert_int_equal(err.st, st);
    assert_int_equal(wcscmp(folder, L"before"), 0);
}

static void find__text__is_the_folder(void **state)
{
    (void)state;
    set_text(REG_SZ, L"C:\\Users\\alice");
    check_found(L"C:\\Users\\alice");
    set_text(REG_SZ, L"D:\\Profile f\x00fcr \x03b1");
    check_found(L"D:\\Profile f\x00fcr \x03b1");
}

static void find__variables__are_replaced(void **state)
{
    (void)state;
    assert_true(SetEnvironmentVariableW(L"MR_TEST_DRIVE", L"E:"));
    set_text(REG_EXPAND_SZ, L"%MR_TEST_DRIVE%\\Users\\alice");
    check_found(L"E:\\Users\\alice");
    set_text(REG_SZ, L"%MR_TEST_DRIVE%\\Users\\alice"); /* not in this type */
    check_found(L"%MR_TEST_DRIVE%\\Users\\alice");
}

static void find__text_without_an_end__gets_one(void **state)
{
    (void)state;
    static const wchar_t TEXT[] = L"C:\\Users\\alice";
    set(REG_SZ, TEXT, sizeof TEXT - sizeof TEXT[0]);
    check_found(L"C:\\Users\\alice");
}

static void find__no_folder__is_an_error(void **state)
{
    (void)state;
    const DWORD number = 1;
    check_not_found(SID, ST_NOT_FOUND);
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, KEY, L"Other", REG_DWORD, &number, sizeof number),
        ERROR_SUCCESS);
    check_not_found(SID, ST_NOT_FOUND);
    set(REG_DWORD, &number, sizeof number);
    check_not_found(SID, ST_IO);
}

static void find__long_folder__is_too_large(void **state)
{
    wchar_t text[AG_PROFILE_FOLDER_CHARS + 1] = L"";
    (void)state;
    for (size_t i = 0; i < AG_PROFILE_FOLDER_CHARS; i++) {
        text[i] = L'a';
    }
    set_text(REG_SZ, text);
    check_not_found(SID, ST_TOO_LARGE);
    text[AG_PROFILE_FOLDER_CHARS - 1] = L'\0';
    set_text(REG_SZ, text);
    check_found(text);
}

static void find__again_and_again__keeps_nothing_open(void **state)
{
    (void)state;
    set_text(REG_SZ, L"C:\\Users\\alice");
    check_found(L"C:\\Users\\alice");
    size_t handles = handle_count();
    for (int i = 0; i < 100; i++) {
        check_found(L"C:\\Users\\alice");
    }
    assert_int_equal(handle_count(), handles);
}

static void find__no_sid_of_a_user__is_our_own_mistake(void **state)
{
    (void)state;
    check_not_found("S-1-5-18", ST_BUG);
    check_not_found("..\\ProfileList\\" SID, ST_BUG);
    check_not_found("", ST_BUG);
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, remove_key, remove_key)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEY(find__text__is_the_folder),
        WITH_KEY(find__variables__are_replaced),
        WITH_KEY(find__text_without_an_end__gets_one),
        WITH_KEY(find__no_folder__is_an_error),
        WITH_KEY(find__long_folder__is_too_large),
        WITH_KEY(find__again_and_again__keeps_nothing_open),
        WITH_KEY(find__no_sid_of_a_user__is_our_own_mistake),
    };
    return cmocka_run_group_tests_name("profile folder", tests, NULL, NULL);
}
