/* Trust documents: what is taken is written again, and means the same. */
#include "tests/fuzz/fuzzing.h"

#include <string.h>

static void check_same(const struct pol_trust *a, const struct pol_trust *b)
{
    HOLDS(pol_trust_version(a) == pol_trust_version(b));
    HOLDS(pol_trust_threshold(a) == pol_trust_threshold(b));
    HOLDS(pol_trust_rollout_count(a) == pol_trust_rollout_count(b));
    HOLDS(pol_trust_key_count(a) == pol_trust_key_count(b));
    for (size_t i = 0; i < pol_trust_rollout_count(a); i++) {
        HOLDS(strcmp(pol_trust_rollout(a, i), pol_trust_rollout(b, i)) == 0);
    }
    for (size_t i = 0; i < pol_trust_key_count(a); i++) {
        HOLDS(memcmp(pol_trust_key(a, i), pol_trust_key(b, i), sizeof *pol_trust_key(a, i)) == 0);
    }
}

static void check_bounds(const struct pol_trust *trust)
{
    HOLDS(pol_trust_version(trust) >= 1);
    HOLDS(pol_trust_rollout_count(trust) >= 1);
    HOLDS(pol_trust_key_count(trust) >= 1 && pol_trust_key_count(trust) <= LIMIT_KEYS);
    HOLDS(pol_trust_threshold(trust) >= 1);
    HOLDS(pol_trust_threshold(trust) <= pol_trust_key_count(trust));
    for (size_t i = 0; i < pol_trust_rollout_count(trust); i++) {
        HOLDS(pol_trust_has_rollout(trust, pol_trust_rollout(trust, i)));
    }
    for (size_t i = 0; i < pol_trust_key_count(trust); i++) {
        const struct pol_public_key *key = pol_trust_key(trust, i);
        /* Twice the same key would count twice. */
        HOLDS(pol_trust_find_key(trust, key->kid) == key);
    }
}

static struct bytes written(const struct pol_trust *trust)
{
    struct bytes out = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct pol_public_key keys[LIMIT_KEYS];
    const char *rollouts[LIMIT_TRUST_BYTES / 4];
    struct err err = {0};
    for (size_t i = 0; i < pol_trust_rollout_count(trust); i++) {
        rollouts[i] = pol_trust_rollout(trust, i);
    }
    for (size_t i = 0; i < pol_trust_key_count(trust); i++) {
        keys[i] = *pol_trust_key(trust, i);
    }
    HOLDS(fuzz_taken(pol_trust_write(pol_trust_version(trust), pol_trust_threshold(trust), rollouts,
                                     pol_trust_rollout_count(trust), keys,
                                     pol_trust_key_count(trust), &out, &err),
                     &err));
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span document = {.data = data, .size = size};
    struct pol_trust *trust = NULL;
    struct pol_trust *again = NULL;
    struct err err = {0};
    if (fuzz_taken(pol_trust_parse(document, &trust, &err), &err)) {
        check_bounds(trust);
        struct bytes text = written(trust);
        HOLDS(fuzz_taken(pol_trust_parse(bytes_span(&text), &again, &err), &err));
        check_same(trust, again);
        bytes_free(&text);
    }
    HOLDS((err.st == ST_OK) == (trust != NULL));
    pol_trust_free(again);
    pol_trust_free(trust);
    return 0;
}
