#include "server/simulator.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct srv_simulator {
    struct srv_simulator_parts parts;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct srv_question *question; /* waiting or under way; NULL: none */
    atomic_bool stopped;
};

/* The next question; NULL when there will be none. */
static struct srv_question *await(struct srv_simulator *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->question == NULL && !atomic_load(&s->stopped)) {
        pthread_cond_wait(&s->changed, &s->lock);
    }
    struct srv_question *question = s->question;
    pthread_mutex_unlock(&s->lock);
    return question;
}

static void *simulate(void *ctx)
{
    struct srv_simulator *s = ctx;
    struct srv_question *question = NULL;
    while ((question = await(s)) != NULL) {
        struct srv_patience patience = {.until_ms = clock_monotonic_ms() + s->parts.limit_ms,
                                        .cancelled = &s->stopped};
        srv_question_answer(question, &s->parts, &patience);
        /* Free before it is told: whoever hears the answer may ask again at once. */
        pthread_mutex_lock(&s->lock);
        s->question = NULL;
        pthread_mutex_unlock(&s->lock);
        question->done(question);
    }
    return NULL;
}

static void dispose(struct srv_simulator *s)
{
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->changed);
    free(s);
}

enum status srv_simulator_open(const struct srv_simulator_parts *parts, struct srv_simulator **out,
                               struct err *err)
{
    struct srv_simulator *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for simulations");
    }
    s->parts = *parts;
    (void)pthread_mutex_init(&s->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&s->changed, NULL);
    atomic_init(&s->stopped, false);
    if (pthread_create(&s->thread, NULL, simulate, s) != 0) {
        dispose(s);
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the thread of simulations");
    }
    *out = s;
    return ST_OK;
}

enum status srv_simulator_take(struct srv_simulator *s, struct srv_question *question)
{
    enum status st = ST_OK;
    pthread_mutex_lock(&s->lock);
    if (atomic_load(&s->stopped)) {
        st = ST_CANCELLED;
    } else if (s->question != NULL) {
        st = ST_BUSY;
    } else {
        s->question = question;
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return st;
}

void srv_simulator_stop(struct srv_simulator *s)
{
    if (s != NULL) {
        pthread_mutex_lock(&s->lock);
        atomic_store(&s->stopped, true);
        pthread_cond_signal(&s->changed);
        pthread_mutex_unlock(&s->lock);
    }
}

void srv_simulator_free(struct srv_simulator *s)
{
    if (s != NULL) {
        srv_simulator_stop(s);
        (void)pthread_join(s->thread, NULL); /* started by open, joined here only */
        dispose(s);
    }
}
