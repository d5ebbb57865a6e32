/* test_profiles_win.c - profiles out of a hive, against what a user may plant there. */
#include "tests/cmocka_all.h"

#include "agent/profiles_win.h"
#include "agent/registry_win.h"
#include "base/clock.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/planted_keys_win.h"

#include <string.h>

#define VICTIM   L"SOFTWARE\\MapiRolloutVictim"
#define ACCOUNTS L"9375CFF0413111d3B88A00104B2A6676"

static struct err err;
static struct ag_profiles_found found;
static struct ag_profiles_mark mark;
static struct ag_profiles_time now;

static int load(void **state)
{
    (void)state;
    found = (struct ag_profiles_found){.policy_value = false};
    mark = (struct ag_profiles_mark){0};
    now = (struct ag_profiles_time){.wall_ms = clock_wall_ms(), .monotonic_ms = 1000};
    scratch_hive_load(L"" PLANTED_SID);
    scratch_key_make(HKEY_LOCAL_MACHINE, VICTIM);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    scratch_hive_unload(L"" PLANTED_SID);
    return RegDeleteTreeW(HKEY_LOCAL_MACHINE, VICTIM) == ERROR_SUCCESS ? 0 : -1;
}

static bool look(void)
{
    bool changed = false;
    assert_int_equal(ag_profiles_win_look(PLANTED_SID, &now, &mark, &changed, &found, &err), ST_OK);
    return changed;
}

static const struct ag_profiles *look_anew(void)
{
    mark = (struct ag_profiles_mark){0};
    assert_true(look());
    return &found.profiles;
}

static uint32_t bit(enum ag_profile_value which)
{
    return 1U << which;
}

/* ---- what is found ------------------------------------------------------------------------- */

static void look__no_profiles_anywhere__is_known(void **state)
{
    (void)state;
    look_anew();
    assert_int_equal(found.profiles.count, 0);
    assert_false(found.profiles.unreadable);
    assert_false(found.profiles.cut_short);
    assert_false(found.policy_value);
}

static void look__profiles_of_each_layout__are_read(void **state)
{
    const uint32_t flags = 1;
    (void)state;
    plant_text(PLANTED_16 L"Outlook\\" PLANTED_SECTION, L"001f6652", REG_BINARY, PLANTED_URL);
    plant_text(PLANTED_16 L"Second\\" PLANTED_SECTION, L"001f6653", REG_SZ, PLANTED_URL);
    plant_text(PLANTED_OFFICE L"16.0\\Outlook", L"DefaultProfile", REG_SZ, L"OUTLOOK");
    plant_text(PLANTED_15 L"Old\\" PLANTED_SECTION, L"001f6622", REG_BINARY,
               L"rpc.contoso.example");
    plant_value(PLANTED_15 L"Old\\other", L"00036623", REG_BINARY, &flags, sizeof flags);
    plant_text(PLANTED_OFFICE L"15.0\\Outlook", L"DefaultProfile", REG_SZ, L"Outlook");
    plant_key(PLANTED_14 L"\\Oldest\\" PLANTED_SECTION);
    plant_text(PLANTED_14, L"DefaultProfile", REG_SZ, L"Oldest");
    const struct ag_profiles *profiles = look_anew();
    assert_int_equal(profiles->count, 4);
    const struct ag_profile *one = &profiles->list[0];
    assert_int_equal(one->layout, AG_LAYOUT_16);
    assert_true(one->is_default);
    assert_int_equal(one->seen, bit(AG_PROFILE_MAIL_INTERNAL));
    one = &profiles->list[1];
    assert_false(one->is_default);
    assert_int_equal(one->seen, bit(AG_PROFILE_MAIL_EXTERNAL));
    one = &profiles->list[2];
    assert_int_equal(one->layout, AG_LAYOUT_15);
    assert_false(one->is_default); /* another layout's name */
    assert_int_equal(one->seen, bit(AG_PROFILE_RPC_PROXY) | bit(AG_PROFILE_RPC_FLAGS));
    assert_true(one->rpc_on);
    one = &profiles->list[3];
    assert_int_equal(one->layout, AG_LAYOUT_14);
    assert_true(one->is_default);
    assert_int_equal(one->seen, 0);
    assert_false(profiles->unreadable);
}

static void look__values_elsewhere__do_not_count(void **state)
{
    (void)state;
    plant_text(PLANTED_16 L"Outlook", L"001f6652", REG_BINARY, PLANTED_URL); /* not in a section */
    plant_text(PLANTED_16 L"Outlook\\a\\deeper", L"001f6653", REG_BINARY,
               PLANTED_URL); /* below one */
    plant_text(PLANTED_OFFICE L"16.0\\Outlook\\Profiles", L"001f6654", REG_SZ,
               PLANTED_URL); /* above */
    plant_text(PLANTED_OFFICE L"14.0\\Outlook\\Profiles\\x\\y", L"001f6655", REG_SZ, PLANTED_URL);
    const struct ag_profiles *profiles = look_anew();
    assert_int_equal(profiles->count, 1);
    assert_int_equal(profiles->list[0].seen, 0);
    assert_int_equal(profiles->list[0].damaged, 0);
}

