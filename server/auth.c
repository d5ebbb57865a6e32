#include "server/auth.h"

#include "base/random.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, CREDENTIALS_MAX = 1024, SECRET_RANDOM_BYTES = 32 };

struct token {
    uint8_t digest[DIGEST_BYTES];
    bool used;
    int64_t expires_s; /* -1: never */
    struct srv_device device;
};

/* Open addressing; digests are random already. */
struct tokens {
    struct token *slots;
    size_t slot_count; /* a power of two */
    size_t used;
};

struct credentials {
    struct srv_credential items[CREDENTIALS_MAX];
    size_t count;
};

struct srv_auth {
    const struct srv_store *store;
    pthread_rwlock_t lock;
    struct tokens tokens;
    struct credentials *credentials;
};

/* ---- secrets --------------------------------------------------------------------------------- */

bool srv_secret_digest(const char *secret, uint8_t digest[DIGEST_BYTES])
{
    if (secret == NULL || strlen(secret) != SRV_SECRET_BYTES - 1 ||
        strspn(secret, "0123456789abcdef") != SRV_SECRET_BYTES - 1) {
        return false;
    }
    return pol_digest(span_text(secret), digest) == ST_OK;
}

enum status srv_secret_make(char out[SRV_SECRET_BYTES], uint8_t digest[DIGEST_BYTES],
                            struct err *err)
{
    uint8_t raw[SECRET_RANDOM_BYTES];
    enum status st = random_bytes(raw, sizeof raw);
    if (st == ST_OK) {
        hex_encode(raw, sizeof raw, out);
        st = srv_secret_digest(out, digest) ? ST_OK : ST_BUG;
    }
    wipe(raw, sizeof raw);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot make a secret");
}

/* ---- the table of device tokens -------------------------------------------------------------- */

static struct token *find_slot(const struct tokens *t, const uint8_t digest[DIGEST_BYTES])
{
    size_t at = 0;
    memcpy(&at, digest, sizeof at);
    for (at &= t->slot_count - 1; t->slots[at].used; at = (at + 1) & (t->slot_count - 1)) {
        if (equal_in_constant_time(t->slots[at].digest, digest, DIGEST_BYTES)) {
            break;
        }
    }
    return &t->slots[at];
}

static enum status grow(struct tokens *t)
{
    struct tokens bigger = {.slot_count = t->slot_count == 0 ? FIRST_SLOTS : t->slot_count * 2};
    bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return ST_NO_MEMORY;
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        if (t->slots[i].used) {
            *find_slot(&bigger, t->slots[i].digest) = t->slots[i];
            bigger.used++;
        }
    }
    free(t->slots);
    *t = bigger;
    return ST_OK;
}

static enum status put(struct tokens *t, const struct token *token)
{
    enum status st = (t->used + 1) * 2 > t->slot_count ? grow(t) : ST_OK;
    if (st == ST_OK) {
        struct token *slot = find_slot(t, token->digest);
        t->used += slot->used ? 0 : 1;
        *slot = *token;
        slot->used = true;
    }
    return st;
}

/* ---- loading --------------------------------------------------------------------------------- */

struct loading {
    struct tokens tokens;
    struct credentials *credentials;
    enum status st;
};

static bool load_token(void *v, const struct srv_token_row *row)
{
    struct loading *l = v;
    struct token token = {.expires_s = row->expires_s, .device = {.number = row->device}};
    memcpy(token.digest, row->digest, DIGEST_BYTES);
    (void)snprintf(token.device.device_id, POL_ID_BYTES, "%s", row->device_id);
    l->st = put(&l->tokens, &token);
    return l->st == ST_OK;
}

static bool load_credential(void *v, const struct srv_credential *c)
{
    struct loading *l = v;
    if (c->revoked_s >= 0) {
        return true;
    }
    if (l->credentials->count == CREDENTIALS_MAX) {
        l->st = ST_TOO_LARGE;
        return false;
    }
    l->credentials->items[l->credentials->count++] = *c;
    return true;
}

