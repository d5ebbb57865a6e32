/* test_look_win.c - one look at a user: what is read, and with whose rights. */
#include "tests/cmocka_all.h"

#include "agent/look_win.h"
#include "agent/running_key_win.h"
#include "tests/unit/agent/fake_sessions_win.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/planted_keys_win.h"
#include "tests/unit/agent/scratch_profile_win.h"

#define PROFILE_KEY L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" PLANTED_SID
#define MAPI                                                                                       \
    "<Autodiscover><Response><Account><Protocol Type=\"mapiHttp\"/></Account></Response>"          \
    "</Autodiscover>"

static struct scratch_profile profile;
static void *memory;

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    memory = NULL;
    scratch_hive_load(L"" PLANTED_SID);
    plant_text(PLANTED_16 L"Outlook\\" PLANTED_SECTION, L"001f6652", REG_BINARY, PLANTED_URL);
    scratch_profile_make("look", &profile);
    return RegSetKeyValueW(HKEY_LOCAL_MACHINE, PROFILE_KEY, L"ProfileImagePath", REG_SZ,
                           profile.wide, (DWORD)((wcslen(profile.wide) + 1) * sizeof(wchar_t)));
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    scratch_hive_unload(L"" PLANTED_SID);
    scratch_profile_remove(&profile);
    fake_expect_all_closed();
    return RegDeleteKeyW(HKEY_LOCAL_MACHINE, PROFILE_KEY);
}

static struct ag_sight look(enum ag_observe_level level)
{
    struct ag_sight sight = {.at_s = -1};
    void *hand = AG_LOOK_CALLS.open(level, &FAKE_CALLS);
    assert_non_null(hand);
    AG_LOOK_CALLS.user(hand, PLANTED_SID, &memory, &sight);
    AG_LOOK_CALLS.close(hand);
    assert_int_equal(sight.at_s, -1);
    assert_false(sight.timed_out);
    return sight;
}

/* The file is there while somebody acts as the user, and at no other time. */
static void put_answer(void)
{
    scratch_profile_put(&profile, ANSWER, MAPI, 1700000000);
}

static void drop_answer(void)
{
    scratch_profile_drop(&profile, ANSWER);
}

static void look__user_with_a_session__files_are_read_with_his_rights(void **state)
{
    (void)state;
    fake_logon(2, PLANTED_SID);
    fake.at_impersonation = put_answer;
    fake.at_revert = drop_answer;
    struct ag_sight sight = look(AG_OBSERVE_FULL);
    assert_string_equal(fake.done, PLANTED_SID " revert ");
    assert_int_equal(sight.files.trouble, AG_FILES_FINE);
    assert_int_equal(sight.files.count, 1);
    assert_true(sight.files.list[0].answer.mapi_http);
    assert_int_equal(sight.profiles.count, 1);
    assert_int_equal(sight.profiles.list[0].seen, 1U << AG_PROFILE_MAIL_INTERNAL);
}

/* The hive is, with ours. */
static void look__no_session__files_are_not_read(void **state)
{
    (void)state;
    fake_logon(2, "S-1-5-21-1-2-3-4");
    put_answer();
    struct ag_sight sight = look(AG_OBSERVE_FULL);
    assert_string_equal(fake.done, "");
    assert_int_equal(sight.files.trouble, AG_FILES_NO_SESSION);
    assert_int_equal(sight.files.count, 0);
    assert_int_equal(sight.profiles.count, 1);
}

static void look__profiles_alone_are_asked_for__nobody_acts_as_the_user(void **state)
{
    (void)state;
    fake_logon(2, PLANTED_SID);
    put_answer();
    struct ag_sight sight = look(AG_OBSERVE_PROFILE);
    assert_string_equal(fake.done, "");
    assert_int_equal(sight.files.trouble, AG_FILES_NOT_ASKED);
    assert_int_equal(sight.files.count, 0);
    assert_int_equal(sight.profiles.count, 1);
}

