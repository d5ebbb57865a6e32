#include "policy/envelope.h"

#include "policy/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTER_BYTES = 48 }; /* "/signatures/7/protected" and room */

/* Characters that so many bytes become in base64url. */
#define ENCODED_CHARS(bytes) (((size_t)(bytes)*4 + 2) / 3)

/* ---- base64url ---------------------------------------------------------------------------- */

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The six bits that a character stands for; 64 if it is none of ours. */
static unsigned sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (unsigned)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (unsigned)(c - 'a') + 26;
    }
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0') + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : 64;
}

static size_t at_most(size_t size, size_t most)
{
    return size < most ? size : most;
}

enum status pol_base64url_encode(struct span data, struct bytes *out)
{
    size_t before = out->size;
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < data.size; i += 3) {
        size_t left = at_most(data.size - i, 3);
        uint32_t bits = (uint32_t)data.data[i] << 16;
        bits |= left > 1 ? (uint32_t)data.data[i + 1] << 8 : 0;
        bits |= left > 2 ? data.data[i + 2] : 0;
        char group[4] = {ALPHABET[bits >> 18], ALPHABET[bits >> 12 & 63], ALPHABET[bits >> 6 & 63],
                         ALPHABET[bits & 63]};
        st = bytes_append(out, group, left + 1);
    }
    if (st != ST_OK && out->data != NULL) {
        out->size = before;
        out->data[before] = '\0';
    }
    return st;
}

bool pol_base64url_is_canonical(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (sextet(text.data[i]) > 63) {
            return false;
        }
    }
    /* Bits behind the last whole byte must be zero: one payload, one spelling. */
    switch (text.size % 4) {
    case 0: return true;
    case 2: return (sextet(text.data[text.size - 1]) & 15) == 0;
    case 3: return (sextet(text.data[text.size - 1]) & 3) == 0;
    default: return false;
    }
}

/* The bytes of the group of characters at i; tells how many they are. */
static size_t decode_group(struct span text, size_t i, uint8_t out[3])
{
    size_t left = at_most(text.size - i, 4);
    uint32_t bits = 0;
    for (size_t k = 0; k < 4; k++) {
        bits = bits << 6 | (k < left ? sextet(text.data[i + k]) : 0);
    }
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return left - 1;
}

bool pol_base64url_decode(struct span text, struct bytes *out)
{
    uint8_t group[3];
    if (!pol_base64url_is_canonical(text)) {
        return false;
    }
    size_t before = out->size;
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < text.size; i += 4) {
        size_t count = decode_group(text, i, group);
        st = bytes_append(out, group, count);
    }
    if (st != ST_OK && out->data != NULL) {
        out->size = before;
        out->data[before] = '\0';
    }
    return st == ST_OK;
}

/* Without memory of its own, so that there is one reason only to say no. */
bool pol_base64url_decode_exactly(struct span text, uint8_t *out, size_t size)
{
    uint8_t group[3];
    if (text.size != ENCODED_CHARS(size) || !pol_base64url_is_canonical(text)) {
        return false;
    }
    size_t filled = 0;
    for (size_t i = 0; i < text.size; i += 4) {
        size_t count = decode_group(text, i, group);
        memcpy(out + filled, group, count);
        filled += count;
    }
    return true;
}

/* ---- what differs between policies and bundles -------------------------------------------- */

const char *pol_document_type(enum pol_document document)
{
    switch (document) {
    case POL_DOCUMENT_POLICY: return "mapi-rollout-policy+jws";
    case POL_DOCUMENT_BUNDLE: return "mapi-rollout-bundle+jws";
    }
    return "";
}

size_t pol_document_envelope_bytes(enum pol_document document)
{
    return document == POL_DOCUMENT_BUNDLE ? LIMIT_BUNDLE_BYTES : LIMIT_ENVELOPE_BYTES;
}

size_t pol_document_payload_bytes(enum pol_document document)
{
    return document == POL_DOCUMENT_BUNDLE ? LIMIT_BUNDLE_BYTES : LIMIT_PAYLOAD_BYTES;
}

/* ---- the protected header ----------------------------------------------------------------- */

static enum status malformed_header(struct err *err, const char *pointer,
                                    const struct pol_problems *problems)
{
    return err_refuse(err, "envelope_malformed", pointer, "the protected header at \"%s\": %s",
                      problems->items[0].pointer, problems->items[0].text);
}