static enum status load(const struct srv_store *store, struct loading *l, struct err *err)
{
    l->credentials = calloc(1, sizeof *l->credentials);
    l->st = l->credentials != NULL ? grow(&l->tokens) : ST_NO_MEMORY;
    enum status st = l->st;
    if (st == ST_OK) {
        st = store->tokens(store->ctx, load_token, l, err);
    }
    if (st == ST_OK && l->st == ST_OK) {
        st = store->credentials(store->ctx, load_credential, l, err);
    }
    if (l->st != ST_OK) {
        st = err_set(err, l->st, 0, "cannot keep all tokens in memory");
    }
    return st;
}

static void loading_free(struct loading *l)
{
    free(l->tokens.slots);
    free(l->credentials);
}

enum status srv_auth_reload(struct srv_auth *auth, struct err *err)
{
    struct loading l = {.st = ST_OK};
    /* The lock is held over the read: a device that enrolls meanwhile must not be forgotten. */
    pthread_rwlock_wrlock(&auth->lock);
    enum status st = load(auth->store, &l, err);
    if (st == ST_OK) {
        struct loading old = {.tokens = auth->tokens, .credentials = auth->credentials};
        auth->tokens = l.tokens;
        auth->credentials = l.credentials;
        l = old;
    }
    pthread_rwlock_unlock(&auth->lock);
    loading_free(&l);
    return st;
}

enum status srv_auth_open(const struct srv_store *store, struct srv_auth **out, struct err *err)
{
    struct srv_auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot keep tokens in memory");
    }
    auth->store = store;
    (void)pthread_rwlock_init(&auth->lock, NULL); /* cannot fail on Linux */
    enum status st = srv_auth_reload(auth, err);
    if (st == ST_OK) {
        *out = auth;
        auth = NULL; /* handed over */
    }
    srv_auth_free(auth);
    return st;
}

void srv_auth_free(struct srv_auth *auth)
{
    if (auth != NULL) {
        free(auth->tokens.slots);
        free(auth->credentials);
        (void)pthread_rwlock_destroy(&auth->lock);
        free(auth);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool srv_auth_find_device(struct srv_auth *auth, const char *token, int64_t now_s,
                          struct srv_device *out)
{
    uint8_t digest[DIGEST_BYTES];
    if (!srv_secret_digest(token, digest)) {
        return false;
    }
    pthread_rwlock_rdlock(&auth->lock);
    const struct token *found = find_slot(&auth->tokens, digest);
    bool good = found->used && (found->expires_s < 0 || found->expires_s > now_s);
    if (good) {
        *out = found->device;
    }
    pthread_rwlock_unlock(&auth->lock);
    return good;
}

static bool find_credential(struct srv_auth *auth, const char *secret, bool enroll,
                            struct srv_actor *out)
{
    uint8_t digest[DIGEST_BYTES];
    bool found = false;
    if (!srv_secret_digest(secret, digest)) {
        return false;
    }
    pthread_rwlock_rdlock(&auth->lock);
    for (size_t i = 0; i < auth->credentials->count; i++) {
        const struct srv_credential *c = &auth->credentials->items[i];
        if ((c->role == SRV_ROLE_ENROLL) == enroll &&
            equal_in_constant_time(c->digest, digest, DIGEST_BYTES)) {
            found = true;
            memcpy(out->name, c->name, sizeof out->name);
            out->role = c->role;
        }
    }
    pthread_rwlock_unlock(&auth->lock);
    return found;
}

bool srv_auth_find_actor(struct srv_auth *auth, const char *token, struct srv_actor *out)
{
    return find_credential(auth, token, false, out);
}

bool srv_auth_find_secret(struct srv_auth *auth, const char *secret, struct srv_actor *out)
{
    return find_credential(auth, secret, true, out);
}

enum status srv_auth_add_device(struct srv_auth *auth, const struct srv_enrollment *e,
                                struct err *err)
{
    struct token token = {.expires_s = -1, .device = {.number = e->device}};
    memcpy(token.digest, e->new_digest, DIGEST_BYTES);
    memcpy(token.device.device_id, e->device_id, POL_ID_BYTES);
    pthread_rwlock_wrlock(&auth->lock);
    enum status st = put(&auth->tokens, &token);
    if (st == ST_OK && e->has_old_token) {
        struct token *old = find_slot(&auth->tokens, e->old_digest);
        if (old->used && old->expires_s < 0) {
            old->expires_s = e->old_expires_s;
        }
    }
    pthread_rwlock_unlock(&auth->lock);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot keep the token in memory");
}
