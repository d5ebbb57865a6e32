/* keys.h - make, read and write the P-256 keys that sign and verify.
 *
 * Private keys are PEM, PKCS#8 (encrypted with PBES2 accepted); public keys PEM, SPKI. Private key
 * material stays in here: it is wiped, and never written anywhere but by pol_key_write_private().
 * Effects: none but the generator                Units:  bytes
 * Owns:    struct pol_key; pol_key_free()        Errors: ST_REFUSED with a code; ST_NO_MEMORY
 * Threads: one thread for each key               Source: RFC 5958, RFC 5480, RFC 7638
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include "base/bytes.h"
#include "base/err.h"

enum { KEY_COORDINATE_BYTES = 32, KEY_ID_BYTES = 44 };

struct pol_public_key {
    uint8_t x[KEY_COORDINATE_BYTES];
    uint8_t y[KEY_COORDINATE_BYTES];
    char kid[KEY_ID_BYTES]; /* RFC 7638 SHA-256 thumbprint, base64url, with its NUL */
};

struct pol_key; /* a private key */

enum status pol_key_generate(struct pol_key **out, struct err *err) MUST_USE;

/* passphrase may be empty; an encrypted key without the right one is `key_unknown` with a sentence
 * that says so. */
enum status pol_key_read_private(struct span pem, struct span passphrase, struct pol_key **out,
                                 struct err *err) MUST_USE;

/* PKCS#8 PEM; with a passphrase encrypted by PBES2. Wipe out with bytes_wipe(). */
enum status pol_key_write_private(const struct pol_key *key, struct span passphrase,
                                  struct bytes *out, struct err *err) MUST_USE;
const struct pol_public_key *pol_key_public(const struct pol_key *key);
void pol_key_free(struct pol_key *key);

enum status pol_public_key_read(struct span pem, struct pol_public_key *out,
                                struct err *err) MUST_USE;
enum status pol_public_key_write(const struct pol_public_key *key, struct bytes *out,
                                 struct err *err) MUST_USE;

/* From raw coordinates: checks that the point is on the curve and computes the thumbprint. */
enum status pol_public_key_from_point(const uint8_t x[KEY_COORDINATE_BYTES],
                                      const uint8_t y[KEY_COORDINATE_BYTES],
                                      struct pol_public_key *out, struct err *err) MUST_USE;

/* ES256: 64 bytes r || s over the SHA-256 of message. */
enum { SIGNATURE_BYTES = 64 };
enum status pol_key_sign(const struct pol_key *key, struct span message,
                         uint8_t out[SIGNATURE_BYTES], struct err *err) MUST_USE;
/* Whether it holds; ST_NO_MEMORY if that could not be found out. */
enum status pol_public_key_check(const struct pol_public_key *key, struct span message,
                                 const uint8_t signature[SIGNATURE_BYTES], bool *out) MUST_USE;
/* The same, where memory that is missing may pass for a signature that does not hold. */
bool pol_public_key_verify(const struct pol_public_key *key, struct span message,
                           const uint8_t signature[SIGNATURE_BYTES]);

#endif
