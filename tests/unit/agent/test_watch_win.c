/* test_watch_win.c - logons and rewrites are noticed, and nothing leaks. */
#include "tests/cmocka_all.h"

#include "agent/arming.h"
#include "agent/setting_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/watching_win.h"

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
    assert_in_range(handle_count(), 1, handles); /* a thread of the pool may have ended */
    assert_in_range(memory_bytes(), 0, memory + 64 * 1024);
    for (int i = 0; i < HIVES; i++) {
        scratch_hive_unload(sids[i]);
    }
}

static void watch__many_logons__handles_and_memory_stay_flat(void **state)
{
    enum { ROUNDS = 20, HIVES = 15 };
    static wchar_t sids[HIVES][64];
    size_t handles = 0;
    size_t memory = 0;
    for (int round = 0; round < ROUNDS; round++) {
        load_many(HIVES, sids);
        expect_change(*state);
        settle(*state);
        for (int i = 0; i < HIVES; i++) {
            scratch_hive_unload(sids[i]);
        }
        expect_change(*state);
        settle(*state);
        if (round == 2) {
            handles = handle_count();
            memory = memory_bytes();
        }
    }
    assert_in_range(handle_count(), 1, handles); /* a thread of the pool may have ended */
    assert_in_range(memory_bytes(), 0, memory + 64 * 1024);
}

/* Between two looks of the watch: it sees the same list, and keys that are no more. */
static void watch__hive_goes_and_comes_at_once__the_new_one_is_watched(void **state)
{
    for (int round = 0; round < 10; round++) {
        scratch_hive_load(L"" SID);
        write_setting(L"" SID, 1);
        settle(*state);
        scratch_hive_unload(L"" SID);
        scratch_hive_load(L"" SID);
        write_setting(L"" SID, 1);
        settle(*state);
        write_setting(L"" SID, 2);
        expect_change(*state);
        scratch_hive_unload(L"" SID);
    }
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
        WATCHED(watch__hive_goes_and_comes_at_once__the_new_one_is_watched),
        WATCHED(watch__flood_by_one__he_rests_and_another_is_noticed_at_once),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
