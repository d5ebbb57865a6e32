/* test_retention.c - srv_retention_step: what goes when, and what a clock that jumps does to it. */
#include "tests/cmocka_all.h"

#include "server/retention.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <string.h>

enum { KEEP_DAYS = 10, ALL_MS = 10000 };
static const int64_t DAY_S = 86400;
static const int64_t TODAY_S = (int64_t)20000 * 86400;
static const uint64_t DAY_MS = 86400000;

static int64_t wall_s;

static int64_t now_s(void)
{
    return wall_s;
}

struct place {
    struct store_place *p;
    struct srv_retention_parts parts;
    struct srv_retention_state state;
    uint64_t mono_ms;
    int64_t device;
    uint32_t sent;
};

static struct place place_of(void **state)
{
    struct place l = {.p = *state, .mono_ms = 5 * DAY_MS};
    struct srv_write w;
    wall_s = TODAY_S;
    l.parts = (struct srv_retention_parts){.store = &l.p->store,
                                           .now_s = now_s,
                                           .keep_s = (int64_t)KEEP_DAYS * DAY_S,
                                           .keep_bytes = INT32_MAX,
                                           .all_ms = ALL_MS};
    assert_int_equal(store_enroll(l.p, NULL, 1, &w), ST_OK);
    l.device = w.u.enroll.device;
    return l;
}

static void send_at(struct place *l, int64_t at_s)
{
    char id[16];
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    (void)snprintf(id, sizeof id, "%u", ++l->sent);
    struct pol_report r = store_report(id, 'r', l->sent, &u, 1);
    assert_int_equal(store_send_at(l->p, l->device, &r, at_s), ST_OK);
}

/* Both clocks go on; how many reports went then. */
static int64_t pass(struct place *l, int64_t seconds)
{
    struct srv_retention_step step;
    wall_s += seconds;
    l->mono_ms += (uint64_t)seconds * 1000;
    assert_int_equal(srv_retention_step(&l->parts, &l->state, l->mono_ms, &step, NULL), ST_OK);
    return step.reports;
}

static int64_t left(struct place *l)
{
    struct srv_history h;
    assert_int_equal(l->p->store.history(l->p->store.ctx, &h, NULL), ST_OK);
    return h.reports;
}

static void retention__old_reports__go_and_young_ones_stay(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S - (KEEP_DAYS + 1) * DAY_S);
    send_at(&l, TODAY_S - (KEEP_DAYS - 1) * DAY_S);
    send_at(&l, TODAY_S);
    assert_int_equal(pass(&l, 0), 1);
    assert_int_equal(left(&l), 2);
    for (int day = 0; day < 12; day++) {
        send_at(&l, wall_s);
        (void)pass(&l, DAY_S);
    }
    assert_int_equal(left(&l), KEEP_DAYS);
}

static void retention__too_large__oldest_go_at_once(void **state)
{
    struct place l = place_of(state);
    struct srv_history h;
    for (int i = 0; i < 6; i++) {
        send_at(&l, TODAY_S);
    }
    assert_int_equal(pass(&l, 0), 0);
    assert_int_equal(l.p->store.history(l.p->store.ctx, &h, NULL), ST_OK);
    l.parts.keep_bytes = h.bytes / 2;
    assert_int_equal(pass(&l, 1), 3); /* long before it looks at all again */
}

/* Ten years ahead: nothing is old because of that, as long as somebody may set it right. */
static void retention__clock_jumps_ahead__nothing_goes_for_a_day(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S - 8 * DAY_S);
    send_at(&l, TODAY_S);
    assert_int_equal(pass(&l, 10), 0);
    wall_s += (int64_t)3650 * DAY_S;
    assert_int_equal(pass(&l, 10), 0);
    send_at(&l, wall_s);
    assert_int_equal(pass(&l, DAY_S / 2), 0);
    wall_s -= (int64_t)3650 * DAY_S; /* it is set right: a jump, too */
    assert_int_equal(pass(&l, 10), 0);
    assert_int_equal(left(&l), 3);
    assert_int_equal(pass(&l, DAY_S), 0);
    assert_int_equal(pass(&l, DAY_S), 1); /* of its age */
    assert_int_equal(left(&l), 2);
}

static void retention__clock_stays_ahead__they_go_after_a_day(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S);
    assert_int_equal(pass(&l, 10), 0);
    wall_s += (int64_t)100 * DAY_S;
    assert_int_equal(pass(&l, 10), 0);
    assert_int_equal(pass(&l, DAY_S - 100), 0);
    assert_int_equal(pass(&l, 200), 1);
}

