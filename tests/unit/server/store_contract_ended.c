#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <string.h>

/* ---- small words ----------------------------------------------------------------------------- */

static struct srv_history history(struct store_place *p)
{
    struct srv_history h;
    assert_int_equal(p->store.history(p->store.ctx, &h, NULL), ST_OK);
    return h;
}

static int64_t tidy(struct store_place *p, int64_t tokens_before_s, int64_t retired_before_s)
{
    int64_t gone = 0;
    struct srv_write w;
    do {
        w = (struct srv_write){.kind = SRV_WRITE_TIDY, .now_s = retired_before_s};
        w.u.tidy.tokens_before_s = tokens_before_s;
        w.u.tidy.retired_before_s = retired_before_s;
        assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
        gone += w.u.tidy.rows;
    } while (w.u.tidy.more);
    return gone;
}

/* ---- what has ended -------------------------------------------------------------------------- */

struct tokens {
    size_t count;
};

static bool count_token(void *v, const struct srv_token_row *row)
{
    (void)row;
    ((struct tokens *)v)->count++;
    return true;
}

static size_t token_count(struct store_place *p)
{
    struct tokens t = {.count = 0};
    assert_int_equal(p->store.tokens(p->store.ctx, count_token, &t, NULL), ST_OK);
    return t.count;
}

static void store__token_that_ended__goes_later(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    (void)store_enrolled(p);
    assert_int_equal(store_enroll_again(p, 1, 2, &w), ST_OK); /* the old one ends at 3000 */
    assert_int_equal(token_count(p), 2);
    assert_int_equal(tidy(p, 3000, 0), 0);
    assert_int_equal(tidy(p, 3001, 0), 1);
    assert_int_equal(token_count(p), 1);
    assert_int_equal(store_enroll_again(p, 2, 3, &w), ST_OK);
}

static bool count_device(void *v, const struct srv_device_row *row)
{
    (void)row;
    (*(size_t *)v)++;
    return true;
}

static size_t device_count(struct store_place *p)
{
    struct srv_filter filter = {.limit = 500};
    size_t count = 0;
    assert_int_equal(p->store.devices(p->store.ctx, &filter, count_device, &count, NULL), ST_OK);
    return count;
}

static void retire(struct store_place *p, const char *device_id, int64_t now_s)
{
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = now_s};
    w.u.device_id = device_id;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
}

static void send_one(struct store_place *p, int64_t device, const char *id)
{
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report(id, 'r', 1, &u, 1);
    assert_int_equal(store_send(p, device, &r, id, NULL), ST_OK);
}

static void store__device_out_of_service__goes_with_its_users(void **state)
{
    struct store_place *p = *state;
    struct srv_write first;
    struct srv_write second;
    struct srv_write third;
    struct srv_write fourth;
    assert_int_equal(store_enroll(p, NULL, 1, &first), ST_OK);
    assert_int_equal(store_enroll(p, NULL, 2, &second), ST_OK);
    send_one(p, first.u.enroll.device, "a");
    send_one(p, second.u.enroll.device, "b");
    retire(p, first.u.enroll.device_id, 6000);
    assert_int_equal(tidy(p, 0, 6000), 0);
    assert_int_equal(device_count(p), 2);
    assert_int_equal(tidy(p, 0, 6001), 2);
    assert_int_equal(device_count(p), 1);
    assert_int_equal(store_count(p, "total", "devices"), 1);
    assert_int_equal(store_count(p, "total", "users"), 1);
    assert_int_equal(history(p).reports, 2);
    /* Nobody gets the number of somebody who went, whether he had users or not. */
    assert_int_equal(store_enroll(p, NULL, 3, &third), ST_OK);
    retire(p, second.u.enroll.device_id, 7000);
    retire(p, third.u.enroll.device_id, 7000);
    (void)tidy(p, 0, 7001);
    assert_int_equal(store_enroll(p, NULL, 4, &fourth), ST_OK);
    assert_true(fourth.u.enroll.device > third.u.enroll.device);
    assert_int_equal(store_count(p, "total", "devices"), 1);
}

static bool take_key(void *v, const struct srv_user_row *row)
{
    *(int64_t *)v = row->key;
    return false;
}

