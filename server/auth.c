#include "server/auth.h"

#include "base/random.h"
#include "server/credential_table.h"
#include "server/digest_map.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_TOKENS = 512, FIRST_CREDENTIALS = 16, TOKENS_MAX = 1 << 26, SECRET_RANDOM_BYTES = 32 };

struct token {
    int64_t expires_s; /* -1: never */
    struct srv_device device;
};

/* The maps lead to places in the lists. */
struct tokens {
    struct srv_digest_map map;
    struct token *items;
    size_t count;
    size_t capacity;
};

/* A device that enrolled while everything is read again. */
struct late {
    uint8_t digest[DIGEST_BYTES];
    struct token token;
    bool ends_older;
    int64_t old_expires_s;
};

struct srv_auth {
    const struct srv_store *store;
    pthread_mutex_t reload; /* one at a time; taken before `lock` */
    pthread_rwlock_t
        lock; /* held for moments: whoever comes with a token never waits for the store */
    struct tokens tokens;
    struct srv_credential_table credentials;
    bool loading;
    struct late *late;
    size_t late_count;
    size_t late_capacity;
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

/* ---- device tokens --------------------------------------------------------------------------- */

static void tokens_free(struct tokens *t)
{
    srv_digest_map_free(&t->map);
    free(t->items);
    *t = (struct tokens){0};
}

static enum status append_token(struct tokens *t, const uint8_t digest[DIGEST_BYTES],
                                const struct token *token)
{
    enum status st = srv_digest_map_put(&t->map, digest, (uint32_t)t->count);
    if (st == ST_OK) {
        t->items[t->count++] = *token;
    }
    return st;
}

/* Room for more than there are: without those that ended, whom nobody asks for any more. */
static enum status renew(struct tokens *t, int64_t now_s)
{
    struct tokens fresh = {.capacity = t->count < FIRST_TOKENS ? FIRST_TOKENS : t->count * 2};
    if (fresh.capacity > TOKENS_MAX) {
        return ST_TOO_LARGE;
    }
    fresh.items = calloc(fresh.capacity, sizeof *fresh.items);
    enum status st = fresh.items != NULL ? ST_OK : ST_NO_MEMORY;
    for (size_t i = 0; st == ST_OK && i < t->map.slot_count; i++) {
        const struct srv_digest_slot *slot = &t->map.slots[i];
        if (slot->used &&
            (t->items[slot->value].expires_s < 0 || t->items[slot->value].expires_s > now_s)) {
            st = append_token(&fresh, slot->digest, &t->items[slot->value]);
        }
    }
    if (st == ST_OK) {
        tokens_free(t);
        *t = fresh;
    } else {
        tokens_free(&fresh);
    }
    return st;
}

static enum status put_token(struct tokens *t, const uint8_t digest[DIGEST_BYTES],
                             const struct token *token, int64_t now_s)
{
    enum status st = t->count == t->capacity ? renew(t, now_s) : ST_OK;
    return st == ST_OK ? append_token(t, digest, token) : st;
}

/* ---- loading --------------------------------------------------------------------------------- */

struct loading {
    struct tokens tokens;
    struct srv_credential_table credentials;
    enum status st;
};

static bool load_token(void *v, const struct srv_token_row *row)
{
    struct loading *l = v;
    struct token token = {.expires_s = row->expires_s, .device = {.number = row->device}};
    (void)snprintf(token.device.device_id, POL_ID_BYTES, "%s", row->device_id);
    l->st = put_token(&l->tokens, row->digest, &token, INT64_MIN); /* none is left out */
    return l->st == ST_OK;
}

static bool load_credential(void *v, const struct srv_credential *c)
{
    struct loading *l = v;
    l->st = srv_credential_table_put(&l->credentials, c);
    return l->st == ST_OK;
}

static enum status load(const struct srv_store *store, struct loading *l, struct err *err)
{
    enum status st = store->tokens(store->ctx, load_token, l, err);
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
    tokens_free(&l->tokens);
    srv_credential_table_free(&l->credentials);
}

/* Also those that never reached the device, because their answer was lost. */
static void end_older(struct tokens *t, int64_t device, int64_t expires_s)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i].device.number == device && t->items[i].expires_s < 0) {
            t->items[i].expires_s = expires_s;
        }
    }
}

/* Under the lock. What was read may have those that enrolled meanwhile, or not. */
static enum status catch_up(const struct srv_auth *auth, struct tokens *t)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < auth->late_count; i++) {
        const struct late *late = &auth->late[i];
        if (late->ends_older) {
            end_older(t, late->token.device.number, late->old_expires_s);
        }
        st = put_token(t, late->digest, &late->token, INT64_MIN); /* none is left out */
    }
    return st;
}

/* Under the lock. */
static enum status keep_late(struct srv_auth *auth, const struct late *late)
{
    if (auth->late_count == auth->late_capacity) {
        size_t capacity = auth->late_capacity == 0 ? FIRST_CREDENTIALS : auth->late_capacity * 2;
        struct late *more = realloc(auth->late, capacity * sizeof *more);
        if (more == NULL) {
            return ST_NO_MEMORY;
        }
        auth->late = more;
        auth->late_capacity = capacity;
    }
    auth->late[auth->late_count++] = *late;
    return ST_OK;
}

