/* test_status_text.c - adm_status_text(): the screen an operator looks at. */
#include "tests/cmocka_all.h"

#include "admin/status_text.h"
#include "tests/unit/admin/answers.h"

#include <string.h>

static const int64_t NOW_S = 1795341600; /* 2026-11-22T10:00:00Z */

static void read_all(const char *rollout_text, struct adm_rollout_view *rollout,
                     struct adm_compliance_view *fleet)
{
    struct adm_answer rollout_answer = answer_of(rollout_text);
    struct adm_answer fleet_answer = answer_of(ANSWER_FLEET);
    struct err err;
    assert_int_equal(adm_rollout_read(&rollout_answer, rollout, &err), ST_OK);
    assert_int_equal(adm_compliance_read(&fleet_answer, fleet, &err), ST_OK);
    adm_answer_done(&rollout_answer);
    adm_answer_done(&fleet_answer);
}

static void status__in_the_middle__reads_as_drawn(void **state)
{
    (void)state;
    static const char EXPECTED[] = "rollout   mapihttp-2026\n"
                                   "released  pilot, version 7002, 2026-11-22T10:00:00Z by alice\n"
                                   "stored    serial 7, 3 stages, expires in 90 days\n"
                                   "\n"
                                   "   STAGE     VERSION  IN EFFECT                   USERS\n"
                                   "   observe   7001     [####....................]  4 of 20\n"
                                   ">  pilot     7002     [##################......]  15 of 20\n"
                                   "   everyone  7003     [........................]  0 of 20\n"
                                   "\n"
                                   "20 users on 12 devices\n"
                                   "STATE      USERS\n"
                                   "error      1\n"
                                   "compliant  14\n";
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct bytes text = bytes_with_limit(16384);
    read_all(ANSWER_ROLLOUT, &rollout, &fleet);
    assert_int_equal(adm_status_text(&rollout, &fleet, NOW_S, &text), ST_OK);
    assert_string_equal(bytes_text(&text), EXPECTED);
    bytes_free(&text);
}

static void status__nothing_yet__says_so(void **state)
{
    (void)state;
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct bytes text = bytes_with_limit(16384);
    read_all(ANSWER_EMPTY, &rollout, &fleet);
    fleet = (struct adm_compliance_view){0};
    assert_int_equal(adm_status_text(&rollout, &fleet, NOW_S, &text), ST_OK);
    assert_string_equal(bytes_text(&text), "rollout   none yet\nreleased  nothing yet\n"
                                           "stored    nothing yet\n\n0 users on 0 devices\n");
    bytes_free(&text);
}

static void status__safe__is_loud_and_tells_the_reason_escaped(void **state)
{
    (void)state;
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct bytes text = bytes_with_limit(16384);
    read_all(ANSWER_ROLLOUT, &rollout, &fleet);
    rollout.is_safe = true;
    rollout.released_version = 7999;
    (void)strcpy(rollout.released_stage, "safe");
    (void)strcpy(rollout.reason, "it\x1b[31m hangs");
    assert_int_equal(adm_status_text(&rollout, &fleet, NOW_S, &text), ST_OK);
    assert_non_null(strstr(bytes_text(&text), "*** THE BRAKE IS ON ***"));
    assert_non_null(strstr(bytes_text(&text), ": it\\x1b[31m hangs\n"));
    assert_non_null(strstr(bytes_text(&text), ">  safe      7999"));
    bytes_free(&text);
}

static void status__one_user_of_many__still_shows_in_the_bar(void **state)
{
    (void)state;
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct bytes text = bytes_with_limit(16384);
    read_all(ANSWER_ROLLOUT, &rollout, &fleet);
    fleet.users = 100000;
    fleet.versions[0].users = 1;
    assert_int_equal(adm_status_text(&rollout, &fleet, NOW_S, &text), ST_OK);
    assert_non_null(strstr(bytes_text(&text), "[#.......................]  1 of 100000"));
    bytes_free(&text);
}

static void status__expired__is_said(void **state)
{
    (void)state;
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct bytes text = bytes_with_limit(16384);
    read_all(ANSWER_ROLLOUT, &rollout, &fleet);
    assert_int_equal(adm_status_text(&rollout, &fleet, rollout.newest.expires_at_s, &text), ST_OK);
    assert_non_null(strstr(bytes_text(&text), "3 stages, EXPIRED\n"));
    bytes_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status__in_the_middle__reads_as_drawn),
        cmocka_unit_test(status__nothing_yet__says_so),
        cmocka_unit_test(status__safe__is_loud_and_tells_the_reason_escaped),
        cmocka_unit_test(status__one_user_of_many__still_shows_in_the_bar),
        cmocka_unit_test(status__expired__is_said),
    };
    return cmocka_run_group_tests_name("status_text", tests, NULL, NULL);
}
