/* test_service_setup_win.c - what stands in the service manager after `service install`. */
#include "tests/cmocka_all.h"

#include "agent/service_setup_win.h"
#include "agent/service_win.h"

#include <string.h>

#include <windows.h>

static struct err err;

static int uninstall(void **state)
{
    (void)state;
    enum status st = ag_service_uninstall(&err);
    return st == ST_OK || st == ST_NOT_FOUND ? 0 : -1; /* most tests leave none behind */
}

static const char *state_now(void)
{
    const char *word = NULL;
    uint32_t process_id = 0;
    assert_int_equal(ag_service_state(&word, &process_id, &err), ST_OK);
    return word;
}

static void install__done_twice__is_automatic_and_quoted(void **state)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } all;
    wchar_t self[MAX_PATH];
    wchar_t quoted[MAX_PATH + 32];
    DWORD size = 0;
    (void)state;
    assert_string_equal(state_now(), "not_installed");
    assert_int_equal(ag_service_install(&err), ST_OK);
    assert_int_equal(ag_service_install(&err), ST_OK);
    assert_string_equal(state_now(), "stopped");

    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, AG_SERVICE_NAME, SERVICE_QUERY_CONFIG);
    assert_non_null(service);
    assert_true(QueryServiceConfigW(service, &all.config, sizeof all, &size));
    assert_true(GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    assert_true(swprintf(quoted, sizeof quoted / sizeof quoted[0], L"\"%ls\" service run", self) >
                0);
    assert_int_equal(wcscmp(all.config.lpBinaryPathName, quoted), 0);
    assert_int_equal(all.config.dwStartType, SERVICE_AUTO_START);
    assert_int_equal(all.config.dwServiceType, SERVICE_WIN32_OWN_PROCESS);
    assert_int_equal(wcscmp(all.config.lpServiceStartName, L"LocalSystem"), 0);
    (void)CloseServiceHandle(service);
    (void)CloseServiceHandle(manager);
    assert_int_equal(ag_service_uninstall(&err), ST_OK);
    assert_string_equal(state_now(), "not_installed");
}

/* ---- the calls themselves: Wine knows few of these levels ----------------------------------- */

static struct {
    DWORD level; /* to be refused; 0: none */
    DWORD error;
    unsigned calls;
    bool restarts;
    bool also_on_exit;
    bool own_sid;
    bool described;
    DWORD preshutdown_ms;
    wchar_t privileges[256];
    size_t privileges_chars;
} manager;

static void note_recovery(const SERVICE_FAILURE_ACTIONSW *recovery)
{
    manager.restarts = recovery->cActions == 3 && recovery->dwResetPeriod == 24 * 60 * 60 &&
                       recovery->lpCommand == NULL && recovery->lpRebootMsg == NULL;
    for (DWORD i = 0; i < recovery->cActions; i++) {
        manager.restarts = manager.restarts && recovery->lpsaActions[i].Type == SC_ACTION_RESTART &&
                           recovery->lpsaActions[i].Delay >= 5000;
    }
}

/* A list of texts ends with an empty one. */
static void note_privileges(const wchar_t *list)
{
    size_t chars = 0;
    while (list[chars] != L'\0') {
        chars += wcslen(list + chars) + 1;
        assert_true(chars < sizeof manager.privileges / sizeof manager.privileges[0]);
    }
    memcpy(manager.privileges, list, chars * sizeof *list);
    manager.privileges_chars = chars;
}

static BOOL WINAPI change(SC_HANDLE service, DWORD level, void *value)
{
    assert_ptr_equal(service, &manager);
    manager.calls++;
    if (level == manager.level) {
        SetLastError(manager.error);
        return FALSE;
    }
    switch (level) {
    case SERVICE_CONFIG_DESCRIPTION:
        manager.described = wcslen(((SERVICE_DESCRIPTIONW *)value)->lpDescription) > 20;
        break;
    case SERVICE_CONFIG_FAILURE_ACTIONS: note_recovery(value); break;
    case SERVICE_CONFIG_FAILURE_ACTIONS_FLAG:
        manager.also_on_exit =
            ((SERVICE_FAILURE_ACTIONS_FLAG *)value)->fFailureActionsOnNonCrashFailures;
        break;
    case SERVICE_CONFIG_SERVICE_SID_INFO:
        manager.own_sid =
            ((SERVICE_SID_INFO *)value)->dwServiceSidType == SERVICE_SID_TYPE_UNRESTRICTED;
        break;
    case SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO:
        note_privileges(((SERVICE_REQUIRED_PRIVILEGES_INFOW *)value)->pmszRequiredPrivileges);
        break;
    case SERVICE_CONFIG_PRESHUTDOWN_INFO:
        manager.preshutdown_ms = ((SERVICE_PRESHUTDOWN_INFO *)value)->dwPreshutdownTimeout;
        break;
    default: fail();
    }
    return TRUE;
}

static int new_manager(void **state)
{
    (void)state;
    memset(&manager, 0, sizeof manager);
    return 0;
}

