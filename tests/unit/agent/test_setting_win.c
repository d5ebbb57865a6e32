/* test_setting_win.c - the setting and its marker in a real hive, against a user who spoils it. */
#include "tests/cmocka_all.h"

#include "agent/marker.h"
#include "agent/registry_win.h"
#include "agent/setting_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <string.h>

#define SID     "S-1-5-21-61-62-63-1001"
#define SETTING L"" SID L"\\Software\\Microsoft\\Exchange"
#define MARKER  L"" SID L"\\Software\\MapiRollout"
#define VICTIM  L"SOFTWARE\\MapiRolloutSettingVictim"

enum { CYCLES = 2000, WARM_UP = 100 };

static struct err err;
static struct ag_setting port;

static int load(void **state)
{
    struct ag_hive *hive = NULL;
    port = ag_setting_win(NULL);
    scratch_hive_load(L"" SID);
    scratch_key_make(HKEY_LOCAL_MACHINE, VICTIM);
    assert_int_equal(port.open(port.ctx, SID, &hive, &err), ST_OK);
    *state = hive;
    return 0;
}

static int unload(void **state)
{
    port.close(port.ctx, *state);
    scratch_hive_unload(L"" SID); /* fails if the root is still open somewhere */
    return RegDeleteTreeW(HKEY_LOCAL_MACHINE, VICTIM) == ERROR_SUCCESS ? 0 : -1;
}

static struct ag_value dword(uint32_t number)
{
    struct ag_value value = {.present = true, .type = AG_TYPE_DWORD, .size = sizeof number};
    memcpy(value.data, &number, sizeof number);
    return value;
}

static const struct ag_value ABSENT = {.present = false};

static bool key_exists(HKEY root, const wchar_t *path)
{
    HKEY key = NULL;
    bool there = RegOpenKeyExW(root, path, REG_OPTION_OPEN_LINK, KEY_READ, &key) == ERROR_SUCCESS;
    ag_user_key_close(key);
    return there;
}

static void expect_setting(struct ag_hive *hive, const struct ag_value *expected)
{
    struct ag_value now = {0};
    assert_int_equal(port.read(port.ctx, hive, &now, &err), ST_OK);
    assert_true(ag_value_same(&now, expected));
}

static void read__nothing_there__is_absent_and_makes_no_key(void **state)
{
    struct ag_value now = dword(7);
    expect_setting(*state, &ABSENT);
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_WRITTEN, &now, &err), ST_OK);
    assert_false(now.present);
    assert_false(key_exists(HKEY_USERS, SETTING));
    assert_false(key_exists(HKEY_USERS, MARKER));
}

static void write__absent_where_nothing_is__makes_no_key(void **state)
{
    assert_int_equal(port.write(port.ctx, *state, &ABSENT, &err), ST_OK);
    assert_false(key_exists(HKEY_USERS, SETTING));
}

static void write__value_and_removal__the_key_stays(void **state)
{
    struct ag_value one = dword(1);
    assert_int_equal(port.write(port.ctx, *state, &one, &err), ST_OK);
    expect_setting(*state, &one);
    assert_int_equal(port.write(port.ctx, *state, &ABSENT, &err), ST_OK);
    expect_setting(*state, &ABSENT);
    assert_true(key_exists(HKEY_USERS, SETTING));
}

static void read__foreign_rewrite_after_our_write__is_seen(void **state)
{
    struct ag_value one = dword(1);
    struct ag_value two = dword(2);
    const DWORD foreign = 2;
    assert_int_equal(port.write(port.ctx, *state, &one, &err), ST_OK);
    assert_int_equal(RegSetKeyValueW(HKEY_USERS, SETTING, L"MapiHttpDisabled", REG_DWORD, &foreign,
                                     sizeof foreign),
                     ERROR_SUCCESS);
    expect_setting(*state, &two);
}

static void marker__all_parts__come_back_and_are_forgotten(void **state)
{
    struct ag_value part = {.present = true, .type = REG_BINARY, .size = 9};
    struct ag_value name = {.present = true, .type = REG_SZ, .size = 4, .data = "ring"};
    struct ag_value now = {0};
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_PRE_IMAGE, &part, &err), ST_OK);
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_WRITTEN, &part, &err), ST_OK);
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_PREVIOUS, &part, &err), ST_OK);
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_ROLLOUT, &name, &err), ST_OK);
    assert_int_equal(port.flush(port.ctx, *state, &err), ST_OK);
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_PREVIOUS, &now, &err), ST_OK);
    assert_true(ag_value_same(&now, &part));
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_ROLLOUT, &now, &err), ST_OK);
    assert_true(ag_value_same(&now, &name));
    assert_int_equal(port.forget_marker(port.ctx, *state, &err), ST_OK);
    assert_false(key_exists(HKEY_USERS, MARKER));
    assert_int_equal(port.forget_marker(port.ctx, *state, &err), ST_OK);
}

