#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <string.h>

static void store__same_machine_without_proof__is_a_duplicate(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    assert_int_equal(store_enroll(p, "guid", 1, &w), ST_OK);
    assert_false(w.u.enroll.duplicate);
    assert_int_equal(store_enroll(p, "guid", 2, &w), ST_OK);
    assert_true(w.u.enroll.duplicate);
    assert_int_equal(store_count(p, "total", "devices"), 2);
}

static void store__old_token_shown__keeps_the_device(void **state)
{
    struct store_place *p = *state;
    struct srv_write first;
    struct srv_write again;
    assert_int_equal(store_enroll(p, "guid", 1, &first), ST_OK);
    assert_int_equal(store_enroll_again(p, 1, 2, &again), ST_OK);
    assert_int_equal(again.u.enroll.device, first.u.enroll.device);
    assert_string_equal(again.u.enroll.device_id, first.u.enroll.device_id);
    assert_int_equal(store_count(p, "total", "devices"), 1);
}

static void store__unknown_old_token__is_not_found(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    assert_int_equal(store_enroll_again(p, 9, 2, &w), ST_NOT_FOUND);
    assert_int_equal(store_count(p, "total", "devices"), 0);
}

static void store__device_retired__leaves_the_numbers_and_proves_nothing(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    char device_id[POL_ID_BYTES];
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    assert_int_equal(store_enroll(p, NULL, 1, &w), ST_OK);
    memcpy(device_id, w.u.enroll.device_id, sizeof device_id);
    assert_int_equal(store_send(p, w.u.enroll.device, &r, "1", NULL), ST_OK);
    struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
    retire.u.device_id = device_id;
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_NOT_FOUND);
    assert_int_equal(store_count(p, "total", "devices"), 0);
    assert_int_equal(store_count(p, "total", "users"), 0);
    assert_int_equal(store_enroll_again(p, 1, 2, &w), ST_NOT_FOUND);
}

/* ---- credentials, bundles, releases ---------------------------------------------------------- */

static enum status credential(struct store_place *p, enum srv_write_kind kind, enum srv_role role,
                              uint8_t digest)
{
    struct srv_write w = {.kind = kind, .now_s = 1};
    w.u.credential.role = role;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "alice");
    memset(w.u.credential.digest, digest, DIGEST_BYTES);
    return srv_store_write(&p->store, &w, NULL);
}

static void store__name_in_use__exists_until_it_is_revoked(void **state)
{
    struct store_place *p = *state;
    assert_int_equal(credential(p, SRV_WRITE_CREDENTIAL, SRV_ROLE_VIEWER, 1), ST_OK);
    assert_int_equal(credential(p, SRV_WRITE_CREDENTIAL, SRV_ROLE_OPERATOR, 2), ST_EXISTS);
    assert_int_equal(credential(p, SRV_WRITE_CREDENTIAL, SRV_ROLE_ENROLL, 3), ST_OK);
    assert_int_equal(credential(p, SRV_WRITE_REVOKE, SRV_ROLE_VIEWER, 0), ST_OK);
    assert_int_equal(credential(p, SRV_WRITE_REVOKE, SRV_ROLE_VIEWER, 0), ST_NOT_FOUND);
    assert_int_equal(credential(p, SRV_WRITE_CREDENTIAL, SRV_ROLE_OPERATOR, 4), ST_OK);
}

static bool sum_serials(void *v, const struct srv_bundle_row *row)
{
    *(uint32_t *)v += row->serial;
    assert_string_equal(row->etag, "e");
    assert_int_equal(row->raw.size, 3);
    return true;
}

static void store__bundle_put__drops_those_below_the_bound(void **state)
{
    struct store_place *p = *state;
    uint32_t sum = 0;
    for (uint32_t serial = 1; serial <= 3; serial++) {
        struct srv_write w = {.kind = SRV_WRITE_BUNDLE, .now_s = 1};
        w.u.bundle.serial = serial;
        w.u.bundle.etag = "e";
        w.u.bundle.by = "alice";
        w.u.bundle.raw = span_text("abc");
        w.u.bundle.keep_from = serial - 1;
        assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    }
    store_reopen(p);
    assert_int_equal(p->store.bundles(p->store.ctx, sum_serials, &sum, NULL), ST_OK);
    assert_int_equal(sum, 2 + 3);
}

static void store__lower_release_written__the_higher_one_stays(void **state)
{
    struct store_place *p = *state;
    struct srv_release release;
    struct srv_write w = {.kind = SRV_WRITE_RELEASE, .now_s = 1};
    assert_int_equal(p->store.release(p->store.ctx, &release, NULL), ST_OK);
    assert_int_equal(release.version, 0);
    w.u.release = (struct srv_release){.version = 9000000999, .rollout = "test", .stage = "safe"};
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    w.u.release.version = 7001;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(p->store.release(p->store.ctx, &release, NULL), ST_OK);
    assert_int_equal(release.version, 9000000999);
    assert_string_equal(release.stage, "safe");
}

/* Counting commits and their writes, and nothing that failed or is over. */
static void store__writes__are_measured(void **state)
{
    struct store_place *p = *state;
    struct srv_store_meter *meter = p->store.meter(p->store.ctx);
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = 1};
    w.u.device_id = "00000000000000000000000000000009";
    assert_int_equal(meter->batches.sum, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_NOT_FOUND);
    }
    assert_int_equal(meter->batches.sum, 3);
    uint64_t commits = 0;
    for (size_t i = 0; i <= meter->commits.buckets.count; i++) {
        commits += meter->commits.counts[i];
    }
    assert_int_equal(commits, 3);
    assert_int_equal(meter->waiting, 0);
    assert_int_equal(meter->failures, 0);
}

static int run_devices(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__same_machine_without_proof__is_a_duplicate),
        TEST(store__old_token_shown__keeps_the_device),
        TEST(store__unknown_old_token__is_not_found),
        TEST(store__device_retired__leaves_the_numbers_and_proves_nothing),
        TEST(store__name_in_use__exists_until_it_is_revoked),
        TEST(store__bundle_put__drops_those_below_the_bound),
        TEST(store__lower_release_written__the_higher_one_stays),
        TEST(store__writes__are_measured),
    };
    return cmocka_run_group_tests_name("store: devices, credentials, releases", tests, NULL, NULL);
}

int store_contract_run(store_opener open_store)
{
    store_open_it = open_store;
    int failures = run_devices();
    return failures + store_contract_reports() + store_contract_gates() + store_contract_audit() +
           store_contract_doors() + store_contract_behind();
}

int store_contract_run_others(store_opener open_store)
{
    store_open_it = open_store;
    return store_contract_history() + store_contract_ended();
}

int store_contract_run_counts(store_opener open_store)
{
    store_open_it = open_store;
    return store_contract_counts() + store_contract_lists() + store_contract_samples();
}
