/* test_identity_win.c - acting with a user's rights: whose token, what if there is none, and the way
 * back. */
#include "tests/cmocka_all.h"

#include "agent/sessions_win.h"
#include "tests/unit/agent/fake_sessions_win.h"

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"
#define STAFF "S-1-5-21-1-2-3-513"

enum { MEMBER = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED };

static struct ag_sessions *sessions;
static struct ag_groups groups;
static struct ag_identity identity;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    groups = (struct ag_groups){0};
    identity = (struct ag_identity){0};
    return ag_sessions_new(&FAKE_CALLS, &sessions, &err) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ag_identity_done(sessions, &identity);
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

static void take(const char *sid, enum status expected)
{
    assert_int_equal(ag_identity_take(sessions, sid, &identity, &err), expected);
}

static void identity__no_session__is_our_own(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    take(ALICE, ST_OK);
    assert_null(fake.acting);
    ag_identity_drop(sessions, &identity);
    assert_string_equal(fake.done, "");
}

static void identity__no_sessions_at_all__is_our_own(void **state)
{
    (void)state;
    assert_int_equal(ag_identity_take(NULL, ALICE, &identity, &err), ST_OK);
    ag_identity_drop(NULL, &identity);
    ag_identity_done(NULL, &identity);
    assert_string_equal(fake.done, "");
}

static void identity__session__acts_and_comes_back(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    fake_logon(3, ALICE);
    look(ST_OK);
    take(ALICE, ST_OK);
    assert_string_equal(fake.acting->sid, ALICE);
    ag_identity_drop(sessions, &identity);
    assert_null(fake.acting);
    unsigned opened = fake.opened;
    take(ALICE, ST_OK);
    ag_identity_drop(sessions, &identity);
    assert_int_equal(fake.opened, opened);
    assert_string_equal(fake.done, ALICE " revert " ALICE " revert ");
    ag_identity_done(sessions, &identity);
    fake_expect_all_closed();
}

static void identity__session_that_came_since_the_look__is_found(void **state)
{
    (void)state;
    look(ST_OK);
    fake_add_group(fake_logon(2, ALICE), STAFF, MEMBER);
    take(ALICE, ST_OK);
    assert_string_equal(fake.done, ALICE " ");
    ag_identity_drop(sessions, &identity);
    ag_identity_done(sessions, &identity);
    look(ST_OK); /* and its groups are still read */
    fake_expect_groups(&groups, ALICE, STAFF " ");
}

static void identity__number_was_given_to_somebody_else__is_not_his(void **state)
{
    (void)state;
    fake_logon(2, ALICE);
    look(ST_OK);
    fake.sessions[0].sid = BOB;
    take(ALICE, ST_OK);
    assert_string_equal(fake.done, "");
    ag_identity_done(sessions, &identity);
    fake_expect_all_closed();
    take(BOB, ST_OK);
    assert_string_equal(fake.done, BOB " ");
    ag_identity_drop(sessions, &identity);
    ag_identity_done(sessions, &identity);
    look(ST_OK);
    fake_expect_groups(&groups, BOB, "");
}

static void identity__first_of_two_sessions_ended__takes_the_other(void **state)
{
    (void)state;
    fake_logon(2, ALICE);
    fake_logon(3, ALICE);
    look(ST_OK);
    fake.sessions[0].no_token = ERROR_NO_TOKEN;
    take(ALICE, ST_OK);
    assert_string_equal(fake.done, ALICE " ");
    ag_identity_drop(sessions, &identity);
}

static void identity__token_refused__is_a_failure_and_never_our_own(void **state)
{
    (void)state;
    fake_logon(2, ALICE);
    look(ST_OK);
    fake.sessions[0].no_token = ERROR_ACCESS_DENIED;
    take(ALICE, ST_DENIED);
    assert_int_equal(err.os_code, ERROR_ACCESS_DENIED);
    assert_null(identity.token);
    fake.sessions[0].no_token = 0;
    take(ALICE, ST_OK); /* asked again */
    assert_string_equal(fake.done, ALICE " ");
    ag_identity_drop(sessions, &identity);
}

static void identity__token_unreadable__is_a_failure_and_closed(void **state)
{
    (void)state;
    fake_logon(2, ALICE);
    look(ST_OK);
    fake.sessions[0].no_answer = ERROR_INVALID_HANDLE;
    assert_int_not_equal(ag_identity_take(sessions, ALICE, &identity, &err), ST_OK);
    fake_expect_all_closed();
    assert_string_equal(fake.done, "");
}

static void identity__list_fails__is_a_failure(void **state)
{
    (void)state;
    fake.no_list = RPC_S_SERVER_UNAVAILABLE;
    assert_int_not_equal(ag_identity_take(sessions, ALICE, &identity, &err), ST_OK);
    assert_int_equal(err.os_code, RPC_S_SERVER_UNAVAILABLE);
}

static void identity__a_session_that_may_be_his_cannot_be_asked__is_a_failure(void **state)
{
    (void)state;
    fake_logon(2, ALICE)->no_token = ERROR_ACCESS_DENIED;
    take(BOB, ST_DENIED);
    fake_logon(3, BOB);
    take(BOB, ST_OK); /* his own is there */
    ag_identity_drop(sessions, &identity);
}

static void identity__impersonation_refused__is_a_failure(void **state)
{
    (void)state;
    fake_logon(2, ALICE);
    fake.no_impersonation = ERROR_PRIVILEGE_NOT_HELD;
    assert_int_not_equal(ag_identity_take(sessions, ALICE, &identity, &err), ST_OK);
    assert_int_equal(err.os_code, ERROR_PRIVILEGE_NOT_HELD);
    assert_string_equal(fake.done, "");
}

static void identity__no_way_back__ends_the_process(void **state)
{
    (void)state;
    fake_logon(2, ALICE);
    take(ALICE, ST_OK);
    fake.no_revert = ERROR_NOT_ENOUGH_MEMORY;
    ag_identity_drop(sessions, &identity);
    assert_int_equal(fake.ended, ERROR_NOT_ENOUGH_MEMORY);
    assert_string_equal(fake.done, ALICE " end ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity__no_session__is_our_own),
        TEST(identity__no_sessions_at_all__is_our_own),
        TEST(identity__session__acts_and_comes_back),
        TEST(identity__session_that_came_since_the_look__is_found),
        TEST(identity__number_was_given_to_somebody_else__is_not_his),
        TEST(identity__first_of_two_sessions_ended__takes_the_other),
        TEST(identity__token_refused__is_a_failure_and_never_our_own),
        TEST(identity__token_unreadable__is_a_failure_and_closed),
        TEST(identity__list_fails__is_a_failure),
        TEST(identity__a_session_that_may_be_his_cannot_be_asked__is_a_failure),
        TEST(identity__impersonation_refused__is_a_failure),
        TEST(identity__no_way_back__ends_the_process),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
