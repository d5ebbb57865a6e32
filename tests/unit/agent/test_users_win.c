/* test_users_win.c - who is listed, who is not, and what is known of him without waiting. */
#include "tests/cmocka_all.h"

#include "agent/users_win.h"
#include "tests/fakes/fake_vault.h"
#include "tests/unit/agent/fake_sessions_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <string.h>

#define SID          "S-1-5-21-81-82-83-1001"
#define AWAY_SID     "S-1-5-21-81-82-83-1002"
#define ENTRA_SID    "S-1-12-1-81-82-83-84"
#define LEFT_OVER    "S-1-5-21-81-82-83-1004"
#define WRONG_TYPE   "S-1-5-21-81-82-83-1005"
#define TEMPORARY    "S-1-5-21-81-82-83-1006" /* with a temporary profile beside the one put aside */
#define PILOT        "S-1-5-21-81-82-83-512"
#define PROFILES     L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"
#define LONG_WAIT_MS 20000

static const wchar_t *const NOBODY[] = {L"S-1-5-18", L"S-1-5-19", L".SCRATCH",
                                        L"S-1-5-80-1-2-3-4-5", L"S-1-5-21-81-82-83-1001_Classes"};
static const struct {
    const wchar_t *key;
    DWORD type; /* of ProfileImagePath; REG_NONE: there is none */
} PROFILE_KEYS[] = {
    {PROFILES L"" SID, REG_EXPAND_SZ},
    {PROFILES L"" AWAY_SID, REG_EXPAND_SZ},
    {PROFILES L"" ENTRA_SID, REG_SZ},
    {PROFILES L"" LEFT_OVER, REG_NONE},
    {PROFILES L"" WRONG_TYPE, REG_DWORD},
    {PROFILES L"" TEMPORARY, REG_EXPAND_SZ},
    {PROFILES L"" TEMPORARY L".bak", REG_EXPAND_SZ},
    {PROFILES L"S-1-5-21-81-82-83-1003.bak", REG_EXPAND_SZ},
    {PROFILES L"S-1-5-18", REG_EXPAND_SZ},
    {PROFILES L"S-1-5-80-1-2-3-4-5", REG_EXPAND_SZ},
};
enum { NOBODIES = sizeof NOBODY / sizeof NOBODY[0] };
enum { PROFILE_COUNT = sizeof PROFILE_KEYS / sizeof PROFILE_KEYS[0] };

static struct err err;
static struct fake_vault vault;
static struct ag_vault vault_port;
static struct ag_sessions *sessions;
static struct ag_host host;
static char domain[] = "CONTOSO";
static struct ag_user *list;
static size_t count;

/* ---- names, as a fake Windows knows them --------------------------------------------------- */

static HANDLE let_go; /* a look-up hangs until it is set; NULL: it does not hang */
static const char *name_of_user = "CONTOSO\\alice";
static HANDLE woken;

static void look_up(const char *const *sids, size_t sid_count, char **out)
{
    if (let_go != NULL) {
        (void)WaitForSingleObject(let_go, INFINITE);
    }
    for (size_t i = 0; i < sid_count; i++) {
        if (strcmp(sids[i], SID) == 0) {
            out[i] = text_copy(name_of_user);
        } else if (strcmp(sids[i], PILOT) == 0) {
            out[i] = text_copy("CONTOSO\\Pilot");
        }
    }
}

static char *computer_ou(void)
{
    return text_copy("CN=PC-1,DC=contoso");
}

static char *ad_site(void)
{
    return text_copy("Berlin");
}

static const struct ag_asker_calls NAMES = {
    .look_up = look_up, .computer_ou = computer_ou, .ad_site = ad_site};

static void wake(void *ctx)
{
    (void)ctx;
    (void)SetEvent(woken);
}

/* ---- set-up -------------------------------------------------------------------------------- */

static void make_profile(const wchar_t *path, DWORD type)
{
    static const wchar_t FOLDER[] = L"C:\\users\\somebody";
    scratch_key_make(HKEY_LOCAL_MACHINE, path);
    if (type != REG_NONE) {
        assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, path, L"ProfileImagePath", type,
                                         FOLDER, type == REG_DWORD ? 4 : sizeof FOLDER),
                         ERROR_SUCCESS);
    }
}

static int make_users(void **state)
{
    (void)state;
    scratch_hive_load(L"" SID);
    for (size_t i = 0; i < NOBODIES; i++) {
        scratch_key_make(HKEY_USERS, NOBODY[i]);
    }
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        make_profile(PROFILE_KEYS[i].key, PROFILE_KEYS[i].type);
    }
    fake_reset();
    fake_vault_init(&vault);
    vault_port = fake_vault_port(&vault);
    host = (struct ag_host){.domain = domain};
    let_go = NULL;
    name_of_user = "CONTOSO\\alice";
    woken = CreateEventW(NULL, FALSE, FALSE, NULL);
    return ag_sessions_new(&FAKE_CALLS, &sessions, &err) == ST_OK ? 0 : -1;
}

