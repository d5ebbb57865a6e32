/* key_parts.h - what keys.c and keys_write.c share, for these two only.
 *
 * Effects: none                                      Units:  bytes
 * Owns:    nothing; secrets are wiped by keys.h's    Errors: those of keys.h
 *          functions
 * Threads: one thread for each key                   Source: keys.h
 */
#ifndef POLICY_KEY_PARTS_H
#define POLICY_KEY_PARTS_H

#include "policy/keys.h"

/* A key in memory is its two numbers; the library sees them only while it works with them. */
struct pol_key {
    struct pol_public_key public;
    uint8_t secret[KEY_COORDINATE_BYTES];
};

/* Without the line break: files that came through Windows have two characters for it. */
#define PKCS8_MARK "-----BEGIN PRIVATE KEY-----"
#define SPKI_MARK  "-----BEGIN PUBLIC KEY-----"
#define PKCS8_END  "-----END PRIVATE KEY-----\n"
#define SPKI_END   "-----END PUBLIC KEY-----\n"

/* Tell a failure of the crypto library, a psa_status_t. */
enum status pol_key_library_failed(int why, const char *what, struct err *err);

/* Of an error code of the library's older half. */
bool pol_key_lacks_memory(int bad);

#endif
