#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"
#include "tests/unit/server/store_recount.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- thousands of changes -------------------------------------------------------------------- */

/* ROUNDS times BATCH writes that share commits as they happen to; a report is about one to three of
 * a device's users. */
enum { DEVICES = 24, USERS = 6, ROUNDS = 20, BATCH = 150, PART = 3 };

static uint32_t any(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u; /* Numerical Recipes, 7.1 */
    return (*seed >> 8) % below;
}

struct batch {
    struct srv_write writes[BATCH];
    struct pol_report reports[BATCH];
    struct pol_report_user users[BATCH][PART];
    char rings[BATCH][16];
    char bodies[BATCH][32];
    int64_t devices[DEVICES];
    char ids[DEVICES][POL_ID_BYTES];
    uint32_t seq;
    uint32_t seed;
    uint8_t enrolled;
};

static void ignore_done(struct srv_write *w)
{
    (void)w;
}

static void make_user(struct batch *b, size_t i, size_t at)
{
    static const char *const SIDS[USERS] = {"S-0", "S-1", "S-2", "S-3", "S-4", "S-5"};
    static const char *const RINGS[] = {NULL, "pilot", "other", "none", "", "berlin"};
    struct pol_report_user *u = &b->users[i][at];
    uint32_t *seed = &b->seed;
    *u = store_user(SIDS[(any(seed, USERS / PART) * PART + (uint32_t)at)],
                    (enum pol_state)any(seed, POL_STATE_COUNT));
    u->ring = RINGS[any(seed, 6)];
    u->decided = any(seed, 4) > 0;
    u->set = (enum pol_set)any(seed, POL_SET_COUNT);
    u->observed = (enum pol_observed)any(seed, POL_OBSERVED_COUNT);
    u->confidence = (enum pol_confidence)any(seed, POL_CONFIDENCE_COUNT);
    u->starts_since_change = any(seed, 4);
    u->value.known = any(seed, 8) > 0;
    u->value.present = any(seed, 4) > 0;
    u->value.type = any(seed, 4) > 0 ? POL_VALUE_DWORD : POL_VALUE_SZ;
    u->value.dword = any(seed, 4) > 0 ? 1 : any(seed, 3);
}

static void make_report(struct batch *b, size_t i)
{
    static const char *const OUTLOOKS[] = {NULL,   "",       "16.0.17328.20162", "15.0.4569.1503",
                                           "16.0", "x\"y z", "16.0.17328.20162 "};
    uint32_t *seed = &b->seed;
    uint32_t device = any(seed, DEVICES);
    size_t users = any(seed, PART + 1);
    for (size_t at = 0; at < users; at++) {
        make_user(b, i, at);
    }
    (void)snprintf(b->bodies[i], sizeof b->bodies[i], "%u", b->seq);
    /* Some come late: then nothing of them but the machine's being heard counts. */
    uint32_t seq = any(seed, 5) == 0 && b->seq > 50 ? b->seq - 50 : b->seq;
    b->seq++;
    b->reports[i] = store_report(b->bodies[i], 'r', seq, b->users[i], users);
    b->reports[i].effective_version = any(seed, 5) > 0 ? 7000 + any(seed, 5) : 0;
    b->reports[i].full = any(seed, 3) == 0;
    b->reports[i].outlook_known = any(seed, 5) > 0;
    b->reports[i].outlook_version = OUTLOOKS[any(seed, 7)];
    b->writes[i] = (struct srv_write){
        .kind = SRV_WRITE_REPORT, .now_s = 1000 + any(seed, 100000), .done = ignore_done};
    b->writes[i].u.report.device = b->devices[device];
    b->writes[i].u.report.report = &b->reports[i];
    b->writes[i].u.report.body = span_text(b->bodies[i]);
}

static void enroll_one(struct store_place *p, struct batch *b, uint32_t device)
{
    struct srv_write w;
    assert_int_equal(store_enroll(p, device % 3 == 0 ? "guid" : NULL, ++b->enrolled, &w), ST_OK);
    b->devices[device] = w.u.enroll.device;
    memcpy(b->ids[device], w.u.enroll.device_id, POL_ID_BYTES);
}

