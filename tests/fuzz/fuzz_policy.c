/* Payloads that trusted keys signed, parsed and evaluated: a signer can be wrong or robbed, too. */
#include "tests/fuzz/fuzzing.h"

#include "policy/parse.h"
#include "tests/fuzz/deciding.h"

#include <string.h>

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
    for (size_t i = 0; i < policy->ring_count; i++) {
        /* Behind all that it needs, and never itself. */
        HOLDS(policy->rings[i].needs >> i == 0);
    }
}

static void evaluate(const struct pol_policy *policy)
{
    static const char *const GROUPS[] = {"S-1-5-21-1-2-3-513", "CONTOSO\\MAPI-Pilot"};
    static const char *const TAGS[] = {"hq"};
    struct pol_facts all = {.sid = "S-1-5-21-1-2-3-1001",
                            .account = "CONTOSO\\alice",
                            .groups = GROUPS,
                            .group_count = 2,
                            .host = "HQ-IT-0042",
                            .computer_ou = "OU=Clients,OU=HQ,DC=contoso,DC=com",
                            .ad_site = "Berlin",
                            .tags = TAGS,
                            .tag_count = 1,
                            .multi_session = POL_NO,
                            .outlook = "16.0.17328.20162",
                            .mailbox = POL_MAILBOX_ON_PREMISES,
                            .preflight_allow = POL_YES,
                            .preflight_block = POL_NO};
    struct pol_facts none = {.mailbox = POL_MAILBOX_MIXED};
    fuzz_decide(policy, &all);
    fuzz_decide(policy, &none);
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
