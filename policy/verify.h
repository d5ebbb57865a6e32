/* verify.h - let only what enough trusted keys signed become a document.
 *
 * fetch -> [verify] -> evaluate -> apply -> observe -> report
 *
 * struct pol_verified is made nowhere else, and the parsers of signed documents take nothing else:
 * so no byte of a payload is parsed before enough signatures hold.
 * Effects: none                                        Units:  bytes
 * Owns:    struct pol_verified; pol_verified_free()    Errors: those of envelope.h, and
 *                                                              key_unknown, signature_invalid,
 *                                                              signature_threshold
 * Threads: safe                                        Source: docs/policy-format.md "Envelope"
 */
#ifndef POLICY_VERIFY_H
#define POLICY_VERIFY_H

#include "policy/digest.h"
#include "policy/envelope.h"
#include "policy/trust.h"

struct pol_verified;

/* Check that at least the threshold of distinct trusted keys signed these exact bytes. Signatures
 * by unknown keys do no harm; a false one by a trusted key does: signature_invalid. If no trusted
 * key signed at all: key_unknown. */
enum status pol_verify(const struct pol_trust *trust, struct span raw, enum pol_document document,
                       struct pol_verified **out, struct err *err) MUST_USE;
void pol_verified_free(struct pol_verified *verified);

struct span pol_verified_payload(const struct pol_verified *verified);
enum pol_document pol_verified_document(const struct pol_verified *verified);
/* SHA-256 of the payload, lower-case hexadecimal. */
const char *pol_verified_digest(const struct pol_verified *verified);
/* The keys whose signatures held, in the envelope's order. */
size_t pol_verified_signer_count(const struct pol_verified *verified);
const char *pol_verified_signer(const struct pol_verified *verified, size_t i);
/* The keys beside them, as the envelope names them: not trusted, so nobody knows whether theirs hold. */
size_t pol_verified_stranger_count(const struct pol_verified *verified);
const char *pol_verified_stranger(const struct pol_verified *verified, size_t i);

#endif
