/* test_behind.c - a device that is ahead of what is released: who is believed, and what follows from it. */
#include "tests/cmocka_all.h"

#include "server/ingest.h"
#include "server/rollout_parts.h"
#include "tests/unit/server/gate_place.h"
#include "tests/unit/server/teller.h"

#include <string.h>

/* 0: not behind. */
static int64_t behind(struct rollout_place *p)
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    int64_t version = srv_rollout_is_behind(&view) ? view.behind.version : 0;
    srv_rollout_view_done(&view);
    return version;
}

static bool count_entry(void *v, const struct pol_audit_entry *e, const uint8_t hash[DIGEST_BYTES])
{
    int *count = v;
    (void)hash;
    *count += strcmp(e->what, "behind_fleet") == 0 ? 1 : 0;
    return true;
}

static int entries(struct rollout_place *p)
{
    int count = 0;
    assert_int_equal(p->store.audit(p->store.ctx, 0, 500, count_entry, &count, NULL), ST_OK);
    return count;
}

/* ---- who is believed ------------------------------------------------------------------------- */

static void behind__version_and_digest_are_ours__is_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    teller_release_observe(p);
    teller_tell_version(p, &t, 7002);
    assert_int_equal(behind(p), 7002);
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    assert_string_equal(view.behind.device_id, t.device.device_id);
    assert_int_equal(view.behind.at_s, NOW_S);
    srv_rollout_view_done(&view);
}

static void behind__forged__does_nothing(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    char invented[DIGEST_HEX_BYTES];
    teller_release_observe(p);
    teller_digest(p, 7002, digest);
    memcpy(invented, digest, sizeof invented);
    invented[0] = invented[0] == 'a' ? 'b' : 'a';
    teller_tell(p, &t, 7002, invented);
    teller_tell(p, &t, 7002, NULL);
    teller_tell(p, &t, 7003, digest); /* of another stage */
    teller_tell(p, &t, 7999, digest);
    teller_tell(p, &t, 8002, digest); /* of a serial that is not here */
    teller_tell(p, &t, VERSION_MOST, digest);
    assert_int_equal(behind(p), 0);
    assert_int_equal(entries(p), 0);
}

static void behind__version_is_released_or_older__is_not_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    teller_release_observe(p);
    teller_tell_version(p, &t, 7001);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    teller_tell_version(p, &t, 7001);
    assert_int_equal(behind(p), 0);
    assert_int_equal(entries(p), 0);
}

static void behind__safe_policy_or_nothing_released__is_raised_as_well(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    teller_tell_version(p, &t, 7001);
    assert_int_equal(behind(p), 7001);
    teller_tell_version(p, &t, 7999);
    assert_int_equal(behind(p), 7999);
    assert_int_equal(rollout_safe(p, NULL), ST_OK);
    assert_int_equal(behind(p), 0);
}

/* The released bundle is not the newest one: both are here. */
static void behind__stage_of_the_released_bundle__is_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    teller_release_observe(p);
    teller_digest(p, 7003, digest);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    teller_tell(p, &t, 7003, digest);
    assert_int_equal(behind(p), 7003);
    teller_tell_version(p, &t, 8001);
    assert_int_equal(behind(p), 8001);
}

/* ---- what follows ---------------------------------------------------------------------------- */

static void behind__many_say_so__one_entry_for_each_version(void **state)
{
    struct rollout_place *p = *state;
    struct teller a = teller_new(p, 'a');
    struct teller b = teller_new(p, 'b');
    char digest[DIGEST_HEX_BYTES];
    teller_release_observe(p);
    teller_tell_version(p, &a, 7003);
    teller_tell_version(p, &b, 7003);
    teller_digest(p, 7002, digest);
    teller_tell(p, &b, 7002, digest); /* lower: the highest stays */
    assert_int_equal(behind(p), 7003);
    assert_int_equal(entries(p), 1);
}