/* The algorithm is looked at first: it says what the rest would mean. */
static enum status check_header(const struct pol_json *json, enum pol_document document,
                                const char *pointer, char kid[KEY_ID_BYTES], struct err *err)
{
    static const char *const MEMBERS[] = {"alg", "kid", "typ"};
    struct pol_problems problems = {0};
    struct pol_at root = pol_json_root(json, &problems);
    const char *alg = "ES256";
    const char *id = "";
    const char *typ = "";
    uint8_t thumbprint[KEY_COORDINATE_BYTES];

    if (!pol_read_object(&root, MEMBERS, 3)) {
        return malformed_header(err, pointer, &problems);
    }
    (void)pol_read_text(&root, "alg", POL_REQUIRED, LIMIT_STRING_BYTES, &alg);
    (void)pol_read_text(&root, "kid", POL_REQUIRED, LIMIT_STRING_BYTES, &id);
    (void)pol_read_text(&root, "typ", POL_REQUIRED, LIMIT_STRING_BYTES, &typ);
    if (strcmp(alg, "ES256") != 0) {
        return err_refuse(err, "algorithm_refused", pointer,
                          "signed with \"%s\"; only ES256 is taken", alg);
    }
    if (problems.found > 0) {
        return malformed_header(err, pointer, &problems);
    }
    if (!pol_base64url_decode_exactly(span_text(id), thumbprint, sizeof thumbprint)) {
        return err_refuse(err, "envelope_malformed", pointer,
                          "kid is no SHA-256 thumbprint in base64url");
    }
    if (strcmp(typ, pol_document_type(document)) != 0) {
        return err_refuse(err, "type_mismatch", pointer, "this is a \"%s\", wanted is a \"%s\"",
                          typ, pol_document_type(document));
    }
    memcpy(kid, id, KEY_ID_BYTES);
    return ST_OK;
}

static enum status read_header(const char *text, enum pol_document document, const char *pointer,
                               char kid[KEY_ID_BYTES], struct err *err)
{
    struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    struct pol_json *json = NULL;
    struct err why = {0};

    enum status st = ST_OK;
    if (strlen(text) > ENCODED_CHARS(LIMIT_PROTECTED_BYTES)) {
        st = err_refuse(err, "too_large", pointer, "a protected header has at most %d bytes",
                        LIMIT_PROTECTED_BYTES);
    } else if (!pol_base64url_is_canonical(span_text(text))) {
        st = err_refuse(err, "envelope_malformed", pointer, "not base64url without padding");
    } else if (!pol_base64url_decode(span_text(text), &header)) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for a protected header");
    }
    if (st == ST_OK) {
        struct pol_json_limits limits = pol_json_limits_document(LIMIT_PROTECTED_BYTES);
        st = pol_json_parse(bytes_span(&header), &limits, &json, &why);
        if (st == ST_REFUSED) {
            st = err_refuse(err, "envelope_malformed", pointer, "the protected header: %s",
                            why.text);
        } else if (st != ST_OK) {
            st = err_set(err, st, why.os_code, "%s", why.text);
        }
    }
    if (st == ST_OK) {
        st = check_header(json, document, pointer, kid, err);
    }
    pol_json_free(json);
    bytes_free(&header);
    return st;
}

/* ---- the envelope ------------------------------------------------------------------------- */

/* The texts of an envelope as they stand in the JSON document, which they live in. */
struct parts {
    const char *payload;
    const char *protected_texts[LIMIT_SIGNATURES];
    const char *signatures[LIMIT_SIGNATURES];
    size_t count;
};

static void read_signatures(const struct pol_at *list, struct parts *out)
{
    static const char *const MEMBERS[] = {"protected", "signature"};
    struct pol_at item;
    for (bool more = pol_first(list, &item); more && out->count < LIMIT_SIGNATURES;
         more = pol_next(&item)) {
        if (pol_read_object(&item, MEMBERS, 2)) {
            (void)pol_read_text(&item, "protected", POL_REQUIRED, LIMIT_ENVELOPE_BYTES,
                                &out->protected_texts[out->count]);
            (void)pol_read_text(&item, "signature", POL_REQUIRED, LIMIT_ENVELOPE_BYTES,
                                &out->signatures[out->count]);
        }
        out->count++;
    }
}

/* An unprotected header falls under the unknown members. */
static enum status read_parts(const struct pol_json *json, struct parts *out, struct err *err)
{
    static const char *const MEMBERS[] = {"payload", "signatures"};
    struct pol_problems problems = {0};
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_at list = {0};
    size_t count = 0;

