#include "policy/sign.h"

#include "policy/json_write.h"

#include <string.h>

/* The signers of one document; a key that is given twice would sign for two. */
static enum status check_signers(const struct pol_signature *signatures, size_t count,
                                 struct err *err)
{
    if (count == 0) {
        return err_refuse(err, "signature_threshold", "", "there is no key to sign with");
    }
    if (count > LIMIT_SIGNATURES) {
        return err_refuse(err, "too_large", "", "%zu keys are given, at most %d sign a document",
                          count, LIMIT_SIGNATURES);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(signatures[i].kid, signatures[k].kid) == 0) {
                return err_refuse(err, "duplicate_name", "", "the key %s is given twice",
                                  signatures[i].kid);
            }
        }
    }
    return ST_OK;
}

enum status pol_sign_header(const char *kid, enum pol_document document, struct bytes *out)
{
    struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    struct pol_json_writer w = pol_json_write_start(&header);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "alg", "ES256");
    pol_json_text(&w, "kid", kid);
    pol_json_text(&w, "typ", pol_document_type(document));
    pol_json_close_object(&w);

    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        st = pol_base64url_encode(bytes_span(&header), out);
    }
    bytes_free(&header);
    return st;
}

enum status pol_sign_input(const char *header, struct span payload_text, struct bytes *out)
{
    enum status st = bytes_append_text(out, header);
    if (st == ST_OK) {
        st = bytes_append(out, ".", 1);
    }
    return st == ST_OK ? bytes_append(out, payload_text.data, payload_text.size) : st;
}

/* ---- the envelope ------------------------------------------------------------------------- */

static enum status put_signature(const struct pol_signature *signature, enum pol_document document,
                                 struct pol_json_writer *w)
{
    struct bytes header = bytes_with_limit((size_t)2 * LIMIT_PROTECTED_BYTES);
    struct bytes text = bytes_with_limit((size_t)2 * SIGNATURE_BYTES);

    enum status st = pol_sign_header(signature->kid, document, &header);
    if (st == ST_OK) {
        st = pol_base64url_encode((struct span){signature->bytes, SIGNATURE_BYTES}, &text);
    }
    if (st == ST_OK) {
        pol_json_object(w, NULL);
        pol_json_text(w, "protected", bytes_text(&header));
        pol_json_text(w, "signature", bytes_text(&text));
        pol_json_close_object(w);
    }
    bytes_free(&text);
    bytes_free(&header);
    return st;
}

static enum status write_envelope(const struct bytes *payload_text, enum pol_document document,
                                  const struct pol_signature *signatures, size_t count,
                                  struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    enum status st = ST_OK;
    pol_json_object(&w, NULL);
    pol_json_text(&w, "payload", bytes_text(payload_text));
    pol_json_array(&w, "signatures");
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        st = put_signature(&signatures[i], document, &w);
    }
    if (st != ST_OK) {
        return st;
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

static enum status encode_payload(struct span payload, enum pol_document document,
                                  struct bytes *out)
{
    return payload.size > pol_document_payload_bytes(document) ? ST_TOO_LARGE
                                                               : pol_base64url_encode(payload, out);
}

/* Errors that were told already stay as they are. */
static enum status tell(enum status st, struct span payload, struct err *err)
{
    if (st == ST_TOO_LARGE) {
        return err_refuse(err, "too_large", "", "the document to sign is too large (%zu bytes)",
                          payload.size);
    }
    return st == ST_NO_MEMORY ? err_set(err, st, 0, "no memory to sign a document") : st;
}

enum status pol_sign_put(struct span payload, enum pol_document document,
                         const struct pol_signature *signatures, size_t count, struct bytes *out,
                         struct err *err)
{
    size_t limit = pol_document_envelope_bytes(document);
    struct bytes payload_text = bytes_with_limit(limit);
    struct bytes envelope = bytes_with_limit(limit);

    enum status st = check_signers(signatures, count, err);
    if (st == ST_OK) {
        st = encode_payload(payload, document, &payload_text);
    }
    if (st == ST_OK) {
        st = write_envelope(&payload_text, document, signatures, count, &envelope);
    }
    st = tell(st, payload, err);
    if (st == ST_OK && (st = bytes_append(out, envelope.data, envelope.size)) != ST_OK) {
        (void)err_set(err, st, 0, "no room for a signed document");
    }
    bytes_free(&envelope);
    bytes_free(&payload_text);
    return st;
}

/* ---- with keys at hand -------------------------------------------------------------------- */

static enum status sign_with(const struct pol_key *key, enum pol_document document,
                             struct span payload_text, struct pol_signature *out, struct err *err)
{
    struct bytes header = bytes_with_limit((size_t)2 * LIMIT_PROTECTED_BYTES);
    struct bytes input = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);

    out->kid = pol_key_public(key)->kid;
    enum status st = pol_sign_header(out->kid, document, &header);
    if (st == ST_OK) {
        st = pol_sign_input(bytes_text(&header), payload_text, &input);
    }
    if (st == ST_OK) {
        st = pol_key_sign(key, bytes_span(&input), out->bytes, err);
    } else {
        st = err_set(err, st, 0, "no memory to sign a document");
    }
    bytes_free(&input);
    bytes_free(&header);
    return st;
}

enum status pol_sign(struct span payload, enum pol_document document,
                     const struct pol_key *const *keys, size_t key_count, struct bytes *out,
                     struct err *err)
{
    struct pol_signature signatures[LIMIT_SIGNATURES];
    struct bytes payload_text = bytes_with_limit(pol_document_envelope_bytes(document));

    enum status st = tell(encode_payload(payload, document, &payload_text), payload, err);
    for (size_t i = 0; st == ST_OK && i < key_count && i < LIMIT_SIGNATURES; i++) {
        st = sign_with(keys[i], document, bytes_span(&payload_text), &signatures[i], err);
    }
    if (st == ST_OK) {
        st = pol_sign_put(payload, document, signatures, key_count, out, err);
    }
    bytes_free(&payload_text);
    return st;
}
