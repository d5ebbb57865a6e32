#include "policy/verify.h"

#include "policy/sign.h"

#include <psa/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTER_BYTES = 48 }; /* "/signatures/7" and room */

struct pol_verified {
    enum pol_document document;
    struct bytes payload;
    char digest[DIGEST_HEX_BYTES];
    char signers[LIMIT_SIGNATURES][KEY_ID_BYTES];
    size_t signer_count;
    char strangers[LIMIT_SIGNATURES][KEY_ID_BYTES];
    size_t stranger_count;
};

enum status pol_public_key_check(const struct pol_public_key *key, struct span message,
                                 const uint8_t signature[SIGNATURE_BYTES], bool *out)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    uint8_t point[1 + 2 * KEY_COORDINATE_BYTES] = {0x04};

    memcpy(point + 1, key->x, sizeof key->x);
    memcpy(point + 1 + sizeof key->x, key->y, sizeof key->y);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_MESSAGE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    psa_status_t done = psa_import_key(&attributes, point, sizeof point, &id);
    if (done == PSA_SUCCESS) {
        done = psa_verify_message(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), message.data, message.size,
                                  signature, SIGNATURE_BYTES);
    }
    (void)psa_destroy_key(id);
    if (done == PSA_ERROR_INSUFFICIENT_MEMORY) {
        return ST_NO_MEMORY;
    }
    *out = done == PSA_SUCCESS;
    return ST_OK;
}

bool pol_public_key_verify(const struct pol_public_key *key, struct span message,
                           const uint8_t signature[SIGNATURE_BYTES])
{
    bool holds = false;
    return pol_public_key_check(key, message, signature, &holds) == ST_OK && holds;
}

static void add_once(char kids[LIMIT_SIGNATURES][KEY_ID_BYTES], size_t *count, const char *kid)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(kids[i], kid) == 0) {
            return;
        }
    }
    memcpy(kids[(*count)++], kid, KEY_ID_BYTES);
}

/* Collect the distinct trusted keys whose signatures hold. */
static enum status check_signatures(const struct pol_trust *trust,
                                    const struct pol_envelope *envelope,
                                    struct pol_verified *verified, struct err *err)
{
    struct bytes input = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < envelope->signature_count; i++) {
        const struct pol_envelope_signature *s = &envelope->signatures[i];
        const struct pol_public_key *key = pol_trust_find_key(trust, s->kid);
        if (key == NULL) {
            add_once(verified->strangers, &verified->stranger_count, s->kid);
            continue;
        }
        bool holds = false;
        bytes_clear(&input);
        st = pol_sign_input(s->protected_text, span_text(envelope->payload_text), &input);
        if (st == ST_OK) {
            st = pol_public_key_check(key, bytes_span(&input), s->signature, &holds);
        }
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "no memory to check a signature");
        } else if (!holds) {
            char pointer[POINTER_BYTES];
            (void)snprintf(pointer, sizeof pointer, "/signatures/%zu", i);
            st = err_refuse(err, "signature_invalid", pointer,
                            "the signature of key %s does not hold", s->kid);
        } else {
            add_once(verified->signers, &verified->signer_count, s->kid);
        }
    }
    bytes_free(&input);
    return st;
}

static enum status check_threshold(const struct pol_trust *trust,
                                   const struct pol_verified *verified, struct err *err)
{
    if (verified->signer_count == 0) {
        return err_refuse(err, "key_unknown", "/signatures", "no trusted key signed this");
    }
    if (verified->signer_count < pol_trust_threshold(trust)) {
        return err_refuse(err, "signature_threshold", "/signatures",
                          "signed by %zu trusted keys, %u must sign", verified->signer_count,
                          (unsigned)pol_trust_threshold(trust));
    }
    return ST_OK;
}

/* The first time that a byte of the payload is looked at. */
static enum status open_payload(const struct pol_envelope *envelope, struct pol_verified *verified,
                                struct err *err)
{
    verified->payload = bytes_with_limit(pol_document_payload_bytes(verified->document));
    /* The text was found canonical and short enough (envelope.c): only memory can be missing. */
    if (!pol_base64url_decode(span_text(envelope->payload_text), &verified->payload)) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for a payload");
    }
    enum status st = pol_digest_hex(bytes_span(&verified->payload), verified->digest);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "a payload's digest could not be computed");
}

enum status pol_verify(const struct pol_trust *trust, struct span raw, enum pol_document document,
                       struct pol_verified **out, struct err *err)
{
    struct pol_envelope *envelope = NULL;
    struct pol_verified *verified = calloc(1, sizeof *verified);
    if (verified == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to verify a document");
    }
    verified->document = document;

    enum status st = pol_envelope_parse(raw, document, &envelope, err);
    if (st == ST_OK) {
        st = check_signatures(trust, envelope, verified, err);
    }
    if (st == ST_OK) {
        st = check_threshold(trust, verified, err);
    }
    if (st == ST_OK) {
        st = open_payload(envelope, verified, err);
    }
    if (st == ST_OK) {
        *out = verified;
        verified = NULL; /* handed over */
    }

    pol_verified_free(verified);
    pol_envelope_free(envelope);
    return st;
}

void pol_verified_free(struct pol_verified *verified)
{
    if (verified != NULL) {
        bytes_free(&verified->payload);
        free(verified);
    }
}

struct span pol_verified_payload(const struct pol_verified *verified)
{
    return bytes_span(&verified->payload);
}

enum pol_document pol_verified_document(const struct pol_verified *verified)
{
    return verified->document;
}

const char *pol_verified_digest(const struct pol_verified *verified)
{
    return verified->digest;
}

size_t pol_verified_signer_count(const struct pol_verified *verified)
{
    return verified->signer_count;
}

const char *pol_verified_signer(const struct pol_verified *verified, size_t i)
{
    return verified->signers[i];
}

size_t pol_verified_stranger_count(const struct pol_verified *verified)
{
    return verified->stranger_count;
}

const char *pol_verified_stranger(const struct pol_verified *verified, size_t i)
{
    return verified->strangers[i];
}
