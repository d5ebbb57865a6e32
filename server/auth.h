/* auth.h - know who asks: devices by their tokens, administrators by theirs.
 *
 * All tokens stand in memory as digests, so that a poll asks no store; those that ended long ago go
 * when the table grows. The store stays the truth: srv_auth_reload() reads it again after another
 * program changed it.
 * Effects: reads the store                    Units:  _s wall seconds since 1970 UTC
 * Owns:    struct srv_auth; srv_auth_free()   Errors: those of the store; an unknown token is false
 * Threads: safe                               Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_AUTH_H
#define SERVER_AUTH_H

#include "server/credential_table.h"

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
/* The same by what srv_secret_digest() made of the token. */
bool srv_auth_find_digest(struct srv_auth *auth, const uint8_t digest[DIGEST_BYTES], int64_t now_s,
                          struct srv_device *out);

/* Who holds an administrator's token; what an enroll secret is called. out is unchanged when it is
 * unknown, and says whose it was when it is not good any more. How often a secret may still be used,
 * the store has the last word on. */
enum srv_credential_state srv_auth_find_actor(struct srv_auth *auth, const char *token,
                                              int64_t now_s, struct srv_actor *out);
enum srv_credential_state srv_auth_find_secret(struct srv_auth *auth, const char *secret,
                                               int64_t now_s, struct srv_actor *out);

void srv_auth_count_secrets(struct srv_auth *auth, int64_t now_s, struct srv_good_secrets *out);

/* A device was enrolled at now_s, and the store has it: its new token is good, older ones for a
 * while; a secret was used. */
enum status srv_auth_add_device(struct srv_auth *auth, const struct srv_enrollment *enrollment,
                                int64_t now_s, struct err *err) MUST_USE;

/* A new secret of 256 random bits, and its digest. */
enum status srv_secret_make(char out[SRV_SECRET_BYTES], uint8_t digest[DIGEST_BYTES],
                            struct err *err) MUST_USE;
/* False for what cannot be a secret of ours. */
bool srv_secret_digest(const char *secret, uint8_t digest[DIGEST_BYTES]);

#endif
