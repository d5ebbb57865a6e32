#include "tests/fuzz/fuzzing.h"

#include <psa/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- properties --------------------------------------------------------------------------- */

void fuzz_broken(const char *property, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    abort();
}

bool fuzz_is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        unsigned more = *p < 0x80 ? 0 : *p < 0xc0 ? 9 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
        uint32_t code = more == 0 ? *p : *p & (0x3fU >> more);
        static const uint32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
        if (more == 9 || *p >= 0xf8) {
            return false;
        }
        p++;
        for (unsigned i = 0; i < more; i++, p++) {
            if ((*p & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | (*p & 0x3fU);
        }
        if (code < LEAST[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            return false;
        }
    }
    return true;
}

static void check_pointer(const char *pointer)
{
    HOLDS(strlen(pointer) < ERR_POINTER_BYTES);
    HOLDS(pointer[0] == '\0' || pointer[0] == '/');
    HOLDS(fuzz_is_utf8(pointer));
    for (const char *p = strchr(pointer, '~'); p != NULL; p = strchr(p + 1, '~')) {
        HOLDS(p[1] == '0' || p[1] == '1');
    }
}

static void check_sentence(const char *text)
{
    HOLDS(text[0] != '\0');
    HOLDS(fuzz_is_utf8(text));
}

bool fuzz_taken(enum status st, const struct err *err)
{
    if (st != ST_OK) {
        HOLDS(st == ST_REFUSED);
        HOLDS(err->st == st);
        HOLDS(err->code != NULL);
        HOLDS(err->code[strspn(err->code, "abcdefghijklmnopqrstuvwxyz_")] == '\0');
        check_pointer(err->pointer);
        check_sentence(err->text);
    }
    return st == ST_OK;
}

bool fuzz_refused_with(const struct err *err, const char *const *codes, size_t code_count)
{
    for (size_t i = 0; i < code_count; i++) {
        if (strcmp(err->code, codes[i]) == 0) {
            return true;
        }
    }
    return false;
}

void fuzz_check_problems(const struct pol_problems *problems)
{
    HOLDS(problems->count <= LIMIT_PROBLEMS);
    HOLDS(problems->count == (problems->found < LIMIT_PROBLEMS ? problems->found : LIMIT_PROBLEMS));
    for (size_t i = 0; i < problems->count; i++) {
        HOLDS(problems->items[i].code != NULL);
        check_pointer(problems->items[i].pointer);
        check_sentence(problems->items[i].text);
    }
}

/* ---- signatures --------------------------------------------------------------------------- */

static const char TRUST[] =
    "{\"format\":\"mapi-rollout/trust/1\",\"version\":1,\"threshold\":1,"
    "\"rollouts\":[\"mapihttp-2026\"],\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"rORmBS6MA4RtNjA41Qc1m0Mg_LqxVAagroJmUVa-AJc\","
    "\"y\":\"ekY-D8kHfvBj2U7AYiJ9LDuKcuMWn5IICihR3zx8Z1s\"}]}";

static struct pol_trust *trust;
bool fuzz_any_signature_holds;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    HOLDS(psa_crypto_init() == PSA_SUCCESS);
    HOLDS(pol_trust_parse(span_text(TRUST), &trust, NULL) == ST_OK);
    return 0;
}

const struct pol_trust *fuzz_trust(void)
{
    return trust;
}

psa_status_t __real_psa_verify_message(psa_key_id_t key, psa_algorithm_t alg, const uint8_t *input,
                                       size_t input_length, const uint8_t *signature,
                                       size_t signature_length);
psa_status_t __wrap_psa_verify_message(psa_key_id_t key, psa_algorithm_t alg, const uint8_t *input,
                                       size_t input_length, const uint8_t *signature,
                                       size_t signature_length);

psa_status_t __wrap_psa_verify_message(psa_key_id_t key, psa_algorithm_t alg, const uint8_t *input,
                                       size_t input_length, const uint8_t *signature,
                                       size_t signature_length)
{
    return fuzz_any_signature_holds ? PSA_SUCCESS
                                    : __real_psa_verify_message(key, alg, input, input_length,
                                                                signature, signature_length);
}

static enum status write_envelope(struct span payload, enum pol_document document,
                                  struct bytes *out)
{
    static const uint8_t NO_SIGNATURE[SIGNATURE_BYTES] = {0};
    struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    enum status st =
        bytes_append_format(&header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}",
                            pol_trust_key(trust, 0)->kid, pol_document_type(document));
    if (st == ST_OK && (st = bytes_append_text(out, "{\"payload\":\"")) == ST_OK) {
        st = pol_base64url_encode(payload, out);
    }
    if (st == ST_OK &&
        (st = bytes_append_text(out, "\",\"signatures\":[{\"protected\":\"")) == ST_OK) {
        st = pol_base64url_encode(bytes_span(&header), out);
    }
    if (st == ST_OK && (st = bytes_append_text(out, "\",\"signature\":\"")) == ST_OK) {
        st = pol_base64url_encode((struct span){NO_SIGNATURE, sizeof NO_SIGNATURE}, out);
    }
    if (st == ST_OK) {
        st = bytes_append_text(out, "\"}]}");
    }
    bytes_free(&header);
    return st;
}

bool fuzz_envelope(struct span payload, enum pol_document document, struct bytes *out)
{
    *out = bytes_with_limit(pol_document_envelope_bytes(document));
    enum status st = write_envelope(payload, document, out);
    HOLDS(st == ST_OK || st == ST_TOO_LARGE);
    return st == ST_OK;
}

struct pol_verified *fuzz_verified(struct span payload)
{
    struct bytes envelope;
    struct pol_verified *verified = NULL;
    struct err err = {0};
    if (fuzz_envelope(payload, POL_DOCUMENT_POLICY, &envelope)) {
        fuzz_any_signature_holds = true;
        enum status st =
            pol_verify(trust, bytes_span(&envelope), POL_DOCUMENT_POLICY, &verified, &err);
        fuzz_any_signature_holds = false;
        if (fuzz_taken(st, &err)) {
            HOLDS(span_equal(pol_verified_payload(verified), payload));
        } else {
            HOLDS(payload.size == 0 || payload.size > LIMIT_PAYLOAD_BYTES);
        }
    }
    bytes_free(&envelope);
    return verified;
}