static void look__damaged_values__are_told(void **state)
{
    static uint8_t large[64 * 1024];
    (void)state;
    plant_value(PLANTED_16 L"Outlook\\" PLANTED_SECTION, L"001f6652", REG_BINARY, large,
                sizeof large);
    plant_value(PLANTED_16 L"Outlook\\" PLANTED_SECTION, L"001f6653", REG_BINARY, large,
                AG_PROFILE_VALUE_BYTES + 1);
    plant_value(PLANTED_16 L"Outlook\\" PLANTED_SECTION, L"00036623", REG_BINARY, large, 3);
    const struct ag_profiles *profiles = look_anew();
    assert_int_equal(profiles->list[0].seen, 0);
    assert_int_equal(profiles->list[0].damaged, bit(AG_PROFILE_MAIL_INTERNAL) |
                                                    bit(AG_PROFILE_MAIL_EXTERNAL) |
                                                    bit(AG_PROFILE_RPC_FLAGS));
    assert_false(profiles->list[0].cut_short);
}

static void look__default_of_another_kind__is_none(void **state)
{
    static wchar_t endless[2048];
    (void)state;
    plant_key(PLANTED_16 L"Outlook");
    plant_text(PLANTED_OFFICE L"16.0\\Outlook", L"DefaultProfile", REG_DWORD, L"Outlook");
    assert_false(look_anew()->list[0].is_default);
    plant_value(PLANTED_OFFICE L"16.0\\Outlook", L"DefaultProfile", REG_SZ, L"Outlook", 13);
    assert_false(look_anew()->list[0].is_default);
    plant_value(PLANTED_OFFICE L"16.0\\Outlook", L"DefaultProfile", REG_SZ, endless,
                sizeof endless);
    assert_false(look_anew()->list[0].is_default);
    plant_value(PLANTED_OFFICE L"16.0\\Outlook", L"DefaultProfile", REG_SZ, L"Outlook",
                14); /* no NUL */
    assert_true(look_anew()->list[0].is_default);
}

static void look__policy_value__is_told(void **state)
{
    (void)state;
    plant_text(PLANTED_POLICIES, L"Other", REG_SZ, L"1");
    (void)look_anew();
    assert_false(found.policy_value);
    plant_text(PLANTED_POLICIES, L"MapiHttpDisabled", REG_SZ, L"any type");
    (void)look_anew();
    assert_true(found.policy_value);
}

/* ---- hostile hives ------------------------------------------------------------------------- */

/* Were it opened, it would be missed: nobody may. In any letter case. */
static void look__key_of_accounts__is_never_opened(void **state)
{
    static const wchar_t *const SPELT[] = {ACCOUNTS, L"9375cff0413111d3b88a00104b2a6676"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        wchar_t path[1024];
        (void)swprintf(path, 1024, PLANTED_16 L"p%zu\\%ls", i, SPELT[i]);
        plant_text(path, L"001f6652", REG_BINARY, PLANTED_URL);
        plant_denial(path);
        (void)swprintf(path, 1024, PLANTED_16 L"p%zu\\" PLANTED_SECTION, i);
        plant_text(path, L"001f6653", REG_BINARY, PLANTED_URL);
    }
    const struct ag_profiles *profiles = look_anew();
    assert_int_equal(profiles->count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_false(profiles->list[i].cut_short);
        assert_int_equal(profiles->list[i].seen, bit(AG_PROFILE_MAIL_EXTERNAL));
    }
    /* The test can tell: another key like it is missed. */
    plant_text(PLANTED_16 L"p0\\8375CFF0413111d3B88A00104B2A6676", L"001f6652", REG_BINARY,
               PLANTED_URL);
    plant_denial(PLANTED_16 L"p0\\8375CFF0413111d3B88A00104B2A6676");
    assert_true(look_anew()->list[0].cut_short);
}

static void look__denied_keys__are_told(void **state)
{
    (void)state;
    plant_key(PLANTED_16 L"Outlook\\" PLANTED_SECTION);
    plant_key(PLANTED_16 L"Denied\\" PLANTED_SECTION);
    plant_denial(PLANTED_16 L"Denied");
    assert_int_equal(look_anew()->count, 1);
    assert_true(found.profiles.unreadable);
    plant_denial(PLANTED_OFFICE L"16.0\\Outlook\\Profiles");
    assert_int_equal(look_anew()->count, 0);
    assert_true(found.profiles.unreadable);
}

