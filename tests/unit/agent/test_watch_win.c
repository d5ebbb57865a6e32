/* test_watch_win.c - logons, rewrites, settings and policy files are noticed, and nothing leaks. */
#include "tests/cmocka_all.h"

#include "agent/arming.h"
#include "agent/registry_win.h"
#include "agent/setting_win.h"
#include "agent/watch_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_folder_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <string.h>

#define SID "S-1-5-21-91-92-93-1001"

enum { PATIENCE_MS = 20000 }; /* how long a broken watch may keep a test; never what is measured */

static struct err err;
static HANDLE woken;
static char folder[SCRATCH_PATH_BYTES];

static void wake(void *ctx)
{
    (void)ctx;
    (void)SetEvent(woken);
}

static int start(void **state)
{
    struct ag_watch *watch = NULL;
    woken = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_non_null(woken);
    scratch_folder_name("watch", folder);
    assert_true(CreateDirectoryA(folder, NULL));
    assert_int_equal(ag_watch_start(wake, NULL, folder, &watch, &err), ST_OK);
    *state = watch;
    return 0;
}

static int stop(void **state)
{
    ag_watch_stop(*state);
    (void)CloseHandle(woken);
    scratch_folder_remove(folder);
    return 0;
}

/* Wait until the flag is set: a call may be of something else that was told before. */
static void expect(struct ag_watch *watch, bool (*take)(struct ag_watch *watch))
{
    while (!take(watch)) {
        assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
    }
}

static void expect_change(struct ag_watch *watch)
{
    expect(watch, ag_watch_take_change);
}

/* Wait until nothing more is told of what was done so far. */
static void settle(struct ag_watch *watch)
{
    while (WaitForSingleObject(woken, 100) == WAIT_OBJECT_0) {
    }
    (void)ag_watch_take_change(watch);
}

