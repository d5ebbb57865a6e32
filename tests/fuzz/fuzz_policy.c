/* Payloads that trusted keys signed, parsed and evaluated: a signer can be wrong or robbed, too. */
#include "tests/fuzz/fuzzing.h"

#include "policy/bucket.h"
#include "policy/evaluate.h"
#include "policy/parse.h"

#include <stdlib.h>
#include <string.h>

static const char SID[] = "S-1-5-21-1-2-3-1001";
static const char HOST[] = "HQ-IT-0042";

static void check_bounds(const struct pol_policy *policy)
{
    HOLDS(policy->version >= VERSION_STEP && policy->version <= VERSION_MOST);
    HOLDS(policy->ring_count <= LIMIT_RINGS);
    HOLDS(policy->rule_count <= LIMIT_RULES);
    HOLDS(strlen(policy->digest) == DIGEST_HEX_BYTES - 1);
    HOLDS(policy->kind == POL_KIND_STAGE || policy->rule_count == 0);
    for (size_t i = 0; i < policy->rule_count; i++) {
        HOLDS(policy->rules[i].ring < policy->ring_count);
    }
    for (size_t i = 0; i < policy->percent_count; i++) {
        HOLDS(policy->percents[i].threshold_ppm <= 1000000);
    }
}

struct counter {
    size_t steps;
};

static void count_step(void *ctx, const struct pol_trace_step *step)
{
    struct counter *counter = ctx;
    counter->steps++;
    HOLDS((step->ring == NULL) != (step->guard == NULL));
    HOLDS(step->result >= POL_FALSE && step->result <= POL_TRUE);
    HOLDS(step->want == NULL || fuzz_is_utf8(step->want));
}

static void check_decision(const struct pol_policy *policy, const struct pol_facts *facts)
{
    struct counter counter = {0};
    struct pol_trace trace = {.ctx = &counter, .step = count_step};
    struct pol_decision d = pol_evaluate(policy, facts, NULL);
    struct pol_decision traced = pol_evaluate(policy, facts, &trace);
    HOLDS(d.set == traced.set && d.rule == traced.rule && d.ring == traced.ring);
    HOLDS(d.blocked_by == traced.blocked_by && d.fact == traced.fact);
    HOLDS(d.set >= 0 && d.set < POL_SET_COUNT);
    HOLDS(d.rule >= -1 && d.rule < (int)policy->rule_count);
    HOLDS((d.rule == -1) == (d.ring == NULL));
    HOLDS((d.blocked_by == POL_BLOCKED_UNKNOWN_FACT) == (d.fact != NULL));
    if (d.fact != NULL) {
        HOLDS(d.set == POL_SET_LEAVE);
    } else {
        HOLDS(d.set == (d.rule >= 0 ? policy->rules[d.rule].set : policy->otherwise));
    }
}

static void evaluate(const struct pol_policy *policy)
{
    static const char *const GROUPS[] = {"S-1-5-21-1-2-3-513", "CONTOSO\\MAPI-Pilot"};
    static const char *const TAGS[] = {"hq"};
    uint32_t *buckets = calloc(policy->percent_count + 1, sizeof *buckets);
    HOLDS(buckets != NULL);
    HOLDS(pol_buckets(policy, SID, HOST, buckets) == ST_OK);
    struct pol_facts all = {.sid = SID,
                            .account = "CONTOSO\\alice",
                            .groups = GROUPS,
                            .group_count = 2,
                            .host = HOST,
                            .tags = TAGS,
                            .tag_count = 1,
                            .mailbox = POL_MAILBOX_ON_PREMISES,
                            .buckets = buckets};
    struct pol_facts few = {.sid = SID, .mailbox = POL_MAILBOX_UNKNOWN, .buckets = buckets};
    struct pol_facts none = {.mailbox = POL_MAILBOX_MIXED, .buckets = buckets};
    check_decision(policy, &all);
    check_decision(policy, &few);
    check_decision(policy, &none);
    free(buckets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pol_policy *policy = NULL;
    struct err err = {0};
    struct pol_verified *verified = fuzz_verified((struct span){.data = data, .size = size});
    if (verified == NULL) {
        return -1;
    }
    if (fuzz_taken(pol_parse(verified, &policy, &err), &err)) {
        check_bounds(policy);
        evaluate(policy);
    }
    HOLDS((err.st == ST_OK) == (policy != NULL));
    pol_policy_free(policy);
    pol_verified_free(verified);
    return 0;
}
