/* Key files: private and public PEM, with a passphrase and without. What is read is written again. */
#include "tests/fuzz/fuzzing.h"

#include "policy/keys.h"

#include <string.h>

static const char *const CODES[] = {"key_unknown", "too_large", "out_of_range"};

static void check_public(const struct pol_public_key *key)
{
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_public_key again = {0};
    struct err err = {0};
    HOLDS(strlen(key->kid) == KEY_ID_BYTES - 1);
    HOLDS(fuzz_taken(pol_public_key_write(key, &pem, &err), &err));
    HOLDS(fuzz_taken(pol_public_key_read(bytes_span(&pem), &again, &err), &err));
    HOLDS(memcmp(key, &again, sizeof again) == 0);
    bytes_free(&pem);
}

/* What it signs, its public half verifies. */
static void check_private(const struct pol_key *key)
{
    uint8_t signature[SIGNATURE_BYTES];
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *again = NULL;
    struct err err = {0};
    HOLDS(fuzz_taken(pol_key_write_private(key, (struct span){0}, &pem, &err), &err));
    HOLDS(fuzz_taken(pol_key_read_private(bytes_span(&pem), (struct span){0}, &again, &err), &err));
    HOLDS(strcmp(pol_key_public(key)->kid, pol_key_public(again)->kid) == 0);
    HOLDS(fuzz_taken(pol_key_sign(again, span_text("message"), signature, &err), &err));
    HOLDS(pol_public_key_verify(pol_key_public(key), span_text("message"), signature));
    pol_key_free(again);
    bytes_wipe(&pem);
}

static void read_private(struct span pem, struct span passphrase)
{
    struct pol_key *key = NULL;
    struct err err = {0};
    if (fuzz_taken(pol_key_read_private(pem, passphrase, &key, &err), &err)) {
        check_public(pol_key_public(key));
        check_private(key);
    } else {
        HOLDS(key == NULL && fuzz_refused_with(&err, CODES, 3));
    }
    pol_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span pem = {.data = data, .size = size};
    struct pol_public_key public = {0};
    struct err err = {0};
    read_private(pem, (struct span){0});
    read_private(pem, span_text("correct horse"));
    if (fuzz_taken(pol_public_key_read(pem, &public, &err), &err)) {
        check_public(&public);
    } else {
        HOLDS(public.kid[0] == '\0' && fuzz_refused_with(&err, CODES, 3));
    }
    return 0;
}
