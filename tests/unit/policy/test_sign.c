/* test_sign.c - pol_sign(): the exact envelope, and what is not signed. */
#include "tests/cmocka_all.h"

#include "policy/verify.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>
#include <string.h>

static void envelope__signed_by_one_key__has_the_documented_form(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct bytes raw = signing_envelope("foobar", POL_DOCUMENT_POLICY, keys, 1);
    struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    struct bytes expected = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    const char *start = "{\"payload\":\"Zm9vYmFy\",\"signatures\":[{\"protected\":\"";
    assert_int_equal(strncmp(bytes_text(&raw), start, strlen(start)), 0);
    const char *text = bytes_text(&raw) + strlen(start);
    assert_true(
        pol_base64url_decode((struct span){(const uint8_t *)text, strcspn(text, "\"")}, &header));
    assert_int_equal(bytes_append_format(
                         &expected,
                         "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"mapi-rollout-policy+jws\"}",
                         pol_key_public(key)->kid),
                     ST_OK);
    assert_string_equal(bytes_text(&header), bytes_text(&expected));
    bytes_free(&expected);
    bytes_free(&header);
    bytes_free(&raw);
    pol_key_free(key);
}

static void envelope__signed_twice__is_the_same_bytes(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct bytes one = signing_envelope("foobar", POL_DOCUMENT_POLICY, keys, 1);
    struct bytes two = signing_envelope("foobar", POL_DOCUMENT_POLICY, keys, 1);
    assert_true(span_equal(bytes_span(&one), bytes_span(&two)));
    bytes_free(&two);
    bytes_free(&one);
    pol_key_free(key);
}

static void envelope__of_eight_keys__verifies_by_eight(void **state)
{
    (void)state;
    struct pol_key *keys[LIMIT_SIGNATURES];
    const struct pol_key *borrowed[LIMIT_SIGNATURES];
    for (size_t i = 0; i < LIMIT_SIGNATURES; i++) {
        borrowed[i] = keys[i] = signing_key();
    }
    struct pol_trust *trust = signing_trust(borrowed, LIMIT_SIGNATURES, LIMIT_SIGNATURES);
    struct bytes raw = signing_envelope("x", POL_DOCUMENT_BUNDLE, borrowed, LIMIT_SIGNATURES);
    struct pol_verified *verified = NULL;
    assert_int_equal(pol_verify(trust, bytes_span(&raw), POL_DOCUMENT_BUNDLE, &verified, NULL),
                     ST_OK);
    assert_int_equal(pol_verified_signer_count(verified), LIMIT_SIGNATURES);
    pol_verified_free(verified);
    bytes_free(&raw);
    pol_trust_free(trust);
    for (size_t i = 0; i < LIMIT_SIGNATURES; i++) {
        pol_key_free(keys[i]);
    }
}

static void check_refused(struct span payload, const struct pol_key *const *keys, size_t key_count,
                          const char *code)
{
    struct bytes out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct err err = {0};
    assert_int_equal(pol_sign(payload, POL_DOCUMENT_POLICY, keys, key_count, &out, &err),
                     ST_REFUSED);
    assert_string_equal(err.code, code);
    assert_int_equal(out.size, 0);
}

static void keys__none_or_twice_or_too_many__are_refused(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const same[] = {key, key, key, key, key, key, key, key, key};
    check_refused(span_text("x"), same, 0, "signature_threshold");
    check_refused(span_text("x"), same, 2, "duplicate_name");
    check_refused(span_text("x"), same, 9, "too_large");
    pol_key_free(key);
}

static void payload__beyond_its_size__is_not_signed(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    uint8_t *payload = calloc(1, LIMIT_PAYLOAD_BYTES + 1);
    struct bytes out = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    assert_non_null(payload);
    check_refused((struct span){payload, LIMIT_PAYLOAD_BYTES + 1}, keys, 1, "too_large");
    assert_int_equal(pol_sign((struct span){payload, LIMIT_PAYLOAD_BYTES}, POL_DOCUMENT_POLICY,
                              keys, 1, &out, NULL),
                     ST_OK);
    bytes_free(&out);
    free(payload);
    pol_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope__signed_by_one_key__has_the_documented_form),
        cmocka_unit_test(envelope__signed_twice__is_the_same_bytes),
        cmocka_unit_test(envelope__of_eight_keys__verifies_by_eight),
        cmocka_unit_test(keys__none_or_twice_or_too_many__are_refused),
        cmocka_unit_test(payload__beyond_its_size__is_not_signed),
    };
    return cmocka_run_group_tests_name("sign", tests, signing_start, NULL);
}
