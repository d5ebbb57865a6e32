#include "installer/msi/await_win.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <windows.h>

static struct err err;
static char path[MAX_PATH];

static int set_up(void **state)
{
    char temp[MAX_PATH];
    (void)state;
    assert_true(GetTempPathA(sizeof temp, temp) > 0);
    assert_true(GetTempFileNameA(temp, "awa", 0, path) != 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)DeleteFileA(path);
    return 0;
}

static void file_of_nobody__is_not_waited_for(void **state)
{
    (void)state;
    assert_int_equal(ins_await_end(path, 0, &err), ST_OK);
    assert_true(DeleteFileA(path));
    assert_int_equal(ins_await_end(path, 0, &err), ST_OK);
    assert_int_equal(ins_await_end("C:\\no\\such\\folder\\a.exe", 0, &err), ST_OK);
}

static void running_program__is_busy(void **state)
{
    char self[MAX_PATH];
    (void)state;
    assert_true(GetModuleFileNameA(NULL, self, sizeof self) > 0);
    assert_int_equal(ins_await_end(self, 50, &err), ST_BUSY);
}

static DWORD WINAPI close_later(void *handle)
{
    Sleep(100); /* as a process that still ends */
    return CloseHandle(handle) ? 0 : 1;
}

static void file_in_use__is_waited_for(void **state)
{
    (void)state;
    HANDLE user = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(user != INVALID_HANDLE_VALUE);
    assert_int_equal(ins_await_end(path, 0, &err), ST_BUSY);
    HANDLE thread = CreateThread(NULL, 0, close_later, user, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(ins_await_end(path, 60 * 1000, &err), ST_OK);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    (void)CloseHandle(thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(file_of_nobody__is_not_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(running_program__is_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_in_use__is_waited_for, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
