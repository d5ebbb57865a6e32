/* test_desk.c - srv_desk: whoever hands a job over goes on; nothing is lost at the end. */
#include "tests/cmocka_all.h"

#include "server/desk.h"

#include <pthread.h>
#include <sched.h>

enum { JOBS = 40, PROBES = 1000000 };

/* A job that stands still until the gate is open. */
struct slow {
    struct srv_job job; /* first */
    struct gate *gate;
    int runs;
    bool refused;
};

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    int begun;
};

static void run(struct srv_job *job, bool closing)
{
    struct slow *s = (struct slow *)job;
    pthread_mutex_lock(&s->gate->lock);
    s->gate->begun++;
    s->refused = closing;
    s->runs++;
    pthread_cond_broadcast(&s->gate->changed);
    while (!closing && !s->gate->open) {
        pthread_cond_wait(&s->gate->changed, &s->gate->lock);
    }
    pthread_mutex_unlock(&s->gate->lock);
}

static void await_begun(struct gate *g, int count)
{
    pthread_mutex_lock(&g->lock);
    while (g->begun < count) {
        pthread_cond_wait(&g->changed, &g->lock);
    }
    pthread_mutex_unlock(&g->lock);
}

static void open_gate(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->open = true;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

static struct gate gate_new(void)
{
    return (struct gate){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
}

static void fill(struct slow *jobs, size_t count, struct gate *gate)
{
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct slow){.job = {.run = run}, .gate = gate};
    }
}

static void desk__jobs_stand_still__whoever_brings_more_goes_on(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct srv_desk *desk = NULL;
    struct slow jobs[JOBS];
    fill(jobs, JOBS, &gate);
    assert_int_equal(srv_desk_open(2, JOBS, &desk, NULL), ST_OK);
    for (size_t i = 0; i < JOBS; i++) {
        assert_true(srv_desk_take(desk, &jobs[i].job));
    }
    await_begun(&gate, 2);
    assert_int_equal(jobs[2].runs, 0); /* two threads, two jobs */
    open_gate(&gate);
    await_begun(&gate, JOBS);
    srv_desk_free(desk);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].runs, 1);
        assert_false(jobs[i].refused);
    }
}

static void desk__full__takes_no_more_and_then_again(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct srv_desk *desk = NULL;
    struct slow jobs[5];
    fill(jobs, 5, &gate);
    assert_int_equal(srv_desk_open(1, 2, &desk, NULL), ST_OK);
    assert_true(srv_desk_take(desk, &jobs[0].job));
    await_begun(&gate, 1);
    assert_true(srv_desk_take(desk, &jobs[1].job));
    assert_true(srv_desk_take(desk, &jobs[2].job));
    assert_false(srv_desk_take(desk, &jobs[3].job));
    open_gate(&gate);
    await_begun(&gate, 3);
    assert_true(srv_desk_take(desk, &jobs[4].job));
    srv_desk_free(desk);
    assert_int_equal(jobs[3].runs, 0);
    assert_int_equal(jobs[4].runs, 1);
}

static void *close_desk(void *ctx)
{
    srv_desk_close(ctx);
    return NULL;
}

static void desk__closed__what_runs_ends_and_what_waits_is_refused(void **state)
{
    (void)state;
    struct gate gate = gate_new();
    struct srv_desk *desk = NULL;
    struct slow jobs[3];
    static struct slow probes[PROBES]; /* until it takes no more, because it is closing */
    size_t taken = 0;
    pthread_t thread;
    fill(jobs, 3, &gate);
    fill(probes, PROBES, &gate);
    assert_int_equal(srv_desk_open(1, PROBES + JOBS, &desk, NULL), ST_OK);
    assert_true(srv_desk_take(desk, &jobs[0].job));
    await_begun(&gate, 1);
    assert_true(srv_desk_take(desk, &jobs[1].job));
    assert_true(srv_desk_take(desk, &jobs[2].job));
    assert_int_equal(pthread_create(&thread, NULL, close_desk, desk), 0);
    while (srv_desk_take(desk, &probes[taken].job)) {
        taken++;
        assert_true(taken < PROBES);
        (void)sched_yield(); /* cannot fail */
    }
    open_gate(&gate);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(jobs[0].refused);
    assert_int_equal(jobs[1].runs, 1);
    assert_true(jobs[1].refused);
    assert_true(jobs[2].refused);
    for (size_t i = 0; i < taken; i++) {
        assert_int_equal(probes[i].runs, 1);
        assert_true(probes[i].refused);
    }
    srv_desk_close(desk);
    srv_desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(desk__jobs_stand_still__whoever_brings_more_goes_on),
        cmocka_unit_test(desk__full__takes_no_more_and_then_again),
        cmocka_unit_test(desk__closed__what_runs_ends_and_what_waits_is_refused),
    };
    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
