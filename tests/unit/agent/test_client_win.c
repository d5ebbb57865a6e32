/* test_client_win.c - the Outlook of a machine, by what installers write down and by what runs. */
#include "tests/cmocka_all.h"

#include "agent/client_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_folder_win.h"
#include "tests/unit/agent/standin_outlook_win.h"
#include "tests/unit/agent/versioned_image_win.h"

#define OFFICE       L"SOFTWARE\\Microsoft\\Office"
#define CLICK_TO_RUN OFFICE L"\\ClickToRun"
#define APP_PATH     L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\App Paths\\OUTLOOK.EXE"
#define DOTNET       L"SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full"

static const REGSAM VIEWS[] = {KEY_WOW64_64KEY, KEY_WOW64_32KEY};
static char folder[SCRATCH_PATH_BYTES];

static void remove_keys(void)
{
    static const wchar_t *const KEYS[] = {OFFICE, APP_PATH, DOTNET};
    for (size_t view = 0; view < 2; view++) {
        for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
            HKEY key = NULL;
            if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEYS[i], 0, KEY_ALL_ACCESS | VIEWS[view], &key) ==
                ERROR_SUCCESS) {
                assert_int_equal(RegDeleteTreeW(key, NULL), ERROR_SUCCESS);
                (void)RegCloseKey(key);
            }
        }
    }
}

static void remove_folder(const char *below)
{
    char path[SCRATCH_PATH_BYTES + 32];
    (void)snprintf(path, sizeof path, "%s%s", folder, below);
    scratch_folder_remove(path);
}

static int set_up(void **state)
{
    (void)state;
    remove_keys();
    scratch_folder_name("client", folder);
    assert_true(CreateDirectoryA(folder, NULL));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_keys();
    remove_folder("\\root\\Office16");
    remove_folder("\\root\\Office15");
    remove_folder("\\root");
    remove_folder("\\Office14");
    remove_folder("");
    return 0;
}

static void put(const wchar_t *path, REGSAM view, const wchar_t *name, DWORD type, const void *data,
                size_t size)
{
    HKEY key = NULL;
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE | view,
                                     NULL, &key, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, name, 0, type, data, (DWORD)size), ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

static void put_text(const wchar_t *path, REGSAM view, const wchar_t *name, const wchar_t *text)
{
    put(path, view, name, REG_SZ, text, (wcslen(text) + 1) * sizeof *text);
}

/* The folder, and what is below it. */
static void put_path(const wchar_t *key, REGSAM view, const wchar_t *name, const wchar_t *format)
{
    wchar_t text[SCRATCH_PATH_BYTES * 2];
    assert_true(swprintf(text, SCRATCH_PATH_BYTES * 2, format, folder) > 0);
    put_text(key, view, name, text);
}

