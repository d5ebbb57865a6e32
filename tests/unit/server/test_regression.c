/* test_regression.c - who would go back from allow to block is counted before a release. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/rollout_place.h"

static void rollout__allowed_user_would_be_blocked__asks_for_confirmation(void **state)
{
    struct rollout_place *p = *state;
    char etag[SRV_ETAG_BYTES];
    rollout_report_user(p, "S-1-5-21-1-2-3-1001");
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_release(p, "back"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "stage_regression");
    assert_int_equal(rollout_served(p), 7002);
    rollout_etag(p, etag);
    struct srv_change sure = {
        .actor = "alice", .if_match = etag, .confirmed = true, .now_s = NOW_S};
    assert_int_equal(srv_rollout_release(p->rollout, &sure, "back", &p->err), ST_OK);
    assert_int_equal(rollout_served(p), 7003);
}

static void rollout__blocked_user_stays_blocked__is_no_regression(void **state)
{
    struct rollout_place *p = *state;
    rollout_report_user(p, "S-1-5-21-1-2-3-1002");
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_release(p, "back"), ST_OK);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(rollout__allowed_user_would_be_blocked__asks_for_confirmation),
        TEST(rollout__blocked_user_stays_blocked__is_no_regression),
    };
    return cmocka_run_group_tests_name("regression", tests, NULL, NULL);
}