/* Its users go with it; reports of it that still come change nothing that is counted. */
static void retire_one(struct store_place *p, struct batch *b, uint32_t device)
{
    struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
    retire.u.device_id = b->ids[device];
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    enroll_one(p, b, device);
}

static void store__thousands_of_changes__counters_are_what_a_recount_says(void **state)
{
    struct store_place *p = *state;
    struct srv_write last = {.kind = SRV_WRITE_AUDIT, .now_s = 1};
    struct batch *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->seed = 20261129;
    for (uint32_t i = 0; i < DEVICES; i++) {
        enroll_one(p, b, i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < BATCH; i++) {
            make_report(b, i);
            p->store.submit(p->store.ctx, &b->writes[i]);
        }
        assert_int_equal(srv_store_write(&p->store, &last, NULL), ST_OK); /* they are in order */
        for (size_t i = 0; i < BATCH; i++) {
            assert_int_equal(b->writes[i].st, ST_OK);
        }
        if (round % 4 == 0) {
            retire_one(p, b, any(&b->seed, DEVICES));
        }
        if (round % 10 == 0) {
            store_reopen(p);
        }
        store_recount(p);
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
        retire.u.device_id = b->ids[i];
        assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    }
    assert_int_equal(store_recount(p), 0);
    free(b);
}

/* Each report differs from the one before in one fact only. */
static void store__one_fact_changes__its_counters_follow(void **state)
{
    enum { FACTS = 10 };
    struct store_place *p = *state;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    u.observed = POL_OBSERVED_RPC_HTTP;
    u.confidence = POL_CONFIDENCE_OFFERED;
    u.starts_since_change = 1;
    int64_t device = store_enrolled(p);
    for (uint32_t fact = 0; fact <= FACTS; fact++) {
        u.ring = fact >= 1 ? "berlin" : "pilot";
        u.state = fact >= 2 ? POL_STATE_COMPLIANT : POL_STATE_IDLE;
        u.set = fact >= 3 ? POL_SET_ALLOW : POL_SET_BLOCK;
        r.effective_version = fact >= 4 ? 7001 : 7002;
        r.outlook_known = fact >= 5;
        r.outlook_version = fact >= 5 ? "16.0.17328.20162" : NULL;
        u.starts_since_change = fact >= 6 ? 2 : 1;
        u.confidence = fact >= 7 ? POL_CONFIDENCE_CONNECTED : POL_CONFIDENCE_OFFERED;
        u.observed = fact >= 8 ? POL_OBSERVED_MAPI_HTTP : POL_OBSERVED_RPC_HTTP;
        u.value.dword = fact >= 9 ? 0 : 1;
        u.value.type = fact >= FACTS ? POL_VALUE_SZ : POL_VALUE_DWORD;
        r.seq = fact + 1;
        (void)snprintf(r.report_id, sizeof r.report_id, "%u", fact);
        assert_int_equal(store_send(p, device, &r, r.report_id, NULL), ST_OK);
        (void)store_recount(p);
    }
    assert_int_equal(store_count(p, "ring", "berlin"), 1);
    assert_int_equal(store_count(p, "brake", "16.0.17328.20162"), 0);
}

/* ---- names that devices make up -------------------------------------------------------------- */

enum { MADE_UP = 500, PER_REPORT = 100 };

static void store__names_without_end__the_rest_is_other(void **state)
{
    struct store_place *p = *state;
    static struct pol_report_user users[PER_REPORT];
    static char sids[PER_REPORT][16];
    static char rings[PER_REPORT][16];
    int64_t device = store_enrolled(p);
    for (uint32_t r = 0; r < MADE_UP / PER_REPORT; r++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", r);
        for (uint32_t i = 0; i < PER_REPORT; i++) {
            (void)snprintf(sids[i], sizeof sids[i], "S-%u", r * PER_REPORT + i);
            (void)snprintf(rings[i], sizeof rings[i], "r%03u", r * PER_REPORT + i);
            users[i] = store_user(sids[i], POL_STATE_IDLE);
            users[i].ring = i < 10 ? "large" : i == 10 ? "other" : rings[i];
            users[i].starts_since_change = 2;
        }
        struct pol_report report = store_report(id, 'r', r + 1, users, PER_REPORT);
        report.effective_version = 7000 + r;
        assert_int_equal(store_send(p, device, &report, id, NULL), ST_OK);
    }
    assert_int_equal(store_count(p, "ring", "large"), 50);
    assert_int_equal(store_count(p, "ring", "other"), 450 - (SRV_COUNT_NAMES - 2));
    assert_in_range(store_counts(p), SRV_COUNT_NAMES, SRV_COUNT_NAMES + 20);
    assert_int_equal(store_count(p, "total", "users"), MADE_UP);
    assert_int_equal(store_count_part(p, &STORE_QUESTION, "version_state", "7001", "idle"), 100);
    assert_int_equal(store_count_part(p, &STORE_QUESTION, "version_state", "7004", "idle"), 0);
}

