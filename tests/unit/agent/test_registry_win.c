/* test_registry_win.c - the door to users' keys, against what a user may plant there. */
#include "tests/cmocka_all.h"

#include "agent/marker.h"
#include "agent/registry_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <string.h>

#include <aclapi.h>
#include <sddl.h>

#define SID       "S-1-5-21-71-72-73-1001"
#define OTHER_SID "S-1-5-21-71-72-73-1002"
#define KEY       L"Software\\Microsoft\\Exchange"
#define VICTIM    L"SOFTWARE\\MapiRolloutVictim"

static const wchar_t *const HIVES[] = {L"" SID, L"" OTHER_SID};
static struct err err;

static int load_hives(void **state)
{
    (void)state;
    scratch_hive_load(HIVES[0]);
    scratch_hive_load(HIVES[1]);
    scratch_key_make(HKEY_LOCAL_MACHINE, VICTIM L"\\Microsoft\\Exchange");
    return 0;
}

static int unload_hives(void **state)
{
    (void)state;
    scratch_hive_unload(HIVES[0]);
    scratch_hive_unload(HIVES[1]);
    return RegDeleteTreeW(HKEY_LOCAL_MACHINE, VICTIM) == ERROR_SUCCESS ? 0 : -1;
}

static struct ag_value dword(uint32_t number)
{
    struct ag_value value = {.present = true, .type = AG_TYPE_DWORD, .size = sizeof number};
    memcpy(value.data, &number, sizeof number);
    return value;
}

static bool exists(HKEY root, const wchar_t *path)
{
    HKEY key = NULL;
    bool found = RegOpenKeyExW(root, path, 0, KEY_READ, &key) == ERROR_SUCCESS;
    ag_user_key_close(key);
    return found;
}

/* Neither looking nor writing gets through. */
static void expect_refused(const wchar_t *path)
{
    HKEY key = NULL;
    assert_int_equal(ag_user_key_open(SID, path, AG_KEY_READ, &key, &err), ST_DENIED);
    assert_int_equal(ag_user_key_open(SID, path, AG_KEY_WRITE, &key, &err), ST_DENIED);
    assert_int_equal(ag_user_key_open(SID, path, AG_KEY_NOTIFY, &key, &err), ST_DENIED);
    assert_null(key);
}

static void sid__forms_of_people__are_taken(void **state)
{
    (void)state;
    assert_true(ag_sid_is_user("S-1-5-21-1-2-3-1001"));
    assert_true(ag_sid_is_user("S-1-5-21-4294967295-4294967295-4294967295-4294967295"));
    assert_true(ag_sid_is_user("S-1-12-1-1-2-3-4"));
}

static void sid__anything_else__is_not(void **state)
{
    static const char *const WRONG[] = {
        "",
        ".DEFAULT",
        "S-1-5-18",
        "S-1-5-21",
        "S-1-5-21-",
        "S-1-5-21-1-2-3",
        "S-1-5-21-1-2-3-",
        "S-1-5-21-1-2-3-4-5",
        "S-1-5-21-1-2-3-1001_Classes",
        "S-1-5-21-1-2-3-10\\..",
        "S-1-5-21-1--3-1001",
        "S-1-5-21-1-2-3-12345678901",
        "S-1-5-80-1-2-3-4",
        " S-1-5-21-1-2-3-1001",
    };
    HKEY key = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_false(ag_sid_is_user(WRONG[i]));
        assert_int_equal(ag_user_key_open(WRONG[i], KEY, AG_KEY_READ, &key, &err), ST_BUG);
    }
}

static void open__missing_keys__are_made_for_writing_only(void **state)
{
    HKEY key = NULL;
    (void)state;
    assert_int_equal(ag_user_key_open(SID, KEY, AG_KEY_READ, &key, &err), ST_NOT_FOUND);
    assert_false(exists(HKEY_USERS, L"" SID L"\\Software\\Microsoft"));
    assert_int_equal(ag_user_key_open(SID, KEY, AG_KEY_WRITE, &key, &err), ST_OK);
    ag_user_key_close(key);
    assert_true(exists(HKEY_USERS, L"" SID L"\\" KEY));
}

