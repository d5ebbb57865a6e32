/* test_watch_win.c - a logon and a foreign rewrite are noticed, and nothing leaks. */
#include "tests/cmocka_all.h"

#include "agent/registry_win.h"
#include "agent/setting_win.h"
#include "agent/watch_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <string.h>

#define SID "S-1-5-21-91-92-93-1001"

enum { PATIENCE_MS = 20000 }; /* how long a broken watch may keep a test; never what is measured */

static struct err err;
static HANDLE woken;

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
    assert_int_equal(ag_watch_start(wake, NULL, &watch, &err), ST_OK);
    *state = watch;
    return 0;
}

static int stop(void **state)
{
    ag_watch_stop(*state);
    (void)CloseHandle(woken);
    return 0;
}

static void expect_change(struct ag_watch *watch)
{
    assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(ag_watch_take_change(watch));
}

/* Drop what was told so far. */
static void forget_changes(struct ag_watch *watch)
{
    (void)WaitForSingleObject(woken, 0);
    (void)ag_watch_take_change(watch);
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
    forget_changes(*state);
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
        forget_changes(*state);
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
    forget_changes(*state);
    size_t handles = handle_count();
    ag_watch_session_changed(*state, true);
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
    ag_watch_session_changed(*state, false); /* look now: the last hive is watched after this */
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

static void watch__many_changes__handles_and_memory_stay_flat(void **state)
{
    size_t handles = 0;
    size_t memory = 0;
    expect_change(*state);
    scratch_hive_load(L"" SID);
    write_setting(L"" SID, 1);
    expect_change(*state);
    for (DWORD i = 0; i < 2000; i++) {
        forget_changes(*state);
        write_setting(L"" SID, i);
        expect_change(*state);
        if (i == 100) {
            handles = handle_count();
            memory = memory_bytes();
        }
    }
    /* The watch may be between opening the new keys and closing the old. */
    assert_in_range(handle_count(), handles - 8, handles + 8);
    assert_in_range(memory_bytes(), 0, memory + 256 * 1024);
    scratch_hive_unload(L"" SID);
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
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
