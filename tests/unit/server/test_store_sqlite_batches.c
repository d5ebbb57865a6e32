/* test_store_sqlite_batches.c - what shares a commit: in order, told once each, after it. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "tests/unit/server/faulty_disk.h"
#include "tests/unit/server/store_place.h"

#include <sched.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 450, BATCH_ROWS = 200, LARGE_USERS = 120, SHORT = 64 };

/* Writes that all wait before the first of them is carried out. */
struct queue {
    sem_t held;    /* posted when the first has its commit, alone */
    sem_t waiting; /* posted when all others are there */
    size_t told;
    size_t order[MANY];
    struct srv_write hold;
    struct srv_write writes[MANY];
};

static void wait_for_all(struct srv_write *w)
{
    struct queue *q = w->ctx;
    assert_int_equal(sem_post(&q->held), 0);
    assert_int_equal(sem_wait(&q->waiting), 0);
}

static void note_order(struct srv_write *w)
{
    struct queue *q = w->ctx;
    if (q->told < MANY) {
        q->order[q->told] = (size_t)(w - q->writes);
    }
    q->told++;
}

static struct queue *queue_start(struct store_place *p)
{
    struct queue *q = calloc(1, sizeof *q);
    assert_non_null(q);
    assert_int_equal(sem_init(&q->held, 0, 0), 0);
    assert_int_equal(sem_init(&q->waiting, 0, 0), 0);
    q->hold =
        (struct srv_write){.kind = SRV_WRITE_PROBE, .now_s = 1, .done = wait_for_all, .ctx = q};
    p->store.submit(p->store.ctx, &q->hold);
    assert_int_equal(sem_wait(&q->held), 0);
    return q;
}

static void queue_add(struct store_place *p, struct queue *q, size_t at, struct srv_write w)
{
    q->writes[at] = w;
    q->writes[at].done = note_order;
    q->writes[at].ctx = q;
    p->store.submit(p->store.ctx, &q->writes[at]);
}

static void queue_end(struct store_place *p, struct queue *q, size_t count)
{
    struct srv_write last = {.kind = SRV_WRITE_PROBE, .now_s = 2};
    assert_int_equal(sem_post(&q->waiting), 0);
    assert_int_equal(srv_store_write(&p->store, &last, NULL), ST_OK);
    assert_int_equal(q->told, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(q->order[i], i);
    }
}

static void queue_free(struct queue *q)
{
    assert_int_equal(sem_destroy(&q->held), 0);
    assert_int_equal(sem_destroy(&q->waiting), 0);
    free(q);
}

static uint64_t commits(struct store_place *p)
{
    struct srv_histogram *h = &p->store.meter(p->store.ctx)->batches;
    uint64_t sum = 0;
    for (size_t i = 0; i <= h->buckets.count; i++) {
        sum += h->counts[i];
    }
    return sum;
}

/* Of more than BATCH_ROWS writes. */
static uint64_t large_commits(struct store_place *p)
{
    struct srv_histogram *h = &p->store.meter(p->store.ctx)->batches;
    assert_int_equal(h->buckets.bounds[h->buckets.count - 1], BATCH_ROWS);
    return h->counts[h->buckets.count];
}

static struct srv_write release_of(int64_t version)
{
    struct srv_write w = {.kind = SRV_WRITE_RELEASE, .now_s = version};
    w.u.release = (struct srv_release){.version = version, .rollout = "test", .stage = "x"};
    return w;
}

static void store__writes_that_wait__share_commits_in_their_order(void **state)
{
    struct store_place *p = *state;
    struct queue *q = queue_start(p);
    struct srv_release r;
    for (size_t i = 0; i < MANY; i++) {
        queue_add(p, q, i, release_of((int64_t)i + 1));
    }
    queue_end(p, q, MANY);
    assert_int_equal(large_commits(p), 0);
    assert_true(commits(p) >= 1 + (MANY + BATCH_ROWS) / BATCH_ROWS);
    assert_true(commits(p) < MANY / 2);
    assert_int_equal(p->store.meter(p->store.ctx)->batches.sum, MANY + 2);
    assert_int_equal(p->store.release(p->store.ctx, &r, NULL), ST_OK);
    assert_int_equal(r.version, MANY);
    queue_free(q);
}

/* Rows count, not reports; what is larger than a batch has one of its own. */
static void store__reports_of_many_users__share_fewer_commits(void **state)
{
    struct store_place *p = *state;
    enum { REPORTS = 6 };
    static char sids[LARGE_USERS][16];
    struct pol_report_user users[LARGE_USERS];
    struct pol_report reports[REPORTS];
    struct srv_write device;
    assert_int_equal(store_enroll(p, NULL, 1, &device), ST_OK);
    for (size_t i = 0; i < LARGE_USERS; i++) {
        (void)snprintf(sids[i], sizeof sids[i], "S-%zu", i);
        users[i] = store_user(sids[i], POL_STATE_IDLE);
    }
    struct queue *q = queue_start(p);
    for (uint32_t i = 0; i < REPORTS; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "%u", i);
        reports[i] = store_report(id, 'r', i + 1, users, LARGE_USERS);
        struct srv_write w = {.kind = SRV_WRITE_REPORT, .now_s = 5};
        w.u.report.device = device.u.enroll.device;
        w.u.report.report = &reports[i];
        w.u.report.body = span_text("{}");
        queue_add(p, q, i, w);
    }
    queue_end(p, q, REPORTS);
    /* enrolling, the one that held, each report; the last one with the end of the queue or without */
    assert_in_range(commits(p), 2 + REPORTS, 3 + REPORTS);
    assert_int_equal(store_count(p, "total", "users"), LARGE_USERS);
    queue_free(q);
}

