/* test_keeper.c - srv_keeper: what a gate sees in the store, and what it does to the rollout. */
#include "tests/cmocka_all.h"

#include "server/keeper.h"
#include "tests/unit/server/gate_place.h"

#include <string.h>

static struct srv_release released(struct rollout_place *p)
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    struct srv_release release = view.release;
    srv_rollout_view_done(&view);
    return release;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void keeper__nothing_or_the_brake_is_out__there_is_no_gate(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(gate_look(p, NOW_S)->version, 0);
    gate_publish(p, signer_bundle_of(&p->signer, 7, "", GATE_AUTO));
    assert_int_equal(gate_look(p, NOW_S)->version, 0);
    assert_int_equal(rollout_safe(p, NULL), ST_OK);
    assert_int_equal(gate_look(p, NOW_S)->version, 0);
    assert_int_equal(rollout_released(p), 7999);
}

static void keeper__subjects_were_never_fixed__holds_and_says_so(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    struct srv_write w = {.kind = SRV_WRITE_SUBJECTS};
    gate_release_pilot(p, devices, GATE_AUTO);
    w.u.subjects.gate.version = 6001; /* as if another server had released pilot */
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    gate_expect(p, RELEASED_S + DAY_S, SRV_GATE_HOLD, SRV_GATE_NOT_FIXED);
    assert_int_equal(rollout_released(p), 7002);
}

static void keeper__numbers__are_those_of_the_store(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, 20, POL_STATE_COMPLIANT, RELEASED_S + 10);
    gate_tell_pilot(p, devices, 20, 3, POL_STATE_ERROR, RELEASED_S + 10);
    gate_tell_pilot(p, devices, 23, 2, POL_STATE_IDLE, RELEASED_S + 10);
    int64_t late = gate_enroll(p, NULL, RELEASED_S + 5);
    struct gate_report forged = {.device = late,
                                 .sid = "S-1-5-21-1-2-3-9",
                                 .version = 7002,
                                 .state = POL_STATE_ERROR,
                                 .now_s = RELEASED_S + 6};
    gate_tell(p, &forged);
    const struct srv_gate_counts *c = &gate_look(p, RELEASED_S + 10 + 4 * HOUR_S)->counts;
    assert_int_equal(c->subjects, GATE_FLEET);
    assert_int_equal(c->reporting, 25);
    assert_int_equal(c->healthy, 20);
    assert_int_equal(c->failing, 3);
    assert_int_equal(c->failing_devices, 3);
    assert_int_equal(c->devices, GATE_FLEET);
}

/* Only the first is a sample: the second is the same share, and hosts are not drawn by user. */
static const char SHARE_RINGS[] = "\"share\":{\"percent\":50,\"of\":\"user\",\"salt\":\"s\"},"
                                  "\"twin\":{\"percent\":50,\"of\":\"user\",\"salt\":\"s\"},"
                                  "\"hosts\":{\"percent\":10,\"of\":\"host\",\"salt\":\"s\"}";
static const char SHARE_STAGES[] =
    "{\"name\":\"hold-back\",\"rules\":[],\"otherwise\":\"block\"},"
    "{\"name\":\"share\",\"rules\":[{\"ring\":\"share\",\"set\":\"allow\"},"
    "{\"ring\":\"twin\",\"set\":\"allow\"},{\"ring\":\"hosts\",\"set\":\"block\"}],"
    "\"otherwise\":\"block\",\"gate\":{\"soak_s\":0}}";
enum { CROWDS = 6, SHARE_FLEET = CROWDS * GATE_CROWD, SHARE_PPM = 500000 };

static void tell_crowds(struct rollout_place *p, const int64_t devices[CROWDS],
                        uint32_t most_bucket, struct gate_report report)
{
    for (unsigned i = 0; i < CROWDS; i++) {
        report.device = devices[i];
        gate_tell_crowd(p, 1001 + i * GATE_CROWD, most_bucket, &report);
    }
}

/* A fleet of several pages of which a share is moved; those up to that lot report under it. */
static const struct srv_gate_view *release_share(struct rollout_place *p, uint32_t most_bucket)
{
    int64_t devices[CROWDS];
    struct gate_report report = {
        .version = 7001, .state = POL_STATE_COMPLIANT, .now_s = RELEASED_S - HOUR_S};
    gate_publish(p, signer_bundle_of(&p->signer, 7, SHARE_RINGS, SHARE_STAGES));
    gate_release(p, "hold-back", RELEASED_S - DAY_S);
    gate_enroll_each(p, devices, CROWDS, RELEASED_S - DAY_S);
    tell_crowds(p, devices, UINT32_MAX, report);
    gate_release(p, "share", RELEASED_S);
    report.version = 7002;
    report.now_s = RELEASED_S + 1;
    tell_crowds(p, devices, most_bucket, report);
    return gate_look(p, RELEASED_S + HOUR_S);
}