static void set_loading(struct srv_auth *auth, bool loading)
{
    auth->loading = loading;
    free(auth->late);
    auth->late = NULL;
    auth->late_count = 0;
    auth->late_capacity = 0;
}

enum status srv_auth_reload(struct srv_auth *auth, struct err *err)
{
    struct loading l = {.st = ST_OK};
    pthread_mutex_lock(&auth->reload);
    pthread_rwlock_wrlock(&auth->lock);
    set_loading(auth, true);
    pthread_rwlock_unlock(&auth->lock);
    enum status st = load(auth->store, &l, err);
    pthread_rwlock_wrlock(&auth->lock);
    if (st == ST_OK && catch_up(auth, &l.tokens) != ST_OK) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot keep all tokens in memory");
    }
    if (st == ST_OK) {
        struct loading old = {.tokens = auth->tokens, .credentials = auth->credentials};
        auth->tokens = l.tokens;
        auth->credentials = l.credentials;
        l = old;
    }
    set_loading(auth, false);
    pthread_rwlock_unlock(&auth->lock);
    pthread_mutex_unlock(&auth->reload);
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
    (void)pthread_mutex_init(&auth->reload, NULL);
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
        tokens_free(&auth->tokens);
        srv_credential_table_free(&auth->credentials);
        (void)pthread_rwlock_destroy(&auth->lock);
        (void)pthread_mutex_destroy(&auth->reload);
        free(auth);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool srv_auth_find_digest(struct srv_auth *auth, const uint8_t digest[DIGEST_BYTES], int64_t now_s,
                          struct srv_device *out)
{
    uint32_t at = 0;
    bool good = false;
    pthread_rwlock_rdlock(&auth->lock);
    if (srv_digest_map_find(&auth->tokens.map, digest, &at)) {
        const struct token *token = &auth->tokens.items[at];
        good = token->expires_s < 0 || token->expires_s > now_s;
        if (good) {
            *out = token->device;
        }
    }
    pthread_rwlock_unlock(&auth->lock);
    return good;
}

bool srv_auth_find_device(struct srv_auth *auth, const char *token, int64_t now_s,
                          struct srv_device *out)
{
    uint8_t digest[DIGEST_BYTES];
    return srv_secret_digest(token, digest) && srv_auth_find_digest(auth, digest, now_s, out);
}

static enum srv_credential_state find_named(struct srv_auth *auth, const char *secret, bool enroll,
                                            int64_t now_s, struct srv_actor *out)
{
    uint8_t digest[DIGEST_BYTES];
    enum srv_credential_state state = SRV_CREDENTIAL_UNKNOWN;
    if (!srv_secret_digest(secret, digest)) {
        return state;
    }
    pthread_rwlock_rdlock(&auth->lock);
    const struct srv_credential *c = srv_credential_table_find(&auth->credentials, digest, enroll);
    if (c != NULL) {
        memcpy(out->name, c->name, sizeof out->name);
        out->role = c->role;
        state = srv_credential_state(c, now_s);
    }
    pthread_rwlock_unlock(&auth->lock);
    return state;
}

enum srv_credential_state srv_auth_find_actor(struct srv_auth *auth, const char *token,
                                              int64_t now_s, struct srv_actor *out)
{
    return find_named(auth, token, false, now_s, out);
}

enum srv_credential_state srv_auth_find_secret(struct srv_auth *auth, const char *secret,
                                               int64_t now_s, struct srv_actor *out)
{
    return find_named(auth, secret, true, now_s, out);
}

void srv_auth_count_secrets(struct srv_auth *auth, int64_t now_s, struct srv_good_secrets *out)
{
    pthread_rwlock_rdlock(&auth->lock);
    srv_credential_table_count(&auth->credentials, now_s, out);
    pthread_rwlock_unlock(&auth->lock);
}

enum status srv_auth_add_device(struct srv_auth *auth, const struct srv_enrollment *e,
                                int64_t now_s, struct err *err)
{
    struct token token = {.expires_s = -1, .device = {.number = e->device}};
    memcpy(token.device.device_id, e->device_id, POL_ID_BYTES);
    pthread_rwlock_wrlock(&auth->lock);
    if (e->has_old_token) {
        end_older(&auth->tokens, e->device, e->old_expires_s);
    }
    struct srv_credential *secret =
        e->has_secret ? srv_credential_table_find(&auth->credentials, e->secret_digest, true)
                      : NULL;
    if (secret != NULL) {
        secret->used++;
    }
    enum status st = put_token(&auth->tokens, e->new_digest, &token, now_s);
    if (st == ST_OK && auth->loading) {
        struct late late = {
            .token = token, .ends_older = e->has_old_token, .old_expires_s = e->old_expires_s};
        memcpy(late.digest, e->new_digest, DIGEST_BYTES);
        st = keep_late(auth, &late);
    }
    pthread_rwlock_unlock(&auth->lock);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot keep the token in memory");
}
