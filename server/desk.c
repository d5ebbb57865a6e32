#include "server/desk.h"

#include <pthread.h>
#include <stdlib.h>

enum { THREADS_MAX = 16 };

struct srv_desk {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct srv_job *first; /* waiting, oldest first */
    struct srv_job *last;
    size_t waiting;
    size_t most;
    bool closing;
    unsigned running; /* threads to be joined */
    pthread_t threads[THREADS_MAX];
};

/* The oldest job; NULL when there will be no more. */
static struct srv_job *next_job(struct srv_desk *desk, bool *closing)
{
    pthread_mutex_lock(&desk->lock);
    while (desk->first == NULL && !desk->closing) {
        pthread_cond_wait(&desk->changed, &desk->lock);
    }
    struct srv_job *job = desk->first;
    if (job != NULL) {
        desk->first = job->next;
        desk->waiting--;
    }
    *closing = desk->closing;
    pthread_mutex_unlock(&desk->lock);
    return job;
}

static void *work(void *ctx)
{
    struct srv_desk *desk = ctx;
    struct srv_job *job = NULL;
    bool closing = false;
    while ((job = next_job(desk, &closing)) != NULL) {
        job->run(job, closing);
    }
    return NULL;
}

bool srv_desk_take(struct srv_desk *desk, struct srv_job *job)
{
    pthread_mutex_lock(&desk->lock);
    bool taken = !desk->closing && desk->waiting < desk->most;
    if (taken) {
        job->next = NULL;
        if (desk->first == NULL) {
            desk->first = job;
        } else {
            desk->last->next = job;
        }
        desk->last = job;
        desk->waiting++;
        pthread_cond_signal(&desk->changed);
    }
    pthread_mutex_unlock(&desk->lock);
    return taken;
}

enum status srv_desk_open(unsigned threads, size_t most, struct srv_desk **out, struct err *err)
{
    struct srv_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot start a desk");
    }
    desk->most = most;
    (void)pthread_mutex_init(&desk->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&desk->changed, NULL);
    while (desk->running < threads && desk->running < THREADS_MAX &&
           pthread_create(&desk->threads[desk->running], NULL, work, desk) == 0) {
        desk->running++;
    }
    if (desk->running == 0) {
        srv_desk_free(desk);
        return err_set(err, ST_NO_MEMORY, 0, "cannot start a thread for a desk");
    }
    *out = desk;
    return ST_OK;
}

void srv_desk_close(struct srv_desk *desk)
{
    if (desk == NULL) {
        return;
    }
    pthread_mutex_lock(&desk->lock);
    desk->closing = true;
    pthread_cond_broadcast(&desk->changed);
    pthread_mutex_unlock(&desk->lock);
    for (; desk->running > 0; desk->running--) {
        (void)pthread_join(desk->threads[desk->running - 1], NULL); /* started by open */
    }
}

void srv_desk_free(struct srv_desk *desk)
{
    if (desk != NULL) {
        srv_desk_close(desk);
        (void)pthread_mutex_destroy(&desk->lock);
        (void)pthread_cond_destroy(&desk->changed);
        free(desk);
    }
}