/* One user each, under a version of its own and with a build of its own. */
enum { BUILDS = SRV_COUNT_NAMES + 10 };

struct builds {
    struct srv_write writes[BUILDS];
    struct pol_report reports[BUILDS];
    struct pol_report_user users[BUILDS];
    char sids[BUILDS][16];
    char outlooks[BUILDS][16];
};

static void store__versions_and_builds_without_end__the_rest_is_other(void **state)
{
    struct store_place *p = *state;
    struct srv_write last = {.kind = SRV_WRITE_AUDIT, .now_s = 1};
    struct builds *b = calloc(1, sizeof *b);
    assert_non_null(b);
    int64_t device = store_enrolled(p);
    for (uint32_t i = 0; i < BUILDS; i++) {
        (void)snprintf(b->sids[i], sizeof b->sids[i], "S-%u", i);
        (void)snprintf(b->outlooks[i], sizeof b->outlooks[i], "16.0.%u", i);
        b->users[i] = store_user(b->sids[i], POL_STATE_IDLE);
        b->users[i].starts_since_change = 2;
        b->reports[i] = store_report(b->sids[i], 'r', BUILDS - i, &b->users[i], 1);
        b->reports[i].effective_version = 8000 + i;
        b->reports[i].outlook_known = true;
        b->reports[i].outlook_version = b->outlooks[i];
        b->writes[i] =
            (struct srv_write){.kind = SRV_WRITE_REPORT, .now_s = 5000, .done = ignore_done};
        b->writes[i].u.report.device = device;
        b->writes[i].u.report.report = &b->reports[i];
        b->writes[i].u.report.body = span_text(b->sids[i]);
        p->store.submit(p->store.ctx, &b->writes[i]);
    }
    assert_int_equal(srv_store_write(&p->store, &last, NULL), ST_OK);
    assert_int_equal(store_count(p, "total", "users"), BUILDS);
    assert_int_equal(store_count(p, "version", "other"), BUILDS - SRV_COUNT_NAMES);
    assert_int_equal(store_count(p, "outlook", "other"), BUILDS - SRV_COUNT_NAMES);
    assert_int_equal(store_count_part(p, &STORE_QUESTION, "brake", "other", NULL),
                     BUILDS - SRV_COUNT_NAMES);
    (void)store_counts(p);
    free(b);
}

/* It fails at its second user, whose groups are more than a report may have: nothing of it happened. */
static void store__report_that_cannot_be_kept__counts_nothing(void **state)
{
    enum { TOO_LONG = 300 * 1024 };
    struct store_place *p = *state;
    struct pol_report_user u[2] = {store_user("S-1", POL_STATE_IDLE),
                                   store_user("S-2", POL_STATE_IDLE)};
    char *group = calloc(1, TOO_LONG + 1);
    assert_non_null(group);
    memset(group, 'g', TOO_LONG);
    const char *const groups[] = {group};
    u[1].groups = groups;
    u[1].group_count = 1;
    struct pol_report r = store_report("a", 'r', 1, u, 2);
    int64_t device = store_enrolled(p);
    assert_int_not_equal(store_send(p, device, &r, "1", NULL), ST_OK);
    assert_int_equal(store_count(p, "total", "users"), 0);
    r = store_report("b", 'r', 2, u, 1);
    assert_int_equal(store_send(p, device, &r, "2", NULL), ST_OK);
    assert_int_equal(store_count(p, "total", "users"), 1);
    assert_true(store_recount(p) > 0);
    free(group);
}

