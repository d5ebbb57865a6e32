/* sign.h - put signatures around a payload.
 *
 * Effects: none                                 Units:  bytes
 * Owns:    nothing; out belongs to the caller   Errors: ST_REFUSED too_large; ST_NO_MEMORY
 * Threads: one thread for each key              Source: docs/policy-format.md "Envelope"
 */
#ifndef POLICY_SIGN_H
#define POLICY_SIGN_H

#include "policy/envelope.h"

/* One signature and the key that it is said to be of. */
struct pol_signature {
    const char *kid;
    uint8_t bytes[SIGNATURE_BYTES];
};

/* Append the protected header of a signature by that key, in base64url. */
enum status pol_sign_header(const char *kid, enum pol_document document,
                            struct bytes *out) MUST_USE;

/* Append what is signed (RFC 7515 section 5.1): both texts, joined by a dot. */
enum status pol_sign_input(const char *header, struct span payload_text,
                           struct bytes *out) MUST_USE;

/* Append the envelope of a payload that 1..LIMIT_SIGNATURES distinct keys have signed. Whether the
 * signatures hold is not looked at. */
enum status pol_sign_put(struct span payload, enum pol_document document,
                         const struct pol_signature *signatures, size_t count, struct bytes *out,
                         struct err *err) MUST_USE;

/* Append to out the envelope of payload, signed by 1..LIMIT_SIGNATURES distinct keys. */
enum status pol_sign(struct span payload, enum pol_document document,
                     const struct pol_key *const *keys, size_t key_count, struct bytes *out,
                     struct err *err) MUST_USE;

#endif
