/* test_local_path_win.c - ag_path_...(): what is on a disk of this machine, and where it really is. */
#include "tests/cmocka_all.h"

#include "agent/local_path_win.h"
#include "tests/unit/agent/planted_link_win.h"
#include "tests/unit/agent/scratch_folder_win.h"

#include <string.h>

static wchar_t drive;

static bool is_local(const wchar_t *path)
{
    return ag_path_is_local(path, &drive);
}

static HANDLE open_itself(const char *path)
{
    HANDLE handle = CreateFileA(path, FILE_READ_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    assert_true(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static void is_local__plain_path_on_a_disk__and_no_other(void **state)
{
    (void)state;
    drive = 0;
    assert_true(is_local(L"C:\\"));
    assert_true(is_local(L"C:\\users\\alice"));
    assert_true(is_local(L"c:\\users\\alice..\\a.b"));
    assert_false(is_local(L"C:\\users\\..\\windows"));
    assert_false(is_local(L"C:\\users\\.."));
    assert_false(is_local(L"C:\\users:stream"));
    assert_false(is_local(L"C:users"));
    assert_false(is_local(L"\\\\server\\share"));
    assert_false(is_local(L"Q:\\users"));
}

static void is_local__known_drive__is_not_asked_about_again(void **state)
{
    (void)state;
    drive = 0;
    assert_true(is_local(L"C:\\users"));
    assert_int_equal(drive, L'C');
    assert_false(is_local(L"Q:\\users")); /* there is none */
    assert_int_equal(drive, 0);
    drive = L'Q';
    assert_true(is_local(L"Q:\\users"));
    assert_true(is_local(L"q:\\users"));
    assert_false(is_local(L"Q:users"));
}

static void find_real__link__leads_to_its_target(void **state)
{
    (void)state;
    char link[SCRATCH_PATH_BYTES];
    char target[SCRATCH_PATH_BYTES];
    wchar_t real[AG_LOCAL_PATH_CHARS] = L"";
    wchar_t expected[SCRATCH_PATH_BYTES + 8];
    scratch_folder_name("path-link", link);
    scratch_folder_name("path-target", target);
    assert_true(CreateDirectoryA(target, NULL));
    plant_link(target, link);
    HANDLE handle = open_itself(link);
    drive = 0;
    assert_true(ag_path_find_real(handle, &drive, real));
    assert_int_equal(drive, L'C');
    (void)swprintf(expected, SCRATCH_PATH_BYTES + 8, L"\\\\?\\%hs", target);
    assert_int_equal(CompareStringOrdinal(real, -1, expected, -1, TRUE), CSTR_EQUAL);
    assert_true(ag_path_is_itself(handle, expected));
    (void)swprintf(expected, SCRATCH_PATH_BYTES + 8, L"\\\\?\\%hs", link);
    assert_false(ag_path_is_itself(handle, expected));
    assert_true(CloseHandle(handle));
    remove_planted_link(link);
    assert_true(RemoveDirectoryA(target));
}

static void is_itself__no_disk__is_not(void **state)
{
    (void)state;
    HANDLE reader = NULL;
    HANDLE writer = NULL;
    wchar_t real[AG_LOCAL_PATH_CHARS] = L"before";
    drive = 0;
    assert_true(CreatePipe(&reader, &writer, NULL, 0));
    assert_false(ag_path_is_itself(reader, L"\\\\?\\C:\\pipe"));
    assert_false(ag_path_find_real(reader, &drive, real));
    assert_int_equal(real[0], L'\0');
    assert_true(CloseHandle(reader));
    assert_true(CloseHandle(writer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_local__plain_path_on_a_disk__and_no_other),
        cmocka_unit_test(is_local__known_drive__is_not_asked_about_again),
        cmocka_unit_test(find_real__link__leads_to_its_target),
        cmocka_unit_test(is_itself__no_disk__is_not),
    };
    return cmocka_run_group_tests_name("local path", tests, NULL, NULL);
}