static void marker__name_of_the_rollout__is_text_in_the_registry(void **state)
{
    struct ag_value name = {.present = true, .type = REG_SZ, .size = 4, .data = "ring"};
    wchar_t text[16] = L"";
    DWORD size = sizeof text;
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_ROLLOUT, &name, &err), ST_OK);
    assert_int_equal(RegGetValueW(HKEY_USERS, MARKER, L"Rollout", RRF_RT_REG_SZ, NULL, text, &size),
                     ERROR_SUCCESS);
    assert_int_equal(size, 5 * sizeof *text);
    assert_int_equal(wcscmp(text, L"ring"), 0);
}

static void marker__keys_of_the_user_below_it__stay(void **state)
{
    struct ag_value part = {.present = true, .type = REG_BINARY, .size = 9};
    struct ag_value now = {0};
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_WRITTEN, &part, &err), ST_OK);
    scratch_key_make(HKEY_USERS, MARKER L"\\Mine");
    assert_int_equal(port.forget_marker(port.ctx, *state, &err), ST_OK);
    assert_true(key_exists(HKEY_USERS, MARKER L"\\Mine"));
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_WRITTEN, &now, &err), ST_OK);
    assert_false(now.present);
}

static void marker__link_in_its_place__is_not_written_through_and_can_be_forgotten(void **state)
{
    struct ag_value part = {.present = true, .type = REG_BINARY, .size = 9};
    struct ag_value now = {0};
    DWORD values = 1;
    HKEY victim = NULL;
    scratch_link_make(HKEY_USERS, MARKER, L"\\REGISTRY\\Machine\\" VICTIM);
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_WRITTEN, &now, &err), ST_DENIED);
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_WRITTEN, &part, &err),
                     ST_DENIED);
    assert_int_equal(port.forget_marker(port.ctx, *state, &err), ST_OK);
    assert_false(key_exists(HKEY_USERS, MARKER));
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, VICTIM, 0, KEY_READ, &victim),
                     ERROR_SUCCESS);
    assert_int_equal(RegQueryInfoKeyW(victim, NULL, NULL, NULL, NULL, NULL, NULL, &values, NULL,
                                      NULL, NULL, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(values, 0);
    (void)RegCloseKey(victim);
}

static void setting__link_in_its_place__nothing_beyond_is_touched(void **state)
{
    struct ag_value one = dword(1);
    struct ag_value now = {0};
    scratch_key_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft");
    scratch_link_make(HKEY_USERS, SETTING, L"\\REGISTRY\\Machine\\" VICTIM);
    assert_int_equal(port.read(port.ctx, *state, &now, &err), ST_DENIED);
    assert_int_equal(port.write(port.ctx, *state, &one, &err), ST_DENIED);
    assert_int_equal(port.write(port.ctx, *state, &ABSENT, &err), ST_DENIED);
    assert_int_equal(
        RegGetValueW(HKEY_LOCAL_MACHINE, VICTIM, L"MapiHttpDisabled", RRF_RT_ANY, NULL, NULL, NULL),
        ERROR_FILE_NOT_FOUND);
}

/* Handles that stay open between two looks must not hide what happened to the key. */
static void read__key_removed_and_made_again__is_seen_each_time(void **state)
{
    struct ag_value one = dword(1);
    struct ag_value two = dword(2);
    struct ag_value now = {0};
    const DWORD numbers[] = {1, 2};
    assert_int_equal(RegSetKeyValueW(HKEY_USERS, SETTING, L"MapiHttpDisabled", REG_DWORD,
                                     &numbers[0], sizeof numbers[0]),
                     ERROR_SUCCESS);
    expect_setting(*state, &one);
    expect_setting(*state, &one);
    assert_int_equal(RegDeleteTreeW(HKEY_USERS, SETTING), ERROR_SUCCESS);
    expect_setting(*state, &ABSENT);
    assert_int_equal(RegSetKeyValueW(HKEY_USERS, SETTING, L"MapiHttpDisabled", REG_DWORD,
                                     &numbers[1], sizeof numbers[1]),
                     ERROR_SUCCESS);
    expect_setting(*state, &two);
    assert_int_equal(RegDeleteTreeW(HKEY_USERS, SETTING), ERROR_SUCCESS);
    scratch_link_make(HKEY_USERS, SETTING, L"\\REGISTRY\\Machine\\" VICTIM);
    assert_int_equal(port.read(port.ctx, *state, &now, &err), ST_DENIED);
}

static void marker__not_there_and_then_written__is_read(void **state)
{
    struct ag_value part = {.present = true, .type = REG_BINARY, .size = 9};
    struct ag_value now = {0};
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_PRE_IMAGE, &now, &err), ST_OK);
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_WRITTEN, &now, &err), ST_OK);
    assert_false(now.present);
    assert_int_equal(port.write_marker(port.ctx, *state, AG_MARKER_WRITTEN, &part, &err), ST_OK);
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_WRITTEN, &now, &err), ST_OK);
    assert_true(ag_value_same(&now, &part));
    assert_int_equal(port.forget_marker(port.ctx, *state, &err), ST_OK);
    assert_int_equal(port.read_marker(port.ctx, *state, AG_MARKER_WRITTEN, &now, &err), ST_OK);
    assert_false(now.present);
}