static void drop_list(void)
{
    ag_users_free(list, count);
    list = NULL;
    count = 0;
}

static int remove_users(void **state)
{
    (void)state;
    drop_list();
    ag_sessions_free(sessions);
    free(host.computer_ou);
    free(host.ad_site);
    fake_vault_done(&vault);
    (void)CloseHandle(woken);
    scratch_hive_unload(L"" SID);
    for (size_t i = 0; i < NOBODIES; i++) {
        assert_int_equal(RegDeleteKeyW(HKEY_USERS, NOBODY[i]), ERROR_SUCCESS);
    }
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        assert_int_equal(RegDeleteKeyW(HKEY_LOCAL_MACHINE, PROFILE_KEYS[i].key), ERROR_SUCCESS);
    }
    return 0;
}

static struct ag_users_win *open_users(uint32_t patience_ms)
{
    struct ag_users_win *users = NULL;
    const struct ag_users_win_options options = {.vault = &vault_port,
                                                 .keeps = true,
                                                 .sessions = sessions,
                                                 .host = &host,
                                                 .patience_ms = patience_ms,
                                                 .wake = wake,
                                                 .names = &NAMES};
    assert_int_equal(ag_users_win_new(&options, &users, &err), ST_OK);
    return users;
}

static void list_now(struct ag_users_win *users)
{
    struct ag_users port = ag_users_win_port(users);
    drop_list();
    assert_int_equal(port.list(port.ctx, &list, &count, &err), ST_OK);
}

static size_t times_listed(const char *sid)
{
    size_t times = 0;
    for (size_t i = 0; i < count; i++) {
        times += strcmp(list[i].sid, sid) == 0 ? 1 : 0;
    }
    return times;
}

/* The one entry with that SID. */
static const struct ag_user *only_entry(const char *sid)
{
    assert_int_equal(times_listed(sid), 1);
    size_t i = 0;
    while (strcmp(list[i].sid, sid) != 0) {
        i++;
    }
    return &list[i];
}

/* ---- who ----------------------------------------------------------------------------------- */

static void list__loaded_and_profile_only__both_once(void **state)
{
    (void)state;
    struct ag_users_win *users = open_users(0);
    list_now(users);
    assert_true(only_entry(SID)->hive_loaded);
    assert_null(only_entry(SID)->groups);
    assert_false(only_entry(AWAY_SID)->hive_loaded);
    assert_false(only_entry(ENTRA_SID)->hive_loaded);
    ag_users_win_free(users);
}

static void list__accounts_of_the_system__are_left_out(void **state)
{
    (void)state;
    struct ag_users_win *users = open_users(0);
    list_now(users);
    for (size_t i = 0; i < count; i++) {
        assert_true(strncmp(list[i].sid, "S-1-5-21-", 9) == 0 ||
                    strncmp(list[i].sid, "S-1-12-1-", 9) == 0);
        assert_null(strchr(list[i].sid, '_'));
        assert_null(strchr(list[i].sid, '.'));
    }
    ag_users_win_free(users);
}

static void list__profiles_put_aside_and_left_over__are_left_out(void **state)
{
    (void)state;
    struct ag_users_win *users = open_users(0);
    list_now(users);
    assert_int_equal(times_listed("S-1-5-21-81-82-83-1003"), 0);
    assert_int_equal(times_listed(LEFT_OVER), 0);
    assert_int_equal(times_listed(WRONG_TYPE), 0);
    assert_int_equal(times_listed(TEMPORARY), 1);
    ag_users_win_free(users);
}

/* Whoever is logged on is looked after, whatever the list of profiles says of him. */
static void list__loaded_hive_with_a_left_over_profile__is_there(void **state)
{
    (void)state;
    scratch_hive_load(L"" LEFT_OVER);
    struct ag_users_win *users = open_users(0);
    list_now(users);
    assert_true(only_entry(LEFT_OVER)->hive_loaded);
    ag_users_win_free(users);
    scratch_hive_unload(L"" LEFT_OVER);
}

static void list__users_who_are_away__stay_unloaded(void **state)
{
    HKEY key = NULL;
    (void)state;
    struct ag_users_win *users = open_users(0);
    list_now(users);
    assert_int_equal(RegOpenKeyExW(HKEY_USERS, L"" AWAY_SID, 0, KEY_READ, &key),
                     ERROR_FILE_NOT_FOUND);
    ag_users_win_free(users);
}

/* ---- what is known of them ----------------------------------------------------------------- */

