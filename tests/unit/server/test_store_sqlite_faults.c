/* test_store_sqlite_faults.c - the n-th write, flush or cut fails, every n until success: what was answered
 * is there, what was not is not there by half, and the store goes on. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "tests/unit/server/faulty_disk.h"
#include "tests/unit/server/store_place.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { NTH_MOST = 400, USERS = 3, LARGE_BYTES = 200000 };

static const int CODES[] = {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY};

/* What is done while the disk fails. number is a new one each time; seen() is whether it is there,
 * and fails the test if it is there by half. */
struct deed {
    const char *name;
    void (*prepare)(struct store_place *p, uint32_t number);
    enum status (*act)(struct store_place *p, uint32_t number);
    bool (*seen)(struct store_place *p, uint32_t number);
};

static int64_t device_of(struct store_place *p)
{
    (void)p;
    return 1; /* enrolled first of all, in a store of this kind */
}

/* ---- reports --------------------------------------------------------------------------------- */

static enum status send_body(struct store_place *p, uint32_t number, size_t size)
{
    static char sids[USERS][32];
    struct pol_report_user users[USERS];
    char id[16];
    for (uint32_t i = 0; i < USERS; i++) {
        (void)snprintf(sids[i], sizeof sids[i], "S-1-%u-%u", number, i);
        users[i] = store_user(sids[i], POL_STATE_IDLE);
    }
    (void)snprintf(id, sizeof id, "%u", number);
    struct pol_report r = store_report(id, 'r', number, users, USERS);
    static char body[LARGE_BYTES];
    memset(body, 'x', size - 1);
    body[size - 1] = '\0';
    return store_send(p, device_of(p), &r, body, NULL);
}

static enum status send_report(struct store_place *p, uint32_t number)
{
    return send_body(p, number, 8192); /* more than a page */
}

static bool has_report(struct store_place *p, uint32_t number)
{
    char sid[32];
    size_t found = 0;
    for (uint32_t i = 0; i < USERS; i++) {
        (void)snprintf(sid, sizeof sid, "S-1-%u-%u", number, i);
        struct srv_filter filter = {.sid = sid, .limit = 2};
        found += store_look(p, &filter).count;
    }
    assert_true(found == 0 || found == USERS);
    return found == USERS;
}

/* ---- enrolling ------------------------------------------------------------------------------- */

static void token_of(uint32_t number, uint8_t out[DIGEST_BYTES])
{
    memset(out, 0, DIGEST_BYTES);
    memcpy(out, &number, sizeof number);
}

static enum status enroll(struct store_place *p, uint32_t number)
{
    struct srv_write w = {.kind = SRV_WRITE_ENROLL,
                          .now_s = 1000,
                          .audit = {.who = SRV_WHO_SECRET, .name = "x", .what = "enroll"}};
    w.u.enroll.machine = (struct srv_machine){.name = "PC"};
    token_of(number, w.u.enroll.new_digest);
    (void)snprintf(w.u.enroll.device_id, POL_ID_BYTES, "%032u", number);
    return srv_store_write(&p->store, &w, NULL);
}

struct wanted {
    uint8_t digest[DIGEST_BYTES];
    bool seen;
};

static bool see_token(void *v, const struct srv_token_row *row)
{
    struct wanted *w = v;
    w->seen = w->seen || memcmp(row->digest, w->digest, DIGEST_BYTES) == 0;
    return true;
}

static bool see_any(void *v, const struct srv_device_row *row)
{
    (void)row;
    *(bool *)v = true;
    return true;
}

static bool has_device(struct store_place *p, uint32_t number)
{
    char id[POL_ID_BYTES];
    bool device = false;
    struct wanted token = {.seen = false};
    (void)snprintf(id, sizeof id, "%032u", number);
    struct srv_filter filter = {.device_id = id, .limit = 2};
    token_of(number, token.digest);
    assert_int_equal(p->store.devices(p->store.ctx, &filter, see_any, &device, NULL), ST_OK);
    assert_int_equal(p->store.tokens(p->store.ctx, see_token, &token, NULL), ST_OK);
    assert_int_equal(device, token.seen);
    return device;
}

/* ---- credentials ----------------------------------------------------------------------------- */

