/* test_bundle_memory_posix.c - signing a plan and opening its bundle when memory runs out. */
#include "tests/cmocka_all.h"

#include "policy/bundle.h"
#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

struct bundling {
    struct pol_plan *plan;
    struct pol_key *key;
    struct pol_trust *trust;
    struct bytes raw;
    struct bytes out;
    struct pol_bundle *bundle;
};

static int start(void **state)
{
    static struct bundling b;
    if (signing_start(state) != 0) {
        return -1;
    }
    b.plan = plan_of(EXAMPLE_PLAN);
    b.key = signing_key();
    const struct pol_key *const keys[] = {b.key};
    b.trust = signing_trust(keys, 1, 1);
    b.raw = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    b.out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    *state = &b;
    return pol_bundle_sign(b.plan, "observe", keys, 1, &b.raw, NULL) == ST_OK ? 0 : -1;
}

static int stop(void **state)
{
    struct bundling *b = *state;
    bytes_free(&b->raw);
    pol_trust_free(b->trust);
    pol_key_free(b->key);
    pol_plan_free(b->plan);
    return 0;
}

static enum status sign(void *ctx, struct err *err)
{
    struct bundling *b = ctx;
    const struct pol_key *const keys[] = {b->key};
    return pol_bundle_sign(b->plan, "observe", keys, 1, &b->out, err);
}

static void after_sign(void *ctx, bool good)
{
    struct bundling *b = ctx;
    assert_int_equal(b->out.size > 0, good);
    bytes_free(&b->out);
}

static enum status open_bundle(void *ctx, struct err *err)
{
    struct bundling *b = ctx;
    return pol_bundle_open(b->trust, bytes_span(&b->raw), &b->bundle, err);
}

static void after_open(void *ctx, bool good)
{
    struct bundling *b = ctx;
    assert_int_equal(b->bundle != NULL, good);
    if (good) {
        assert_int_equal(pol_bundle_stage_count(b->bundle), 1);
    }
    pol_bundle_free(b->bundle);
    b->bundle = NULL;
}

static void sign__every_allocation_fails__no_memory(void **state)
{
    struct nth_call call = {.ctx = *state, .call = sign, .after = after_sign, .also = {ST_IO}};
    assert_true(nth_allocation_each(&call) >= 50);
}

static void open__every_allocation_fails__no_memory(void **state)
{
    struct nth_call call = {.ctx = *state, .call = open_bundle, .after = after_open};
    assert_true(nth_allocation_each(&call) >= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign__every_allocation_fails__no_memory),
        cmocka_unit_test(open__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
