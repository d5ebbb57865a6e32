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
        CLEANED(act__not_installed__says_so),
        CLEANED(stop__not_running__is_fine),
    };
    return cmocka_run_group_tests_name("service_setup", tests, NULL, NULL);
}
