#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, NO_BOUND = INT32_MAX };

/* ---- small words ----------------------------------------------------------------------------- */

enum { MANY = 300 };

static void keep_quiet(struct srv_write *w)
{
    (void)w;
}

/* Reports "first", ... of one user, a day apart; the first at at_s. They share commits. */
static void send_days(struct store_place *p, int64_t device, uint32_t first, uint32_t count,
                      int64_t at_s)
{
    static struct srv_write writes[MANY];
    static struct pol_report reports[MANY];
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    assert_true(count > 0 && count <= MANY);
    for (uint32_t i = 0; i < count; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", first + i);
        reports[i] = store_report(id, 'r', first + i + 1, &u, 1);
        writes[i] = (struct srv_write){
            .kind = SRV_WRITE_REPORT, .now_s = at_s + (int64_t)i * DAY_S, .done = keep_quiet};
        writes[i].u.report.device = device;
        writes[i].u.report.report = &reports[i];
        writes[i].u.report.body = span_text("{}");
        if (i + 1 < count) {
            p->store.submit(p->store.ctx, &writes[i]);
        }
    }
    assert_int_equal(srv_store_write(&p->store, &writes[count - 1], NULL), ST_OK);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(writes[i].st, ST_OK);
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
    int64_t device = store_enrolled(p);
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
    int64_t device = store_enrolled(p);
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
    send_days(p, store_enrolled(p), 0, 3, 100);
    assert_int_equal(prune(p, 900 * DAY_S, -1, NO_BOUND), 0);
}

static void store__too_large__oldest_go_until_it_is_not(void **state)
{
    struct store_place *p = *state;
    int64_t device = store_enrolled(p);
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
    int64_t device = store_enrolled(p);
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
    int64_t device = store_enrolled(p);
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
    int64_t device = store_enrolled(p);
    send_days(p, device, 0, 5, 100 * DAY_S);
    assert_int_equal(prune(p, 110 * DAY_S, 104 * DAY_S, NO_BOUND), 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_false(is_remembered(p, device, i)); /* with another state than before */
    }
    assert_string_equal(store_look_at_all(p).state, "idle");
    assert_int_equal(store_count(p, "state", "error"), 0);
    assert_int_equal(history(p).reports, 5);
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
    };
    return cmocka_run_group_tests_name("store: history", tests, NULL, NULL);
}