static void open__key_spelled_otherwise_by_the_user__is_the_same_key(void **state)
{
    HKEY key = NULL;
    (void)state;
    scratch_key_make(HKEY_USERS, L"" SID L"\\SOFTWARE\\microsoft\\EXCHANGE");
    assert_int_equal(ag_user_key_open(SID, KEY, AG_KEY_WRITE, &key, &err), ST_OK);
    ag_user_key_close(key);
}

static void open__hive_not_loaded__is_not_found_and_makes_nothing(void **state)
{
    HKEY key = NULL;
    (void)state;
    assert_int_equal(ag_user_key_open("S-1-5-21-9-9-9-9", KEY, AG_KEY_WRITE, &key, &err),
                     ST_NOT_FOUND);
    assert_false(exists(HKEY_USERS, L"S-1-5-21-9-9-9-9"));
}

static void open__link_at_the_key__is_refused(void **state)
{
    (void)state;
    scratch_key_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft");
    scratch_link_make(HKEY_USERS, L"" SID L"\\" KEY, L"\\REGISTRY\\Machine\\" VICTIM);
    expect_refused(KEY);
}

static void open__link_in_the_middle_to_the_machine__is_refused(void **state)
{
    (void)state;
    scratch_link_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft",
                      L"\\REGISTRY\\Machine\\" VICTIM L"\\Microsoft");
    expect_refused(KEY);
}

static void open__link_in_the_middle_to_another_user__is_refused(void **state)
{
    (void)state;
    scratch_key_make(HKEY_USERS, L"" OTHER_SID L"\\Software\\Microsoft");
    scratch_link_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft",
                      L"\\REGISTRY\\User\\" OTHER_SID L"\\Software\\Microsoft");
    expect_refused(KEY);
    assert_false(exists(HKEY_USERS, L"" OTHER_SID L"\\" KEY));
}

static void open__link_that_leads_nowhere__is_refused_and_makes_nothing(void **state)
{
    (void)state;
    scratch_link_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft",
                      L"\\REGISTRY\\Machine\\" VICTIM L"\\New");
    expect_refused(KEY);
    assert_false(exists(HKEY_LOCAL_MACHINE, VICTIM L"\\New"));
}

static void open__denied_key__is_denied_with_the_system_code(void **state)
{
    PSECURITY_DESCRIPTOR only_reading = NULL;
    HKEY key = NULL;
    HKEY owned = NULL;
    (void)state;
    scratch_key_make(HKEY_USERS, L"" SID L"\\" KEY);
    assert_int_equal(RegOpenKeyExW(HKEY_USERS, L"" SID L"\\" KEY, 0, WRITE_DAC | KEY_READ, &owned),
                     ERROR_SUCCESS);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(
        L"D:P(A;CI;KR;;;WD)", SDDL_REVISION_1, &only_reading, NULL));
    assert_int_equal(RegSetKeySecurity(owned, DACL_SECURITY_INFORMATION, only_reading),
                     ERROR_SUCCESS);
    (void)RegCloseKey(owned);
    (void)LocalFree(only_reading);

    assert_int_equal(ag_user_key_open(SID, KEY, AG_KEY_READ, &key, &err), ST_OK);
    ag_user_key_close(key);
    assert_int_equal(ag_user_key_open(SID, KEY, AG_KEY_WRITE, &key, &err), ST_DENIED);
    assert_int_equal(err.os_code, ERROR_ACCESS_DENIED);
}

static HKEY open_for_writing(void)
{
    HKEY key = NULL;
    assert_int_equal(ag_user_key_open(SID, KEY, AG_KEY_WRITE, &key, &err), ST_OK);
    return key;
}

