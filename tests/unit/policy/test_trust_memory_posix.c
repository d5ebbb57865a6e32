/* test_trust_memory_posix.c - trust documents when memory runs out. */
#include "tests/cmocka_all.h"

#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/signing.h"

struct trusting {
    struct bytes document;
    struct pol_trust *trust;
    struct bytes written;
    struct pol_public_key key;
};

static enum status parse(void *ctx, struct err *err)
{
    struct trusting *t = ctx;
    return pol_trust_parse(bytes_span(&t->document), &t->trust, err);
}

static void after_parse(void *ctx, bool good)
{
    struct trusting *t = ctx;
    assert_int_equal(t->trust != NULL, good);
    pol_trust_free(t->trust);
    t->trust = NULL;
}

static enum status write_trust(void *ctx, struct err *err)
{
    static const char *const ROLLOUTS[] = {"mapihttp-2026", "other"};
    struct trusting *t = ctx;
    return pol_trust_write(3, 1, ROLLOUTS, 2, &t->key, 1, &t->written, err);
}

static void after_write(void *ctx, bool good)
{
    struct trusting *t = ctx;
    assert_int_equal(t->written.size > 0, good);
    bytes_free(&t->written);
}

static void parse__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct trusting t = {.document = signing_stored("envelope/trust-two-of-three.json")};
    struct nth_call call = {.ctx = &t, .call = parse, .after = after_parse};
    assert_true(nth_allocation_each(&call) >= 50);
    bytes_free(&t.document);
}

static void write__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    struct trusting t = {.key = *pol_key_public(key),
                         .written = bytes_with_limit(LIMIT_TRUST_BYTES)};
    struct nth_call call = {.ctx = &t, .call = write_trust, .after = after_write};
    assert_true(nth_allocation_each(&call) >= 20);
    pol_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__every_allocation_fails__no_memory),
        cmocka_unit_test(write__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, signing_start, NULL);
}
