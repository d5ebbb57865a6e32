#include "server/store.h"

#include <pthread.h>

const char *const SRV_ROLE_WORDS[SRV_ROLE_COUNT] = {"enroll", "viewer", "operator", "publisher"};
const char *const SRV_WHO_WORDS[SRV_WHO_COUNT] = {"token", "device", "secret",
                                                  "local", "gate",   "server"};

const char *const SRV_CREDENTIAL_WORDS[SRV_CREDENTIAL_STATE_COUNT] = {"good", "unknown", "revoked",
                                                                      "expired", "used_up"};

enum srv_credential_state srv_credential_state(const struct srv_credential *c, int64_t now_s)
{
    if (c->revoked_s >= 0) {
        return SRV_CREDENTIAL_REVOKED;
    }
    if (c->expires_s > 0 && c->expires_s <= now_s) {
        return SRV_CREDENTIAL_EXPIRED;
    }
    return c->uses > 0 && c->used >= c->uses ? SRV_CREDENTIAL_USED_UP : SRV_CREDENTIAL_GOOD;
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void wake(struct srv_write *w)
{
    struct waiter *waiter = w->ctx;
    pthread_mutex_lock(&waiter->lock);
    waiter->done = true;
    pthread_cond_signal(&waiter->changed);
    pthread_mutex_unlock(&waiter->lock);
}

enum status srv_store_write(const struct srv_store *store, struct srv_write *w, struct err *err)
{
    struct waiter waiter = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .done = false};
    w->ctx = &waiter;
    w->done = wake;
    store->submit(store->ctx, w);
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.done) {
        pthread_cond_wait(&waiter.changed, &waiter.lock);
    }
    pthread_mutex_unlock(&waiter.lock);
    (void)pthread_mutex_destroy(&waiter.lock);
    (void)pthread_cond_destroy(&waiter.changed);
    if (w->st != ST_OK && err != NULL) {
        *err = w->err;
    }
    return w->st;
}