static void value__written_and_removed__reads_as_such(void **state)
{
    struct ag_value one = dword(1);
    struct ag_value now = {0};
    const struct ag_value absent = {.present = false};
    HKEY key = open_for_writing();
    (void)state;
    assert_int_equal(ag_user_value_read(key, L"MapiHttpDisabled", &now, &err), ST_OK);
    assert_false(now.present);
    assert_int_equal(ag_user_value_write(key, L"MapiHttpDisabled", &one, &err), ST_OK);
    assert_int_equal(ag_user_value_read(key, L"MapiHttpDisabled", &now, &err), ST_OK);
    assert_true(ag_value_same(&one, &now));
    assert_int_equal(ag_user_value_write(key, L"MapiHttpDisabled", &absent, &err), ST_OK);
    assert_int_equal(ag_user_value_write(key, L"MapiHttpDisabled", &absent, &err), ST_OK);
    assert_int_equal(ag_user_value_read(key, L"MapiHttpDisabled", &now, &err), ST_OK);
    assert_false(now.present);
    ag_user_key_close(key);
}

static void value__of_another_type__is_kept_byte_for_byte(void **state)
{
    const wchar_t text[] = L"1";
    struct ag_value now = {0};
    HKEY key = open_for_writing();
    (void)state;
    assert_int_equal(
        RegSetValueExW(key, L"MapiHttpDisabled", 0, REG_SZ, (const BYTE *)text, sizeof text),
        ERROR_SUCCESS);
    assert_int_equal(ag_user_value_read(key, L"MapiHttpDisabled", &now, &err), ST_OK);
    assert_int_equal(now.type, REG_SZ);
    assert_int_equal(now.size, sizeof text);
    assert_memory_equal(now.data, text, sizeof text);
    assert_int_equal(ag_user_value_write(key, L"Copy", &now, &err), ST_OK);
    ag_user_key_close(key);
}

static void value__of_64_kib__is_seen_but_not_taken(void **state)
{
    static uint8_t large[64 * 1024];
    struct ag_value now = {0};
    HKEY key = open_for_writing();
    (void)state;
    assert_int_equal(RegSetValueExW(key, L"MapiHttpDisabled", 0, REG_BINARY, large, sizeof large),
                     ERROR_SUCCESS);
    assert_int_equal(ag_user_value_read(key, L"MapiHttpDisabled", &now, &err), ST_OK);
    assert_true(now.present);
    assert_true(now.truncated);
    assert_int_equal(now.type, REG_BINARY);
    assert_int_equal(now.size, 0);
    assert_int_equal(ag_user_value_write(key, L"Copy", &now, &err), ST_BUG);
    ag_user_key_close(key);
}

static void value__at_the_bound__is_taken(void **state)
{
    struct ag_value full = {.present = true, .type = REG_BINARY, .size = AG_VALUE_BYTES};
    struct ag_value now = {0};
    HKEY key = open_for_writing();
    (void)state;
    memset(full.data, 0x5a, sizeof full.data);
    assert_int_equal(ag_user_value_write(key, L"Full", &full, &err), ST_OK);
    assert_int_equal(ag_user_value_read(key, L"Full", &now, &err), ST_OK);
    assert_true(ag_value_same(&full, &now));
    ag_user_key_close(key);
}

static void find__value_of_any_size__tells_its_size(void **state)
{
    static uint8_t large[64 * 1024];
    uint8_t data[16] = {0};
    uint32_t type = 0;
    uint32_t size = sizeof data;
    HKEY key = open_for_writing();
    (void)state;
    assert_int_equal(
        RegSetValueExW(key, L"fits", 0, REG_BINARY, (const BYTE *)"0123456789abcdef", sizeof data),
        ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, L"large", 0, REG_BINARY, large, sizeof large),
                     ERROR_SUCCESS);
    assert_int_equal(ag_user_value_find(key, L"none", &type, data, &size, &err), ST_NOT_FOUND);
    assert_int_equal(size, sizeof data);
    assert_int_equal(ag_user_value_find(key, L"fits", &type, data, &size, &err), ST_OK);
    assert_int_equal(type, REG_BINARY);
    assert_int_equal(size, sizeof data);
    assert_memory_equal(data, "0123456789abcdef", sizeof data);
    assert_int_equal(ag_user_value_find(key, L"large", &type, data, &size, &err), ST_OK);
    assert_int_equal(size, sizeof large);
    ag_user_key_close(key);
}