static void make_folder(const char *below)
{
    char path[SCRATCH_PATH_BYTES + 32];
    (void)snprintf(path, sizeof path, "%s%s", folder, below);
    assert_true(CreateDirectoryA(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS);
}

/* "\\root\\Office16" or so. */
static void make_image(const char *below, DWORD high, DWORD low)
{
    wchar_t path[SCRATCH_PATH_BYTES * 2];
    (void)swprintf(path, SCRATCH_PATH_BYTES * 2, L"%hs%hs\\OUTLOOK.EXE", folder, below);
    versioned_image(path, high, low);
}

static struct ag_client look(void)
{
    struct ag_client client;
    memset(&client, 0x55, sizeof client);
    ag_client_win_read(&client);
    return client;
}

static void read__no_outlook__is_known_to_be_none(void **state)
{
    struct ag_client client = look();
    (void)state;
    assert_true(client.known);
    assert_string_equal(client.version, "");
    assert_int_equal(client.install, POL_INSTALL_UNKNOWN);
    assert_int_equal(client.dotnet_release, 0);
}

static void read__click_to_run__is_found(void **state)
{
    struct ag_client client;
    const DWORD release = 533320;
    (void)state;
    make_folder("\\root");
    make_folder("\\root\\Office16");
    make_image("\\root\\Office16", 16 << 16, (DWORD)17328 << 16 | 20162);
    put_path(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"InstallationPath", L"%hs\\");
    put_text(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"VersionToReport", L"16.0.1.1");
    put(DOTNET, KEY_WOW64_64KEY, L"Release", REG_DWORD, &release, sizeof release);
    client = look();
    assert_true(client.known);
    assert_string_equal(client.version, "16.0.17328.20162"); /* the file's own */
    assert_int_equal(client.bitness, POL_BITNESS_X64);
    assert_int_equal(client.install, POL_INSTALL_CLICK_TO_RUN);
    assert_int_equal(client.dotnet_release, 533320);
}

static void read__click_to_run_of_2013_in_the_other_view__is_found(void **state)
{
    (void)state;
    make_folder("\\root");
    make_folder("\\root\\Office15");
    make_image("\\root\\Office15", 15 << 16, (DWORD)5571 << 16 | 1000);
    put_path(OFFICE L"\\15.0\\ClickToRun", KEY_WOW64_32KEY, L"InstallPath", L"%hs");
    assert_string_equal(look().version, "15.0.5571.1000");
    assert_int_equal(look().install, POL_INSTALL_CLICK_TO_RUN);
}

static void read__click_to_run_of_other_products__is_none(void **state)
{
    (void)state;
    put_path(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"InstallationPath", L"%hs");
    put_text(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"VersionToReport", L"16.0.1.1");
    assert_true(look().known);
    assert_string_equal(look().version, "");
}

static void read__click_to_run_that_cannot_be_read__is_what_was_written_down(void **state)
{
    wchar_t path[SCRATCH_PATH_BYTES * 2];
    struct ag_client client;
    (void)state;
    make_folder("\\root");
    make_folder("\\root\\Office16");
    (void)swprintf(path, SCRATCH_PATH_BYTES * 2, L"%hs\\root\\Office16\\OUTLOOK.EXE", folder);
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    (void)CloseHandle(file);
    put_path(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"InstallationPath", L"%hs");
    assert_false(look().known);
    put_text(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"VersionToReport", L"16.0.1.1");
    put_text(CLICK_TO_RUN L"\\Configuration", KEY_WOW64_64KEY, L"Platform", L"x86");
    client = look();
    assert_true(client.known);
    assert_string_equal(client.version, "16.0.1.1");
    assert_int_equal(client.bitness, POL_BITNESS_X86);
    assert_int_equal(client.install, POL_INSTALL_CLICK_TO_RUN);
}

static void read__app_path_in_quotes__is_found(void **state)
{
    (void)state;
    make_folder("\\Office14");
    make_image("\\Office14", 14 << 16, (DWORD)7172 << 16 | 5000);
    put_path(APP_PATH, KEY_WOW64_32KEY, NULL, L"\"%hs\\Office14\\OUTLOOK.EXE\"");
    assert_string_equal(look().version, "14.0.7172.5000");
    assert_int_equal(look().install, POL_INSTALL_MSI);
}

static void read__install_root__is_found(void **state)
{
    (void)state;
    make_folder("\\Office14");
    make_image("\\Office14", 14 << 16, (DWORD)7172 << 16 | 5000);
    put_path(OFFICE L"\\14.0\\Outlook\\InstallRoot", KEY_WOW64_32KEY, L"Path", L"%hs\\Office14\\");
    assert_string_equal(look().version, "14.0.7172.5000");
    assert_int_equal(look().install, POL_INSTALL_MSI);
    /* A newer generation is named first. */
    make_image("", 15 << 16, 1 << 16);
    put_path(OFFICE L"\\15.0\\Outlook\\InstallRoot", KEY_WOW64_64KEY, L"Path", L"%hs");
    assert_string_equal(look().version, "15.0.1.0");
}

static void read__reference_to_the_environment__is_replaced(void **state)
{
    static const wchar_t PATH[] = L"%MR_TEST_FOLDER%\\OUTLOOK.EXE";
    (void)state;
    make_image("", 14 << 16, 1);
    assert_true(SetEnvironmentVariableA("MR_TEST_FOLDER", folder));
    put(APP_PATH, KEY_WOW64_64KEY, NULL, REG_EXPAND_SZ, PATH, sizeof PATH);
    assert_string_equal(look().version, "14.0.0.1");
}

static void read__named_but_elsewhere_or_damaged__is_not_known(void **state)
{
    static wchar_t endless[4096];
    struct ag_client client;
    (void)state;
    put_text(OFFICE L"\\16.0\\Outlook", KEY_WOW64_64KEY, L"Bitness", L"x64");
    put_text(APP_PATH, KEY_WOW64_64KEY, NULL, L"\\\\server\\share\\OUTLOOK.EXE");
    client = look();
    assert_false(client.known);
    assert_string_equal(client.version, "");
    assert_int_equal(client.bitness, POL_BITNESS_X64);
    /* What is no path at all names nothing. */
    for (size_t i = 0; i + 1 < sizeof endless / sizeof endless[0]; i++) {
        endless[i] = L'x';
    }
    put_text(APP_PATH, KEY_WOW64_64KEY, NULL, endless);
    assert_true(look().known);
    put(APP_PATH, KEY_WOW64_64KEY, NULL, REG_DWORD, endless, 4);
    assert_true(look().known);
}

/* What runs says more, though it is older. */
static void read__another_one_runs__is_that_one(void **state)
{
    char path[SCRATCH_PATH_BYTES + 16];
    HANDLE keep_alive = NULL;
    struct ag_client client;
    (void)state;
    make_folder("\\Office14");
    make_image("\\Office14", 16 << 16, 1);
    put_path(OFFICE L"\\16.0\\Outlook\\InstallRoot", KEY_WOW64_64KEY, L"Path", L"%hs\\Office14");
    make_image("", 15 << 16, (DWORD)5571 << 16 | 1000);
    assert_string_equal(look().version, "16.0.0.1");
    (void)snprintf(path, sizeof path, "%s\\OUTLOOK.EXE", folder);
    HANDLE process = start_standin(path, &keep_alive);
    client = look();
    (void)CloseHandle(keep_alive);
    assert_int_equal(WaitForSingleObject(process, 20000), WAIT_OBJECT_0);
    (void)CloseHandle(process);
    assert_true(client.known);
    assert_string_equal(client.version, "15.0.5571.1000");
    assert_int_equal(client.install, POL_INSTALL_UNKNOWN);
    assert_string_equal(look().version, "16.0.0.1");
}

static void read__again_and_again__leaks_nothing(void **state)
{
    (void)state;
    make_image("", 15 << 16, 1);
    put_path(OFFICE L"\\15.0\\Outlook\\InstallRoot", KEY_WOW64_64KEY, L"Path", L"%hs");
    assert_string_equal(look().version, "15.0.0.1");
    size_t handles = handle_count();
    for (int i = 0; i < 20; i++) {
        (void)look();
    }
    assert_int_equal(handle_count(), handles);
}

#define INSTALLED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        INSTALLED(read__no_outlook__is_known_to_be_none),
        INSTALLED(read__click_to_run__is_found),
        INSTALLED(read__click_to_run_of_2013_in_the_other_view__is_found),
        INSTALLED(read__click_to_run_of_other_products__is_none),
        INSTALLED(read__click_to_run_that_cannot_be_read__is_what_was_written_down),
        INSTALLED(read__app_path_in_quotes__is_found),
        INSTALLED(read__install_root__is_found),
        INSTALLED(read__reference_to_the_environment__is_replaced),
        INSTALLED(read__named_but_elsewhere_or_damaged__is_not_known),
        INSTALLED(read__another_one_runs__is_that_one),
        INSTALLED(read__again_and_again__leaks_nothing),
    };
    if (is_standin(argc, argv)) {
        return be_standin();
    }
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
