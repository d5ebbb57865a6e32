#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>

static int64_t enroll(struct store_place *p, uint8_t token)
{
    struct srv_write w;
    assert_int_equal(store_enroll(p, NULL, token, &w), ST_OK);
    return w.u.enroll.device;
}

static enum status tell_ahead(struct store_place *p, int64_t device, int64_t version, int64_t at_s)
{
    char id[32];
    struct pol_report_user u = store_user("S-1-5-21-1-2-3-1001", POL_STATE_COMPLIANT);
    (void)snprintf(id, sizeof id, "ahead-%lld", (long long)version);
    struct pol_report r = store_report(id, 'r', (uint32_t)version, &u, 1);
    r.effective_version = version;
    struct srv_write w = {.kind = SRV_WRITE_REPORT, .now_s = at_s};
    w.u.report.device = device;
    w.u.report.report = &r;
    w.u.report.body = span_text("{}");
    w.u.report.behind = (struct srv_behind){.version = version, .at_s = at_s, .device_id = "a"};
    return srv_store_write(&p->store, &w, NULL);
}

static struct srv_behind behind_of(struct store_place *p)
{
    struct srv_behind behind = {.version = -1};
    assert_int_equal(p->store.behind(p->store.ctx, &behind, NULL), ST_OK);
    return behind;
}

static void store__device_is_ahead__highest_version_is_kept_with_its_report(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    assert_int_equal(behind_of(p).version, 0);
    assert_int_equal(tell_ahead(p, device, 7003, 10), ST_OK);
    assert_int_equal(tell_ahead(p, device, 7002, 20), ST_OK);
    assert_int_equal(behind_of(p).at_s, 10);
    store_reopen(p);
    assert_int_equal(behind_of(p).version, 7003);
    assert_string_equal(behind_of(p).device_id, "a");
    assert_int_equal(tell_ahead(p, device, 7999, 30), ST_OK);
    assert_int_equal(behind_of(p).version, 7999);
    assert_int_equal(behind_of(p).at_s, 30);
    assert_int_equal(tell_ahead(p, 4711, 8001, 40), ST_NOT_FOUND);
    assert_int_equal(behind_of(p).version, 7999);
}

/* ---- who is ahead ---------------------------------------------------------------------------- */

struct ahead {
    int count;
    int64_t versions;
    int64_t seen_s;
    char digests[8];
};

static bool add_ahead(void *v, const struct srv_ahead_row *row)
{
    struct ahead *a = v;
    a->digests[a->count++] = row->digest != NULL ? row->digest[0] : '-';
    a->versions += row->version;
    a->seen_s += row->seen_s;
    return a->count < 4;
}

static struct ahead ahead_of(struct store_place *p, int64_t version)
{
    struct ahead a = {.count = 0};
    assert_int_equal(p->store.ahead(p->store.ctx, version, add_ahead, &a, NULL), ST_OK);
    return a;
}

static void store__devices_above_a_version__are_told_while_in_service(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    assert_int_equal(tell_ahead(p, enroll(p, 1), 7003, 10), ST_OK);
    assert_int_equal(tell_ahead(p, enroll(p, 2), 7002, 20), ST_OK);
    assert_int_equal(store_enroll(p, NULL, 3, &w), ST_OK); /* says nothing */
    assert_int_equal(store_enroll(p, NULL, 4, &w), ST_OK);
    char retired[POL_ID_BYTES];
    (void)snprintf(retired, sizeof retired, "%s", w.u.enroll.device_id);
    assert_int_equal(tell_ahead(p, w.u.enroll.device, 7009, 30), ST_OK);
    assert_int_equal(ahead_of(p, 7001).count, 3);
    w = (struct srv_write){.kind = SRV_WRITE_RETIRE, .now_s = 40};
    w.u.device_id = retired;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    struct ahead a = ahead_of(p, 7001);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.versions, 7003 + 7002);
    assert_int_equal(a.seen_s, 10 + 20);
    assert_int_equal(ahead_of(p, 7002).versions, 7003);
    assert_int_equal(ahead_of(p, 7003).count, 0);
}

int store_contract_behind(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__device_is_ahead__highest_version_is_kept_with_its_report),
        TEST(store__devices_above_a_version__are_told_while_in_service),
    };
    return cmocka_run_group_tests_name("store: behind the fleet", tests, NULL, NULL);
}
