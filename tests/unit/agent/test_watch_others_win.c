/* test_watch_others_win.c - new settings and policy files are noticed; what the agent writes is not. */
#include "tests/cmocka_all.h"

#include "tests/unit/agent/watching_win.h"

/* ---- settings ------------------------------------------------------------------------------ */

#define POLICIES L"SOFTWARE\\Policies\\MapiRollout"
#define OURS     L"SOFTWARE\\MapiRollout"
#define SETTINGS OURS L"\\Agent"

static void remove_settings(void)
{
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, POLICIES);
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, OURS);
}

static int start_without_settings(void **state)
{
    remove_settings();
    return start(state);
}

static int stop_and_remove_settings(void **state)
{
    remove_settings();
    return stop(state);
}

static void write_text(const wchar_t *path, const wchar_t *name, const wchar_t *text)
{
    HKEY key = NULL;
    assert_int_equal(
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL),
        ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                                    (DWORD)((wcslen(text) + 1) * sizeof *text)),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

static void expect_settings_change(struct ag_watch *watch)
{
    expect(watch, ag_watch_take_settings_change);
}

static void settings__made_changed_and_removed__each_is_told(void **state)
{
    static const wchar_t *const KEYS[] = {POLICIES, SETTINGS};
    expect_change(*state); /* the watch has begun */
    assert_false(ag_watch_take_settings_change(*state));
    for (size_t i = 0; i < 2; i++) {
        scratch_key_make(HKEY_LOCAL_MACHINE, KEYS[i]); /* with what is missing above */
        expect_settings_change(*state);
        for (int round = 0; round < 3; round++) {
            settle(*state);
            (void)ag_watch_take_settings_change(*state);
            write_text(KEYS[i], L"Pause", round == 1 ? L"a" : L"b");
            expect_settings_change(*state);
        }
        settle(*state);
        (void)ag_watch_take_settings_change(*state);
        assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, KEYS[i]), ERROR_SUCCESS);
        expect_settings_change(*state);
    }
}

/* What the agent itself keeps beside its settings is none. */
static void settings__state_written_beside_them__tells_nothing(void **state)
{
    expect_change(*state);
    write_text(OURS L"\\State", L"Floor", L"1");
    write_text(OURS L"\\Running", L"User", L"1");
    settle(*state);
    assert_false(ag_watch_take_settings_change(*state));
    scratch_key_make(HKEY_LOCAL_MACHINE, SETTINGS);
    expect_settings_change(*state);
    write_text(OURS L"\\State", L"Floor", L"2");
    write_text(OURS L"\\Further", L"User", L"1");
    settle(*state);
    assert_false(ag_watch_take_settings_change(*state));
}

/* ---- files --------------------------------------------------------------------------------- */

static void write_file(const char *name)
{
    char path[SCRATCH_PATH_BYTES + 64];
    (void)snprintf(path, sizeof path, "%s\\%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void rename_file(const char *from, const char *to)
{
    char before[SCRATCH_PATH_BYTES + 64];
    char after[SCRATCH_PATH_BYTES + 64];
    (void)snprintf(before, sizeof before, "%s\\%s", folder, from);
    (void)snprintf(after, sizeof after, "%s\\%s", folder, to);
    assert_true(MoveFileExA(before, after, MOVEFILE_REPLACE_EXISTING));
}

static void files__policy_comes__tells_each_time(void **state)
{
    expect_change(*state);
    for (int round = 0; round < 3; round++) {
        write_file("policy.jws");
        expect(*state, ag_watch_take_file);
        rename_file("policy.jws", "policy.jws.refused");
    }
    write_file("copying");
    rename_file("copying", "Policy.JWS");
    expect(*state, ag_watch_take_file);
}

static void files__others_come_and_go__tell_nothing(void **state)
{
    expect_change(*state);
    for (int i = 0; i < 300; i++) { /* more than Windows keeps for us at a time */
        write_file("ledger.new");
        rename_file("ledger.new", "ledger");
        write_file("policy.jws.refused");
    }
    settle(*state);
    assert_false(ag_watch_take_file(*state));
    write_file("policy.jws");
    expect(*state, ag_watch_take_file);
}

static void files__folder_is_missing__the_rest_is_watched(void **state)
{
    struct ag_watch *watch = NULL;
    char missing[SCRATCH_PATH_BYTES + 16];
    (void)state;
    woken = CreateEventW(NULL, FALSE, FALSE, NULL);
    (void)snprintf(missing, sizeof missing, "%s\\none", folder);
    assert_int_equal(ag_watch_start(wake, NULL, missing, &watch, &err), ST_OK);
    expect_change(watch);
    scratch_hive_load(L"" SID);
    expect_change(watch);
    scratch_hive_unload(L"" SID);
    ag_watch_stop(watch);
    (void)CloseHandle(woken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings__made_changed_and_removed__each_is_told,
                                        start_without_settings, stop_and_remove_settings),
        cmocka_unit_test_setup_teardown(settings__state_written_beside_them__tells_nothing,
                                        start_without_settings, stop_and_remove_settings),
        WATCHED(files__policy_comes__tells_each_time),
        WATCHED(files__others_come_and_go__tell_nothing),
        cmocka_unit_test(files__folder_is_missing__the_rest_is_watched),
    };
    return cmocka_run_group_tests_name("watch, settings and files", tests, NULL, NULL);
}