static enum status add_credential(struct store_place *p, uint32_t number)
{
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL,
                          .now_s = 1,
                          .audit = {.who = SRV_WHO_LOCAL, .name = "x", .what = "token_add"}};
    w.u.credential.role = SRV_ROLE_VIEWER;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "%u", number);
    token_of(number, w.u.credential.digest);
    return srv_store_write(&p->store, &w, NULL);
}

struct named {
    char name[SRV_NAME_BYTES];
    bool seen;
};

static bool see_credential(void *v, const struct srv_credential *c)
{
    struct named *n = v;
    n->seen = n->seen || strcmp(n->name, c->name) == 0;
    return true;
}

static bool has_credential(struct store_place *p, uint32_t number)
{
    struct named n = {.seen = false};
    (void)snprintf(n.name, sizeof n.name, "%u", number);
    assert_int_equal(p->store.credentials(p->store.ctx, see_credential, &n, NULL), ST_OK);
    return n.seen;
}

/* ---- releases -------------------------------------------------------------------------------- */

static enum status release(struct store_place *p, uint32_t number)
{
    struct srv_write w = {.kind = SRV_WRITE_RELEASE,
                          .now_s = 1,
                          .audit = {.who = SRV_WHO_TOKEN, .name = "alice", .what = "release"}};
    w.u.release = (struct srv_release){.version = number, .rollout = "test", .stage = "pilot"};
    return srv_store_write(&p->store, &w, NULL);
}

static bool has_release(struct store_place *p, uint32_t number)
{
    struct srv_release r;
    assert_int_equal(p->store.release(p->store.ctx, &r, NULL), ST_OK);
    assert_true(r.version <= (int64_t)number);
    return r.version == (int64_t)number;
}

/* ---- the history ----------------------------------------------------------------------------- */

static struct srv_history history(struct store_place *p)
{
    struct srv_history h;
    assert_int_equal(p->store.history(p->store.ctx, &h, NULL), ST_OK);
    return h;
}

/* As it was before; PRUNED of them go. */
static struct srv_history before;
enum { PRUNED = 20, KEPT = 60 };

static void fill_history(struct store_place *p, uint32_t number)
{
    for (uint32_t i = 0; history(p).reports < KEPT; i++) {
        assert_int_equal(send_report(p, number * 1000 + i), ST_OK);
    }
    before = history(p);
}

/* So much that the file could shrink. */
static enum status prune(struct store_place *p, uint32_t number)
{
    (void)number;
    struct srv_write w = {.kind = SRV_WRITE_PRUNE, .now_s = 9000};
    w.u.prune.before_s = -1;
    w.u.prune.most_bytes = before.bytes / before.reports * (before.reports - PRUNED);
    return srv_store_write(&p->store, &w, NULL);
}

static bool was_pruned(struct store_place *p, uint32_t number)
{
    (void)number;
    struct srv_history h = history(p);
    assert_true(h.reports == before.reports || h.reports == before.reports - PRUNED);
    assert_int_equal(h.bytes / h.reports, before.bytes / before.reports);
    return h.reports < before.reports;
}

static void no_preparation(struct store_place *p, uint32_t number)
{
    (void)p;
    (void)number;
}

static const struct deed DEEDS[] = {
    {"report", no_preparation, send_report, has_report},
    {"enroll", no_preparation, enroll, has_device},
    {"credential", no_preparation, add_credential, has_credential},
    {"release", no_preparation, release, has_release},
    {"prune", fill_history, prune, was_pruned},
};

/* ---- every n --------------------------------------------------------------------------------- */

static void check_whole(struct store_place *p)
{
    struct srv_sqlite_check check;
    p->store.close(p->store.ctx);
    assert_int_equal(srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &check, NULL), ST_OK);
    assert_true(check.complete);
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
}

/* True if it went well although the n-th call was to fail: there are fewer. */
static bool try_once(struct store_place *p, const struct deed *d, enum fault fault, unsigned nth,
                     int code)
{
    uint32_t number = 1000 + nth;
    d->prepare(p, number);
    bool was_there = d->seen(p, number);
    faulty_disk_arm(fault, nth, code);
    enum status st = d->act(p, number);
    unsigned calls = faulty_disk_disarm();
    bool there = d->seen(p, number);
    assert_false(was_there);
    assert_int_equal(there, st == ST_OK);
    if (st != ST_OK) {
        assert_true(st == ST_NO_SPACE || st == ST_IO || st == ST_DENIED);
        assert_int_equal(p->store.check(p->store.ctx, NULL), st);
        assert_int_equal(d->act(p, number), ST_OK); /* it goes on */
        assert_true(d->seen(p, number));
    }
    return st == ST_OK && calls < nth;
}