/* Reports do not wait in one transaction with it. */
static void store__pruning__has_a_commit_of_its_own(void **state)
{
    struct store_place *p = *state;
    struct queue *q = queue_start(p);
    struct srv_write prune = {.kind = SRV_WRITE_PRUNE, .now_s = 5};
    struct srv_write tidy = {.kind = SRV_WRITE_TIDY, .now_s = 5};
    queue_add(p, q, 0, release_of(1));
    queue_add(p, q, 1, prune);
    queue_add(p, q, 2, tidy);
    queue_add(p, q, 3, release_of(2));
    queue_end(p, q, 4);
    /* the one that held, a release, two alone, a release with the end of the queue or without it */
    assert_in_range(commits(p), 5, 6);
    queue_free(q);
}

/* One that is refused takes nobody down, and costs nobody another commit. */
static void store__one_is_refused__the_others_of_its_batch_are_there(void **state)
{
    struct store_place *p = *state;
    struct queue *q = queue_start(p);
    struct srv_release r;
    struct srv_write nobody = {.kind = SRV_WRITE_RETIRE, .now_s = 1};
    nobody.u.device_id = "nobody";
    for (size_t i = 0; i < SHORT; i++) {
        queue_add(p, q, i, i == SHORT / 2 ? nobody : release_of((int64_t)i + 1));
    }
    queue_end(p, q, SHORT);
    for (size_t i = 0; i < SHORT; i++) {
        assert_int_equal(q->writes[i].st, i == SHORT / 2 ? ST_NOT_FOUND : ST_OK);
    }
    assert_int_equal(p->store.release(p->store.ctx, &r, NULL), ST_OK);
    assert_int_equal(r.version, SHORT);
    assert_true(commits(p) < SHORT / 2);
    queue_free(q);
}

/* One that cannot be carried out is told so alone. */
static void store__one_cannot_be_written__the_others_of_its_batch_are_there(void **state)
{
    struct store_place *p = *state;
    struct queue *q = queue_start(p);
    struct srv_write twice = {.kind = SRV_WRITE_BUNDLE, .now_s = 1};
    twice.u.bundle.serial = 7;
    twice.u.bundle.etag = "e";
    twice.u.bundle.by = "alice";
    twice.u.bundle.raw = span_text("abc");
    for (size_t i = 0; i < SHORT; i++) {
        queue_add(p, q, i, i == 10 || i == 20 ? twice : release_of((int64_t)i + 1));
    }
    queue_end(p, q, SHORT);
    for (size_t i = 0; i < SHORT; i++) {
        assert_int_equal(q->writes[i].st, i == 20 ? ST_IO : ST_OK);
    }
    assert_int_equal(p->store.check(p->store.ctx, NULL), ST_OK); /* is no trouble of the store */
    queue_free(q);
}

/* While another program has the store, nobody waits for it twice. */
static void store__another_program_has_it__all_who_wait_are_told_at_once(void **state)
{
    struct store_place *p = *state;
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    struct queue *q = queue_start(p);
    (void)snprintf(path, sizeof path, "%s/store.db", p->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 10000);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < MANY; i++) {
        queue_add(p, q, i, release_of((int64_t)i + 1));
    }
    uint64_t failures = p->store.meter(p->store.ctx)->failures;
    assert_int_equal(sem_post(&q->waiting), 0);
    while (p->store.meter(p->store.ctx)->waiting > 0) {
        (void)sched_yield();
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(p->store.meter(p->store.ctx)->failures, failures + 1);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(q->writes[i].st, ST_BUSY);
    }
    store_reopen(p);
    queue_free(q);
}

/* Every one of a batch is told, and each can come again. */
struct answers {
    unsigned good;
    unsigned bad;
    unsigned each[64];
};

static void take_answer(struct srv_write *w)
{
    struct answers *a = w->ctx;
    a->each[w->now_s]++;
    *(w->st == ST_OK ? &a->good : &a->bad) += 1;
}

static void store__disk_fails_under_a_queue__each_is_told_once(void **state)
{
    struct store_place *p = *state;
    struct srv_write writes[64];
    struct answers a = {.good = 0};
    struct srv_release r;
    faulty_disk_arm(FAULT_FLUSH, 1, SQLITE_IOERR_FSYNC);
    for (size_t i = 0; i < 64; i++) {
        writes[i] = (struct srv_write){
            .kind = SRV_WRITE_RELEASE, .now_s = (int64_t)i, .done = take_answer, .ctx = &a};
        writes[i].u.release =
            (struct srv_release){.version = (int64_t)i + 1, .rollout = "test", .stage = "x"};
        p->store.submit(p->store.ctx, &writes[i]);
    }
    p->store.close(p->store.ctx);
    (void)faulty_disk_disarm();
    assert_int_equal(a.good, 0);
    assert_int_equal(a.bad, 64);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(a.each[i], 1);
    }
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    assert_int_equal(p->store.release(p->store.ctx, &r, NULL), ST_OK);
    assert_true(r.version >= 0); /* a commit that was not flushed may be there, as a whole */
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__writes_that_wait__share_commits_in_their_order),
        TEST(store__reports_of_many_users__share_fewer_commits),
        TEST(store__pruning__has_a_commit_of_its_own),
        TEST(store__one_is_refused__the_others_of_its_batch_are_there),
        TEST(store__one_cannot_be_written__the_others_of_its_batch_are_there),
        TEST(store__another_program_has_it__all_who_wait_are_told_at_once),
        TEST(store__disk_fails_under_a_queue__each_is_told_once),
    };
    faulty_disk_register();
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("store: SQLite, what shares a commit", tests, NULL, NULL);
}