static void retention__clock_jumps_back__nothing_goes_for_a_day(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S - 9 * DAY_S);
    assert_int_equal(pass(&l, 10), 0);
    wall_s -= (int64_t)3650 * DAY_S;
    send_at(&l, wall_s);
    assert_int_equal(pass(&l, 10), 0);
    assert_int_equal(pass(&l, 2 * DAY_S), 0);
    assert_int_equal(left(&l), 2);
}

/* A machine that was off, or whose clock was wrong when it started: nobody can tell at once. */
static void retention__nothing_came_for_days_before_the_start__waits_a_day(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S - 40 * DAY_S);
    assert_int_equal(pass(&l, 0), 0);
    assert_int_equal(pass(&l, DAY_S - 10), 0);
    assert_int_equal(pass(&l, 20), 1);
}

static void retention__newest_lies_ahead_at_the_start__waits_a_day(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S - 40 * DAY_S);
    send_at(&l, TODAY_S + 2 * DAY_S);
    assert_int_equal(pass(&l, 0), 0);
    assert_int_equal(pass(&l, DAY_S + 10), 1);
}

/* Clocks are set by minutes now and then. */
static void retention__clock_is_off_by_minutes__goes_on(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S - 11 * DAY_S);
    send_at(&l, TODAY_S - 10 * DAY_S + 600);
    send_at(&l, TODAY_S);
    assert_int_equal(pass(&l, 0), 1);
    wall_s += 1800;
    assert_int_equal(pass(&l, 10), 1);
}

static void retention__size__does_not_wait_for_the_clock(void **state)
{
    struct place l = place_of(state);
    send_at(&l, TODAY_S);
    send_at(&l, TODAY_S);
    assert_int_equal(pass(&l, 10), 0);
    wall_s += (int64_t)3650 * DAY_S;
    l.parts.keep_bytes = 0;
    assert_int_equal(pass(&l, 10), 2);
}

static bool see_token(void *v, const struct srv_token_row *row)
{
    (void)row;
    (*(size_t *)v)++;
    return true;
}

/* Tokens that ended go a day later; not while the clock is not believed. */
static void retention__tokens_that_ended__go_after_a_day(void **state)
{
    struct place l = place_of(state);
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = TODAY_S};
    size_t tokens = 0;
    w.u.enroll.machine = (struct srv_machine){.name = "PC-1"};
    w.u.enroll.has_old_token = true;
    w.u.enroll.old_expires_s = TODAY_S + 100;
    memset(w.u.enroll.old_digest, 1, DIGEST_BYTES);
    memset(w.u.enroll.new_digest, 2, DIGEST_BYTES);
    assert_int_equal(srv_store_write(&l.p->store, &w, NULL), ST_OK);
    (void)pass(&l, DAY_S + 50);
    assert_int_equal(l.p->store.tokens(l.p->store.ctx, see_token, &tokens, NULL), ST_OK);
    assert_int_equal(tokens, 2);
    wall_s += 7200;
    (void)pass(&l, 100);
    tokens = 0;
    assert_int_equal(l.p->store.tokens(l.p->store.ctx, see_token, &tokens, NULL), ST_OK);
    assert_int_equal(tokens, 2);
    (void)pass(&l, DAY_S + 10);
    tokens = 0;
    assert_int_equal(l.p->store.tokens(l.p->store.ctx, see_token, &tokens, NULL), ST_OK);
    assert_int_equal(tokens, 1);
}

static void retention__thread__prunes_by_itself_and_ends(void **state)
{
    struct place l = place_of(state);
    struct srv_retention *r = NULL;
    for (int i = 0; i < 5; i++) {
        send_at(&l, TODAY_S);
    }
    l.parts.keep_bytes = 0;
    l.parts.pause_ms = 1;
    assert_int_equal(srv_retention_open(&l.parts, &r, NULL), ST_OK);
    while (left(&l) > 0) {
    }
    srv_retention_close(r);
    srv_retention_close(NULL);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(retention__old_reports__go_and_young_ones_stay),
        TEST(retention__too_large__oldest_go_at_once),
        TEST(retention__clock_jumps_ahead__nothing_goes_for_a_day),
        TEST(retention__clock_stays_ahead__they_go_after_a_day),
        TEST(retention__clock_jumps_back__nothing_goes_for_a_day),
        TEST(retention__nothing_came_for_days_before_the_start__waits_a_day),
        TEST(retention__newest_lies_ahead_at_the_start__waits_a_day),
        TEST(retention__clock_is_off_by_minutes__goes_on),
        TEST(retention__size__does_not_wait_for_the_clock),
        TEST(retention__tokens_that_ended__go_after_a_day),
        TEST(retention__thread__prunes_by_itself_and_ends),
    };
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
