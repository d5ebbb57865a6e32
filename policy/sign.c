#include "policy/sign.h"

#include "policy/json_write.h"

#include <string.h>

static enum status check_keys(const struct pol_key *const *keys, size_t key_count, struct err *err)
{
    if (key_count == 0) {
        return err_refuse(err, "signature_threshold", "", "there is no key to sign with");
    }
    if (key_count > LIMIT_SIGNATURES) {
        return err_refuse(err, "too_large", "", "%zu keys are given, at most %d sign a document",
                          key_count, LIMIT_SIGNATURES);
    }
    for (size_t i = 0; i < key_count; i++) {
        for (size_t k = 0; k < i; k++) {
            const char *kid = pol_key_public(keys[i])->kid;
            if (strcmp(kid, pol_key_public(keys[k])->kid) == 0) {
                return err_refuse(err, "duplicate_name", "", "the key %s is given twice", kid);
            }
        }
    }
    return ST_OK;
}

static enum status protected_text(const struct pol_key *key, enum pol_document document,
                                  struct bytes *out)
{
    struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    struct pol_json_writer w = pol_json_write_start(&header);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "alg", "ES256");
    pol_json_text(&w, "kid", pol_key_public(key)->kid);
    pol_json_text(&w, "typ", pol_document_type(document));
    pol_json_close_object(&w);

    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        st = pol_base64url_encode(bytes_span(&header), out);
    }
    bytes_free(&header);
    return st;
}

/* Add one element of `signatures`. RFC 7515 section 5.1: signed are the texts, joined by a dot. */
static enum status add_signature(const struct pol_key *key, enum pol_document document,
                                 const struct bytes *payload_text, struct pol_json_writer *w,
                                 struct err *err)
{
    uint8_t signature[SIGNATURE_BYTES];
    struct bytes header = bytes_with_limit((size_t)2 * LIMIT_PROTECTED_BYTES);
    struct bytes input = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    struct bytes text = bytes_with_limit((size_t)2 * SIGNATURE_BYTES);

    enum status st = protected_text(key, document, &header);
    if (st == ST_OK) {
        st = bytes_append_format(&input, "%s.", bytes_text(&header));
    }
    if (st == ST_OK) {
        st = bytes_append(&input, payload_text->data, payload_text->size);
    }
    if (st == ST_OK) {
        st = pol_key_sign(key, bytes_span(&input), signature, err);
    }
    if (st == ST_OK) {
        st = pol_base64url_encode((struct span){signature, sizeof signature}, &text);
    }
    if (st == ST_OK) {
        pol_json_object(w, NULL);
        pol_json_text(w, "protected", bytes_text(&header));
        pol_json_text(w, "signature", bytes_text(&text));
        pol_json_close_object(w);
    }
    bytes_free(&text);
    bytes_free(&input);
    bytes_free(&header);
    return st;
}

static enum status write_envelope(const struct bytes *payload_text, enum pol_document document,
                                  const struct pol_key *const *keys, size_t key_count,
                                  struct bytes *out, struct err *err)
{
    struct pol_json_writer w = pol_json_write_start(out);
    enum status st = ST_OK;
    pol_json_object(&w, NULL);
    pol_json_text(&w, "payload", bytes_text(payload_text));
    pol_json_array(&w, "signatures");
    for (size_t i = 0; st == ST_OK && i < key_count; i++) {
        st = add_signature(keys[i], document, payload_text, &w, err);
    }
    if (st != ST_OK) {
        return st;
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

enum status pol_sign(struct span payload, enum pol_document document,
                     const struct pol_key *const *keys, size_t key_count, struct bytes *out,
                     struct err *err)
{
    size_t limit = pol_document_envelope_bytes(document);
    struct bytes payload_text = bytes_with_limit(limit);
    struct bytes envelope = bytes_with_limit(limit);

    enum status st = check_keys(keys, key_count, err);
    if (st == ST_OK && payload.size > pol_document_payload_bytes(document)) {
        st = ST_TOO_LARGE;
    }
    if (st == ST_OK) {
        st = pol_base64url_encode(payload, &payload_text);
    }
    if (st == ST_OK) {
        st = write_envelope(&payload_text, document, keys, key_count, &envelope, err);
    }
    if (st == ST_TOO_LARGE) {
        st = err_refuse(err, "too_large", "", "the document to sign is too large (%zu bytes)",
                        payload.size);
    }
    if (st == ST_OK) {
        st = bytes_append(out, envelope.data, envelope.size);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "no room for a signed document");
        }
    } else if (st == ST_NO_MEMORY) {
        (void)err_set(err, st, 0, "no memory to sign a document");
    }
    bytes_free(&envelope);
    bytes_free(&payload_text);
    return st;
}