static void plant_link(const wchar_t *path)
{
    wchar_t full[1024];
    planted_path(path, full);
    scratch_link_make(HKEY_USERS, full, L"\\REGISTRY\\Machine\\" VICTIM);
}

static void look__links__are_not_followed(void **state)
{
    HKEY key = NULL;
    (void)state;
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, VICTIM L"\\" PLANTED_SECTION, 0, NULL, 0,
                                     KEY_ALL_ACCESS, NULL, &key, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(
        RegSetValueExW(key, L"001f6652", 0, REG_SZ, (const BYTE *)PLANTED_URL, sizeof PLANTED_URL),
        ERROR_SUCCESS);
    (void)RegCloseKey(key);
    plant_key(PLANTED_16 L"Outlook\\" PLANTED_SECTION);
    plant_link(PLANTED_16 L"Linked");
    plant_link(PLANTED_16 L"Outlook\\linked");
    const struct ag_profiles *profiles = look_anew();
    assert_int_equal(profiles->count, 1);
    assert_int_equal(profiles->list[0].seen, 0);
    assert_true(profiles->list[0].cut_short);
    assert_true(profiles->unreadable);
}

static void look__place_that_is_a_link__is_told(void **state)
{
    (void)state;
    plant_key(PLANTED_OFFICE L"16.0");
    plant_link(PLANTED_OFFICE L"16.0\\Outlook");
    plant_key(PLANTED_15 L"Old");
    assert_int_equal(look_anew()->count, 1);
    assert_true(found.profiles.unreadable);
}

static void make_many(const wchar_t *above, int count)
{
    for (int i = 0; i < count; i++) {
        wchar_t path[1024];
        (void)swprintf(path, 1024, L"%ls%04d", above, i);
        plant_key(path);
    }
}

static void look__more_sections_than_are_read__is_told(void **state)
{
    (void)state;
    make_many(PLANTED_16 L"Outlook\\s", AG_PROFILE_SECTIONS_MOST);
    assert_false(look_anew()->list[0].cut_short);
    make_many(PLANTED_16 L"Outlook\\t", 500 - AG_PROFILE_SECTIONS_MOST);
    assert_true(look_anew()->list[0].cut_short);
    assert_int_equal(found.profiles.count, 1);
}

static void look__more_profiles_than_are_kept__is_told(void **state)
{
    (void)state;
    make_many(PLANTED_16 L"p", AG_PROFILES_MOST - 1);
    plant_key(PLANTED_15 L"one");
    assert_int_equal(look_anew()->count, AG_PROFILES_MOST);
    assert_false(found.profiles.cut_short);
    plant_key(PLANTED_14 L"\\another");
    assert_int_equal(look_anew()->count, AG_PROFILES_MOST);
    assert_true(found.profiles.cut_short);
    assert_int_equal(found.profiles.list[AG_PROFILES_MOST - 1].layout, AG_LAYOUT_15);
}

/* ---- the hive itself -------------------------------------------------------------------------- */

static void look__hive_gone__is_not_found(void **state)
{
    bool changed = false;
    (void)state;
    assert_int_equal(ag_profiles_win_look("S-1-5-21-9-9-9-9", &now, &mark, &changed, &found, &err),
                     ST_NOT_FOUND);
    assert_int_equal(ag_profiles_win_look("S-1-5-18", &now, &mark, &changed, &found, &err), ST_BUG);
}

static void look__again_and_again__leaks_nothing(void **state)
{
    (void)state;
    plant_key(PLANTED_16 L"Outlook\\" PLANTED_SECTION);
    plant_key(PLANTED_16 L"Denied\\" PLANTED_SECTION);
    plant_denial(PLANTED_16 L"Denied");
    plant_link(PLANTED_16 L"Outlook\\linked");
    (void)look_anew();
    size_t handles = handle_count();
    for (int i = 0; i < 50; i++) {
        (void)look_anew();
    }
    assert_int_equal(handle_count(), handles);
}

#define IN_HIVE(test) cmocka_unit_test_setup_teardown(test, load, unload)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HIVE(look__no_profiles_anywhere__is_known),
        IN_HIVE(look__profiles_of_each_layout__are_read),
        IN_HIVE(look__values_elsewhere__do_not_count),
        IN_HIVE(look__damaged_values__are_told),
        IN_HIVE(look__default_of_another_kind__is_none),
        IN_HIVE(look__policy_value__is_told),
        IN_HIVE(look__key_of_accounts__is_never_opened),
        IN_HIVE(look__denied_keys__are_told),
        IN_HIVE(look__links__are_not_followed),
        IN_HIVE(look__place_that_is_a_link__is_told),
        IN_HIVE(look__more_sections_than_are_read__is_told),
        IN_HIVE(look__more_profiles_than_are_kept__is_told),
        IN_HIVE(look__hive_gone__is_not_found),
        IN_HIVE(look__again_and_again__leaks_nothing),
    };
    return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
