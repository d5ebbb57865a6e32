/* key_der.h - lay out P-256 keys in DER.
 *
 * All our keys are equally long, so their DER is, too: fixed bytes around the numbers. Encrypting
 * and PEM are done by keys.c.
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: RFC 5958, RFC 5915, RFC 5480; RFC 8018 for PBES2
 */
#ifndef POLICY_KEY_DER_H
#define POLICY_KEY_DER_H

#include "policy/keys.h"

enum {
    KEY_DER_PUBLIC_BYTES = 91,
    KEY_DER_PRIVATE_BYTES = 138,

    KEY_DER_SALT_BYTES = 16,
    KEY_DER_IV_BYTES = 16,
    KEY_DER_SEALED_BYTES = 248,
    KEY_DER_PARAMS_AT = 18, /* the content of PBES2-params, in the sealed key */
    KEY_DER_PARAMS_BYTES = 83,
    KEY_DER_CIPHER_AT = 104, /* the encrypted private key, in the sealed key */
    KEY_DER_CIPHER_BYTES = 144,
};

/* SubjectPublicKeyInfo. */
void pol_key_der_public(const struct pol_public_key *key, uint8_t out[KEY_DER_PUBLIC_BYTES]);

/* PrivateKeyInfo (PKCS#8). The caller wipes out. */
void pol_key_der_private(const uint8_t secret[KEY_COORDINATE_BYTES],
                         const struct pol_public_key *key, uint8_t out[KEY_DER_PRIVATE_BYTES]);

/* EncryptedPrivateKeyInfo but for the encrypted bytes, which are left as they are. */
void pol_key_der_sealed(const uint8_t salt[KEY_DER_SALT_BYTES], const uint8_t iv[KEY_DER_IV_BYTES],
                        uint8_t out[KEY_DER_SEALED_BYTES]);

#endif
