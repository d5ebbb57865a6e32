#include "tests/cmocka_all.h"

#include "installer/msi/upgrade_win.h"

#include <stdint.h>

#include <windows.h>

static const wchar_t MARK_KEY[] = L"SOFTWARE\\MapiRollout\\Upgrading";

static int end_upgrade(void **state)
{
    (void)state;
    ins_upgrade_end();
    return 0;
}

/* What the mark says, changed: as one that another process left. */
static void change_number(const wchar_t *name, DWORD type, DWORD size, uint64_t add)
{
    uint64_t value = 0;
    DWORD room = size;
    assert_int_equal(
        RegGetValueW(HKEY_LOCAL_MACHINE, MARK_KEY, name, RRF_RT_ANY, NULL, &value, &room),
        ERROR_SUCCESS);
    assert_int_equal(room, size);
    value += add;
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, MARK_KEY, name, type, &value, size),
                     ERROR_SUCCESS);
}

static void mark__counts_from_begin_to_end(void **state)
{
    (void)state;
    assert_false(ins_upgrade_is_running());
    ins_upgrade_begin();
    assert_true(ins_upgrade_is_running());
    ins_upgrade_begin();
    assert_true(ins_upgrade_is_running());
    ins_upgrade_end();
    assert_false(ins_upgrade_is_running());
    ins_upgrade_end();
}

static void process_with_a_number_that_was_used_before__is_another(void **state)
{
    (void)state;
    ins_upgrade_begin();
    change_number(L"Started", REG_QWORD, sizeof(uint64_t), 1);
    assert_false(ins_upgrade_is_running());
    change_number(L"Started", REG_QWORD, sizeof(uint64_t), UINT64_MAX);
    assert_true(ins_upgrade_is_running());
}

static void number_of_no_process__does_not_count(void **state)
{
    (void)state;
    ins_upgrade_begin();
    change_number(L"Process", REG_DWORD, sizeof(DWORD), 0x7fffff0);
    assert_false(ins_upgrade_is_running());
}

/* A process that has ended, but that somebody still has a handle of. */
static void process_that_has_ended__does_not_count(void **state)
{
    wchar_t self[MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process = {0};
    FILETIME created;
    FILETIME unused;
    (void)state;
    assert_true(GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    wchar_t arguments[] = L"test mark";
    assert_true(
        CreateProcessW(self, arguments, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    assert_int_equal(WaitForSingleObject(process.hProcess, INFINITE), WAIT_OBJECT_0);
    assert_true(GetProcessTimes(process.hProcess, &created, &unused, &unused, &unused));

    uint64_t started = ((uint64_t)created.dwHighDateTime << 32) | created.dwLowDateTime;
    assert_true(started != 0);
    ins_upgrade_begin();
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, MARK_KEY, L"Process", REG_DWORD,
                                     &process.dwProcessId, sizeof(DWORD)),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, MARK_KEY, L"Started", REG_QWORD, &started,
                                     sizeof started),
                     ERROR_SUCCESS);
    assert_false(ins_upgrade_is_running());
    (void)CloseHandle(process.hThread);
    (void)CloseHandle(process.hProcess);
}

static void mark_that_lacks_a_part__does_not_count(void **state)
{
    (void)state;
    ins_upgrade_begin();
    assert_int_equal(RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, MARK_KEY, L"Started"), ERROR_SUCCESS);
    assert_false(ins_upgrade_is_running());
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(mark__counts_from_begin_to_end, end_upgrade),
        cmocka_unit_test_teardown(process_with_a_number_that_was_used_before__is_another,
                                  end_upgrade),
        cmocka_unit_test_teardown(number_of_no_process__does_not_count, end_upgrade),
        cmocka_unit_test_teardown(process_that_has_ended__does_not_count, end_upgrade),
        cmocka_unit_test_teardown(mark_that_lacks_a_part__does_not_count, end_upgrade),
    };
    (void)argv;
    if (argc > 1) {
        return 0; /* the process that has ended */
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
