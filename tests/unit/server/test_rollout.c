/* test_rollout.c - srv_rollout: one test for each sentence of docs/protocol.md "Administrators". */
#include "tests/cmocka_all.h"

#include "tests/unit/server/rollout_place.h"

#include <stdio.h>
#include <string.h>

static void rollout__bundle_put__releases_nothing(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_released(p), 0);
    assert_int_equal(rollout_served(p), 0);
}

static void rollout__bundle_of_a_stranger__is_refused(void **state)
{
    struct rollout_place *p = *state;
    struct signer stranger;
    signer_make(&stranger);
    assert_int_equal(rollout_put(p, signer_bundle(&stranger, 7), false), ST_REFUSED);
    assert_string_equal(rollout_code(p), "key_unknown");
    signer_done(&stranger);
}

static void rollout__serials__rise_and_do_not_jump(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 101), ST_REFUSED);
    assert_string_equal(rollout_code(p), "serial_skip");
    assert_int_equal(rollout_put_serial(p, 100), ST_OK);
    assert_int_equal(rollout_put_serial(p, 99), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_rollback");
    assert_int_equal(rollout_put(p, signer_expired_bundle(&p->signer, 100), false), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_conflict");
    assert_int_equal(rollout_put(p, signer_bundle(&p->signer, 300), true), ST_OK);
}

static void rollout__bundle_with_a_gate_that_moves_by_itself__is_taken(void **state)
{
    struct rollout_place *p = *state;
    static const char GATE[] = "{\"advance\":\"auto\",\"on_fail\":\"safe\"}";
    assert_int_equal(rollout_put(p, signer_gated_bundle(&p->signer, 7, GATE), false), ST_OK);
}

static void rollout__same_bundle_again__is_no_change(void **state)
{
    struct rollout_place *p = *state;
    struct bytes bundle = signer_bundle(&p->signer, 1);
    struct bytes copy = bytes_with_limit(bundle.size);
    assert_int_equal(bytes_append(&copy, bundle.data, bundle.size), ST_OK);
    assert_int_equal(rollout_put(p, bundle, false), ST_OK);
    assert_int_equal(rollout_put(p, copy, false), ST_OK);
}

static void rollout__bundle_etag_is_stale__precondition_failed(void **state)
{
    struct rollout_place *p = *state;
    struct bytes bundle = signer_bundle(&p->signer, 2);
    struct srv_change change = {.actor = "bob", .if_match = "\"0\"", .now_s = NOW_S};
    assert_int_equal(rollout_put_serial(p, 1), ST_OK);
    assert_int_equal(srv_rollout_put(p->rollout, &change, bytes_span(&bundle), &p->err),
                     ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    change.if_match = NULL;
    assert_int_equal(srv_rollout_put(p->rollout, &change, bytes_span(&bundle), &p->err),
                     ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_required");
    bytes_free(&bundle);
}

/* ---- release --------------------------------------------------------------------------------- */

static void rollout__stage_released__agents_get_its_exact_envelope(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    struct srv_body *body = srv_feed_take(p->feed);
    const struct pol_bundle_entry *entry = pol_bundle_find_stage(view.newest->bundle, "observe");
    assert_int_equal(body->version, 7001);
    assert_int_equal(body->size, entry->envelope.size);
    assert_memory_equal(body->data, entry->envelope.data, body->size);
    assert_string_equal(body->etag, view.policy_etag);
    srv_body_drop(body);
    srv_rollout_view_done(&view);
}

static void rollout__unknown_stage__is_stage_unknown(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_release(p, "observe"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "stage_unknown");
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "nowhere"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "stage_unknown");
}

static void rollout__lower_stage__is_version_rollback(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_rollback");
    assert_int_equal(rollout_served(p), 7002);
}

static void rollout__same_stage_again__is_no_change(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_released(p), 7002);
}

static void rollout__before_not_before_or_after_expiry__is_refused(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "later"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "not_yet");
    assert_int_equal(rollout_put(p, signer_expired_bundle(&p->signer, 8), false), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "expired");
    assert_int_equal(rollout_released(p), 0);
}