static void keeper__large_fleet__is_counted_page_by_page(void **state)
{
    const struct srv_gate_view *v = release_share(*state, UINT32_MAX);
    const struct srv_gate_counts *c = &v->counts;
    assert_int_equal(c->sample_count, 1);
    assert_int_equal(c->samples[0].threshold_ppm, SHARE_PPM);
    assert_int_equal(c->samples[0].users, SHARE_FLEET);
    assert_int_equal(c->samples[0].seen, c->subjects); /* who is in it is whose set changed */
    assert_in_range(c->subjects, 501, 700);            /* more than a page */
    assert_int_equal(c->reporting, c->subjects);
    assert_int_equal(v->answer.reason, SRV_GATE_NO_NEXT_STAGE);
}

static void keeper__those_outside_a_share_fall_silent__holds(void **state)
{
    const struct srv_gate_view *v = release_share(*state, 700000);
    assert_true(srv_gate_sample_is_off(&v->counts.samples[0]));
    assert_int_equal(v->counts.samples[0].seen, v->counts.subjects);
    assert_int_equal(v->answer.verdict, SRV_GATE_HOLD);
    assert_int_equal(v->answer.reason, SRV_GATE_SAMPLE_RATIO);
}

/* ---- acting ---------------------------------------------------------------------------------- */

static void keeper__gate_passes__the_next_stage_is_released_by_it(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_expect(p, RELEASED_S, SRV_GATE_KEEP, SRV_GATE_SOAK);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_HOLD, SRV_GATE_REPORTING);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 7200);
    gate_expect(p, RELEASED_S + 7199, SRV_GATE_KEEP, SRV_GATE_SOAK);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_ADVANCE, SRV_GATE_PASSED);
    struct srv_release r = released(p);
    assert_int_equal(r.version, 7003);
    assert_int_equal(r.at_s, RELEASED_S + 7200);
    assert_string_equal(r.by, "gate");
    assert_string_equal(r.reason, "the gate of pilot passed: 30 of 30 users healthy");
    assert_int_equal(rollout_served(p), 7003);
    struct srv_gate_row before;
    assert_int_equal(p->store.gate(p->store.ctx, 7002, &before, &p->err), ST_OK);
    assert_int_equal(before.version, 7002); /* it would go on if the release had failed */
    assert_int_equal(gate_look(p, RELEASED_S + 7201)->version, 7003);
    assert_int_equal(gate_look(p, RELEASED_S + 7201)->counts.subjects, GATE_FLEET);
}

static void keeper__gate_fails_twice__pulls_the_brake(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_SAFE);
    gate_tell_pilot(p, devices, 0, 20, POL_STATE_COMPLIANT, RELEASED_S);
    gate_tell_pilot(p, devices, 20, 10, POL_STATE_MISMATCH, RELEASED_S);
    gate_expect(p, RELEASED_S + 4 * HOUR_S, SRV_GATE_HOLD, SRV_GATE_FAILING);
    rollout_close_all(p); /* the first look is not forgotten by a restart */
    rollout_open_all(p);
    gate_expect(p, RELEASED_S + 4 * HOUR_S + 14 * MINUTE_S, SRV_GATE_HOLD, SRV_GATE_FAILING);
    gate_expect(p, RELEASED_S + 4 * HOUR_S + 15 * MINUTE_S, SRV_GATE_SAFE, SRV_GATE_FAILING);
    struct srv_release r = released(p);
    assert_int_equal(r.version, 7999);
    assert_string_equal(r.by, "gate");
    assert_string_equal(
        r.reason, "the gate of pilot failed: 10 of 30 devices failing, 20 of 30 users healthy");
    assert_int_equal(rollout_served(p), 7999);
}

static void keeper__fleet_recovers__the_first_look_is_forgotten(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    struct srv_gate_row row;
    gate_release_pilot(p, devices, GATE_SAFE);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_MISMATCH, RELEASED_S);
    gate_expect(p, RELEASED_S + 4 * HOUR_S, SRV_GATE_HOLD, SRV_GATE_FAILING);
    assert_int_equal(p->store.gate(p->store.ctx, 7002, &row, &p->err), ST_OK);
    assert_int_equal(row.failing_s, RELEASED_S + 4 * HOUR_S);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_IDLE, RELEASED_S + 4 * HOUR_S);
    gate_expect(p, RELEASED_S + 5 * HOUR_S, SRV_GATE_HOLD, SRV_GATE_CONCLUSIVE);
    assert_int_equal(p->store.gate(p->store.ctx, 7002, &row, &p->err), ST_OK);
    assert_int_equal(row.failing_s, -1);
}