static void value__hive_vanishes_meanwhile__is_an_error_not_an_absence(void **state)
{
    struct ag_value one = dword(1);
    struct ag_value now = {0};
    HKEY key = open_for_writing();
    (void)state;
    scratch_hive_unload(HIVES[0]); /* Windows would refuse: there the handle keeps the hive */
    assert_int_not_equal(ag_user_value_read(key, L"MapiHttpDisabled", &now, &err), ST_OK);
    assert_int_not_equal(ag_user_value_write(key, L"MapiHttpDisabled", &one, &err), ST_OK);
    ag_user_key_close(key);
    scratch_hive_load(HIVES[0]);
}

static void remove__link_in_place_of_the_key__goes_itself(void **state)
{
    (void)state;
    scratch_link_make(HKEY_USERS, L"" SID L"\\Software\\MapiRollout",
                      L"\\REGISTRY\\Machine\\" VICTIM);
    assert_int_equal(ag_user_key_remove(SID, L"Software\\MapiRollout", &err), ST_OK);
    assert_true(exists(HKEY_LOCAL_MACHINE, VICTIM L"\\Microsoft\\Exchange"));
    assert_int_equal(ag_user_key_remove(SID, L"Software\\MapiRollout", &err), ST_NOT_FOUND);
}

static void remove__link_above_the_key__is_refused(void **state)
{
    (void)state;
    scratch_link_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft",
                      L"\\REGISTRY\\Machine\\" VICTIM L"\\Microsoft");
    assert_int_equal(ag_user_key_remove(SID, KEY, &err), ST_DENIED);
    assert_true(exists(HKEY_LOCAL_MACHINE, VICTIM L"\\Microsoft\\Exchange"));
}

static void remove__keys_below__removes_nothing(void **state)
{
    (void)state;
    scratch_key_make(HKEY_USERS, L"" SID L"\\Software\\MapiRollout\\Mine");
    assert_int_equal(ag_user_key_remove(SID, L"Software\\MapiRollout", &err), ST_EXISTS);
    assert_true(exists(HKEY_USERS, L"" SID L"\\Software\\MapiRollout\\Mine"));
}

#define IN_HIVES(test) cmocka_unit_test_setup_teardown(test, load_hives, unload_hives)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sid__forms_of_people__are_taken),
        cmocka_unit_test(sid__anything_else__is_not),
        IN_HIVES(open__missing_keys__are_made_for_writing_only),
        IN_HIVES(open__key_spelled_otherwise_by_the_user__is_the_same_key),
        IN_HIVES(open__hive_not_loaded__is_not_found_and_makes_nothing),
        IN_HIVES(open__link_at_the_key__is_refused),
        IN_HIVES(open__link_in_the_middle_to_the_machine__is_refused),
        IN_HIVES(open__link_in_the_middle_to_another_user__is_refused),
        IN_HIVES(open__link_that_leads_nowhere__is_refused_and_makes_nothing),
        IN_HIVES(open__denied_key__is_denied_with_the_system_code),
        IN_HIVES(value__written_and_removed__reads_as_such),
        IN_HIVES(value__of_another_type__is_kept_byte_for_byte),
        IN_HIVES(value__of_64_kib__is_seen_but_not_taken),
        IN_HIVES(value__at_the_bound__is_taken),
        IN_HIVES(find__value_of_any_size__tells_its_size),
        IN_HIVES(value__hive_vanishes_meanwhile__is_an_error_not_an_absence),
        IN_HIVES(remove__link_in_place_of_the_key__goes_itself),
        IN_HIVES(remove__link_above_the_key__is_refused),
        IN_HIVES(remove__keys_below__removes_nothing),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
