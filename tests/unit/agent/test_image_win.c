/* test_image_win.c - version and processors of program files, and files that are none. */
#include "tests/cmocka_all.h"

#include "agent/image_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_folder_win.h"
#include "tests/unit/agent/versioned_image_win.h"

static struct err err;
static char folder[SCRATCH_PATH_BYTES];
static wchar_t path[SCRATCH_PATH_BYTES];

static int set_up(void **state)
{
    (void)state;
    scratch_folder_name("image", folder);
    assert_true(CreateDirectoryA(folder, NULL));
    (void)swprintf(path, SCRATCH_PATH_BYTES, L"%hs\\OUTLOOK.EXE", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_folder_remove(folder);
    return 0;
}

static void write_file(const void *data, DWORD size)
{
    DWORD wrote = 0;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    assert_true(WriteFile(file, data, size, &wrote, NULL));
    (void)CloseHandle(file);
}

static enum status read_it(void)
{
    struct ag_image image = {.version = 77};
    enum status st = ag_image_read(path, false, &image, &err);
    assert_true(st == ST_OK || image.version == 77);
    return st;
}

static void read__program__tells_version_and_processors(void **state)
{
    struct ag_image image = {.version = 0};
    (void)state;
    versioned_image(path, 16 << 16, (DWORD)17328 << 16 | 20162);
    assert_int_equal(ag_image_read(path, false, &image, &err), ST_OK);
    assert_true(image.version == (16ULL << 48 | 17328ULL << 16 | 20162));
    assert_int_equal(image.bitness, POL_BITNESS_X64);
    assert_int_equal(ag_image_read(path, true, &image, &err), ST_OK); /* our own file */
}

static void read__no_program__is_told(void **state)
{
    (void)state;
    assert_int_equal(read_it(), ST_NOT_FOUND);
    write_file("", 0);
    assert_int_equal(read_it(), ST_IO);
    write_file("MZ but no more than that", 24);
    assert_int_equal(read_it(), ST_IO);
}

static void read__program_without_version__is_told(void **state)
{
    wchar_t self[MAX_PATH];
    (void)state;
    assert_true(GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    assert_true(CopyFileW(self, path, FALSE));
    assert_int_equal(read_it(), ST_IO);
}

static void read__version_that_is_none__is_told(void **state)
{
    (void)state;
    versioned_image_of(path, 0xfeef04bc, 16 << 16, 1);
    assert_int_equal(read_it(), ST_IO);
}

static void read__cut_in_the_middle__is_told(void **state)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    (void)state;
    versioned_image(path, 16 << 16, 1);
    file = CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    assert_int_equal(SetFilePointer(file, 4096, NULL, FILE_BEGIN), 4096);
    assert_true(SetEndOfFile(file));
    (void)CloseHandle(file);
    assert_int_equal(read_it(), ST_IO);
}

/* Nothing is even asked of another machine. */
static void read__not_on_a_disk_of_ours__is_denied(void **state)
{
    static const wchar_t *const PATHS[] = {
        L"\\\\server\\share\\OUTLOOK.EXE",
        L"\\\\?\\UNC\\server\\share\\OUTLOOK.EXE",
        L"\\\\?\\C:\\windows\\notepad.exe",
        L"OUTLOOK.EXE",
        L"C:OUTLOOK.EXE",
        L"",
        L"Q:\\OUTLOOK.EXE",
        L"\\Device\\HarddiskVolume1\\OUTLOOK.EXE",
    };
    struct ag_image image;
    (void)state;
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        assert_int_equal(ag_image_read(PATHS[i], false, &image, &err), ST_DENIED);
    }
}

static void read__folder__is_no_program(void **state)
{
    (void)state;
    assert_true(CreateDirectoryW(path, NULL));
    assert_int_not_equal(read_it(), ST_OK);
    assert_true(RemoveDirectoryW(path));
}

static void read__again_and_again__leaks_nothing(void **state)
{
    (void)state;
    versioned_image(path, 16 << 16, 1);
    assert_int_equal(read_it(), ST_OK);
    size_t handles = handle_count();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(read_it(), ST_OK);
    }
    assert_int_equal(handle_count(), handles);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(read__program__tells_version_and_processors),
        IN_FOLDER(read__no_program__is_told),
        IN_FOLDER(read__program_without_version__is_told),
        IN_FOLDER(read__version_that_is_none__is_told),
        IN_FOLDER(read__cut_in_the_middle__is_told),
        IN_FOLDER(read__not_on_a_disk_of_ours__is_denied),
        IN_FOLDER(read__folder__is_no_program),
        IN_FOLDER(read__again_and_again__leaks_nothing),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