static void write_setting(const wchar_t *sid, DWORD number)
{
    wchar_t path[256];
    HKEY key = NULL;
    (void)swprintf(path, 256, L"%ls\\%ls", sid, AG_SETTING_KEY);
    assert_int_equal(RegCreateKeyExW(HKEY_USERS, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, L"MapiHttpDisabled", 0, REG_DWORD, (const BYTE *)&number,
                                    sizeof number),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

static void watch__started__tells_once_and_the_flag_clears(void **state)
{
    expect_change(*state);
    assert_false(ag_watch_take_change(*state));
}

static void watch__hive_appears_and_goes__tells_each_time(void **state)
{
    expect_change(*state);
    scratch_hive_load(L"" SID);
    expect_change(*state);
    settle(*state);
    scratch_hive_unload(L"" SID); /* the watch holds no handle that would hinder it */
    expect_change(*state);
}

static void watch__setting_written__tells(void **state)
{
    expect_change(*state);
    scratch_hive_load(L"" SID);
    expect_change(*state);
    write_setting(L"" SID, 1); /* the key appears in what is watched above it */
    expect_change(*state);
    for (DWORD number = 2; number < 5; number++) {
        settle(*state);
        write_setting(L"" SID, number);
        expect_change(*state);
    }
    scratch_hive_unload(L"" SID);
}

static void watch__logoff__lets_go_of_the_keys(void **state)
{
    expect_change(*state);
    scratch_hive_load(L"" SID);
    write_setting(L"" SID, 1);
    expect_change(*state);
    settle(*state);
    size_t handles = handle_count();
    ag_watch_session_changed(*state, true, NULL);
    expect_change(*state);
    assert_in_range(handle_count(), 1, handles - 2);
    scratch_hive_unload(L"" SID);
}

/* A wait takes 64 handles at the most; a terminal server has more users. */
static void watch__more_hives_than_one_wait_holds__all_are_watched(void **state)
{
    enum { HIVES = 70 };
    wchar_t sids[HIVES][64];
    for (int i = 0; i < HIVES; i++) {
        (void)swprintf(sids[i], 64, L"S-1-5-21-91-92-94-%d", 1000 + i);
        scratch_hive_load(sids[i]);
        write_setting(sids[i], 1);
    }
    ag_watch_session_changed(*state, false,
                             NULL); /* look now: the last hive is watched after this */
    expect_change(*state);
    for (int i = 0; i < HIVES; i += HIVES - 1) {
        settle(*state);
        write_setting(sids[i], 2);
        expect_change(*state);
    }
    for (int i = 0; i < HIVES; i++) {
        scratch_hive_unload(sids[i]);
    }
}

static void load_many(int hives, wchar_t (*sids)[64])
{
    for (int i = 0; i < hives; i++) {
        (void)swprintf(sids[i], 64, L"S-1-5-21-91-92-95-%d", 1000 + i);
        scratch_hive_load(sids[i]);
        write_setting(sids[i], 1);
    }
}

/* Each user changes his value so often that it is told at once each time. */
static void change_all(struct ag_watch *watch, int hives, wchar_t (*sids)[64])
{
    enum { ROUNDS = 10 };
    for (DWORD round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < hives; i++) {
            (void)ag_watch_take_change(watch);
            write_setting(sids[i], 10 + round);
            expect_change(watch);
        }
    }
}

static void watch__many_changes__handles_and_memory_stay_flat(void **state)
{
    enum { HIVES = 100 };
    static wchar_t sids[HIVES][64];
    load_many(HIVES, sids);
    ag_watch_session_changed(*state, false, NULL);
    settle(*state);
    change_all(*state, 10, sids);
    size_t handles = handle_count();
    size_t memory = memory_bytes();
    change_all(*state, HIVES - 10, sids + 10);
    assert_int_equal(handle_count(), handles);
    assert_in_range(memory_bytes(), 0, memory + 64 * 1024);
    for (int i = 0; i < HIVES; i++) {
        scratch_hive_unload(sids[i]);
    }
}

static void watch__many_logons__handles_and_memory_stay_flat(void **state)
{
    size_t handles = 0;
    size_t memory = 0;
    for (int i = 0; i < 200; i++) {
        scratch_hive_load(L"" SID);
        expect_change(*state);
        scratch_hive_unload(L"" SID);
        expect_change(*state);
        if (i == 20) {
            settle(*state);
            handles = handle_count();
            memory = memory_bytes();
        }
    }
    settle(*state);
    assert_int_equal(handle_count(), handles);
    assert_in_range(memory_bytes(), 0, memory + 64 * 1024);
}

/* How often one user's writes are told of, while each is written after the one before was, or after
 * a while in which nothing was told. */
static unsigned flood(struct ag_watch *watch, const wchar_t *sid, DWORD writes)
{
    enum { QUIET_MS = 20 };
    unsigned told = 0;
    for (DWORD i = 0; i < writes; i++) {
        write_setting(sid, i);
        (void)WaitForSingleObject(woken, QUIET_MS);
        told += ag_watch_take_change(watch);
    }
    return told;
}

static void watch__flood_by_one__he_rests_and_another_is_noticed_at_once(void **state)
{
    static const wchar_t other[] = L"S-1-5-21-91-92-93-1002";
    scratch_hive_load(L"" SID);
    scratch_hive_load(other);
    write_setting(L"" SID, 1);
    write_setting(other, 1);
    settle(*state);
    assert_in_range(flood(*state, L"" SID, 200), 10, AG_ARMING_CHANGES + 1);
    for (DWORD number = 2; number < 8; number++) {
        write_setting(L"" SID, number);
        assert_false(ag_watch_take_change(*state));
        write_setting(other, number);
        expect_change(*state);
    }
    scratch_hive_unload(L"" SID);
    scratch_hive_unload(other);
}

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

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHED(watch__started__tells_once_and_the_flag_clears),
        WATCHED(watch__hive_appears_and_goes__tells_each_time),
        WATCHED(watch__setting_written__tells),
        WATCHED(watch__logoff__lets_go_of_the_keys),
        WATCHED(watch__more_hives_than_one_wait_holds__all_are_watched),
        WATCHED(watch__many_changes__handles_and_memory_stay_flat),
        WATCHED(watch__many_logons__handles_and_memory_stay_flat),
        WATCHED(watch__flood_by_one__he_rests_and_another_is_noticed_at_once),
        cmocka_unit_test_setup_teardown(settings__made_changed_and_removed__each_is_told,
                                        start_without_settings, stop_and_remove_settings),
        cmocka_unit_test_setup_teardown(settings__state_written_beside_them__tells_nothing,
                                        start_without_settings, stop_and_remove_settings),
        WATCHED(files__policy_comes__tells_each_time),
        WATCHED(files__others_come_and_go__tell_nothing),
        cmocka_unit_test(files__folder_is_missing__the_rest_is_watched),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
