/* sign.h - put signatures around a payload.
 *
 * Effects: none                                 Units:  bytes
 * Owns:    nothing; out belongs to the caller   Errors: ST_REFUSED too_large; ST_NO_MEMORY
 * Threads: one thread for each key              Source: docs/policy-format.md "Envelope"
 */
#ifndef POLICY_SIGN_H
#define POLICY_SIGN_H

#include "policy/envelope.h"

/* Append to out the envelope of payload, signed by 1..LIMIT_SIGNATURES distinct keys. */
enum status pol_sign(struct span payload, enum pol_document document,
                     const struct pol_key *const *keys, size_t key_count, struct bytes *out,
                     struct err *err) MUST_USE;

#endif
