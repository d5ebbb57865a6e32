/* test_verify.c - pol_verify(): who signed, and every way to break an envelope by a byte. The stored envelopes
 * are in test_signed.c. */
#include "tests/cmocka_all.h"

#include "policy/verify.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

static struct pol_trust *stored_trust(const char *path)
{
    struct bytes text = signing_stored(path);
    struct pol_trust *trust = NULL;
    assert_int_equal(pol_trust_parse(bytes_span(&text), &trust, NULL), ST_OK);
    bytes_free(&text);
    return trust;
}

static void verified__hands_out__payload_digest_and_signers(void **state)
{
    (void)state;
    struct pol_key *keys[] = {signing_key(), signing_key(), signing_key()};
    const struct pol_key *const trusted[] = {keys[0], keys[1]};
    const struct pol_key *const signers[] = {keys[2], keys[1], keys[0]};
    struct pol_trust *trust = signing_trust(trusted, 2, 2);
    struct bytes raw = signing_envelope("abc", POL_DOCUMENT_BUNDLE, signers, 3);
    struct pol_verified *verified = NULL;
    assert_int_equal(pol_verify(trust, bytes_span(&raw), POL_DOCUMENT_BUNDLE, &verified, NULL),
                     ST_OK);
    assert_true(span_equal(pol_verified_payload(verified), span_text("abc")));
    assert_int_equal(pol_verified_document(verified), POL_DOCUMENT_BUNDLE);
    assert_string_equal(pol_verified_digest(verified),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(pol_verified_signer_count(verified), 2);
    assert_string_equal(pol_verified_signer(verified, 0), pol_key_public(keys[1])->kid);
    assert_string_equal(pol_verified_signer(verified, 1), pol_key_public(keys[0])->kid);
    assert_int_equal(pol_verified_stranger_count(verified), 1);
    assert_string_equal(pol_verified_stranger(verified, 0), pol_key_public(keys[2])->kid);
    pol_verified_free(verified);
    bytes_free(&raw);
    pol_trust_free(trust);
    for (size_t i = 0; i < 3; i++) {
        pol_key_free(keys[i]);
    }
}

static bool is_taken(const struct pol_trust *trust, struct span raw, struct span payload)
{
    struct pol_verified *verified = NULL;
    bool taken = pol_verify(trust, raw, POL_DOCUMENT_POLICY, &verified, NULL) == ST_OK;
    /* White space may change, the payload never. */
    assert_true(!taken || span_equal(pol_verified_payload(verified), payload));
    pol_verified_free(verified);
    return taken;
}

static void envelope__with_any_byte_changed__is_never_taken(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct pol_trust *trust = signing_trust(keys, 1, 1);
    struct bytes raw = signing_envelope("{\"a\":1}", POL_DOCUMENT_POLICY, keys, 1);
    assert_true(is_taken(trust, bytes_span(&raw), span_text("{\"a\":1}")));
    static const uint8_t OTHERS[] = {0x01, 0x02, 0x20, 0x80};
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t was = raw.data[i];
        for (size_t k = 0; k < sizeof OTHERS; k++) {
            raw.data[i] = was ^ OTHERS[k];
            if (is_taken(trust, bytes_span(&raw), span_text("{\"a\":1}"))) {
                fail_msg("taken with byte %zu changed from %02x to %02x", i, was, raw.data[i]);
            }
        }
        raw.data[i] = was;
    }
    bytes_free(&raw);
    pol_trust_free(trust);
    pol_key_free(key);
}

static void envelope__cut_anywhere__is_never_taken(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct pol_trust *trust = signing_trust(keys, 1, 1);
    struct bytes raw = signing_envelope("{\"a\":1}", POL_DOCUMENT_POLICY, keys, 1);
    for (size_t size = 0; size < raw.size; size++) {
        assert_false(is_taken(trust, (struct span){raw.data, size}, span_text("")));
    }
    bytes_free(&raw);
    pol_trust_free(trust);
    pol_key_free(key);
}

static void good_signature__given_twice__counts_once_and_does_no_harm(void **state)
{
    (void)state;
    struct pol_trust *trust = stored_trust("envelope/trust-two-of-three.json");
    struct bytes raw = signing_stored("envelope/good-two-keys.json");
    struct bytes doubled = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    struct pol_verified *verified = NULL;
    /* ...,"signatures":[A,B]} becomes ...,"signatures":[A,B,A,B]} */
    const char *list = strchr(bytes_text(&raw), '[') + 1;
    size_t head = (size_t)(list - bytes_text(&raw));
    size_t items = raw.size - head - 2;
    assert_int_equal(bytes_append(&doubled, raw.data, head + items), ST_OK);
    assert_int_equal(bytes_append(&doubled, ",", 1), ST_OK);
    assert_int_equal(bytes_append(&doubled, list, items + 2), ST_OK);
    assert_int_equal(pol_verify(trust, bytes_span(&doubled), POL_DOCUMENT_POLICY, &verified, NULL),
                     ST_OK);
    assert_int_equal(pol_verified_signer_count(verified), 2);
    pol_verified_free(verified);
    bytes_free(&doubled);
    bytes_free(&raw);
    pol_trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verified__hands_out__payload_digest_and_signers),
        cmocka_unit_test(envelope__with_any_byte_changed__is_never_taken),
        cmocka_unit_test(envelope__cut_anywhere__is_never_taken),
        cmocka_unit_test(good_signature__given_twice__counts_once_and_does_no_harm),
    };
    return cmocka_run_group_tests_name("verify", tests, signing_start, NULL);
}
