/* test_brake.c - the brake, in which order: those who wait first, then the record, then the store. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "policy/limits.h"
#include "tests/unit/server/gate_place.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { RECORD_BYTES = 64 * 1024, ROUNDS = 30, TEXT_BYTES = 64 };

/* What the disk and the store said at the moment when a waiting poll was woken. */
struct moment {
    struct srv_waiter waiter;
    struct rollout_place *place;
    int woken;
    bool recorded; /* the record had the new version */
    bool stored;   /* the store had it */
    int64_t served;
    int64_t expected;
};

static bool record_has(struct rollout_place *p, int64_t version)
{
    char path[SCRATCH_PATH_BYTES * 2];
    char text[TEXT_BYTES];
    struct bytes raw = {0};
    bool found = false;
    (void)snprintf(path, sizeof path, "%s/release.record", p->folder);
    (void)snprintf(text, sizeof text, " %lld ", (long long)version);
    assert_int_equal(file_read(path, RECORD_BYTES, &raw, NULL), ST_OK);
    for (size_t i = 0; i + strlen(text) <= raw.size && !found; i++) {
        found = memcmp(raw.data + i, text, strlen(text)) == 0;
    }
    bytes_free(&raw);
    return found;
}

static bool store_has(struct rollout_place *p, int64_t version)
{
    struct srv_release release = {0};
    assert_int_equal(p->store.release(p->store.ctx, &release, NULL), ST_OK);
    return release.version == version;
}

static void look_around(struct srv_waiter *waiter)
{
    struct moment *m = waiter->ctx;
    m->woken++;
    m->recorded = record_has(m->place, m->expected);
    m->stored = store_has(m->place, m->expected);
    m->served = rollout_served(m->place);
}

static void wait_for(struct rollout_place *p, struct moment *m, int64_t expected)
{
    char etag[SRV_ETAG_BYTES];
    *m = (struct moment){.place = p, .expected = expected};
    m->waiter = (struct srv_waiter){.wake = look_around, .ctx = m, .device = 1};
    rollout_etag(p, etag);
    assert_int_equal(srv_feed_hold(p->feed, &m->waiter, etag, 600), SRV_HOLD_HELD);
}

static void release_observe(struct rollout_place *p, uint32_t serial)
{
    assert_int_equal(rollout_put_serial(p, serial), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
}

static void brake__somebody_waits__has_it_before_record_and_store(void **state)
{
    struct rollout_place *p = *state;
    struct moment m;
    release_observe(p, 7);
    wait_for(p, &m, 7999);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(m.woken, 1);
    assert_int_equal(m.served, 7999);
    assert_false(m.recorded);
    assert_false(m.stored);
    assert_true(record_has(p, 7999)); /* before it was answered */
}

static void release__somebody_waits__has_it_when_it_is_recorded(void **state)
{
    struct rollout_place *p = *state;
    struct moment m;
    release_observe(p, 7);
    wait_for(p, &m, 7002);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(m.woken, 1);
    assert_int_equal(m.served, 7002);
    assert_true(m.recorded);
}

/* ---- a store that stands still --------------------------------------------------------------- */

/* It takes writes and never carries them out, until it is told to. */
static struct srv_write *kept;

static void keep(void *ctx, struct srv_write *w)
{
    (void)ctx;
    w->next = kept;
    kept = w;
}

static void brake__store_carries_nothing_out__is_answered(void **state)
{
    struct rollout_place *p = *state;
    void (*submit)(void *ctx, struct srv_write *w) = p->store.submit;
    release_observe(p, 7);
    kept = NULL;
    p->store.submit = keep;
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 7999);
    assert_true(record_has(p, 7999));
    assert_false(srv_rollout_is_noted(p->rollout));
    assert_non_null(kept);
    assert_null(kept->next); /* one entry */
    p->store.submit = submit;
    submit(p->store.ctx, kept);
}

/* ---- a slow change in front of it ------------------------------------------------------------ */

static struct rollout_place *interrupted; /* those who submit know the store's ctx only */
static void (*real_submit)(void *ctx, struct srv_write *w);

/* In the middle of a release, which has its subjects fixed, somebody pulls the brake. */
static void pull_meanwhile(void *ctx, struct srv_write *w)
{
    if (w->kind == SRV_WRITE_SUBJECTS) {
        interrupted->store.submit = real_submit;
        assert_int_equal(rollout_safe(interrupted, "test"), ST_OK);
        assert_int_equal(rollout_served(interrupted), 7999);
    }
    real_submit(ctx, w);
}

static void brake__pulled_while_a_release_is_prepared__wins(void **state)
{
    struct rollout_place *p = *state;
    release_observe(p, 7);
    interrupted = p;
    real_submit = p->store.submit;
    p->store.submit = pull_meanwhile;
    assert_int_equal(rollout_release(p, "pilot"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "precondition_failed");
    assert_int_equal(rollout_served(p), 7999);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 7999);
}

/* An upload is on its way to the store: what can be released now is still there afterwards. */
static void pull_while_uploading(void *ctx, struct srv_write *w)
{
    if (w->kind == SRV_WRITE_BUNDLE) {
        interrupted->store.submit = real_submit;
        assert_int_equal(rollout_safe(interrupted, "test"), ST_OK);
    }
    real_submit(ctx, w);
}

static void brake__pulled_during_an_upload__outlasts_a_restart(void **state)
{
    struct rollout_place *p = *state;
    release_observe(p, 7);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    interrupted = p;
    real_submit = p->store.submit;
    p->store.submit = pull_while_uploading;
    assert_int_equal(rollout_put_serial(p, 9), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 8999);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 9999);
}

