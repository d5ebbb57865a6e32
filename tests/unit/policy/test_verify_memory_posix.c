/* test_verify_memory_posix.c - envelopes and policies, from bytes to what is evaluated, when memory runs
 * out. A signature that could not be checked is not a false one. */
#include "tests/cmocka_all.h"

#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

struct verifying {
    struct pol_trust *trust;
    struct bytes raw;
    struct pol_envelope *envelope;
    struct pol_verified *verified;
    struct pol_policy *policy;
};

static int start(void **state)
{
    static struct verifying v;
    if (signing_start(state) != 0) {
        return -1;
    }
    struct pol_key *keys[] = {signing_key(), signing_key()};
    const struct pol_key *const both[] = {keys[0], keys[1]};
    v.trust = signing_trust(both, 2, 2);
    v.raw = signing_envelope(EXAMPLE_POLICY, POL_DOCUMENT_POLICY, both, 2);
    pol_key_free(keys[0]);
    pol_key_free(keys[1]);
    *state = &v;
    return 0;
}

static int stop(void **state)
{
    struct verifying *v = *state;
    pol_trust_free(v->trust);
    bytes_free(&v->raw);
    return 0;
}

static enum status take_apart(void *ctx, struct err *err)
{
    struct verifying *v = ctx;
    return pol_envelope_parse(bytes_span(&v->raw), POL_DOCUMENT_POLICY, &v->envelope, err);
}

static void after_take_apart(void *ctx, bool good)
{
    struct verifying *v = ctx;
    assert_int_equal(v->envelope != NULL, good);
    pol_envelope_free(v->envelope);
    v->envelope = NULL;
}

static enum status verify(void *ctx, struct err *err)
{
    struct verifying *v = ctx;
    return pol_verify(v->trust, bytes_span(&v->raw), POL_DOCUMENT_POLICY, &v->verified, err);
}

static void after_verify(void *ctx, bool good)
{
    struct verifying *v = ctx;
    assert_int_equal(v->verified != NULL, good);
    if (good) {
        assert_int_equal(pol_verified_signer_count(v->verified), 2);
    }
    pol_verified_free(v->verified);
    v->verified = NULL;
}

static enum status parse(void *ctx, struct err *err)
{
    struct verifying *v = ctx;
    return pol_parse(v->verified, &v->policy, err);
}

static void after_parse(void *ctx, bool good)
{
    struct verifying *v = ctx;
    assert_int_equal(v->policy != NULL, good);
    if (good) {
        assert_int_equal(v->policy->rule_count, 1);
    }
    pol_policy_free(v->policy);
    v->policy = NULL;
}

static void envelope__every_allocation_fails__no_memory(void **state)
{
    struct nth_call call = {.ctx = *state, .call = take_apart, .after = after_take_apart};
    assert_true(nth_allocation_each(&call) >= 20);
}

static void verify__every_allocation_fails__no_memory(void **state)
{
    struct nth_call call = {.ctx = *state, .call = verify, .after = after_verify};
    assert_true(nth_allocation_each(&call) >= 30);
}

static void parse__every_allocation_fails__no_memory(void **state)
{
    struct verifying *v = *state;
    struct nth_call call = {.ctx = v, .call = parse, .after = after_parse};
    assert_int_equal(verify(v, NULL), ST_OK);
    assert_true(nth_allocation_each(&call) >= 50);
    pol_verified_free(v->verified);
    v->verified = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope__every_allocation_fails__no_memory),
        cmocka_unit_test(verify__every_allocation_fails__no_memory),
        cmocka_unit_test(parse__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
