/* test_behind.c - a device that is ahead of what is released: who is believed, and what follows from it. */
#include "tests/cmocka_all.h"

#include "server/ingest.h"
#include "server/rollout_parts.h"
#include "tests/unit/server/gate_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_BYTES = 1024 };

/* The digest of that version in the newest bundle here. */
static void digest_of(struct rollout_place *p, int64_t version, char out[DIGEST_HEX_BYTES])
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    const struct pol_bundle_entry *entry = srv_bundle_find(view.newest, version);
    assert_non_null(entry);
    memcpy(out, entry->policy->digest, DIGEST_HEX_BYTES);
    srv_rollout_view_done(&view);
}

/* The number of a device whose id is 32 times that letter. */
static int64_t enroll(struct rollout_place *p, char letter)
{
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = NOW_S};
    w.u.enroll.machine.name = "PC-1";
    memset(w.u.enroll.device_id, letter, POL_ID_BYTES - 1);
    memset(w.u.enroll.new_digest, letter, DIGEST_BYTES);
    assert_int_equal(srv_store_write(&p->store, &w, &p->err), ST_OK);
    return w.u.enroll.device;
}

struct teller {
    struct srv_device device;
    unsigned reports;
};

static struct teller teller_new(struct rollout_place *p, char letter)
{
    struct teller t = {.device = {.number = enroll(p, letter)}};
    memset(t.device.device_id, letter, POL_ID_BYTES - 1);
    return t;
}

/* The body of the next report; digest NULL is null. */
static void write_report(const struct teller *t, int64_t version, const char *digest,
                         char out[BODY_BYTES])
{
    char quoted[DIGEST_HEX_BYTES + 2] = "null";
    if (digest != NULL) {
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", digest);
    }
    int length =
        snprintf(out, BODY_BYTES,
                 "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032u\","
                 "\"run_id\":\"00000000000000000000000000000001\",\"seq\":%u,\"part\":1,"
                 "\"parts\":1,\"full\":false,\"device_id\":\"%s\",\"sent_at\":"
                 "\"2026-01-01T00:00:00Z\",\"agent\":{\"version\":\"1.0.0\",\"started_at\":"
                 "\"2026-01-01T00:00:00Z\",\"formats\":[\"mapi-rollout/policy/1\"],"
                 "\"trust_version\":1},\"host\":{\"name\":\"PC-1\"},\"policy\":{\"rollout\":"
                 "\"test\",\"received\":%" PRId64 ",\"effective\":%" PRId64 ",\"digest\":%s,"
                 "\"failed\":null,\"stale\":false},\"users\":[]}",
                 t->reports, t->reports, t->device.device_id, version, version, quoted);
    assert_in_range(length, 1, BODY_BYTES - 1);
}

/* As the door for reports does it. */
static enum status send(struct rollout_place *p, struct teller *t, const char *body)
{
    struct srv_ingest *ingest = NULL;
    if (srv_ingest_open(span_text(body), &t->device, NOW_S, &ingest, &p->err) != ST_OK) {
        fail_msg("the report is refused: %s", p->err.text);
    }
    srv_ingest_hear(ingest, p->rollout, &t->device);
    enum status st = srv_store_write(&p->store, &ingest->write, &p->err);
    srv_ingest_heard(ingest);
    srv_ingest_free(ingest);
    return st;
}

static void tell(struct rollout_place *p, struct teller *t, int64_t version, const char *digest)
{
    char body[BODY_BYTES];
    t->reports++;
    write_report(t, version, digest, body);
    assert_int_equal(send(p, t, body), ST_OK);
}

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

static void release_observe(struct rollout_place *p)
{
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_released(p), 7001);
}

/* ---- who is believed ------------------------------------------------------------------------- */

static void behind__version_and_digest_are_ours__is_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    release_observe(p);
    digest_of(p, 7002, digest);
    tell(p, &t, 7002, digest);
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
    release_observe(p);
    digest_of(p, 7002, digest);
    memcpy(invented, digest, sizeof invented);
    invented[0] = invented[0] == 'a' ? 'b' : 'a';
    tell(p, &t, 7002, invented);
    tell(p, &t, 7002, NULL);
    tell(p, &t, 7003, digest); /* of another stage */
    tell(p, &t, 7999, digest);
    tell(p, &t, 8002, digest); /* of a serial that is not here */
    tell(p, &t, VERSION_MOST, digest);
    assert_int_equal(behind(p), 0);
    assert_int_equal(entries(p), 0);
}