/* ---- a disk that takes nothing --------------------------------------------------------------- */

/* For the whole process: the store's writes fail as well. */
static void forbid_writing(void)
{
    struct rlimit none = {.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

static void allow_writing(void)
{
    struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
}

static void brake__record_cannot_be_written__is_out_and_says_so(void **state)
{
    struct rollout_place *p = *state;
    release_observe(p, 7);
    forbid_writing();
    enum status first = rollout_safe(p, "test");
    bool said = strstr(p->err.text, "is out, but a restart would forget it") != NULL;
    enum status again = rollout_safe(p, "test");
    allow_writing();
    assert_int_equal(first, ST_IO);
    assert_true(said);
    assert_int_equal(again, ST_IO);
    assert_int_equal(rollout_served(p), 7999);
    assert_false(record_has(p, 7999));
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_true(record_has(p, 7999));
}

static void brake__record_could_not_be_written__the_keeper_tries_again(void **state)
{
    struct rollout_place *p = *state;
    release_observe(p, 7);
    forbid_writing();
    enum status st = rollout_safe(p, "test");
    (void)gate_look(p, NOW_S);
    allow_writing();
    assert_int_equal(st, ST_IO);
    assert_false(record_has(p, 7999));
    (void)gate_look(p, NOW_S);
    assert_true(record_has(p, 7999));
}

static void release__record_cannot_be_written__does_not_take_place(void **state)
{
    struct rollout_place *p = *state;
    char etag[SRV_ETAG_BYTES];
    release_observe(p, 8);
    rollout_etag(p, etag);
    struct srv_change change = {.actor = "alice", .if_match = etag, .now_s = NOW_S};
    forbid_writing();
    enum status st = srv_rollout_release(p->rollout, &change, "pilot", &p->err);
    allow_writing();
    assert_int_not_equal(st, ST_OK);
    assert_int_equal(rollout_served(p), 8001);
    assert_int_equal(rollout_released(p), 8001);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_served(p), 8002);
}

/* ---- everybody at once ----------------------------------------------------------------------- */

static void *pull(void *ctx)
{
    struct rollout_place *p = ctx;
    struct srv_change change = {.actor = "bob", .now_s = NOW_S};
    struct err err = {0};
    return srv_rollout_safe(p->rollout, &change, NULL, &err) == ST_OK ? p : NULL;
}

static void *release_on(void *ctx)
{
    struct rollout_place *p = ctx;
    char etag[SRV_ETAG_BYTES];
    struct err err = {0};
    rollout_etag(p, etag);
    struct srv_change change = {.actor = "alice", .if_match = etag, .now_s = NOW_S};
    enum status st = srv_rollout_release(p->rollout, &change, "pilot", &err);
    return st == ST_OK || st == ST_REFUSED ? p : NULL; /* before the brake, or behind it */
}

static void brake__released_at_the_same_moment__brake_is_out_and_recorded(void **state)
{
    struct rollout_place *p = *state;
    for (uint32_t serial = 1; serial <= ROUNDS; serial++) {
        pthread_t threads[3];
        void *good[3] = {NULL, NULL, NULL};
        int64_t safe = (int64_t)serial * VERSION_STEP + VERSION_SAFE_POSITION;
        release_observe(p, serial);
        assert_int_equal(pthread_create(&threads[0], NULL, release_on, p), 0);
        assert_int_equal(pthread_create(&threads[1], NULL, pull, p), 0);
        assert_int_equal(pthread_create(&threads[2], NULL, release_on, p), 0);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(pthread_join(threads[i], &good[i]), 0);
            assert_ptr_equal(good[i], p);
        }
        assert_int_equal(rollout_served(p), safe);
        assert_int_equal(rollout_released(p), safe);
        assert_true(record_has(p, safe));
    }
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), (int64_t)ROUNDS * VERSION_STEP + VERSION_SAFE_POSITION);
}

/* The record has a stage already, which is not handed out yet. */
static void brake__pulled_while_a_release_is_recorded__wins(void **state)
{
    struct rollout_place *p = *state;
    for (uint32_t serial = 1; serial <= ROUNDS; serial++) {
        pthread_t thread;
        void *good = NULL;
        int64_t pilot = (int64_t)serial * VERSION_STEP + 2;
        release_observe(p, serial);
        assert_int_equal(pthread_create(&thread, NULL, release_on, p), 0);
        while (!record_has(p, pilot)) {
        }
        assert_int_equal(rollout_safe(p, "test"), ST_OK);
        assert_int_equal(pthread_join(thread, &good), 0);
        assert_ptr_equal(good, p);
        assert_int_equal(rollout_served(p), pilot - 2 + VERSION_SAFE_POSITION);
        assert_true(record_has(p, pilot - 2 + VERSION_SAFE_POSITION));
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(brake__somebody_waits__has_it_before_record_and_store),
        TEST(release__somebody_waits__has_it_when_it_is_recorded),
        TEST(brake__store_carries_nothing_out__is_answered),
        TEST(brake__pulled_while_a_release_is_prepared__wins),
        TEST(brake__pulled_during_an_upload__outlasts_a_restart),
        TEST(brake__record_cannot_be_written__is_out_and_says_so),
        TEST(brake__record_could_not_be_written__the_keeper_tries_again),
        TEST(release__record_cannot_be_written__does_not_take_place),
        TEST(brake__released_at_the_same_moment__brake_is_out_and_recorded),
        TEST(brake__pulled_while_a_release_is_recorded__wins),
    };
    return cmocka_run_group_tests_name("brake", tests, NULL, NULL);
}
