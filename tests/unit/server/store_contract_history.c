#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, NO_BOUND = INT32_MAX };

/* ---- small words ----------------------------------------------------------------------------- */

static int64_t enrolled(struct store_place *p)
{
    struct srv_write w;
    assert_int_equal(store_enroll(p, NULL, 1, &w), ST_OK);
    return w.u.enroll.device;
}

/* Reports "0", "1", ... of one user, a day apart; the first at at_s. */
static void send_days(struct store_place *p, int64_t device, uint32_t first, uint32_t count,
                      int64_t at_s)
{
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    for (uint32_t i = first; i < first + count; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", i);
        struct pol_report r = store_report(id, 'r', i + 1, &u, 1);
        assert_int_equal(store_send_at(p, device, &r, at_s + (int64_t)(i - first) * DAY_S), ST_OK);
    }
}

static struct srv_history history(struct store_place *p)
{
    struct srv_history h;
    assert_int_equal(p->store.history(p->store.ctx, &h, NULL), ST_OK);
    return h;
}

/* Steps until nothing more is to be done; how many reports went. */
static int64_t prune(struct store_place *p, int64_t now_s, int64_t before_s, int64_t most_bytes)
{
    int64_t gone = 0;
    struct srv_write w;
    do {
        w = (struct srv_write){.kind = SRV_WRITE_PRUNE, .now_s = now_s};
        w.u.prune.before_s = before_s;
        w.u.prune.most_bytes = most_bytes;
        assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
        gone += w.u.prune.reports;
    } while (w.u.prune.more);
    return gone;
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

/* A report of that id, as send_days() sent it: is it remembered? */
static bool is_remembered(struct store_place *p, int64_t device, uint32_t number)
{
    char id[16];
    bool repeated = false;
    struct pol_report_user u = store_user("S-1", POL_STATE_ERROR);
    (void)snprintf(id, sizeof id, "%u", number);
    struct pol_report r = store_report(id, 'r', number + 1, &u, 1);
    struct srv_write w = {.kind = SRV_WRITE_REPORT, .now_s = 5000};
    w.u.report.device = device;
    w.u.report.report = &r;
    w.u.report.body = span_text("{}");
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    repeated = w.u.report.repeated;
    return repeated;
}

/* ---- the history ----------------------------------------------------------------------------- */

static void store__new__has_no_history(void **state)
{
    struct store_place *p = *state;
    struct srv_history h = history(p);
    assert_int_equal(h.reports, 0);
    assert_int_equal(h.bytes, 0);
    assert_int_equal(h.oldest_s, -1);
    assert_int_equal(h.newest_s, -1);
    assert_int_equal(prune(p, DAY_S, DAY_S, 0), 0);
}

static void store__reports__are_counted_with_what_they_take(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_days(p, device, 0, 3, 10 * DAY_S);
    struct srv_history three = history(p);
    assert_int_equal(three.reports, 3);
    assert_int_equal(three.oldest_s, 10 * DAY_S);
    assert_int_equal(three.newest_s, 12 * DAY_S);
    assert_true(three.bytes >= 3 * 80);
    assert_true(is_remembered(p, device, 2)); /* a repeat takes nothing */
    store_reopen(p);
    assert_int_equal(history(p).reports, 3);
    assert_int_equal(history(p).bytes, three.bytes);
    assert_int_equal(prune(p, 12 * DAY_S, 11 * DAY_S, NO_BOUND), 1);
    assert_int_equal(history(p).bytes, three.bytes / 3 * 2);
}

static void store__old_reports__go_and_younger_ones_stay(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_days(p, device, 0, 10, 100 * DAY_S);
    assert_int_equal(prune(p, 110 * DAY_S, 104 * DAY_S, NO_BOUND), 4);
    assert_int_equal(history(p).reports, 6);
    assert_int_equal(history(p).oldest_s, 104 * DAY_S);
    assert_int_equal(p->store.meter(p->store.ctx)->pruned, 4);
    assert_int_equal(prune(p, 110 * DAY_S, 104 * DAY_S, NO_BOUND), 0);
    assert_true(is_remembered(p, device, 4));
    assert_false(is_remembered(p, device, 3));
}

static void store__age_does_not_matter__nothing_goes_by_it(void **state)
{
    struct store_place *p = *state;
    send_days(p, enrolled(p), 0, 3, 100);
    assert_int_equal(prune(p, 900 * DAY_S, -1, NO_BOUND), 0);
}

static void store__too_large__oldest_go_until_it_is_not(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_days(p, device, 0, 10, 100 * DAY_S);
    int64_t each = history(p).bytes / 10;
    assert_int_equal(prune(p, 110 * DAY_S, -1, 4 * each), 6);
    assert_int_equal(history(p).reports, 4);
    assert_int_equal(history(p).oldest_s, 106 * DAY_S);
    assert_int_equal(prune(p, 110 * DAY_S, -1, 4 * each - 1), 1);
    assert_int_equal(prune(p, 110 * DAY_S, -1, 0), 3);
    assert_int_equal(history(p).bytes, 0);
}

/* The clock ran ahead while some came: these stay, and hide nobody behind them. */
static void store__times_that_lie_ahead__do_not_stop_it(void **state)
{
    struct store_place *p = *state;
    enum { AHEAD = 250 }; /* more than a step looks at */
    int64_t device = enrolled(p);
    send_days(p, device, 900, 1, 99 * DAY_S);
    send_days(p, device, 0, AHEAD, 5000 * DAY_S);
    send_days(p, device, AHEAD, 3, 100 * DAY_S);
    assert_int_equal(prune(p, 110 * DAY_S, 105 * DAY_S, NO_BOUND), 4);
    assert_int_equal(history(p).reports, AHEAD);
    send_days(p, device, AHEAD + 3, 2, 103 * DAY_S);
    assert_int_equal(prune(p, 110 * DAY_S, 105 * DAY_S, NO_BOUND), 2);
    assert_int_equal(prune(p, 5100 * DAY_S, 5001 * DAY_S, NO_BOUND), 1); /* its time has come */
    assert_int_equal(prune(p, 6000 * DAY_S, 5900 * DAY_S, NO_BOUND), AHEAD - 1);
}

static void store__times_that_lie_ahead__go_by_size(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_days(p, device, 0, 2, 5000 * DAY_S);
    send_days(p, device, 2, 2, 100 * DAY_S);
    assert_int_equal(prune(p, 101 * DAY_S, 50 * DAY_S, NO_BOUND), 0);
    assert_int_equal(prune(p, 101 * DAY_S, 50 * DAY_S, history(p).bytes / 2), 2);
    assert_int_equal(history(p).oldest_s, 100 * DAY_S);
}

/* What a repeat costs when its report is forgotten: one more row, and nothing else. */
static void store__forgotten_report_again__changes_no_state(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_days(p, device, 0, 5, 100 * DAY_S);
    assert_int_equal(prune(p, 110 * DAY_S, 104 * DAY_S, NO_BOUND), 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_false(is_remembered(p, device, i)); /* with another state than before */
    }
    assert_string_equal(store_look_at_all(p).state, "idle");
    assert_int_equal(store_count(p, "state", "error"), 0);
    assert_int_equal(history(p).reports, 5);
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
    (void)enrolled(p);
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
    /* Nobody gets the number of somebody who went. */
    retire(p, second.u.enroll.device_id, 7000);
    (void)tidy(p, 0, 7001);
    assert_int_equal(store_enroll(p, NULL, 3, &third), ST_OK);
    assert_true(third.u.enroll.device > second.u.enroll.device);
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
    int64_t device = enrolled(p);
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
    int64_t device = enrolled(p);
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

int store_contract_history(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__new__has_no_history),
        TEST(store__reports__are_counted_with_what_they_take),
        TEST(store__old_reports__go_and_younger_ones_stay),
        TEST(store__age_does_not_matter__nothing_goes_by_it),
        TEST(store__too_large__oldest_go_until_it_is_not),
        TEST(store__times_that_lie_ahead__do_not_stop_it),
        TEST(store__times_that_lie_ahead__go_by_size),
        TEST(store__forgotten_report_again__changes_no_state),
        TEST(store__token_that_ended__goes_later),
        TEST(store__device_out_of_service__goes_with_its_users),
        TEST(store__user_who_left__stays_while_a_gate_looks_at_him),
        TEST(store__more_users_than_a_device_may_have__are_refused),
    };
    return cmocka_run_group_tests_name("store: history", tests, NULL, NULL);
}