static void store__user_who_left__stays_while_a_gate_looks_at_him(void **state)
{
    struct store_place *p = *state;
    int64_t device = store_enrolled(p);
    struct pol_report_user three[] = {store_user("S-1", POL_STATE_IDLE),
                                      store_user("S-2", POL_STATE_IDLE),
                                      store_user("S-3", POL_STATE_IDLE)};
    struct pol_report all = store_report("a", 'r', 1, three, 3);
    struct pol_report last = store_report("b", 'r', 2, &three[2], 1);
    struct srv_subject subject = {.device = device};
    const struct srv_filter first = {.sid = "S-1", .limit = 1};
    last.full = true;
    assert_int_equal(store_send(p, device, &all, "1", NULL), ST_OK);
    assert_int_equal(p->store.users(p->store.ctx, &first, take_key, &subject.user, NULL), ST_OK);
    struct srv_write w = {.kind = SRV_WRITE_SUBJECTS, .now_s = 10};
    w.u.subjects.gate.version = 7002;
    w.u.subjects.list = &subject;
    w.u.subjects.count = 1;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(store_send_at(p, device, &last, 6000), ST_OK);
    assert_int_equal(tidy(p, 0, 6001), 1); /* S-2 */
    w.u.subjects.gate.version = 7003;
    w.u.subjects.list = NULL;
    w.u.subjects.count = 0;
    w.u.subjects.keep_version = 7003;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(tidy(p, 0, 6001), 1); /* S-1 */
    assert_string_equal(store_look_at_all(p).sid, "S-3");
    assert_int_equal(store_count(p, "total", "users"), 1);
}

/* ---- one device's share ---------------------------------------------------------------------- */

enum { USERS_EACH = 200 };

/* A report of so many users with numbers from first on. */
static enum status send_users(struct store_place *p, int64_t device, uint32_t first, uint32_t seq,
                              bool full)
{
    static char sids[USERS_EACH][24];
    struct pol_report_user users[USERS_EACH];
    char id[16];
    for (uint32_t i = 0; i < USERS_EACH; i++) {
        (void)snprintf(sids[i], sizeof sids[i], "S-1-%u", first + i);
        users[i] = store_user(sids[i], POL_STATE_IDLE);
    }
    (void)snprintf(id, sizeof id, "%u", seq);
    struct pol_report r = store_report(id, 'r', seq, users, USERS_EACH);
    r.full = full;
    return store_send_at(p, device, &r, 5000 + seq);
}

static void store__more_users_than_a_device_may_have__are_refused(void **state)
{
    struct store_place *p = *state;
    struct srv_write other;
    int64_t device = store_enrolled(p);
    uint32_t seq = 1;
    for (uint32_t first = 0; first < SRV_DEVICE_USERS_MAX; first += USERS_EACH) {
        assert_int_equal(send_users(p, device, first, seq++, false), ST_OK);
    }
    int64_t reports = history(p).reports;
    assert_int_equal(send_users(p, device, SRV_DEVICE_USERS_MAX, seq++, false), ST_REFUSED);
    assert_int_equal(send_users(p, device, 10, seq++, false), ST_OK); /* those it has */
    assert_int_equal(history(p).reports, reports + 1);
    assert_int_equal(store_count(p, "total", "users"), SRV_DEVICE_USERS_MAX);
    assert_int_equal(store_enroll(p, NULL, 2, &other), ST_OK);
    send_one(p, other.u.enroll.device, "x"); /* is another device's business */
    /* Who left makes room. */
    assert_int_equal(send_users(p, device, 0, seq++, true), ST_OK);
    assert_int_equal(store_count(p, "total", "users"), USERS_EACH + 1);
    assert_int_equal(send_users(p, device, SRV_DEVICE_USERS_MAX, seq++, false), ST_OK);
    assert_int_equal(store_count(p, "total", "users"), 2 * USERS_EACH + 1);
}

int store_contract_ended(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__token_that_ended__goes_later),
        TEST(store__device_out_of_service__goes_with_its_users),
        TEST(store__user_who_left__stays_while_a_gate_looks_at_him),
        TEST(store__more_users_than_a_device_may_have__are_refused),
    };
    return cmocka_run_group_tests_name("store: what has ended", tests, NULL, NULL);
}
