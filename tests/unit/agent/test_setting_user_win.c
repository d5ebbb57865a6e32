/* test_setting_user_win.c - what is written for a user is written with his rights: first his
 * identity, then the key, then our own again, whatever happens between. */
#include "tests/cmocka_all.h"

#include "agent/registry_win.h"
#include "agent/setting_win.h"
#include "tests/unit/agent/fake_sessions_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#define SID     "S-1-5-21-161-162-163-1001"
#define SETTING L"" SID L"\\Software\\Microsoft\\Exchange"
#define MARKER  L"" SID L"\\Software\\MapiRollout"
#define VICTIM  L"SOFTWARE\\MapiRolloutSettingUserVictim"

static struct ag_sessions *sessions;
static struct ag_setting port;
static struct ag_hive *hive;
static struct err err;
static bool there_before; /* the value or the marker, when the identity was taken */
static bool there_after;  /* when it was given back */

static struct ag_value dword(uint32_t number)
{
    struct ag_value value = {.present = true, .type = AG_TYPE_DWORD, .size = sizeof number};
    memcpy(value.data, &number, sizeof number);
    return value;
}

static const struct ag_value ABSENT = {.present = false};

static bool something_is_there(void)
{
    HKEY key = NULL;
    bool there = RegGetValueW(HKEY_USERS, SETTING, L"MapiHttpDisabled", RRF_RT_ANY, NULL, NULL,
                              NULL) == ERROR_SUCCESS;
    if (RegOpenKeyExW(HKEY_USERS, MARKER, 0, KEY_READ, &key) == ERROR_SUCCESS) {
        there = true;
        (void)RegCloseKey(key);
    }
    return there;
}

static void note_before(void)
{
    there_before = something_is_there();
}

static void note_after(void)
{
    there_after = something_is_there();
}

static int set_up(void **state)
{
    (void)state;
    scratch_hive_load(L"" SID);
    fake_reset();
    fake.at_impersonation = note_before;
    fake.at_revert = note_after;
    fake_logon(2, SID);
    assert_int_equal(ag_sessions_new(&FAKE_CALLS, &sessions, &err), ST_OK);
    port = ag_setting_win(sessions);
    assert_int_equal(port.open(port.ctx, SID, &hive, &err), ST_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_null(fake.acting);
    port.close(port.ctx, hive);
    fake_expect_all_closed();
    ag_sessions_free(sessions);
    scratch_hive_unload(L"" SID);
    return 0;
}

static void read__needs_no_identity(void **state)
{
    struct ag_value now = {0};
    (void)state;
    assert_int_equal(port.read(port.ctx, hive, &now, &err), ST_OK);
    assert_int_equal(port.read_marker(port.ctx, hive, AG_MARKER_WRITTEN, &now, &err), ST_OK);
    assert_int_equal(port.flush(port.ctx, hive, &err), ST_OK);
    assert_string_equal(fake.done, "");
    assert_int_equal(fake.opened, 0);
}

static void write__value__happens_between_taking_and_giving_back(void **state)
{
    struct ag_value one = dword(1);
    (void)state;
    assert_int_equal(port.write(port.ctx, hive, &one, &err), ST_OK);
    assert_false(there_before);
    assert_true(there_after);
    assert_string_equal(fake.done, SID " revert ");
    assert_int_equal(port.write(port.ctx, hive, &ABSENT, &err), ST_OK);
    assert_true(there_before);
    assert_false(there_after);
    assert_string_equal(fake.done, SID " revert " SID " revert ");
}

static void write_marker__and_forget__happen_with_his_rights(void **state)
{
    struct ag_value part = {.present = true, .type = AG_TYPE_BINARY, .size = 5};
    (void)state;
    assert_int_equal(port.write_marker(port.ctx, hive, AG_MARKER_WRITTEN, &part, &err), ST_OK);
    assert_false(there_before);
    assert_true(there_after);
    assert_int_equal(port.flush(port.ctx, hive, &err), ST_OK);
    assert_int_equal(port.forget_marker(port.ctx, hive, &err), ST_OK);
    assert_true(there_before);
    assert_false(there_after);
    assert_string_equal(fake.done, SID " revert " SID " revert ");
}

static void hive__token__is_held_until_the_end_of_one_user(void **state)
{
    struct ag_value one = dword(1);
    (void)state;
    assert_int_equal(port.write(port.ctx, hive, &one, &err), ST_OK);
    unsigned opened = fake.opened;
    assert_int_equal(port.write(port.ctx, hive, &ABSENT, &err), ST_OK);
    assert_int_equal(fake.opened, opened);
    port.close(port.ctx, hive);
    hive = NULL;
    fake_expect_all_closed();
}

static void write__no_session__is_done_with_our_own_rights(void **state)
{
    struct ag_value one = dword(1);
    (void)state;
    fake_logoff(2);
    assert_int_equal(port.write(port.ctx, hive, &one, &err), ST_OK);
    assert_string_equal(fake.done, "");
    assert_true(something_is_there());
}

/* Each way to write, while the identity is refused: nothing is written with our own rights. */
static void write__identity_refused__writes_nothing(void **state)
{
    struct ag_value one = dword(1);
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0) {
            fake.sessions[0].no_token = ERROR_ACCESS_DENIED;
        } else {
            fake.sessions[0].no_token = 0;
            fake.no_impersonation = ERROR_ACCESS_DENIED;
        }
        assert_int_equal(port.write(port.ctx, hive, &one, &err), ST_DENIED);
        assert_int_equal(err.os_code, ERROR_ACCESS_DENIED);
        assert_int_equal(port.write_marker(port.ctx, hive, AG_MARKER_WRITTEN, &one, &err),
                         ST_DENIED);
        assert_int_equal(port.forget_marker(port.ctx, hive, &err), ST_DENIED);
        assert_false(something_is_there());
    }
    assert_string_equal(fake.done, "");
}