static void rollout__policy_etag_is_stale__second_operator_is_refused(void **state)
{
    struct rollout_place *p = *state;
    struct srv_change change = {.actor = "bob", .if_match = "\"0\"", .now_s = NOW_S};
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(srv_rollout_advance(p->rollout, &change, &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    change.if_match = NULL;
    assert_int_equal(srv_rollout_release(p->rollout, &change, "pilot", &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_required");
    assert_int_equal(rollout_released(p), 7001);
}

static void rollout__advance__goes_stage_by_stage_in_the_released_serial(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_advance(p), ST_REFUSED);
    assert_string_equal(rollout_code(p), "stage_unknown");
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK); /* the released serial stays 7 */
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(rollout_released(p), 7003);
    assert_int_equal(rollout_advance(p), ST_REFUSED);
    assert_string_equal(rollout_code(p), "not_yet");
}

/* ---- the brake ------------------------------------------------------------------------------- */

static void rollout__safe__is_the_newest_one_and_idempotent(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_safe(p, "test"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "stage_unknown");
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_safe(p, "other"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "rollout_mismatch");
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
    assert_int_equal(rollout_safe(p, NULL), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
}

static void rollout__safe_is_out__only_a_higher_serial_leads_on(void **state)
{
    struct rollout_place *p = *state;
    struct srv_change blind = {.actor = "bob", .now_s = NOW_S}; /* checked before If-Match */
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(srv_rollout_advance(p->rollout, &blind, &p->err), ST_REFUSED);
    assert_string_equal(rollout_code(p), "safe_released");
    assert_int_equal(rollout_release(p, "pilot"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "safe_released");
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_served(p), 8002);
}

/* ---- restart --------------------------------------------------------------------------------- */

static void rollout__restarted__serves_what_was_released(void **state)
{
    struct rollout_place *p = *state;
    char before[SRV_ETAG_BYTES];
    char after[SRV_ETAG_BYTES];
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    rollout_etag(p, before);
    rollout_close_all(p);
    rollout_open_all(p);
    rollout_etag(p, after);
    assert_string_equal(before, after);
    assert_int_equal(rollout_served(p), 7002);
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(rollout_served(p), 7003);
}

static void rollout__record_lost__store_knows_the_highest(void **state)
{
    struct rollout_place *p = *state;
    char path[SCRATCH_PATH_BYTES * 2];
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    rollout_close_all(p);
    (void)snprintf(path, sizeof path, "%s/release.record", p->folder);
    assert_int_equal(remove(path), 0);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 7002);
}

static void rollout__trust_changed__serves_nothing_and_takes_a_new_bundle(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    rollout_close_all(p);
    signer_done(&p->signer);
    signer_make(&p->signer);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 0);
    assert_int_equal(rollout_released(p), 7002);
    assert_int_equal(rollout_put_serial(p, 6), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_rollback");
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_served(p), 8002);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(rollout__bundle_put__releases_nothing),
        TEST(rollout__bundle_of_a_stranger__is_refused),
        TEST(rollout__serials__rise_and_do_not_jump),
        TEST(rollout__bundle_with_a_gate_that_moves_by_itself__is_taken),
        TEST(rollout__same_bundle_again__is_no_change),
        TEST(rollout__bundle_etag_is_stale__precondition_failed),
        TEST(rollout__stage_released__agents_get_its_exact_envelope),
        TEST(rollout__unknown_stage__is_stage_unknown),
        TEST(rollout__lower_stage__is_version_rollback),
        TEST(rollout__same_stage_again__is_no_change),
        TEST(rollout__before_not_before_or_after_expiry__is_refused),
        TEST(rollout__policy_etag_is_stale__second_operator_is_refused),
        TEST(rollout__advance__goes_stage_by_stage_in_the_released_serial),
        TEST(rollout__safe__is_the_newest_one_and_idempotent),
        TEST(rollout__safe_is_out__only_a_higher_serial_leads_on),
        TEST(rollout__restarted__serves_what_was_released),
        TEST(rollout__record_lost__store_knows_the_highest),
        TEST(rollout__trust_changed__serves_nothing_and_takes_a_new_bundle),
    };
    return cmocka_run_group_tests_name("rollout", tests, NULL, NULL);
}