static void list__names__come_later_and_are_news(void **state)
{
    (void)state;
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct ag_users_win *users = open_users(0);
    list_now(users); /* the look-up hangs, the list is there */
    assert_null(only_entry(SID)->account);
    assert_null(host.computer_ou);
    assert_false(ag_users_win_take_news(users));
    (void)SetEvent(let_go);
    assert_int_equal(WaitForSingleObject(woken, LONG_WAIT_MS), WAIT_OBJECT_0);
    assert_true(ag_users_win_take_news(users));
    assert_false(ag_users_win_take_news(users));
    list_now(users);
    assert_string_equal(only_entry(SID)->account, "CONTOSO\\alice");
    assert_null(only_entry(AWAY_SID)->account);
    assert_string_equal(host.computer_ou, "CN=PC-1,DC=contoso");
    assert_string_equal(host.ad_site, "Berlin");
    ag_users_win_free(users);
    (void)CloseHandle(let_go);
}

static void list__outside_a_domain__asks_no_place(void **state)
{
    (void)state;
    host.domain = NULL;
    struct ag_users_win *users = open_users(LONG_WAIT_MS);
    list_now(users);
    assert_string_equal(only_entry(SID)->account, "CONTOSO\\alice");
    assert_null(host.computer_ou);
    assert_null(host.ad_site);
    ag_users_win_free(users);
}

static void list__groups_and_names__survive_logoff_and_restart(void **state)
{
    (void)state;
    fake_add_group(fake_logon(2, SID), PILOT, SE_GROUP_ENABLED);
    struct ag_users_win *users = open_users(LONG_WAIT_MS);
    list_now(users); /* the name of the group is asked when the group is known: at once */
    assert_int_equal(only_entry(SID)->group_count, 2);
    assert_string_equal(only_entry(SID)->groups[1], "CONTOSO\\Pilot");
    assert_false(only_entry(SID)->groups_without_names);
    ag_users_win_free(users);

    fake_logoff(2);
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL); /* nothing answers any more */
    users = open_users(0);
    list_now(users);
    assert_string_equal(only_entry(SID)->account, "CONTOSO\\alice");
    assert_int_equal(only_entry(SID)->group_count, 2);
    assert_string_equal(only_entry(SID)->groups[1], "CONTOSO\\Pilot");
    assert_string_equal(host.ad_site, "Berlin");
    (void)SetEvent(let_go);
    ag_users_win_free(users);
    (void)CloseHandle(let_go);
}

static void list__damaged_files__are_forgotten(void **state)
{
    (void)state;
    fake_vault_put(&vault, "groups.kept", span_text("rubbish"));
    fake_vault_put(&vault, "names.kept", span_text("mapi-rollout/names/1\n" SID " CONTOSO\\eve\n"));
    struct ag_users_win *users = open_users(0);
    list_now(users);
    assert_null(only_entry(SID)->account);
    assert_null(only_entry(SID)->groups);
    ag_users_win_free(users);
}

static void list__vault_that_fails__lists_all_the_same(void **state)
{
    (void)state;
    vault.broken_name = "names.kept";
    struct ag_users_win *users = open_users(LONG_WAIT_MS);
    list_now(users);
    assert_string_equal(only_entry(SID)->account, "CONTOSO\\alice");
    vault.broken_name = NULL;
    list_now(users);
    assert_non_null(fake_vault_find(&vault, "names.kept"));
    ag_users_win_free(users);
}

static void list__nothing_new__writes_nothing(void **state)
{
    (void)state;
    struct ag_users_win *users = open_users(LONG_WAIT_MS);
    list_now(users);
    unsigned writes = vault.writes;
    list_now(users);
    list_now(users);
    assert_int_equal(vault.writes, writes);
    ag_users_win_free(users);
}

static void list__sessions_that_cannot_be_read__lists_all_the_same(void **state)
{
    (void)state;
    fake.no_list = RPC_S_SERVER_UNAVAILABLE;
    struct ag_users_win *users = open_users(0);
    list_now(users);
    assert_true(only_entry(SID)->hive_loaded);
    ag_users_win_free(users);
}

#define WITH_USERS(test) cmocka_unit_test_setup_teardown(test, make_users, remove_users)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_USERS(list__loaded_and_profile_only__both_once),
        WITH_USERS(list__accounts_of_the_system__are_left_out),
        WITH_USERS(list__profiles_put_aside_and_left_over__are_left_out),
        WITH_USERS(list__loaded_hive_with_a_left_over_profile__is_there),
        WITH_USERS(list__users_who_are_away__stay_unloaded),
        WITH_USERS(list__names__come_later_and_are_news),
        WITH_USERS(list__outside_a_domain__asks_no_place),
        WITH_USERS(list__groups_and_names__survive_logoff_and_restart),
        WITH_USERS(list__damaged_files__are_forgotten),
        WITH_USERS(list__vault_that_fails__lists_all_the_same),
        WITH_USERS(list__nothing_new__writes_nothing),
        WITH_USERS(list__sessions_that_cannot_be_read__lists_all_the_same),
    };
    return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