static void look__no_way_to_act_as_the_user__files_are_not_read(void **state)
{
    (void)state;
    struct fake_session *session = fake_logon(2, PLANTED_SID);
    put_answer();
    fake.no_impersonation = ERROR_ACCESS_DENIED;
    assert_int_equal(look(AG_OBSERVE_FULL).files.trouble, AG_FILES_UNREADABLE);
    fake.no_impersonation = 0;
    session->no_token = ERROR_ACCESS_DENIED;
    assert_int_equal(look(AG_OBSERVE_FULL).files.trouble, AG_FILES_UNREADABLE);
    session->no_token = 0;
    fake.no_list = ERROR_ACCESS_DENIED;
    assert_int_equal(look(AG_OBSERVE_FULL).files.trouble, AG_FILES_UNREADABLE);
    fake.no_list = 0;
    assert_string_equal(fake.done, "");
    assert_int_equal(look(AG_OBSERVE_FULL).files.trouble, AG_FILES_FINE);
}

/* A console program: our own rights are his. */
static void look__whoever_runs_this__needs_no_session(void **state)
{
    (void)state;
    fake.own.sid = PLANTED_SID;
    put_answer();
    struct ag_sight sight = look(AG_OBSERVE_FULL);
    assert_string_equal(fake.done, "");
    assert_int_equal(sight.files.trouble, AG_FILES_FINE);
    assert_int_equal(sight.files.count, 1);
}

static void look__no_way_back_to_ourselves__ends_the_process(void **state)
{
    (void)state;
    fake_logon(2, PLANTED_SID);
    fake.no_revert = ERROR_ACCESS_DENIED;
    (void)look(AG_OBSERVE_FULL);
    assert_int_equal(fake.ended, ERROR_ACCESS_DENIED);
}

static void look__no_profile_folder__is_told(void **state)
{
    (void)state;
    fake_logon(2, PLANTED_SID);
    assert_int_equal(RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, PROFILE_KEY, L"ProfileImagePath"),
                     ERROR_SUCCESS);
    assert_int_equal(look(AG_OBSERVE_FULL).files.trouble, AG_FILES_UNREADABLE);
    assert_string_equal(fake.done, "");
}

static void look__hive_gone__is_told(void **state)
{
    struct ag_sight sight = {.at_s = -1};
    void *nobody = NULL;
    void *hand = AG_LOOK_CALLS.open(AG_OBSERVE_FULL, &FAKE_CALLS);
    (void)state;
    AG_LOOK_CALLS.user(hand, "S-1-5-21-9-9-9-9", &nobody, &sight);
    AG_LOOK_CALLS.close(hand);
    AG_LOOK_CALLS.forget(nobody);
    assert_true(sight.profiles.unreadable);
    assert_int_equal(sight.profiles.count, 0);
}

static void look__nothing_changed_or_something__is_as_it_is_now(void **state)
{
    (void)state;
    fake.own.sid = PLANTED_SID;
    assert_int_equal(look(AG_OBSERVE_FULL).profiles.count, 1);
    assert_int_equal(look(AG_OBSERVE_FULL).profiles.count, 1);
    plant_key(PLANTED_15 L"Old");
    put_answer();
    struct ag_sight sight = look(AG_OBSERVE_FULL);
    assert_int_equal(sight.profiles.count, 2);
    assert_int_equal(sight.files.count, 1);
    drop_answer();
    assert_int_equal(look(AG_OBSERVE_FULL).files.count, 0);
}

static void look__no_memory_for_a_hand__is_told(void **state)
{
    struct ag_sight sight = {.at_s = -1};
    struct ag_client client = {.known = false};
    (void)state;
    AG_LOOK_CALLS.user(NULL, PLANTED_SID, &memory, &sight);
    assert_true(sight.profiles.unreadable);
    assert_int_equal(sight.files.trouble, AG_FILES_UNREADABLE);
    AG_LOOK_CALLS.client(NULL, &client);
    assert_true(client.known);
    AG_LOOK_CALLS.close(NULL);
}

