/* envelope.h - take a JWS in general JSON serialization apart, and put one together.
 *
 * Form only: which key signed what, not whether a signature holds (verify.h). The payload stays
 * encoded here; only verify.c decodes it, after enough signatures held.
 * Effects: none                                        Units:  bytes
 * Owns:    struct pol_envelope; pol_envelope_free()    Errors: ST_REFUSED: json_syntax, too_large,
 *          (it keeps its own copy of what it needs)            envelope_malformed,
 *                                                              algorithm_refused, type_mismatch
 * Threads: safe once made                              Source: docs/policy-format.md "Envelope";
 *                                                              RFC 7515 section 7.2.1
 */
#ifndef POLICY_ENVELOPE_H
#define POLICY_ENVELOPE_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/keys.h"
#include "policy/limits.h"

enum pol_document { POL_DOCUMENT_POLICY, POL_DOCUMENT_BUNDLE };

/* The `typ` of the protected header; the most bytes of the envelope and of its payload. */
const char *pol_document_type(enum pol_document document);
size_t pol_document_envelope_bytes(enum pol_document document);
size_t pol_document_payload_bytes(enum pol_document document);

struct pol_envelope_signature {
    char kid[KEY_ID_BYTES];
    const char *protected_text; /* base64url, as signed */
    uint8_t signature[SIGNATURE_BYTES];
};

struct pol_envelope {
    const char *payload_text; /* base64url, as signed */
    struct pol_envelope_signature signatures[LIMIT_SIGNATURES];
    size_t signature_count;
    char *text; /* what the pointers above point into */
};

/* LIMIT_ENVELOPE_BYTES or, for a bundle, LIMIT_BUNDLE_BYTES at the most; every protected header must
 * be exactly alg, kid, typ with the typ of the wanted document. */
enum status pol_envelope_parse(struct span raw, enum pol_document document,
                               struct pol_envelope **out, struct err *err) MUST_USE;
void pol_envelope_free(struct pol_envelope *envelope);

/* Canonical base64url without padding (RFC 4648 section 5), appended to out. Decoding refuses
 * anything else (padding, white space, non-zero trailing bits), and what does not fit into out,
 * which then holds what it held before. */
enum status pol_base64url_encode(struct span data, struct bytes *out) MUST_USE;
bool pol_base64url_decode(struct span text, struct bytes *out) MUST_USE;
/* Would decode, given the room. */
bool pol_base64url_is_canonical(struct span text);
/* Exactly size bytes; false leaves out undefined. */
bool pol_base64url_decode_exactly(struct span text, uint8_t *out, size_t size) MUST_USE;

#endif