static void read__hive_gone__is_not_found(void **state)
{
    struct ag_value now = {0};
    struct ag_hive *other = NULL;
    scratch_hive_unload(L"" SID);
    assert_int_equal(port.read(port.ctx, *state, &now, &err), ST_NOT_FOUND);
    assert_int_equal(port.forget_marker(port.ctx, *state, &err), ST_NOT_FOUND);
    assert_int_equal(port.open(port.ctx, SID, &other, &err), ST_NOT_FOUND);
    assert_null(other);
    scratch_hive_load(L"" SID);
}

/* What one pass over a user does at the most. */
static void one_cycle(uint32_t number)
{
    struct ag_hive *hive = NULL;
    struct ag_value value = dword(number);
    struct ag_value part = {.present = true, .type = REG_BINARY, .size = 9};
    assert_int_equal(port.open(port.ctx, SID, &hive, &err), ST_OK);
    expect_setting(hive, &ABSENT);
    assert_int_equal(port.write_marker(port.ctx, hive, AG_MARKER_WRITTEN, &part, &err), ST_OK);
    assert_int_equal(port.flush(port.ctx, hive, &err), ST_OK);
    assert_int_equal(port.write(port.ctx, hive, &value, &err), ST_OK);
    expect_setting(hive, &value);
    assert_int_equal(port.write(port.ctx, hive, &ABSENT, &err), ST_OK);
    assert_int_equal(port.forget_marker(port.ctx, hive, &err), ST_OK);
    port.close(port.ctx, hive);
}

static void setting__many_cycles__handles_and_memory_stay_flat(void **state)
{
    size_t handles = 0;
    size_t memory = 0;
    (void)state;
    for (uint32_t i = 0; i < CYCLES; i++) {
        one_cycle(i);
        if (i == WARM_UP) {
            handles = handle_count();
            memory = memory_bytes();
        }
    }
    assert_int_equal(handle_count(), handles);
    assert_in_range(memory_bytes(), 0, memory + 64 * 1024);
}

#define IN_HIVE(test) cmocka_unit_test_setup_teardown(test, load, unload)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HIVE(read__nothing_there__is_absent_and_makes_no_key),
        IN_HIVE(write__absent_where_nothing_is__makes_no_key),
        IN_HIVE(write__value_and_removal__the_key_stays),
        IN_HIVE(read__foreign_rewrite_after_our_write__is_seen),
        IN_HIVE(marker__all_parts__come_back_and_are_forgotten),
        IN_HIVE(marker__name_of_the_rollout__is_text_in_the_registry),
        IN_HIVE(marker__keys_of_the_user_below_it__stay),
        IN_HIVE(marker__link_in_its_place__is_not_written_through_and_can_be_forgotten),
        IN_HIVE(setting__link_in_its_place__nothing_beyond_is_touched),
        IN_HIVE(read__key_removed_and_made_again__is_seen_each_time),
        IN_HIVE(marker__not_there_and_then_written__is_read),
        IN_HIVE(read__hive_gone__is_not_found),
        IN_HIVE(setting__many_cycles__handles_and_memory_stay_flat),
    };
    return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