static void store__outlook_is_no_build__is_invalid(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    r.outlook_known = true;
    r.outlook_version = "=cmd|'/c calc'!A1";
    int64_t device = store_enrolled_with(p, &r);
    assert_int_equal(store_count(p, "outlook", "invalid"), 1);
    r = store_report("b", 'r', 2, &u, 1);
    r.outlook_known = true;
    r.outlook_version = "016.0.17328";
    assert_int_equal(store_send(p, device, &r, "2", NULL), ST_OK);
    assert_int_equal(store_count(p, "outlook", "16.0.17328.0"), 1);
    assert_int_equal(store_count(p, "outlook", "invalid"), 0);
}

/* ---- silent machines, and whether the brake works -------------------------------------------- */

static int64_t silent(struct store_place *p, int64_t since_s)
{
    const struct srv_count_question question = {.silent_since_s = since_s};
    return store_count_part(p, &question, "total", "silent", NULL);
}

static void store__devices_not_heard_from__are_silent_from_that_minute_on(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    struct pol_report r = store_report("a", 'r', 1, NULL, 0);
    assert_int_equal(store_enroll(p, NULL, 1, &w), ST_OK); /* at 1000, in the minute of 960 */
    assert_int_equal(silent(p, 960), 0);
    assert_int_equal(silent(p, 1020), 1);
    assert_int_equal(silent(p, 86400), 1);
    assert_int_equal(silent(p, 10 * 86400), 1);
    assert_int_equal(store_send_at(p, w.u.enroll.device, &r, 2 * 86400 + 59), ST_OK);
    assert_int_equal(silent(p, 2 * 86400), 0);
    assert_int_equal(silent(p, 2 * 86400 + 60), 1);
    assert_int_equal(silent(p, 3 * 86400), 1);
    struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
    retire.u.device_id = w.u.enroll.device_id;
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    assert_int_equal(silent(p, 10 * 86400), 0);
}

static void store__value_1_and_two_starts__asks_whether_the_brake_works(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user u[3] = {store_user("S-1", POL_STATE_COMPLIANT),
                                   store_user("S-2", POL_STATE_MISMATCH),
                                   store_user("S-3", POL_STATE_UNVERIFIED)};
    for (size_t i = 0; i < 3; i++) {
        u[i].starts_since_change = 2;
        u[i].confidence = i < 2 ? POL_CONFIDENCE_CONFIGURED : POL_CONFIDENCE_OFFERED;
        u[i].observed = i == 1 ? POL_OBSERVED_MAPI_HTTP : POL_OBSERVED_RPC_HTTP;
    }
    struct pol_report r = store_report("a", 'r', 1, u, 3);
    r.outlook_known = true;
    r.outlook_version = "16.0.17328.20162";
    int64_t device = store_enrolled_with(p, &r);
#define BRAKE(part) store_count_part(p, &STORE_QUESTION, "brake", "16.0.17328.20162", part)
    assert_int_equal(BRAKE(NULL), 3);
    assert_int_equal(BRAKE("rpc_http"), 1); /* what is offered is not seen */
    assert_int_equal(BRAKE("mapi_http"), 1);
    u[0].starts_since_change = 1;
    u[1].value.dword = 0;
    u[2].value.type = POL_VALUE_SZ;
    r = store_report("b", 'r', 2, u, 3);
    r.outlook_known = true;
    r.outlook_version = "16.0.17328.20162";
    assert_int_equal(store_send(p, device, &r, "2", NULL), ST_OK);
    assert_int_equal(BRAKE(NULL), 0);
    assert_int_equal(BRAKE("rpc_http"), 0);
}

int store_contract_counts(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__thousands_of_changes__counters_are_what_a_recount_says),
        TEST(store__one_fact_changes__its_counters_follow),
        TEST(store__names_without_end__the_rest_is_other),
        TEST(store__versions_and_builds_without_end__the_rest_is_other),
        TEST(store__report_that_cannot_be_kept__counts_nothing),
        TEST(store__outlook_is_no_build__is_invalid),
        TEST(store__devices_not_heard_from__are_silent_from_that_minute_on),
        TEST(store__value_1_and_two_starts__asks_whether_the_brake_works),
    };
    return cmocka_run_group_tests_name("store: counts", tests, NULL, NULL);
}
