/* test_hold.c - hold and resume: operators stop the gates, and each other by none of it. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/gate_place.h"

static enum status hold(struct rollout_place *p, const char *etag)
{
    struct srv_change change = {.actor = "bob", .if_match = etag, .reason = "lunch", .now_s = 1};
    p->err = (struct err){0};
    return srv_rollout_hold(p->rollout, &change, &p->err);
}

static enum status resume(struct rollout_place *p, const char *etag)
{
    struct srv_change change = {.actor = "bob", .if_match = etag, .now_s = 2};
    p->err = (struct err){0};
    return srv_rollout_resume(p->rollout, &change, &p->err);
}

static void hold__by_an_operator__stops_the_gates_and_not_the_brake(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    char etag[SRV_ETAG_BYTES];
    struct srv_rollout_view view;
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    rollout_etag(p, etag);
    assert_int_equal(hold(p, etag), ST_OK);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_HOLD, SRV_GATE_HELD);
    rollout_close_all(p); /* it survives a restart */
    rollout_open_all(p);
    srv_rollout_look(p->rollout, &view);
    assert_string_equal(view.hold.by, "bob");
    assert_string_equal(view.hold.reason, "lunch");
    srv_rollout_view_done(&view);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_HOLD, SRV_GATE_HELD);
    assert_int_equal(resume(p, etag), ST_OK);
    assert_int_equal(resume(p, etag), ST_OK);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_ADVANCE, SRV_GATE_PASSED);
    rollout_etag(p, etag);
    assert_int_equal(hold(p, etag), ST_OK);
    assert_int_equal(rollout_safe(p, NULL), ST_OK); /* the brake works under a hold */
}

static void hold__operators__still_release(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    char etag[SRV_ETAG_BYTES];
    gate_release_pilot(p, devices, GATE_AUTO);
    rollout_etag(p, etag);
    assert_int_equal(hold(p, etag), ST_OK);
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(rollout_released(p), 7003);
    gate_expect(p, NOW_S + 30 * DAY_S, SRV_GATE_HOLD,
                SRV_GATE_HELD); /* of all stages, till resumed */
}

static void hold__without_the_right_etag__is_refused(void **state)
{
    struct rollout_place *p = *state;
    gate_publish(p, signer_bundle_of(&p->signer, 7, "", GATE_AUTO));
    assert_int_equal(hold(p, NULL), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_required");
    assert_int_equal(hold(p, "\"0\""), ST_OK); /* before the first release */
    gate_release(p, "hold-back", NOW_S);
    assert_int_equal(hold(p, "\"0\""), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(resume(p, "\"0\""), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(resume(p, NULL), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_required");
}

static void hold__safe_is_out__is_safe_released_before_anything_else(void **state)
{
    struct rollout_place *p = *state;
    gate_publish(p, signer_bundle_of(&p->signer, 7, "", GATE_AUTO));
    assert_int_equal(rollout_safe(p, NULL), ST_OK);
    assert_int_equal(hold(p, NULL), ST_REFUSED);
    assert_string_equal(rollout_code(p), "safe_released");
    assert_int_equal(resume(p, "\"0\""), ST_REFUSED);
    assert_string_equal(rollout_code(p), "safe_released");
}

/* Between a gate's look and what it does somebody else may act. */
static void keeper__somebody_was_quicker__its_order_is_refused(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    char seen[SRV_ETAG_BYTES];
    gate_release_pilot(p, devices, GATE_SAFE);
    rollout_etag(p, seen);
    struct srv_change gate = {
        .actor = "gate", .if_match = seen, .by_gate = true, .now_s = RELEASED_S + 1};
    assert_int_equal(hold(p, seen), ST_OK);
    assert_int_equal(srv_rollout_advance(p->rollout, &gate, &p->err), ST_REFUSED);
    assert_int_equal(srv_rollout_safe(p->rollout, &gate, NULL, &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(resume(p, seen), ST_OK);
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(srv_rollout_advance(p->rollout, &gate, &p->err), ST_REFUSED);
    assert_int_equal(srv_rollout_safe(p->rollout, &gate, NULL, &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(rollout_released(p), 7003);
    struct srv_change person = {.actor = "alice", .if_match = seen, .now_s = RELEASED_S + 1};
    assert_int_equal(srv_rollout_safe(p->rollout, &person, NULL, &p->err), ST_OK);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(hold__by_an_operator__stops_the_gates_and_not_the_brake),
        TEST(hold__operators__still_release),
        TEST(hold__without_the_right_etag__is_refused),
        TEST(hold__safe_is_out__is_safe_released_before_anything_else),
        TEST(keeper__somebody_was_quicker__its_order_is_refused),
    };
    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
