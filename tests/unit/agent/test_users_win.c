/* test_users_win.c - who is listed, and who is not. */
#include "tests/cmocka_all.h"

#include "agent/users.h"
#include "agent/users_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <string.h>

#define SID      "S-1-5-21-81-82-83-1001"
#define AWAY_SID "S-1-5-21-81-82-83-1002"
#define PROFILES L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"

static const wchar_t *const NOBODY[] = {L"S-1-5-18", L"S-1-5-19",
                                        L"S-1-5-21-81-82-83-1001_Classes"};
static const wchar_t *const PROFILE_KEYS[] = {PROFILES L"" SID, PROFILES L"" AWAY_SID,
                                              PROFILES L"S-1-5-21-81-82-83-1003.bak",
                                              PROFILES L"S-1-5-18"};
enum { NOBODIES = sizeof NOBODY / sizeof NOBODY[0] };
enum { PROFILE_COUNT = sizeof PROFILE_KEYS / sizeof PROFILE_KEYS[0] };

static struct err err;

static int make_users(void **state)
{
    (void)state;
    scratch_hive_load(L"" SID);
    for (size_t i = 0; i < NOBODIES; i++) {
        scratch_key_make(HKEY_USERS, NOBODY[i]);
    }
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        scratch_key_make(HKEY_LOCAL_MACHINE, PROFILE_KEYS[i]);
    }
    return 0;
}

static int remove_users(void **state)
{
    (void)state;
    scratch_hive_unload(L"" SID);
    for (size_t i = 0; i < NOBODIES; i++) {
        assert_int_equal(RegDeleteKeyW(HKEY_USERS, NOBODY[i]), ERROR_SUCCESS);
    }
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        assert_int_equal(RegDeleteKeyW(HKEY_LOCAL_MACHINE, PROFILE_KEYS[i]), ERROR_SUCCESS);
    }
    return 0;
}

/* The one entry with that SID. */
static struct ag_user only_entry(const struct ag_user *list, size_t count, const char *sid)
{
    struct ag_user found = {0};
    size_t times = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].sid, sid) == 0) {
            found = list[i];
            times++;
        }
    }
    assert_int_equal(times, 1);
    return found;
}

static void list__loaded_and_profile_only__both_once(void **state)
{
    struct ag_users_win *users = NULL;
    struct ag_user *list = NULL;
    size_t count = 0;
    (void)state;
    assert_int_equal(ag_users_win_new(&users, &err), ST_OK);
    struct ag_users port = ag_users_win_port(users);
    assert_int_equal(port.list(port.ctx, &list, &count, &err), ST_OK);
    assert_true(only_entry(list, count, SID).hive_loaded);
    assert_null(only_entry(list, count, SID).groups);
    assert_false(only_entry(list, count, AWAY_SID).hive_loaded);
    ag_users_free(list, count);
    ag_users_win_free(users);
}

static void list__accounts_of_the_system__are_left_out(void **state)
{
    struct ag_users_win *users = NULL;
    struct ag_user *list = NULL;
    size_t count = 0;
    (void)state;
    assert_int_equal(ag_users_win_new(&users, &err), ST_OK);
    struct ag_users port = ag_users_win_port(users);
    assert_int_equal(port.list(port.ctx, &list, &count, &err), ST_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strncmp(list[i].sid, "S-1-5-21-", 9), 0);
        assert_null(strchr(list[i].sid, '_'));
        assert_null(strchr(list[i].sid, '.'));
    }
    ag_users_free(list, count);
    ag_users_win_free(users);
}

static void list__own_account__has_its_name_and_keeps_it(void **state)
{
    wchar_t name[256] = L"";
    char expected[512] = "";
    DWORD chars = 256;
    bool found = false;
    struct ag_users_win *users = NULL;
    (void)state;
    assert_true(GetUserNameW(name, &chars));
    assert_true(snprintf(expected, sizeof expected, "\\%ls", name) > 0);
    assert_int_equal(ag_users_win_new(&users, &err), ST_OK);
    struct ag_users port = ag_users_win_port(users);
    for (int turn = 0; turn < 2; turn++) {
        struct ag_user *list = NULL;
        size_t count = 0;
        found = false;
        assert_int_equal(port.list(port.ctx, &list, &count, &err), ST_OK);
        for (size_t i = 0; i < count; i++) {
            const char *slash = list[i].account != NULL ? strchr(list[i].account, '\\') : NULL;
            found = found || (slash != NULL && strcmp(slash, expected) == 0);
        }
        ag_users_free(list, count);
        assert_true(found);
    }
    ag_users_win_free(users);
}

#define WITH_USERS(test) cmocka_unit_test_setup_teardown(test, make_users, remove_users)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_USERS(list__loaded_and_profile_only__both_once),
        WITH_USERS(list__accounts_of_the_system__are_left_out),
        cmocka_unit_test(list__own_account__has_its_name_and_keeps_it),
    };
    return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