static void behind__report_comes_again__has_no_second_entry(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char body[TELLER_BODY_BYTES];
    char digest[DIGEST_HEX_BYTES];
    struct srv_ingest *ingest = NULL;
    teller_release_observe(p);
    teller_digest(p, 7002, digest);
    teller_write(&t, 7002, digest, body);
    /* Heard before the first of the two is committed. */
    assert_int_equal(srv_ingest_open(span_text(body), &t.device, NOW_S, &ingest, &p->err), ST_OK);
    srv_ingest_hear(ingest, p->rollout, &t.device);
    assert_int_equal(teller_send(p, &t, body), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &ingest->write, &p->err), ST_OK);
    srv_ingest_heard(ingest);
    srv_ingest_free(ingest);
    assert_int_equal(entries(p), 1);
}

static void behind__report_is_not_stored__nothing_is_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char body[TELLER_BODY_BYTES];
    char digest[DIGEST_HEX_BYTES];
    teller_release_observe(p);
    teller_digest(p, 7002, digest);
    teller_write(&t, 7002, digest, body);
    t.device.number = 4711; /* retired meanwhile */
    assert_int_equal(teller_send(p, &t, body), ST_NOT_FOUND);
    assert_int_equal(behind(p), 0);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(behind(p), 0);
}

static void behind__restarted__it_still_is(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    teller_release_observe(p);
    teller_tell_version(p, &t, 7003);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(behind(p), 7003);
    teller_tell_version(p, &t, 7002);
    assert_int_equal(behind(p), 7003);
}

static void behind__that_version_or_a_higher_one_is_released__is_over(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    teller_release_observe(p);
    teller_tell_version(p, &t, 7003);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK); /* 7002: not yet */
    assert_int_equal(behind(p), 7003);
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(behind(p), 0);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(behind(p), 0);
    teller_digest(p, 7999, digest);
    teller_tell(p, &t, 7999, digest); /* another time */
    assert_int_equal(behind(p), 7999);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(behind(p), 0);
}

/* ---- gates ----------------------------------------------------------------------------------- */

static void behind__gate_would_pass_or_fail__it_holds(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    struct teller t = teller_new(p, 'a');
    gate_release_pilot(p, devices, GATE_SAFE);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    teller_tell_version(p, &t, 7003);
    gate_expect(p, RELEASED_S + 7200, SRV_GATE_HOLD, SRV_GATE_BEHIND_FLEET);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_ERROR, RELEASED_S + 2);
    gate_expect(p, RELEASED_S + DAY_S, SRV_GATE_HOLD, SRV_GATE_BEHIND_FLEET);
    gate_expect(p, RELEASED_S + DAY_S + HOUR_S, SRV_GATE_HOLD, SRV_GATE_BEHIND_FLEET);
    assert_int_equal(rollout_released(p), 7002);
    assert_int_equal(rollout_safe(p, NULL), ST_OK); /* people are not held */
}

/* Between a gate's look and what it does a report may come. */
static void behind__raised_while_a_gate_decides__its_order_is_refused(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    struct teller t = teller_new(p, 'a');
    char seen[SRV_ETAG_BYTES];
    gate_release_pilot(p, devices, GATE_SAFE);
    rollout_etag(p, seen);
    struct srv_change gate = {
        .actor = "gate", .if_match = seen, .by_gate = true, .now_s = RELEASED_S + 1};
    teller_tell_version(p, &t, 7003);
    assert_int_equal(srv_rollout_advance(p->rollout, &gate, &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(srv_rollout_safe(p->rollout, &gate, NULL, &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(rollout_released(p), 7003);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(behind__version_and_digest_are_ours__is_raised),
        TEST(behind__forged__does_nothing),
        TEST(behind__version_is_released_or_older__is_not_raised),
        TEST(behind__safe_policy_or_nothing_released__is_raised_as_well),
        TEST(behind__stage_of_the_released_bundle__is_raised),
        TEST(behind__many_say_so__one_entry_for_each_version),
        TEST(behind__report_comes_again__has_no_second_entry),
        TEST(behind__report_is_not_stored__nothing_is_raised),
        TEST(behind__restarted__it_still_is),
        TEST(behind__that_version_or_a_higher_one_is_released__is_over),
        TEST(behind__gate_would_pass_or_fail__it_holds),
        TEST(behind__raised_while_a_gate_decides__its_order_is_refused),
    };
    return cmocka_run_group_tests_name("behind the fleet", tests, NULL, NULL);
}
