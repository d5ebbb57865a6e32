/* test_rollback_win.c - each way to switch rollback off is seen by itself. The package is an empty one of the test's own. */
#include "tests/cmocka_all.h"

#include "installer/msi/rollback_win.h"

#include <stdio.h>
#include <wchar.h>

#include <msiquery.h>
#include <propidl.h>

static const wchar_t POLICY_KEY[] = L"SOFTWARE\\Policies\\Microsoft\\Windows\\Installer";
static const wchar_t POLICY_VALUE[] = L"DisableRollback";

static struct err err;
static wchar_t file[MAX_PATH];

struct package {
    MSIHANDLE database;
    MSIHANDLE session;
};

static void run(MSIHANDLE database, const wchar_t *query)
{
    MSIHANDLE view = 0;
    assert_int_equal(MsiDatabaseOpenViewW(database, query, &view), ERROR_SUCCESS);
    assert_int_equal(MsiViewExecute(view, 0), ERROR_SUCCESS);
    (void)MsiCloseHandle(view);
}

static void add_property(MSIHANDLE database, const wchar_t *name, const wchar_t *value)
{
    wchar_t query[256];
    (void)swprintf(query, 256,
                   L"INSERT INTO `Property` (`Property`, `Value`) VALUES ('%ls', '%ls')", name,
                   value);
    run(database, query);
}

/* Without it Windows opens no package. */
static void describe(MSIHANDLE database)
{
    MSIHANDLE summary = 0;
    assert_int_equal(MsiGetSummaryInformationW(database, NULL, 4, &summary), ERROR_SUCCESS);
    assert_int_equal(
        MsiSummaryInfoSetPropertyW(summary, PIDSI_TEMPLATE, VT_LPSTR, 0, NULL, L"x64;1033"),
        ERROR_SUCCESS);
    assert_int_equal(MsiSummaryInfoSetPropertyW(summary, PIDSI_REVNUMBER, VT_LPSTR, 0, NULL,
                                                L"{0B2F6D55-6A0E-4C37-9A5C-3F2C1C0E7B11}"),
                     ERROR_SUCCESS);
    assert_int_equal(MsiSummaryInfoSetPropertyW(summary, PIDSI_PAGECOUNT, VT_I4, 200, NULL, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(MsiSummaryInfoSetPropertyW(summary, PIDSI_WORDCOUNT, VT_I4, 0, NULL, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(MsiSummaryInfoPersist(summary), ERROR_SUCCESS);
    (void)MsiCloseHandle(summary);
}

static int open_package(void **state)
{
    static struct package package;
    wchar_t temporary[MAX_PATH];
    wchar_t name[32];
    assert_true(GetTempPathW(MAX_PATH, temporary) > 0);
    assert_true(GetTempFileNameW(temporary, L"msi", 0, file) != 0);
    (void)MsiSetInternalUI(INSTALLUILEVEL_NONE, NULL);
    assert_int_equal(MsiOpenDatabaseW(file, MSIDBOPEN_CREATEDIRECT, &package.database),
                     ERROR_SUCCESS);
    run(package.database, L"CREATE TABLE `Property` (`Property` CHAR(72) NOT NULL, "
                          L"`Value` CHAR(255) NOT NULL LOCALIZABLE PRIMARY KEY `Property`)");
    add_property(package.database, L"ProductCode", L"{5E7A1F0B-2C4D-4F5E-8B3A-6D1C0F9E2A47}");
    add_property(package.database, L"ProductName", L"test");
    add_property(package.database, L"ProductVersion", L"1.0.0");
    add_property(package.database, L"ProductLanguage", L"1033");
    add_property(package.database, L"Manufacturer", L"test");
    describe(package.database);
    (void)swprintf(name, 32, L"#%lu", (unsigned long)package.database);
    assert_int_equal(MsiOpenPackageW(name, &package.session), ERROR_SUCCESS);
    *state = &package;
    return 0;
}

static void drop_policies(void)
{
    (void)RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, POLICY_KEY, POLICY_VALUE);
    (void)RegDeleteKeyValueW(HKEY_CURRENT_USER, POLICY_KEY, POLICY_VALUE);
}

static int close_package(void **state)
{
    struct package *package = *state;
    (void)MsiCloseHandle(package->session);
    (void)MsiCloseHandle(package->database);
    drop_policies();
    (void)DeleteFileW(file); /* Wine does so itself, as nothing was committed */
    return GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES ? 0 : -1;
}

static void set_property(void **state, const wchar_t *name, const wchar_t *value)
{
    struct package *package = *state;
    assert_int_equal(MsiSetPropertyW(package->session, name, value), ERROR_SUCCESS);
}

static void set_policy(HKEY place, DWORD value)
{
    assert_int_equal(
        RegSetKeyValueW(place, POLICY_KEY, POLICY_VALUE, REG_DWORD, &value, sizeof value),
        ERROR_SUCCESS);
}

static void expect_refusal(void **state)
{
    struct package *package = *state;
    err = (struct err){.st = ST_OK};
    assert_int_equal(ins_rollback_check(package->session, &err), ST_REFUSED);
    assert_string_equal(err.code, "rollback_disabled");
    assert_string_equal(err.pointer, "DISABLEROLLBACK");
}

static void expect_none(void **state)
{
    struct package *package = *state;
    assert_int_equal(ins_rollback_check(package->session, &err), ST_OK);
}

static void rollback__as_it_is_by_itself__is_let_through(void **state)
{
    expect_none(state);
}

static void property_of_the_command_line__is_refused(void **state)
{
    set_property(state, L"DISABLEROLLBACK", L"1");
    expect_refusal(state);
    set_property(state, L"DISABLEROLLBACK", L"");
    expect_none(state);
}

/* What Windows Installer says itself, whoever asked for it. */
static void property_of_windows__is_refused(void **state)
{
    set_property(state, L"RollbackDisabled", L"1");
    expect_refusal(state);
    set_property(state, L"RollbackDisabled", L"");
    expect_none(state);
}

static void policy__of_machine_or_user__is_refused(void **state)
{
    const HKEY places[] = {HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        set_policy(places[i], 1);
        set_policy(places[1 - i], 0);
        expect_refusal(state);
        set_policy(places[i], 0);
        expect_none(state);
    }
}

static void package__that_is_none__is_an_error(void **state)
{
    (void)state;
    assert_int_equal(ins_rollback_check(0, &err), ST_IO);
}

#define OF_PACKAGE(test) cmocka_unit_test_setup_teardown(test, open_package, close_package)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OF_PACKAGE(rollback__as_it_is_by_itself__is_let_through),
        OF_PACKAGE(property_of_the_command_line__is_refused),
        OF_PACKAGE(property_of_windows__is_refused),
        OF_PACKAGE(policy__of_machine_or_user__is_refused),
        cmocka_unit_test(package__that_is_none__is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
