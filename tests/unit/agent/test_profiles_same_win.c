/* test_profiles_same_win.c - profiles that did not change are not read again, and no change is missed. */
#include "tests/cmocka_all.h"

#include "agent/profiles_win.h"
#include "base/clock.h"
#include "tests/unit/agent/planted_keys_win.h"

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
    return 0;
}

static int unload(void **state)
{
    (void)state;
    scratch_hive_unload(L"" PLANTED_SID);
    return 0;
}

static bool look(void)
{
    bool changed = false;
    assert_int_equal(ag_profiles_win_look(PLANTED_SID, &now, &mark, &changed, &found, &err), ST_OK);
    return changed;
}

static void pass_time(int64_t ms)
{
    now.wall_ms += ms;
    now.monotonic_ms += (uint64_t)ms;
}

/* Times go in steps of the clock, which would hide a second change right after the first. */
static void look__keys_written_just_now__are_read_until_they_are_older(void **state)
{
    (void)state;
    plant_key(PLANTED_16 L"Outlook\\" PLANTED_SECTION);
    now.wall_ms = clock_wall_ms();
    assert_true(look());
    assert_true(look());
    pass_time(3000);
    assert_true(look());
    assert_false(look());
}

static void settle(void)
{
    now.wall_ms = clock_wall_ms();
    pass_time(3000);
    (void)look();
    assert_false(look());
}

/* Each kind of change is seen, wherever it is. */
static void look__something_changed__is_read_again(void **state)
{
    (void)state;
    settle();
    plant_key(PLANTED_16 L"Outlook\\" PLANTED_SECTION);
    assert_true(look());
    settle();
    plant_text(PLANTED_16 L"Outlook\\" PLANTED_SECTION, L"001f6652", REG_BINARY, PLANTED_URL);
    assert_true(look());
    assert_int_equal(found.profiles.list[0].seen, 1U << AG_PROFILE_MAIL_INTERNAL);
    settle();
    plant_key(PLANTED_16 L"Outlook\\another");
    assert_true(look());
    settle();
    plant_text(PLANTED_OFFICE L"16.0\\Outlook", L"DefaultProfile", REG_SZ, L"Outlook");
    assert_true(look());
    settle();
    plant_key(PLANTED_14 L"\\Oldest");
    assert_true(look());
    settle();
    plant_text(PLANTED_14, L"DefaultProfile", REG_SZ, L"Oldest");
    assert_true(look());
    settle();
    plant_text(PLANTED_POLICIES, L"MapiHttpDisabled", REG_SZ, L"1");
    assert_true(look());
    assert_true(found.policy_value);
    settle();
    assert_int_equal(RegDeleteTreeW(HKEY_USERS, L"" PLANTED_SID L"\\Software\\Microsoft"),
                     ERROR_SUCCESS);
    assert_true(look());
    assert_int_equal(found.profiles.count, 0);
}

static void look__unchanged__leaves_what_was_found(void **state)
{
    (void)state;
    plant_key(PLANTED_16 L"Outlook\\" PLANTED_SECTION);
    settle();
    found.profiles.count = 7;
    assert_false(look());
    assert_int_equal(found.profiles.count, 7);
}

/* The times of keys are the user's to set: what he hides that way is found later. */
static void look__unchanged_for_ten_minutes__is_read_again(void **state)
{
    (void)state;
    settle();
    pass_time(AG_PROFILES_REREAD_MS - 1);
    assert_false(look());
    pass_time(1);
    assert_true(look());
    assert_false(look());
}

static void look__clock_put_back__is_not_read_for_ever(void **state)
{
    (void)state;
    plant_key(PLANTED_16 L"Outlook");
    now.wall_ms = 0;
    assert_true(look());
    assert_false(look());
}

#define IN_HIVE(test) cmocka_unit_test_setup_teardown(test, load, unload)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HIVE(look__keys_written_just_now__are_read_until_they_are_older),
        IN_HIVE(look__something_changed__is_read_again),
        IN_HIVE(look__unchanged__leaves_what_was_found),
        IN_HIVE(look__unchanged_for_ten_minutes__is_read_again),
        IN_HIVE(look__clock_put_back__is_not_read_for_ever),
    };
    return cmocka_run_group_tests_name("profiles_same", tests, NULL, NULL);
}