static void try_all(struct store_place *p, const struct deed *d, enum fault fault, int code)
{
    unsigned nth = 1;
    while (!try_once(p, d, fault, nth, code)) {
        nth++;
        assert_true(nth < NTH_MOST);
    }
    assert_true(fault == FAULT_CUT || nth > 1); /* something failed */
    check_whole(p);
    assert_true(d->seen(p, 1000 + nth));
}

static void each_deed(struct store_place *p, enum fault fault)
{
    for (size_t i = 0; i < sizeof DEEDS / sizeof DEEDS[0]; i++) {
        struct srv_write w;
        assert_int_equal(store_enroll(p, NULL, (uint8_t)(i + 1), &w), ST_OK);
        for (uint32_t n = 1; n <= 10; n++) {
            assert_int_equal(send_report(p, (uint32_t)i * 100 + n), ST_OK);
        }
        try_all(p, &DEEDS[i], fault, CODES[i % (sizeof CODES / sizeof CODES[0])]);
    }
}

static void store__nth_write_fails__nothing_is_lost_or_half(void **state)
{
    each_deed(*state, FAULT_WRITE);
}

static void store__nth_flush_fails__nothing_is_lost_or_half(void **state)
{
    each_deed(*state, FAULT_FLUSH);
}

static void store__nth_cut_fails__nothing_is_lost_or_half(void **state)
{
    each_deed(*state, FAULT_CUT);
}

/* Once written to again, it counts as writable after a while, and a refusal is none of its troubles. */
static void store__refusals__are_no_trouble(void **state)
{
    struct store_place *p = *state;
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = 1};
    w.u.device_id = "nobody";
    assert_int_equal(p->store.check(p->store.ctx, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_NOT_FOUND);
    assert_int_equal(p->store.check(p->store.ctx, NULL), ST_OK);
    faulty_disk_arm(FAULT_WRITE, 1, SQLITE_FULL);
    w = (struct srv_write){.kind = SRV_WRITE_PROBE, .now_s = 2};
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_NO_SPACE);
    (void)faulty_disk_disarm();
    struct err err = {0};
    assert_int_equal(p->store.check(p->store.ctx, &err), ST_NO_SPACE);
    assert_int_equal(err.os_code & 0xff, SQLITE_FULL);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(p->store.check(p->store.ctx, NULL), ST_NO_SPACE); /* a moment ago */
}

/* Reports until the log was to be moved; all are answered, whatever becomes of that. */
static void fill_log(struct store_place *p, uint32_t from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(send_body(p, from + i, LARGE_BYTES), ST_OK);
    }
}

static void checkpoint_fails(struct store_place *p, enum fault fault, int code)
{
    enum { REPORTS = 24 };
    unsigned calls = 0;
    uint32_t sent = 0;
    (void)store_enrolled(p);
    for (unsigned nth = 1; nth == 1 || calls >= nth; nth += 300) {
        faulty_disk_arm(fault, nth, code);
        fill_log(p, 1000 + sent, REPORTS);
        sent += REPORTS;
        enum status st = p->store.check(p->store.ctx, NULL);
        calls = faulty_disk_disarm();
        assert_true(nth > 1 || calls > 0);
        assert_int_equal(st != ST_OK, calls >= nth || nth > 1); /* now, or a moment ago */
    }
    check_whole(p);
    assert_int_equal(history(p).reports, sent);
}

static void store__log_cannot_be_moved__reports_are_answered_and_there(void **state)
{
    checkpoint_fails(*state, FAULT_STORE_WRITE, SQLITE_FULL);
}

static void store__store_cannot_be_flushed__reports_are_answered_and_there(void **state)
{
    checkpoint_fails(*state, FAULT_STORE_FLUSH, SQLITE_IOERR_FSYNC);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__nth_write_fails__nothing_is_lost_or_half),
        TEST(store__nth_flush_fails__nothing_is_lost_or_half),
        TEST(store__nth_cut_fails__nothing_is_lost_or_half),
        TEST(store__refusals__are_no_trouble),
        TEST(store__log_cannot_be_moved__reports_are_answered_and_there),
        TEST(store__store_cannot_be_flushed__reports_are_answered_and_there),
    };
    faulty_disk_register();
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("store: SQLite on a failing disk", tests, NULL, NULL);
}