static bool has_privilege(const wchar_t *name)
{
    for (size_t at = 0; at < manager.privileges_chars; at += wcslen(manager.privileges + at) + 1) {
        if (wcscmp(manager.privileges + at, name) == 0) {
            return true;
        }
    }
    return false;
}

static void configure__of_a_service__asks_for_all_that_it_should_have(void **state)
{
    (void)state;
    assert_int_equal(ag_service_configure((SC_HANDLE)&manager, change, &err), ST_OK);
    assert_int_equal(manager.calls, 6);
    assert_true(manager.described);
    assert_true(manager.restarts);
    assert_true(manager.also_on_exit);
    assert_true(manager.own_sid);
    assert_int_equal(manager.preshutdown_ms, 10 * 1000);
    assert_true(has_privilege(L"SeChangeNotifyPrivilege"));
    assert_false(has_privilege(L"SeDebugPrivilege"));
    assert_false(has_privilege(L"SeBackupPrivilege"));
    assert_false(has_privilege(L"SeRestorePrivilege"));
    assert_false(has_privilege(L"SeTakeOwnershipPrivilege"));
    assert_false(has_privilege(L"SeLoadDriverPrivilege"));
}

static void configure__of_a_level_that_is_not_known__goes_on(void **state)
{
    (void)state;
    for (DWORD level = SERVICE_CONFIG_DESCRIPTION; level <= SERVICE_CONFIG_PRESHUTDOWN_INFO;
         level++) {
        memset(&manager, 0, sizeof manager);
        manager.level = level;
        manager.error = ERROR_INVALID_LEVEL;
        assert_int_equal(ag_service_configure((SC_HANDLE)&manager, change, &err), ST_OK);
        assert_int_equal(manager.calls, 6);
    }
}

static void configure__refused_by_the_manager__fails(void **state)
{
    const DWORD levels[] = {SERVICE_CONFIG_DESCRIPTION,
                            SERVICE_CONFIG_FAILURE_ACTIONS,
                            SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
                            SERVICE_CONFIG_SERVICE_SID_INFO,
                            SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
                            SERVICE_CONFIG_PRESHUTDOWN_INFO};
    (void)state;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        memset(&manager, 0, sizeof manager);
        manager.level = levels[i];
        manager.error = ERROR_ACCESS_DENIED;
        assert_int_equal(ag_service_configure((SC_HANDLE)&manager, change, &err), ST_DENIED);
    }
}

#define SOURCE L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\MapiRollout"

static bool key_is_there(const wchar_t *path)
{
    HKEY key = NULL;
    bool there = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) == ERROR_SUCCESS;
    if (there) {
        (void)RegCloseKey(key);
    }
    return there;
}

static void uninstall__of_a_service__takes_source_and_mark_and_leaves_the_rest(void **state)
{
    static const wchar_t RUNNING[] = L"SOFTWARE\\MapiRollout\\Running";
    HKEY key = NULL;
    (void)state;
    assert_int_equal(ag_service_install(&err), ST_OK);
    assert_true(key_is_there(SOURCE));
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout\\State", L"Floor",
                                     REG_SZ, L"x", 4),
                     ERROR_SUCCESS);
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, RUNNING, 0, NULL, REG_OPTION_VOLATILE,
                                     KEY_SET_VALUE, NULL, &key, NULL),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
    assert_int_equal(ag_service_uninstall(&err), ST_OK);
    assert_false(key_is_there(SOURCE));
    assert_false(key_is_there(RUNNING));
    assert_true(key_is_there(L"SOFTWARE\\MapiRollout\\State"));
    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout\\State"),
                     ERROR_SUCCESS);
}

static void act__not_installed__says_so(void **state)
{
    (void)state;
    assert_int_equal(ag_service_start(&err), ST_NOT_FOUND);
    assert_int_equal(ag_service_stop(&err), ST_NOT_FOUND);
    assert_int_equal(ag_service_uninstall(&err), ST_NOT_FOUND);
    assert_string_equal(err.text, "the service is not installed");
}

static void stop__not_running__is_fine(void **state)
{
    (void)state;
    assert_int_equal(ag_service_install(&err), ST_OK);
    assert_int_equal(ag_service_stop(&err), ST_OK);
}

#define CLEANED(test) cmocka_unit_test_teardown(test, uninstall)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLEANED(install__done_twice__is_automatic_and_quoted),
        cmocka_unit_test_setup(configure__of_a_service__asks_for_all_that_it_should_have,
                               new_manager),
        cmocka_unit_test_setup(configure__of_a_level_that_is_not_known__goes_on, new_manager),
        cmocka_unit_test_setup(configure__refused_by_the_manager__fails, new_manager),
        CLEANED(uninstall__of_a_service__takes_source_and_mark_and_leaves_the_rest),
        CLEANED(act__not_installed__says_so),
        CLEANED(stop__not_running__is_fine),
    };
    return cmocka_run_group_tests_name("service_setup", tests, NULL, NULL);
}
