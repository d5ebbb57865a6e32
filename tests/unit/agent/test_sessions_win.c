/* test_sessions_win.c - groups out of several sessions' tokens. */
#include "tests/cmocka_all.h"

#include "agent/sessions_win.h"
#include "agent/token_win.h"
#include "tests/unit/agent/fake_sessions_win.h"

#define ALICE  "S-1-5-21-1-2-3-1001"
#define BOB    "S-1-5-21-1-2-3-1002"
#define CAROL  "S-1-12-1-1-2-3-4"
#define PILOT  "S-1-5-21-1-2-3-512"
#define STAFF  "S-1-5-21-1-2-3-513"
#define LOCALS "S-1-5-32-545"

enum { MEMBER = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED };

static struct ag_sessions *sessions;
static struct ag_groups groups;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    groups = (struct ag_groups){0};
    return ag_sessions_new(&FAKE_CALLS, &sessions, &err) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fake_expect_all_closed();
    ag_sessions_free(sessions);
    ag_groups_done(&groups);
    return 0;
}

static void look(enum status expected)
{
    assert_int_equal(ag_sessions_look(sessions, &groups, &err), expected);
    fake_expect_all_closed();
}

/* ---- looking ------------------------------------------------------------------------------- */

static void look__several_users__each_has_his_groups(void **state)
{
    (void)state;
    struct fake_session *a = fake_logon(2, ALICE);
    fake_add_group(a, STAFF, MEMBER);
    fake_add_group(a, PILOT, MEMBER);
    struct fake_session *b = fake_logon(3, BOB);
    fake_add_group(b, LOCALS, MEMBER);
    b->state = WTSDisconnected;
    fake_logon(4, CAROL);
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, PILOT " " STAFF " ");
    fake_expect_groups(&groups, BOB, LOCALS " ");
    fake_expect_groups(&groups, CAROL, "");
}

static void look__one_user_twice__is_in_the_groups_of_both(void **state)
{
    (void)state;
    fake_add_group(fake_logon(2, ALICE), STAFF, MEMBER);
    fake_add_group(fake_logon(3, BOB), STAFF, MEMBER);
    struct fake_session *again = fake_logon(4, ALICE);
    fake_add_group(again, STAFF, MEMBER);
    fake_add_group(again, PILOT, MEMBER);
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, PILOT " " STAFF " ");
    fake_expect_groups(&groups, BOB, STAFF " ");
}

static void look__what_is_no_membership__does_not_count(void **state)
{
    (void)state;
    struct fake_session *a = fake_logon(2, ALICE);
    fake_add_group(a, "S-1-5-32-544", SE_GROUP_USE_FOR_DENY_ONLY);
    fake_add_group(a, "S-1-5-5-0-77", MEMBER | (DWORD)SE_GROUP_LOGON_ID);
    fake_add_group(a, "S-1-16-8192", SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
    fake_add_group(a, "S-1-5-21-1-2-3-600", 0);
    fake_add_group(a, PILOT, SE_GROUP_ENABLED | SE_GROUP_RESOURCE);
    fake_add_group(a, STAFF, SE_GROUP_ENABLED | SE_GROUP_OWNER);
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, PILOT " " STAFF " ");
}

static void counts__each_attribute(void **state)
{
    (void)state;
    assert_true(ag_token_counts(MEMBER));
    assert_true(ag_token_counts(SE_GROUP_MANDATORY));
    assert_false(ag_token_counts(0));
    assert_false(ag_token_counts(SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_OWNER));
    assert_false(ag_token_counts(MEMBER | SE_GROUP_USE_FOR_DENY_ONLY));
    assert_false(ag_token_counts(MEMBER | SE_GROUP_INTEGRITY));
    assert_false(ag_token_counts(MEMBER | (DWORD)SE_GROUP_LOGON_ID));
}

static void look__sessions_without_a_person__are_left_out(void **state)
{
    (void)state;
    fake_logon(0, ALICE);
    fake_logon(65536, BOB)->state = WTSListen;
    fake_logon(1, NULL)->state = WTSConnected;
    fake_logon(2, "S-1-5-90-0-2");
    look(ST_OK);
    assert_int_equal(groups.count, 0);
}

static void look__sessions_that_end_meanwhile__are_no_failure(void **state)
{
    static const DWORD GONE[] = {ERROR_NO_TOKEN, ERROR_FILE_NOT_FOUND,
                                 ERROR_CTX_WINSTATION_NOT_FOUND};
    (void)state;
    for (ULONG i = 0; i < sizeof GONE / sizeof GONE[0]; i++) {
        fake_logon(2 + i, ALICE)->no_token = GONE[i];
    }
    fake_add_group(fake_logon(9, BOB), STAFF, MEMBER);
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, NULL);
    fake_expect_groups(&groups, BOB, STAFF " ");
}

static void look__without_the_privilege__is_no_failure(void **state)
{
    (void)state;
    fake_logon(2, ALICE)->no_token = ERROR_PRIVILEGE_NOT_HELD;
    look(ST_OK);
    assert_int_equal(groups.count, 0);
}