/* What the kernel refuses is not tried again with more rights. */
static void write__that_fails__gives_the_identity_back_and_is_not_repeated(void **state)
{
    struct ag_value one = dword(1);
    (void)state;
    scratch_key_make(HKEY_LOCAL_MACHINE, VICTIM);
    scratch_key_make(HKEY_USERS, L"" SID L"\\Software\\Microsoft");
    scratch_link_make(HKEY_USERS, SETTING, L"\\REGISTRY\\MACHINE\\" VICTIM);
    scratch_link_make(HKEY_USERS, MARKER, L"\\REGISTRY\\MACHINE\\" VICTIM);
    assert_int_equal(port.write(port.ctx, hive, &one, &err), ST_DENIED);
    assert_string_equal(fake.done, SID " revert ");
    assert_int_equal(port.write_marker(port.ctx, hive, AG_MARKER_WRITTEN, &one, &err), ST_DENIED);
    assert_string_equal(fake.done, SID " revert " SID " revert ");
    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, VICTIM), ERROR_SUCCESS);
}

static void forget__keys_below_the_marker__is_one_act(void **state)
{
    struct ag_value part = {.present = true, .type = AG_TYPE_BINARY, .size = 5};
    (void)state;
    assert_int_equal(port.write_marker(port.ctx, hive, AG_MARKER_WRITTEN, &part, &err), ST_OK);
    scratch_key_make(HKEY_USERS, MARKER L"\\HisOwn");
    assert_int_equal(port.forget_marker(port.ctx, hive, &err), ST_OK);
    assert_string_equal(fake.done, SID " revert " SID " revert ");
}

static void write__no_way_back__ends_the_process(void **state)
{
    struct ag_value one = dword(1);
    (void)state;
    fake.no_revert = ERROR_NOT_ENOUGH_MEMORY;
    assert_int_equal(port.write(port.ctx, hive, &one, &err), ST_OK);
    assert_int_equal(fake.ended, ERROR_NOT_ENOUGH_MEMORY);
}

/* ---- with Windows' own calls --------------------------------------------------------------- */

static HANDLE real_token;

/* Our own token stands for the user's, in all but its name. */
static BOOL WINAPI say_sid(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size,
                           DWORD *need)
{
    fake.tokens[FAKE_TOKENS - 1] = &fake.sessions[0];
    (void)token;
    BOOL done = fake_token_information((HANDLE)(size_t)(FAKE_TOKENS - 1), class, out, size, need);
    DWORD error = GetLastError();
    fake.tokens[FAKE_TOKENS - 1] = NULL;
    SetLastError(error);
    return done;
}

static BOOL WINAPI give_real_token(ULONG id, HANDLE *out)
{
    assert_int_equal(id, 2);
    return DuplicateHandle(GetCurrentProcess(), real_token, GetCurrentProcess(), out, 0, FALSE,
                           DUPLICATE_SAME_ACCESS);
}

static bool is_impersonating(void)
{
    HANDLE token = NULL;
    bool yes = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
    if (yes) {
        (void)CloseHandle(token);
    }
    return yes;
}

static BOOL WINAPI impersonate_and_look(HANDLE token)
{
    BOOL done = ImpersonateLoggedOnUser(token);
    assert_true(is_impersonating());
    fake_note("real");
    return done;
}

static void windows__real_impersonation__ends_with_every_call(void **state)
{
    struct ag_session_calls calls = FAKE_CALLS;
    struct ag_sessions *real = NULL;
    struct ag_hive *own = NULL;
    struct ag_value one = dword(1);
    struct ag_value now = {0};
    (void)state;
    calls.query_token = give_real_token;
    calls.token_information = say_sid;
    calls.close = CloseHandle;
    calls.impersonate = impersonate_and_look;
    calls.revert = RevertToSelf;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &real_token));
    assert_int_equal(ag_sessions_new(&calls, &real, &err), ST_OK);
    struct ag_setting setting = ag_setting_win(real);
    assert_int_equal(setting.open(setting.ctx, SID, &own, &err), ST_OK);
    assert_int_equal(setting.write_marker(setting.ctx, own, AG_MARKER_WRITTEN, &one, &err), ST_OK);
    assert_false(is_impersonating());
    assert_int_equal(setting.write(setting.ctx, own, &one, &err), ST_OK);
    assert_false(is_impersonating());
    assert_int_equal(setting.read(setting.ctx, own, &now, &err), ST_OK);
    assert_true(now.present);
    assert_int_equal(setting.forget_marker(setting.ctx, own, &err), ST_OK);
    assert_false(is_impersonating());
    assert_string_equal(fake.done, "real real real ");
    setting.close(setting.ctx, own);
    ag_sessions_free(real);
    (void)CloseHandle(real_token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(read__needs_no_identity),
        TEST(write__value__happens_between_taking_and_giving_back),
        TEST(write_marker__and_forget__happen_with_his_rights),
        TEST(hive__token__is_held_until_the_end_of_one_user),
        TEST(write__no_session__is_done_with_our_own_rights),
        TEST(write__identity_refused__writes_nothing),
        TEST(write__that_fails__gives_the_identity_back_and_is_not_repeated),
        TEST(forget__keys_below_the_marker__is_one_act),
        TEST(write__no_way_back__ends_the_process),
        TEST(windows__real_impersonation__ends_with_every_call),
    };
    return cmocka_run_group_tests_name("setting (a user's rights)", tests, NULL, NULL);
}
