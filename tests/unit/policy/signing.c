#include "tests/cmocka_all.h"

#include "base/file.h"
#include "tests/unit/policy/signing.h"

#include <psa/crypto.h>

#include <stdio.h>
#include <stdlib.h>

int signing_start(void **state)
{
    (void)state;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

struct pol_key *signing_key(void)
{
    struct pol_key *key = NULL;
    assert_int_equal(pol_key_generate(&key, NULL), ST_OK);
    return key;
}

struct pol_trust *signing_trust(const struct pol_key *const *keys, size_t key_count,
                                uint32_t threshold)
{
    static const char *const ROLLOUTS[] = {"mapihttp-2026"};
    struct pol_public_key publics[LIMIT_KEYS];
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct pol_trust *trust = NULL;
    assert_true(key_count <= LIMIT_KEYS);
    for (size_t i = 0; i < key_count; i++) {
        publics[i] = *pol_key_public(keys[i]);
    }
    assert_int_equal(
        pol_trust_write(1, threshold, ROLLOUTS, 1, publics, key_count, &document, NULL), ST_OK);
    assert_int_equal(pol_trust_parse(bytes_span(&document), &trust, NULL), ST_OK);
    bytes_free(&document);
    return trust;
}

struct bytes signing_envelope(const char *payload, enum pol_document document,
                              const struct pol_key *const *keys, size_t key_count)
{
    struct bytes out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_int_equal(pol_sign(span_text(payload), document, keys, key_count, &out, NULL), ST_OK);
    return out;
}

struct bytes signing_stored(const char *path)
{
    struct bytes out = {0};
    struct err err = {0};
    char whole[1024];
    const char *folder = getenv("MR_TEST_DATA");
    (void)snprintf(whole, sizeof whole, "%s/%s", folder != NULL ? folder : "tests/data", path);
    if (file_read(whole, LIMIT_BUNDLE_BYTES, &out, &err) != ST_OK) {
        fail_msg("%s: %s", whole, err.text);
    }
    return out;
}
