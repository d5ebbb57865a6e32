/* test_mirror_win.c - mirror_win.h: the registry holds what was shown, and gives it back. */
#include "tests/cmocka_all.h"

#include "agent/mirror_win.h"

#include <string.h>

#include <windows.h>

#define STATE L"SOFTWARE\\MapiRollout\\State"
#define ALICE L"SOFTWARE\\MapiRollout\\State\\Users\\S-1-5-21-1-2-3-1001"
#define BOB   L"SOFTWARE\\MapiRollout\\State\\Users\\S-1-5-21-1-2-3-1002"

static struct ag_mirror_win *mirror;
static struct pol_report_user alice;
static struct pol_report_user bob;
static const struct pol_report_user *rows[2];
static struct ag_picture picture;
static struct err err;

static int start(void **state)
{
    (void)state;
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, STATE);
    alice = (struct pol_report_user){
        .sid = "S-1-5-21-1-2-3-1001",
        .account = "CONTOSO\\J\xc3\xb6rg",
        .hive_loaded = true,
        .decided = true,
        .set = POL_SET_ALLOW,
        .rule = 0,
        .value = {.known = true, .present = true, .type = REG_DWORD, .dword = 0xfffffffe},
        .changed_at_s = -1,
        .corrections = 7,
        .state = POL_STATE_IDLE,
    };
    bob = (struct pol_report_user){
        .sid = "S-1-5-21-1-2-3-1002", .changed_at_s = -1, .state = POL_STATE_PENDING_LOGON};
    rows[0] = &alice;
    rows[1] = &bob;
    picture = (struct ag_picture){.rollout = "e2e",
                                  .effective_version = 4294967298001,
                                  .failed_at_s = -1,
                                  .device_id = "",
                                  .rows = rows,
                                  .row_count = 2};
    return ag_mirror_win_new(1795340000, &mirror, &err) == ST_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ag_mirror_win_free(mirror);
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, STATE);
    return 0;
}

static void show(void)
{
    struct ag_mirror port = ag_mirror_win_port(mirror);
    assert_int_equal(port.show(port.ctx, &picture, &err), ST_OK);
}

static void expect_text(const wchar_t *key, const wchar_t *name, const wchar_t *text)
{
    wchar_t got[256] = L"";
    DWORD size = sizeof got;
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_SZ, NULL, got, &size),
                     ERROR_SUCCESS);
    assert_int_equal(wcscmp(got, text), 0);
}

static void expect_number(const wchar_t *key, const wchar_t *name, DWORD number)
{
    DWORD got = 0;
    DWORD size = sizeof got;
    assert_int_equal(
        RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_DWORD, NULL, &got, &size),
        ERROR_SUCCESS);
    assert_int_equal(got, number);
}

static bool is_there(const wchar_t *key, const wchar_t *name)
{
    return RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_ANY, NULL, NULL, NULL) ==
           ERROR_SUCCESS;
}

static void show__of_a_machine__is_in_the_registry(void **state)
{
    (void)state;
    show();
    expect_text(STATE, L"Rollout", L"e2e");
    expect_text(STATE, L"PolicyVersion", L"4294967298001");
    expect_text(STATE, L"StartedAt", L"2026-11-22T09:33:20Z");
    expect_number(STATE, L"Stale", 0);
    assert_false(is_there(STATE, L"DeviceId"));
    expect_text(ALICE, L"Account", L"CONTOSO\\J\u00f6rg");
    expect_text(ALICE, L"Value", L"4294967294");
    expect_number(ALICE, L"ValueDword", 0xfffffffe);
    expect_number(ALICE, L"Corrections", 7);
    expect_text(BOB, L"State", L"pending_logon");
    assert_false(is_there(BOB, L"Account"));
}

static void show__beside_the_floor__leaves_it_alone(void **state)
{
    (void)state;
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, STATE, L"Floor", REG_SZ, L"e2e 7", 6 * sizeof(wchar_t)),
        ERROR_SUCCESS);
    show();
    picture.row_count = 0;
    show();
    expect_text(STATE, L"Floor", L"e2e 7");
}

static void show__without_a_user__removes_his_key(void **state)
{
    (void)state;
    show();
    picture.row_count = 1;
    show();
    assert_false(is_there(BOB, L"State"));
    ag_mirror_win_free(mirror);
    mirror = NULL;
    assert_int_equal(ag_mirror_win_new(1795340000, &mirror, &err), ST_OK);
    picture.row_count = 0; /* of an earlier run */
    show();
    assert_false(is_there(ALICE, L"State"));
}

static void read__of_what_was_shown__gives_it_back(void **state)
{
    struct ag_mirror_table table = {.users = NULL};
    (void)state;
    assert_int_equal(ag_mirror_win_read(&table, &err), ST_NOT_FOUND);
    show();
    assert_int_equal(ag_mirror_win_read(&table, &err), ST_OK);
    assert_string_equal(table.machine[AG_MACHINE_ROLLOUT].text, "e2e");
    assert_true(table.machine[AG_MACHINE_POLICY_VERSION].number == 4294967298001);
    assert_false(table.machine[AG_MACHINE_FAILED].present);
    assert_int_equal(table.user_count, 2);
    assert_string_equal(table.users[0].sid, "S-1-5-21-1-2-3-1001");
    assert_string_equal(table.users[0].cells[AG_USER_ACCOUNT].text, "CONTOSO\\J\xc3\xb6rg");
    assert_true(table.users[0].cells[AG_USER_VALUE_DWORD].number == 0xfffffffe);
    assert_string_equal(table.users[1].cells[AG_USER_STATE].text, "pending_logon");
    ag_mirror_table_done(&table);
}

/* Administrators write there, too: nothing of theirs is more than passed over. */
static void read__of_strange_values__passes_over_them(void **state)
{
    static wchar_t large[4000];
    struct ag_mirror_table table = {.users = NULL};
    HKEY key = NULL;
    (void)state;
    show();
    for (size_t i = 0; i + 1 < sizeof large / sizeof large[0]; i++) {
        large[i] = L'x';
    }
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, STATE, L"Stage", REG_SZ, large, sizeof large),
        ERROR_SUCCESS);
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, STATE, L"Digest", REG_DWORD, large, 4),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, STATE, L"Received", REG_SZ, L"-7", 6),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, ALICE, L"Ours", REG_SZ, L"1", 4),
                     ERROR_SUCCESS);
    assert_int_equal(RegCreateKeyW(HKEY_LOCAL_MACHINE, STATE L"\\Users\\Everybody", &key),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
    assert_int_equal(ag_mirror_win_read(&table, &err), ST_OK);
    assert_false(table.machine[AG_MACHINE_STAGE].present);
    assert_false(table.machine[AG_MACHINE_DIGEST].present);
    assert_false(table.machine[AG_MACHINE_RECEIVED].present);
    assert_false(table.users[0].cells[AG_USER_OURS].present);
    assert_int_equal(table.user_count, 2);
    ag_mirror_table_done(&table);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(show__of_a_machine__is_in_the_registry),
        TEST(show__beside_the_floor__leaves_it_alone),
        TEST(show__without_a_user__removes_his_key),
        TEST(read__of_what_was_shown__gives_it_back),
        TEST(read__of_strange_values__passes_over_them),
    };
    return cmocka_run_group_tests_name("mirror_win", tests, NULL, NULL);
}