static void behind__version_is_released_or_older__is_not_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    release_observe(p);
    digest_of(p, 7001, digest);
    tell(p, &t, 7001, digest);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    tell(p, &t, 7001, digest);
    assert_int_equal(behind(p), 0);
    assert_int_equal(entries(p), 0);
}

static void behind__safe_policy_or_nothing_released__is_raised_as_well(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    digest_of(p, 7001, digest);
    tell(p, &t, 7001, digest);
    assert_int_equal(behind(p), 7001);
    digest_of(p, 7999, digest);
    tell(p, &t, 7999, digest);
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
    release_observe(p);
    digest_of(p, 7003, digest);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    tell(p, &t, 7003, digest);
    assert_int_equal(behind(p), 7003);
    digest_of(p, 8001, digest);
    tell(p, &t, 8001, digest);
    assert_int_equal(behind(p), 8001);
}

/* ---- what follows ---------------------------------------------------------------------------- */

static void behind__many_say_so__one_entry_for_each_version(void **state)
{
    struct rollout_place *p = *state;
    struct teller a = teller_new(p, 'a');
    struct teller b = teller_new(p, 'b');
    char digest[DIGEST_HEX_BYTES];
    release_observe(p);
    digest_of(p, 7003, digest);
    tell(p, &a, 7003, digest);
    tell(p, &b, 7003, digest);
    digest_of(p, 7002, digest);
    tell(p, &b, 7002, digest); /* lower: the highest stays */
    assert_int_equal(behind(p), 7003);
    assert_int_equal(entries(p), 1);
}

static void behind__report_comes_again__has_no_second_entry(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char body[BODY_BYTES];
    char digest[DIGEST_HEX_BYTES];
    struct srv_ingest *ingest = NULL;
    release_observe(p);
    digest_of(p, 7002, digest);
    write_report(&t, 7002, digest, body);
    /* Heard before the first of the two is committed. */
    assert_int_equal(srv_ingest_open(span_text(body), &t.device, NOW_S, &ingest, &p->err), ST_OK);
    srv_ingest_hear(ingest, p->rollout, &t.device);
    assert_int_equal(send(p, &t, body), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &ingest->write, &p->err), ST_OK);
    srv_ingest_heard(ingest);
    srv_ingest_free(ingest);
    assert_int_equal(entries(p), 1);
}

static void behind__report_is_not_stored__nothing_is_raised(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char body[BODY_BYTES];
    char digest[DIGEST_HEX_BYTES];
    release_observe(p);
    digest_of(p, 7002, digest);
    write_report(&t, 7002, digest, body);
    t.device.number = 4711; /* retired meanwhile */
    assert_int_equal(send(p, &t, body), ST_NOT_FOUND);
    assert_int_equal(behind(p), 0);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(behind(p), 0);
}

static void behind__restarted__it_still_is(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    release_observe(p);
    digest_of(p, 7003, digest);
    tell(p, &t, 7003, digest);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(behind(p), 7003);
    digest_of(p, 7002, digest);
    tell(p, &t, 7002, digest);
    assert_int_equal(behind(p), 7003);
}

static void behind__that_version_or_a_higher_one_is_released__is_over(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    release_observe(p);
    digest_of(p, 7003, digest);
    tell(p, &t, 7003, digest);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK); /* 7002: not yet */
    assert_int_equal(behind(p), 7003);
    assert_int_equal(rollout_advance(p), ST_OK);
    assert_int_equal(behind(p), 0);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(behind(p), 0);
    digest_of(p, 7999, digest);
    tell(p, &t, 7999, digest); /* another time */
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
    char digest[DIGEST_HEX_BYTES];
    gate_release_pilot(p, devices, GATE_SAFE);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_COMPLIANT, RELEASED_S + 1);
    digest_of(p, 7003, digest);
    tell(p, &t, 7003, digest);
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
    char digest[DIGEST_HEX_BYTES];
    char seen[SRV_ETAG_BYTES];
    gate_release_pilot(p, devices, GATE_SAFE);
    rollout_etag(p, seen);
    struct srv_change gate = {
        .actor = "gate", .if_match = seen, .by_gate = true, .now_s = RELEASED_S + 1};
    digest_of(p, 7003, digest);
    tell(p, &t, 7003, digest);
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