static void tell(void *ctx)
{
    (void)SetEvent(ctx);
}

/* The whole of it, on its own threads. */
static void observer__wants_a_user__sees_him_and_what_is_installed(void **state)
{
    HANDLE told = CreateEventW(NULL, FALSE, FALSE, NULL);
    const struct ag_observer_options options = {.level = AG_OBSERVE_FULL,
                                                .news = tell,
                                                .ctx = told,
                                                .sessions = &AG_SESSION_CALLS,
                                                .looks = &AG_LOOK_CALLS};
    const struct ag_user user = {.sid = (char[]){PLANTED_SID}, .hive_loaded = true};
    struct ag_observer_win *observer = NULL;
    struct ag_client client = {.known = false};
    struct ag_sight sight = {.at_s = -1};
    struct err err = {.st = ST_OK};
    (void)state;
    assert_int_equal(ag_observer_win_start(&options, &observer, &err), ST_OK);
    struct ag_sights port = ag_observer_win_port(observer);
    port.want(port.ctx, &user, 1);
    while (!port.find(port.ctx, PLANTED_SID, &sight)) {
        assert_int_equal(WaitForSingleObject(told, 20000), WAIT_OBJECT_0);
    }
    assert_true(port.client(port.ctx, &client));
    ag_observer_win_stop(observer);
    ag_observer_win_free(observer);
    (void)CloseHandle(told);
    assert_true(client.known);
    assert_true(sight.at_s > 0);
    assert_int_equal(sight.profiles.count, 1);
    assert_int_equal(sight.files.trouble, AG_FILES_NO_SESSION);
}

static void look__again_and_again__leaks_nothing(void **state)
{
    (void)state;
    fake_logon(2, PLANTED_SID);
    put_answer();
    (void)look(AG_OBSERVE_FULL);
    size_t handles = handle_count();
    for (int i = 0; i < 30; i++) {
        (void)look(AG_OBSERVE_FULL);
    }
    assert_int_equal(handle_count(), handles);
}

#define LOOKED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* A look at him brought an earlier process down. */
static void look__left_out__reads_nothing_and_says_so(void **state)
{
    HKEY key = NULL;
    static const wchar_t LEFT[] = L"1-1 " PLANTED_SID;
    (void)state;
    fake_logon(2, PLANTED_SID);
    put_answer();
    assert_int_equal(ag_running_key_open(&key), ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, L"Look", 0, REG_SZ, (const BYTE *)LEFT, sizeof LEFT),
                     ERROR_SUCCESS);
    struct ag_sight sight = look(AG_OBSERVE_FULL);
    assert_true(sight.left_out);
    assert_int_equal(sight.profiles.count, 0);
    assert_string_equal(fake.done, "");
    assert_int_equal(RegDeleteValueW(key, L"LeftOut"), ERROR_SUCCESS);
    (void)RegCloseKey(key);
    assert_false(look(AG_OBSERVE_FULL).left_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKED(look__user_with_a_session__files_are_read_with_his_rights),
        LOOKED(look__no_session__files_are_not_read),
        LOOKED(look__profiles_alone_are_asked_for__nobody_acts_as_the_user),
        LOOKED(look__no_way_to_act_as_the_user__files_are_not_read),
        LOOKED(look__whoever_runs_this__needs_no_session),
        LOOKED(look__no_way_back_to_ourselves__ends_the_process),
        LOOKED(look__left_out__reads_nothing_and_says_so),
        LOOKED(look__no_profile_folder__is_told),
        LOOKED(look__hive_gone__is_told),
        LOOKED(look__nothing_changed_or_something__is_as_it_is_now),
        LOOKED(look__no_memory_for_a_hand__is_told),
        LOOKED(observer__wants_a_user__sees_him_and_what_is_installed),
        LOOKED(look__again_and_again__leaks_nothing),
    };
    return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
