/* Envelopes of both kinds, taken apart and verified with real arithmetic. */
#include "tests/fuzz/fuzzing.h"

#include <string.h>

static void check_parts(const struct pol_envelope *envelope, enum pol_document document)
{
    struct bytes payload = bytes_with_limit(pol_document_payload_bytes(document));
    uint8_t thumbprint[KEY_COORDINATE_BYTES];
    HOLDS(envelope->signature_count >= 1 && envelope->signature_count <= LIMIT_SIGNATURES);
    HOLDS(pol_base64url_decode(span_text(envelope->payload_text), &payload));
    HOLDS(payload.size > 0);
    for (size_t i = 0; i < envelope->signature_count; i++) {
        const struct pol_envelope_signature *s = &envelope->signatures[i];
        struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
        HOLDS(strlen(s->kid) == KEY_ID_BYTES - 1);
        HOLDS(pol_base64url_decode_exactly(span_text(s->kid), thumbprint, sizeof thumbprint));
        HOLDS(pol_base64url_decode(span_text(s->protected_text), &header));
        HOLDS(header.size > 0);
        bytes_free(&header);
    }
    bytes_free(&payload);
}

/* One spelling for one payload: what was decoded is encoded to the same text again. */
static void check_payload(const struct pol_envelope *envelope, struct span payload)
{
    struct bytes text = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    HOLDS(pol_base64url_encode(payload, &text) == ST_OK);
    HOLDS(strcmp(bytes_text(&text), envelope->payload_text) == 0);
    bytes_free(&text);
}

static void check_verified(const struct pol_verified *verified, const struct pol_envelope *envelope,
                           enum pol_document document)
{
    HOLDS(envelope != NULL);
    HOLDS(pol_verified_document(verified) == document);
    HOLDS(pol_verified_signer_count(verified) >= pol_trust_threshold(fuzz_trust()));
    HOLDS(strlen(pol_verified_digest(verified)) == DIGEST_HEX_BYTES - 1);
    for (size_t i = 0; i < pol_verified_signer_count(verified); i++) {
        HOLDS(pol_trust_find_key(fuzz_trust(), pol_verified_signer(verified, i)) != NULL);
    }
    check_payload(envelope, pol_verified_payload(verified));
}

static void check_document(struct span raw, enum pol_document document)
{
    static const char *const FORM[] = {"json_syntax",  "json_duplicate_key", "out_of_range",
                                       "too_large",    "envelope_malformed", "algorithm_refused",
                                       "type_mismatch"};
    static const char *const SIGNATURES[] = {"key_unknown", "signature_invalid",
                                             "signature_threshold"};
    struct pol_envelope *envelope = NULL;
    struct pol_verified *verified = NULL;
    struct err parse_err = {0};
    struct err verify_err = {0};

    bool whole = fuzz_taken(pol_envelope_parse(raw, document, &envelope, &parse_err), &parse_err);
    bool signed_by_enough =
        fuzz_taken(pol_verify(fuzz_trust(), raw, document, &verified, &verify_err), &verify_err);
    HOLDS(whole == (envelope != NULL));
    HOLDS(signed_by_enough == (verified != NULL));
    if (signed_by_enough) {
        check_verified(verified, envelope, document);
    } else if (whole) {
        HOLDS(fuzz_refused_with(&verify_err, SIGNATURES, 3));
    } else {
        HOLDS(fuzz_refused_with(&parse_err, FORM, 7));
        HOLDS(strcmp(parse_err.code, verify_err.code) == 0);
        HOLDS(strcmp(parse_err.pointer, verify_err.pointer) == 0);
    }
    if (whole) {
        check_parts(envelope, document);
    }
    pol_verified_free(verified);
    pol_envelope_free(envelope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span raw = {.data = data, .size = size};
    check_document(raw, POL_DOCUMENT_POLICY);
    check_document(raw, POL_DOCUMENT_BUNDLE);
    return 0;
}