    if (pol_read_object(&root, MEMBERS, 2)) {
        (void)pol_read_text(&root, "payload", POL_REQUIRED, LIMIT_BUNDLE_BYTES, &out->payload);
        if (pol_read_array(&root, "signatures", POL_REQUIRED, LIMIT_SIGNATURES, &list, &count)) {
            read_signatures(&list, out);
        }
    }
    if (problems.found > 0) {
        const struct pol_problem *first = &problems.items[0];
        bool too_large = strcmp(first->code, "too_large") == 0;
        return err_refuse(err, too_large ? "too_large" : "envelope_malformed", first->pointer, "%s",
                          first->text);
    }
    if (!pol_at_is_array(&list) || out->count == 0) {
        return err_refuse(err, "envelope_malformed", "/signatures",
                          "an array of 1 to %d signatures is needed", LIMIT_SIGNATURES);
    }
    return ST_OK;
}

static enum status check_payload(const char *text, enum pol_document document, struct err *err)
{
    struct span span = span_text(text);
    if (span.size > ENCODED_CHARS(pol_document_payload_bytes(document))) {
        return err_refuse(err, "too_large", "/payload", "a payload has at most %zu bytes",
                          pol_document_payload_bytes(document));
    }
    if (span.size == 0 || !pol_base64url_is_canonical(span)) {
        return err_refuse(err, "envelope_malformed", "/payload", "not base64url without padding");
    }
    return ST_OK;
}

static enum status read_signature(const struct parts *parts, size_t i, enum pol_document document,
                                  struct pol_envelope_signature *out, struct err *err)
{
    char pointer[POINTER_BYTES];
    (void)snprintf(pointer, sizeof pointer, "/signatures/%zu/protected", i);
    enum status st = read_header(parts->protected_texts[i], document, pointer, out->kid, err);
    if (st == ST_OK && !pol_base64url_decode_exactly(span_text(parts->signatures[i]),
                                                     out->signature, SIGNATURE_BYTES)) {
        (void)snprintf(pointer, sizeof pointer, "/signatures/%zu/signature", i);
        st = err_refuse(err, "envelope_malformed", pointer,
                        "an ES256 signature is %d bytes in base64url without padding",
                        SIGNATURE_BYTES);
    }
    return st;
}

/* Copy a text with its NUL to *to, and move *to behind it. */
static const char *place(char **to, const char *text)
{
    char *copy = *to;
    size_t size = strlen(text) + 1;
    memcpy(copy, text, size);
    *to += size;
    return copy;
}

/* One block for all texts, so that the JSON document can go. */
static enum status keep_texts(const struct parts *parts, struct pol_envelope *out)
{
    size_t size = strlen(parts->payload) + 1;
    for (size_t i = 0; i < parts->count; i++) {
        size += strlen(parts->protected_texts[i]) + 1;
    }
    out->text = malloc(size);
    if (out->text == NULL) {
        return ST_NO_MEMORY;
    }
    char *to = out->text;
    out->payload_text = place(&to, parts->payload);
    for (size_t i = 0; i < parts->count; i++) {
        out->signatures[i].protected_text = place(&to, parts->protected_texts[i]);
    }
    return ST_OK;
}

enum status pol_envelope_parse(struct span raw, enum pol_document document,
                               struct pol_envelope **out, struct err *err)
{
    struct pol_json *json = NULL;
    struct parts parts = {0};
    struct pol_envelope *envelope = calloc(1, sizeof *envelope);
    struct pol_json_limits limits = pol_json_limits_envelope(pol_document_envelope_bytes(document));

    enum status st = ST_OK;
    if (envelope == NULL) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for an envelope");
    }
    if (st == ST_OK) {
        st = pol_json_parse(raw, &limits, &json, err);
    }
    if (st == ST_OK) {
        st = read_parts(json, &parts, err);
    }
    if (st == ST_OK) {
        st = check_payload(parts.payload, document, err);
    }
    for (size_t i = 0; st == ST_OK && i < parts.count; i++) {
        st = read_signature(&parts, i, document, &envelope->signatures[i], err);
    }
    if (st == ST_OK && keep_texts(&parts, envelope) != ST_OK) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for an envelope");
    }
    if (st == ST_OK) {
        envelope->signature_count = parts.count;
        *out = envelope;
        envelope = NULL; /* handed over */
    }

    pol_envelope_free(envelope);
    pol_json_free(json);
    return st;
}

void pol_envelope_free(struct pol_envelope *envelope)
{
    if (envelope != NULL) {
        free(envelope->text);
        free(envelope);
    }
}
