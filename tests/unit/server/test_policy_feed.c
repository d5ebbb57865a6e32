/* test_policy_feed.c - srv_feed: held polls are woken once, at once, and for the right reason. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "server/policy_feed.h"

#include <psa/crypto.h>
#include <pthread.h>
#include <stdlib.h>

enum { POLLS = 1000 };

/* Counts how often it was woken, under a lock: wakes come from any thread. */
struct poll {
    struct srv_waiter waiter;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int woken;
};

static void wake(struct srv_waiter *waiter)
{
    struct poll *p = waiter->ctx;
    pthread_mutex_lock(&p->lock);
    p->woken++;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void poll_init(struct poll *p, int64_t device)
{
    *p = (struct poll){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    p->waiter = (struct srv_waiter){.wake = wake, .ctx = p, .device = device};
}

static int poll_woken(struct poll *p)
{
    pthread_mutex_lock(&p->lock);
    int woken = p->woken;
    pthread_mutex_unlock(&p->lock);
    return woken;
}

static void poll_await(struct poll *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->woken == 0) {
        pthread_cond_wait(&p->changed, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
}

static struct srv_feed *open_feed(size_t most)
{
    struct srv_feed *feed = NULL;
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(srv_feed_open(most, &feed, NULL), ST_OK);
    return feed;
}

static void feed__nothing_released__gives_no_body(void **state)
{
    (void)state;
    struct srv_feed *feed = open_feed(4);
    assert_null(srv_feed_take(feed));
    srv_feed_free(feed);
}

static void feed__published__serves_the_exact_bytes_with_their_etag(void **state)
{
    (void)state;
    struct srv_feed *feed = open_feed(4);
    assert_int_equal(srv_feed_publish(feed, 7002, span_text("abc"), NULL), ST_OK);
    struct srv_body *body = srv_feed_take(feed);
    assert_int_equal(body->size, 3);
    assert_memory_equal(body->data, "abc", 3);
    assert_string_equal(body->etag, "\"7002-ba7816bf8f01cfea\""); /* FIPS 180-4, SHA-256("abc") */
    srv_body_drop(body);
    srv_feed_free(feed);
}

static void feed__another_policy_is_published__wakes_every_held_poll_once(void **state)
{
    (void)state;
    struct srv_feed *feed = open_feed(POLLS);
    struct poll *polls = calloc(POLLS, sizeof *polls);
    assert_non_null(polls);
    for (int i = 0; i < POLLS; i++) {
        poll_init(&polls[i], i);
        assert_int_equal(srv_feed_hold(feed, &polls[i].waiter, "\"0\"", 600), SRV_HOLD_HELD);
    }
    assert_int_equal(srv_feed_held(feed), POLLS);
    assert_int_equal(srv_feed_publish(feed, 1, span_text("x"), NULL), ST_OK);
    for (int i = 0; i < POLLS; i++) {
        assert_int_equal(poll_woken(&polls[i]), 1);
    }
    assert_int_equal(srv_feed_held(feed), 0);
    srv_feed_free(feed);
    free(polls);
}

static void feed__policy_differs_from_the_one_seen__does_not_hold(void **state)
{
    (void)state;
    struct poll p;
    struct srv_feed *feed = open_feed(4);
    poll_init(&p, 1);
    assert_int_equal(srv_feed_publish(feed, 1, span_text("x"), NULL), ST_OK);
    assert_int_equal(srv_feed_hold(feed, &p.waiter, "\"0\"", 600), SRV_HOLD_CHANGED);
    assert_int_equal(poll_woken(&p), 0);
    srv_feed_free(feed);
}

static void feed__second_poll_of_a_device__ends_the_first(void **state)
{
    (void)state;
    struct poll first;
    struct poll second;
    struct srv_feed *feed = open_feed(4);
    poll_init(&first, 5);
    poll_init(&second, 5);
    assert_int_equal(srv_feed_hold(feed, &first.waiter, "\"0\"", 600), SRV_HOLD_HELD);
    assert_int_equal(srv_feed_hold(feed, &second.waiter, "\"0\"", 600), SRV_HOLD_HELD);
    assert_int_equal(poll_woken(&first), 1);
    assert_int_equal(poll_woken(&second), 0);
    assert_true(srv_feed_leave(feed, &second.waiter));
    srv_feed_free(feed);
}

static void feed__full__answers_at_once(void **state)
{
    (void)state;
    struct poll first;
    struct poll second;
    struct srv_feed *feed = open_feed(1);
    poll_init(&first, 1);
    poll_init(&second, 2);
    assert_int_equal(srv_feed_hold(feed, &first.waiter, "\"0\"", 600), SRV_HOLD_HELD);
    assert_int_equal(srv_feed_hold(feed, &second.waiter, "\"0\"", 600), SRV_HOLD_FULL);
    assert_int_equal(poll_woken(&first), 0);
    assert_true(srv_feed_leave(feed, &first.waiter));
    srv_feed_free(feed);
}

static void feed__wait_is_over__wakes_not_before_its_end(void **state)
{
    (void)state;
    struct poll p;
    struct srv_feed *feed = open_feed(4);
    uint64_t before_ms = clock_monotonic_ms();
    poll_init(&p, 1);
    assert_int_equal(srv_feed_hold(feed, &p.waiter, "\"0\"", 1), SRV_HOLD_HELD);
    poll_await(&p);
    assert_true(clock_monotonic_ms() - before_ms >= 1000);
    assert_false(srv_feed_leave(feed, &p.waiter));
    srv_feed_free(feed);
}

static void feed__left__is_never_woken(void **state)
{
    (void)state;
    struct poll p;
    struct srv_feed *feed = open_feed(4);
    poll_init(&p, 1);
    assert_int_equal(srv_feed_hold(feed, &p.waiter, "\"0\"", 600), SRV_HOLD_HELD);
    assert_true(srv_feed_leave(feed, &p.waiter));
    assert_int_equal(srv_feed_publish(feed, 1, span_text("x"), NULL), ST_OK);
    assert_int_equal(poll_woken(&p), 0);
    srv_feed_free(feed);
}

static void feed__closed__wakes_all_and_holds_nobody(void **state)
{
    (void)state;
    struct poll p;
    struct poll late;
    struct srv_feed *feed = open_feed(4);
    poll_init(&p, 1);
    poll_init(&late, 2);
    assert_int_equal(srv_feed_hold(feed, &p.waiter, "\"0\"", 600), SRV_HOLD_HELD);
    srv_feed_close(feed);
    assert_int_equal(poll_woken(&p), 1);
    assert_int_equal(srv_feed_hold(feed, &late.waiter, "\"0\"", 600), SRV_HOLD_FULL);
    srv_feed_free(feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feed__nothing_released__gives_no_body),
        cmocka_unit_test(feed__published__serves_the_exact_bytes_with_their_etag),
        cmocka_unit_test(feed__another_policy_is_published__wakes_every_held_poll_once),
        cmocka_unit_test(feed__policy_differs_from_the_one_seen__does_not_hold),
        cmocka_unit_test(feed__second_poll_of_a_device__ends_the_first),
        cmocka_unit_test(feed__full__answers_at_once),
        cmocka_unit_test(feed__wait_is_over__wakes_not_before_its_end),
        cmocka_unit_test(feed__left__is_never_woken),
        cmocka_unit_test(feed__closed__wakes_all_and_holds_nobody),
    };
    return cmocka_run_group_tests_name("policy_feed", tests, NULL, NULL);
}