static void look__list_fails__says_so_and_keeps_what_was_known(void **state)
{
    (void)state;
    fake_add_group(fake_logon(2, ALICE), STAFF, MEMBER);
    look(ST_OK);
    fake.no_list = RPC_S_SERVER_UNAVAILABLE;
    assert_int_not_equal(ag_sessions_look(sessions, &groups, &err), ST_OK);
    assert_int_equal(err.os_code, RPC_S_SERVER_UNAVAILABLE);
    fake_expect_groups(&groups, ALICE, STAFF " ");
    fake.no_list = 0;
    look(ST_OK);
}

static void look__one_session_fails__the_others_are_read(void **state)
{
    (void)state;
    fake_add_group(fake_logon(2, ALICE), STAFF, MEMBER);
    fake.sessions[0].no_token = ERROR_ACCESS_DENIED;
    fake_add_group(fake_logon(3, BOB), STAFF, MEMBER);
    fake_logon(4, CAROL)->no_answer = ERROR_INVALID_HANDLE;
    look(ST_DENIED);
    assert_int_equal(err.os_code, ERROR_ACCESS_DENIED);
    fake_expect_groups(&groups, ALICE, NULL);
    fake_expect_groups(&groups, BOB, STAFF " ");
    fake_expect_groups(&groups, CAROL, NULL);
    fake.sessions[0].no_token = 0;
    fake.sessions[2].no_answer = 0;
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, STAFF " ");
    fake_expect_groups(&groups, CAROL, "");
}

static void look__nobody_came_or_went__reads_no_token(void **state)
{
    (void)state;
    fake_add_group(fake_logon(2, ALICE), STAFF, MEMBER);
    look(ST_OK);
    unsigned opened = fake.opened;
    look(ST_OK);
    assert_int_equal(fake.opened, opened);
    fake_add_group(fake_logon(3, ALICE), PILOT, MEMBER);
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, PILOT " " STAFF " ");
    opened = fake.opened;
    fake_logoff(2);
    look(ST_OK);
    assert_true(fake.opened > opened);
    fake_expect_groups(&groups, ALICE, PILOT " ");
}

static void look__logon_into_a_session_that_was_there__is_seen(void **state)
{
    (void)state;
    fake_logon(1, NULL);
    look(ST_OK);
    fake.sessions[0].sid = ALICE;
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, "");
}

static void look__logoff_of_everybody__keeps_their_groups(void **state)
{
    (void)state;
    fake_add_group(fake_logon(2, ALICE), STAFF, MEMBER);
    look(ST_OK);
    fake_logoff(2);
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, STAFF " ");
}

static void look__as_a_person__counts_our_own_token(void **state)
{
    (void)state;
    fake.own.sid = BOB;
    fake_add_group(&fake.own, LOCALS, MEMBER);
    fake_logon(2, ALICE)->no_token = ERROR_PRIVILEGE_NOT_HELD;
    look(ST_OK);
    fake_expect_groups(&groups, ALICE, NULL);
    fake_expect_groups(&groups, BOB, LOCALS " ");
}

static void look__as_a_person_with_a_session__the_session_counts(void **state)
{
    (void)state;
    fake.own.sid = BOB;
    fake_add_group(&fake.own, "S-1-5-32-544", MEMBER);
    fake_add_group(fake_logon(2, BOB), LOCALS, MEMBER);
    look(ST_OK);
    fake_expect_groups(&groups, BOB, LOCALS " ");
}

static void look__as_the_system__we_are_nobody(void **state)
{
    (void)state;
    look(ST_OK);
    assert_int_equal(groups.count, 0);
    fake.own.no_token = ERROR_ACCESS_DENIED;
    fake_logon(2, ALICE);
    look(ST_DENIED);
    fake_expect_groups(&groups, ALICE, "");
}

/* ---- Windows itself ------------------------------------------------------------------------ */

static void windows__own_token__is_read(void **state)
{
    struct ag_sessions *real = NULL;
    (void)state;
    assert_int_equal(ag_sessions_new(&AG_SESSION_CALLS, &real, &err), ST_OK);
    assert_int_equal(ag_sessions_look(real, &groups, &err), ST_OK);
    assert_int_equal(groups.count, 1);
    const struct ag_kept_groups *own = &groups.users[0];
    bool users = false;
    for (const char *g = ag_groups_next(own, NULL); g != NULL; g = ag_groups_next(own, g)) {
        users = users || strcmp(g, "S-1-5-32-545") == 0;
        assert_int_not_equal(strncmp(g, "S-1-16-", 7), 0);
        assert_int_not_equal(strncmp(g, "S-1-5-5-", 8), 0);
    }
    assert_true(users);
    ag_sessions_free(real);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(look__several_users__each_has_his_groups),
        TEST(look__one_user_twice__is_in_the_groups_of_both),
        TEST(look__what_is_no_membership__does_not_count),
        TEST(counts__each_attribute),
        TEST(look__sessions_without_a_person__are_left_out),
        TEST(look__sessions_that_end_meanwhile__are_no_failure),
        TEST(look__without_the_privilege__is_no_failure),
        TEST(look__list_fails__says_so_and_keeps_what_was_known),
        TEST(look__one_session_fails__the_others_are_read),
        TEST(look__nobody_came_or_went__reads_no_token),
        TEST(look__logon_into_a_session_that_was_there__is_seen),
        TEST(look__logoff_of_everybody__keeps_their_groups),
        TEST(look__as_a_person__counts_our_own_token),
        TEST(look__as_a_person_with_a_session__the_session_counts),
        TEST(look__as_the_system__we_are_nobody),
        TEST(windows__own_token__is_read),
    };
    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
