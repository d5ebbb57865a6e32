/* auth.h - know who asks: devices by their tokens, administrators by theirs.
 *
 * All tokens stand in memory as digests, so that a poll asks no store. The store stays the truth:
 * srv_auth_reload() reads it again after another program changed it.
 * Effects: reads the store                    Units:  _s wall seconds since 1970 UTC
 * Owns:    struct srv_auth; srv_auth_free()   Errors: those of the store; an unknown token is false
 * Threads: safe                               Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_AUTH_H
#define SERVER_AUTH_H

#include "server/store.h"

enum { SRV_SECRET_BYTES = 65 }; /* 256 random bits in hexadecimal and the NUL */

struct srv_auth;

/* Who is allowed what; the name appears in the audit. */
struct srv_actor {
    char name[SRV_NAME_BYTES];
    enum srv_role role;
};

struct srv_device {
    int64_t number;
    char device_id[POL_ID_BYTES];
};

/* store must outlive it. */
enum status srv_auth_open(const struct srv_store *store, struct srv_auth **out,
                          struct err *err) MUST_USE;
enum status srv_auth_reload(struct srv_auth *auth, struct err *err) MUST_USE;
void srv_auth_free(struct srv_auth *auth);

/* token may be NULL. out is unchanged on false. */
bool srv_auth_find_device(struct srv_auth *auth, const char *token, int64_t now_s,
                          struct srv_device *out);
bool srv_auth_find_actor(struct srv_auth *auth, const char *token, struct srv_actor *out);
/* What the enroll secret is called. */
bool srv_auth_find_secret(struct srv_auth *auth, const char *secret, struct srv_actor *out);

/* A device was enrolled, and the store has it: its new token is good, the old one for a while. */
enum status srv_auth_add_device(struct srv_auth *auth, const struct srv_enrollment *enrollment,
                                struct err *err) MUST_USE;

/* A new secret of 256 random bits, and its digest. */
enum status srv_secret_make(char out[SRV_SECRET_BYTES], uint8_t digest[DIGEST_BYTES],
                            struct err *err) MUST_USE;
/* False for what cannot be a secret of ours. */
bool srv_secret_digest(const char *secret, uint8_t digest[DIGEST_BYTES]);

#endif
