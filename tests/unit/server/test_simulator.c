/* test_simulator.c - srv_simulator: one question at a time, its time, its end, memory that does not
 * grow; the users come from stores of the test's own. */
#include "tests/cmocka_all.h"

#include "server/simulator.h"
#include "tests/unit/server/rollout_place.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 600000, MANY = 20000, LOOKED_AT = 7000 };

static const char PLAN[] =
    "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"test\",\"serial\":8,"
    "\"issued_at\":\"2020-01-01T00:00:00Z\",\"expires_at\":\"2199-01-01T00:00:00Z\","
    "\"stages\":[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"allow\"}],"
    "\"safe\":{\"set\":\"block\"}}";

/* ---- stores ---------------------------------------------------------------------------------- */

/* A store that makes its users up. */
struct made_up {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t users; /* so many there are */
    int64_t left;  /* so many keys before them are of users who left */
    bool is_held;  /* reading waits until it is let go */
    bool is_read;  /* somebody reads */
};

static enum status make_up_users(void *ctx, const struct srv_filter *filter,
                                 bool (*visit)(void *v, const struct srv_user_row *row), void *v,
                                 struct err *err)
{
    struct made_up *m = ctx;
    (void)err;
    pthread_mutex_lock(&m->lock);
    m->is_read = true;
    pthread_cond_broadcast(&m->changed);
    while (m->is_held) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    pthread_mutex_unlock(&m->lock);
    struct srv_user_row row = {.sid = "S-1-5-21-1-2-3-1001",
                               .host = "PC-1",
                               .outlook = "unknown",
                               .mailbox = "unknown",
                               .tags = "[]"};
    bool more = true;
    int64_t after = filter->after;
    if (after < m->left && m->left - after > LOOKED_AT) {
        *filter->next = after + LOOKED_AT; /* nobody among those */
        return ST_OK;
    }
    after = after > m->left ? after : m->left;
    for (size_t i = 0; more && i < filter->limit && after - m->left + (int64_t)i < m->users; i++) {
        row.key = after + (int64_t)i + 1;
        more = visit(v, &row);
    }
    return ST_OK;
}

static void await_reader(struct made_up *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->is_read) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    pthread_mutex_unlock(&m->lock);
}

static void let_go(struct made_up *m)
{
    pthread_mutex_lock(&m->lock);
    m->is_held = false;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

/* ---- a simulator ----------------------------------------------------------------------------- */

struct bench {
    struct rollout_place *place;
    struct made_up made_up;
    struct srv_store store;
    struct srv_simulator *simulator;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned answered;
};

static int64_t tell_time(void)
{
    return NOW_S;
}

static int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    void *place = NULL;
    assert_non_null(b);
    assert_int_equal(rollout_setup(&place), 0);
    b->place = place;
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->changed, NULL);
    (void)pthread_mutex_init(&b->made_up.lock, NULL);
    (void)pthread_cond_init(&b->made_up.changed, NULL);
    b->store = (struct srv_store){.ctx = &b->made_up, .users = make_up_users};
    *state = b;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;
    void *place = b->place;
    srv_simulator_free(b->simulator);
    assert_int_equal(rollout_teardown(&place), 0);
    free(b);
    return 0;
}

static void open_simulator(struct bench *b, unsigned limit_ms)
{
    struct srv_simulator_parts parts = {
        .store = &b->store, .rollout = b->place->rollout, .now_s = tell_time, .limit_ms = limit_ms};
    assert_int_equal(srv_simulator_open(&parts, &b->simulator, NULL), ST_OK);
}