static void keeper__users_would_be_pushed_back__holds_with_the_refusal(void **state)
{
    struct rollout_place *p = *state;
    int64_t device = gate_enroll(p, NULL, RELEASED_S - DAY_S);
    struct gate_report report = {
        .device = device, .sid = "S-1-5-21-1-2-3-1001", .version = 7001, .now_s = RELEASED_S - 1};
    gate_publish(p, signer_gated_bundle(&p->signer, 7, "{\"advance\":\"auto\",\"soak_s\":0}"));
    gate_release(p, "observe", RELEASED_S - DAY_S);
    gate_tell(p, &report);
    gate_release(p, "pilot", RELEASED_S);
    report.version = 7002;
    report.state = POL_STATE_COMPLIANT;
    gate_tell(p, &report);
    gate_clock_s = RELEASED_S + 1;
    struct srv_keeper_parts parts = {
        .store = &p->store, .rollout = p->rollout, .now_s = gate_tell_time, .pause_ms = 1};
    struct srv_gate_view view;
    bool again = true;
    assert_int_equal(srv_keeper_look(&parts, &view, &again, &p->err), ST_OK);
    assert_false(again);
    assert_int_equal(view.answer.verdict, SRV_GATE_HOLD);
    assert_int_equal(view.answer.reason, SRV_GATE_REFUSED);
    assert_non_null(strstr(view.refusal, "stage_regression: 1 of 1 users"));
    srv_gate_view_done(&view);
    assert_int_equal(rollout_released(p), 7002);
}

static void keeper__expired_bundle__holds_with_the_refusal(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    gate_expect(p, INT64_C(7300000000), SRV_GATE_HOLD, SRV_GATE_REFUSED);
    assert_int_equal(rollout_released(p), 7002);
}

static void keeper__release_did_not_take_place__the_old_gate_goes_on(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    struct srv_write w = {.kind = SRV_WRITE_SUBJECTS};
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    w.u.subjects.gate = (struct srv_gate_row){.version = 7003, .released_s = RELEASED_S + 7200};
    w.u.subjects.keep_version = 7002; /* what a server leaves that dies before it releases */
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    rollout_close_all(p);
    rollout_open_all(p);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_ADVANCE, SRV_GATE_PASSED);
    assert_int_equal(gate_look(p, RELEASED_S + 7200)->counts.subjects, GATE_FLEET);
}

/* A store in which somebody holds the gates just when one is looked at. */
static struct rollout_place *held_meanwhile; /* the readers of a store know its ctx only */

static enum status hold_and_read(void *ctx, int64_t version, struct srv_gate_row *out,
                                 struct err *err)
{
    struct rollout_place *p = held_meanwhile;
    char etag[SRV_ETAG_BYTES];
    rollout_etag(p, etag);
    struct srv_change change = {.actor = "bob", .if_match = etag, .reason = "x", .now_s = 1};
    assert_int_equal(srv_rollout_hold(p->rollout, &change, &p->err), ST_OK);
    return p->store.gate(ctx, version, out, err);
}

static void keeper__held_while_it_looks__does_not_act(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    struct srv_store store = p->store;
    store.gate = hold_and_read;
    held_meanwhile = p;
    struct srv_keeper_parts parts = {
        .store = &store, .rollout = p->rollout, .now_s = gate_tell_time, .pause_ms = 1};
    struct srv_gate_view view;
    bool again = false;
    gate_clock_s = RELEASED_S + 7200;
    assert_int_equal(srv_keeper_look(&parts, &view, &again, &p->err), ST_OK);
    srv_gate_view_done(&view);
    assert_true(again); /* what holds now is not what it saw */
    assert_int_equal(rollout_released(p), 7002);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_HOLD, SRV_GATE_HELD);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void keeper__woken__looks_and_acts_in_its_own_thread(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    struct srv_keeper *keeper = NULL;
    struct srv_gate_view view = {0};
    struct srv_keeper_parts parts = {
        .store = &p->store, .rollout = p->rollout, .now_s = gate_tell_time, .pause_ms = 3600000};
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    gate_clock_s = RELEASED_S + 7200;
    assert_int_equal(srv_keeper_open(&parts, &keeper, &p->err), ST_OK);
    while (view.version != 7003) {
        srv_gate_view_done(&view);
        assert_int_equal(srv_keeper_see(keeper, &view), ST_OK);
    }
    assert_int_equal(rollout_released(p), 7003);
    assert_int_equal(view.answer.reason, SRV_GATE_SOAK);
    assert_int_equal(rollout_safe(p, NULL), ST_OK);
    while (view.version != 0) { /* it rests for an hour unless it is woken */
        srv_keeper_wake(keeper);
        srv_gate_view_done(&view);
        assert_int_equal(srv_keeper_see(keeper, &view), ST_OK);
    }
    srv_gate_view_done(&view);
    srv_keeper_close(keeper);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(keeper__nothing_or_the_brake_is_out__there_is_no_gate),
        TEST(keeper__subjects_were_never_fixed__holds_and_says_so),
        TEST(keeper__numbers__are_those_of_the_store),
        TEST(keeper__large_fleet__is_counted_page_by_page),
        TEST(keeper__those_outside_a_share_fall_silent__holds),
        TEST(keeper__gate_passes__the_next_stage_is_released_by_it),
        TEST(keeper__gate_fails_twice__pulls_the_brake),
        TEST(keeper__fleet_recovers__the_first_look_is_forgotten),
        TEST(keeper__users_would_be_pushed_back__holds_with_the_refusal),
        TEST(keeper__expired_bundle__holds_with_the_refusal),
        TEST(keeper__release_did_not_take_place__the_old_gate_goes_on),
        TEST(keeper__held_while_it_looks__does_not_act),
        TEST(keeper__woken__looks_and_acts_in_its_own_thread),
    };
    return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