static void done(struct srv_question *q)
{
    struct bench *b = q->ctx;
    pthread_mutex_lock(&b->lock);
    b->answered++;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void await_answer(struct bench *b, unsigned number)
{
    pthread_mutex_lock(&b->lock);
    while (b->answered < number) {
        pthread_cond_wait(&b->changed, &b->lock);
    }
    pthread_mutex_unlock(&b->lock);
}

static struct srv_question *question_new(struct bench *b, const char *body)
{
    struct srv_question *q = calloc(1, sizeof *q);
    assert_non_null(q);
    q->body = span_text(body);
    q->done = done;
    q->ctx = b;
    return q;
}

static void question_free(struct srv_question *q)
{
    bytes_free(&q->text);
    free(q);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void simulator__second_question_meanwhile__is_busy_until_the_first_is_answered(void **state)
{
    struct bench *b = *state;
    struct srv_question *first = question_new(b, PLAN);
    struct srv_question *second = question_new(b, PLAN);
    b->made_up.users = 1;
    b->made_up.is_held = true;
    open_simulator(b, LONG_MS);
    assert_int_equal(srv_simulator_take(b->simulator, first), ST_OK);
    await_reader(&b->made_up);
    assert_int_equal(srv_simulator_take(b->simulator, second), ST_BUSY);
    let_go(&b->made_up);
    await_answer(b, 1);
    assert_int_equal(first->st, ST_OK);
    assert_int_equal(srv_simulator_take(b->simulator, second), ST_OK);
    await_answer(b, 2);
    assert_int_equal(second->st, ST_OK);
    question_free(first);
    question_free(second);
}

static void simulator__takes_too_long__says_so_and_gives_no_numbers(void **state)
{
    struct bench *b = *state;
    struct srv_question *q = question_new(b, PLAN);
    b->made_up.users = INT64_MAX; /* without end */
    open_simulator(b, 20);
    assert_int_equal(srv_simulator_take(b->simulator, q), ST_OK);
    await_answer(b, 1);
    assert_int_equal(q->st, ST_REFUSED);
    assert_string_equal(q->err.code, "timed_out");
    assert_non_null(strstr(q->err.text, "users were looked at, and there are more"));
    assert_int_equal(q->text.size, 0);
    question_free(q);
}

static void simulator__server_ends__is_answered_and_nothing_is_taken(void **state)
{
    struct bench *b = *state;
    struct srv_question *q = question_new(b, PLAN);
    struct srv_question *late = question_new(b, PLAN);
    b->made_up.users = INT64_MAX;
    open_simulator(b, LONG_MS);
    assert_int_equal(srv_simulator_take(b->simulator, q), ST_OK);
    await_reader(&b->made_up);
    srv_simulator_stop(b->simulator);
    await_answer(b, 1);
    assert_string_equal(q->err.code, "unavailable");
    assert_int_equal(srv_simulator_take(b->simulator, late), ST_CANCELLED);
    question_free(q);
    question_free(late);
}

static void simulator__many_pages__counts_everybody_once(void **state)
{
    struct bench *b = *state;
    struct srv_question *q = question_new(b, PLAN);
    open_simulator(b, LONG_MS);
    for (int64_t users = MANY - 1; users <= MANY + 1; users++) {
        char wanted[64];
        b->made_up.users = users;
        (void)snprintf(wanted, sizeof wanted, "\"outcomes\":{\"allow\":%lld}", (long long)users);
        assert_int_equal(srv_simulator_take(b->simulator, q), ST_OK);
        await_answer(b, (unsigned)(users - MANY + 2));
        assert_int_equal(q->st, ST_OK);
        assert_non_null(strstr(bytes_text(&q->text), wanted));
        bytes_free(&q->text);
    }
    question_free(q);
}

static void simulator__many_have_left__goes_on_behind_them(void **state)
{
    struct bench *b = *state;
    struct srv_question *q = question_new(b, PLAN);
    b->made_up.left = 3 * LOOKED_AT + 1;
    b->made_up.users = 1234;
    open_simulator(b, LONG_MS);
    assert_int_equal(srv_simulator_take(b->simulator, q), ST_OK);
    await_answer(b, 1);
    assert_non_null(strstr(bytes_text(&q->text), "\"outcomes\":{\"allow\":1234}"));
    question_free(q);
}

static void simulator__plan_with_mistakes__tells_all_of_them(void **state)
{
    struct bench *b = *state;
    struct srv_question *q = question_new(
        b, "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"test\",\"serial\":0,\"colour\":1,"
           "\"issued_at\":\"2020-01-01T00:00:00Z\",\"expires_at\":\"2199-01-01T00:00:00Z\","
           "\"stages\":[],\"safe\":{\"set\":\"block\"}}");
    open_simulator(b, LONG_MS);
    assert_int_equal(srv_simulator_take(b->simulator, q), ST_OK);
    await_answer(b, 1);
    assert_int_equal(q->st, ST_REFUSED);
    assert_true(q->problems.found >= 2);
    assert_false(b->made_up.is_read); /* no user was looked at */
    question_free(q);
}

static void simulator__step_said_in_no_way_or_both__is_refused(void **state)
{
    static const char *const BODIES[] = {"{\"stage\":\"pilot\",\"advance\":true}",
                                         "{\"advance\":false}", "{\"stage\":7}",
                                         "{\"stage\":\"pilot\",\"colour\":1}"};
    struct bench *b = *state;
    open_simulator(b, LONG_MS);
    for (unsigned i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        struct srv_question *q = question_new(b, BODIES[i]);
        assert_int_equal(srv_simulator_take(b->simulator, q), ST_OK);
        await_answer(b, i + 1);
        assert_int_equal(q->st, ST_REFUSED);
        assert_int_equal(q->problems.found, 1);
        question_free(q);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(simulator__second_question_meanwhile__is_busy_until_the_first_is_answered),
        TEST(simulator__takes_too_long__says_so_and_gives_no_numbers),
        TEST(simulator__server_ends__is_answered_and_nothing_is_taken),
        TEST(simulator__many_pages__counts_everybody_once),
        TEST(simulator__many_have_left__goes_on_behind_them),
        TEST(simulator__plan_with_mistakes__tells_all_of_them),
        TEST(simulator__step_said_in_no_way_or_both__is_refused),
    };
    return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
