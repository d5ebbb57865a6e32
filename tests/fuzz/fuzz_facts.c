/* Facts: a line as `simulate` reads them, decided by a policy that asks for every fact there is. */
#include "tests/fuzz/fuzzing.h"

#include "policy/facts.h"
#include "policy/parse.h"
#include "tests/fuzz/deciding.h"

static const char POLICY[] =
    "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7003,"
    "\"kind\":\"stage\",\"stage\":\"pilot\",\"issued_at\":\"2026-11-22T10:00:00Z\","
    "\"expires_at\":\"2027-02-20T10:00:00Z\",\"not_before\":null,"
    "\"guards\":{\"block_mailboxes\":[\"on_premises\"],\"preflight\":{"
    "\"allow\":[\"https://mapi.example.com/mapi/healthcheck.htm\"],"
    "\"block\":[\"https://mail.example.com/rpc/rpcproxy.dll\"]},"
    "\"minimum_outlook\":[\"14.0.7147\",\"15.0.4569\",\"16.0\"]},"
    "\"rings\":{"
    "\"people\":{\"any\":[{\"user\":[\"S-1-5-21-1-2-3-1001\",\"CONTOSO\\\\al?ce\"]},"
    "{\"group\":[\"S-1-5-21-1-2-3-513\",\"*\\\\MAPI-*\",\"CONTOSO\\\\Pilot\"]},{\"domain\":[\"FABRIKAM\"]}]},"
    "\"places\":{\"any\":[{\"host\":[\"HQ-*\"]},{\"computer_ou\":[\"OU=HQ,DC=contoso,DC=com\"]},"
    "{\"ad_site\":[\"Ber*\"]},{\"tag\":[\"hq\",\"lab?\"]}]},"
    "\"clients\":{\"all\":[{\"outlook\":\">=15.0 <16.0.17000\"},{\"multi_session\":false},"
    "{\"mailbox\":[\"on_premises\",\"unknown\"]}]},"
    "\"share\":{\"any\":[{\"percent\":25,\"of\":\"user\",\"salt\":\"a\"},"
    "{\"percent\":0.5,\"of\":\"host\",\"salt\":\"b\"}]},"
    "\"nobody\":{\"not\":{\"ring\":\"people\"},\"ring\":\"share\"}},"
    "\"rules\":[{\"ring\":\"nobody\",\"set\":\"restore\"},{\"ring\":\"clients\",\"set\":\"block\"},"
    "{\"ring\":\"people\",\"set\":\"allow\"},{\"ring\":\"places\",\"set\":\"allow_explicit\"},"
    "{\"ring\":\"share\",\"set\":\"release\"}],\"otherwise\":\"block\"}";

static const struct pol_policy *policy_for_all(void)
{
    static struct pol_policy *policy;
    if (policy == NULL) {
        struct err err = {0};
        struct pol_verified *verified = fuzz_verified(span_text(POLICY));
        HOLDS(verified != NULL);
        HOLDS(fuzz_taken(pol_parse(verified, &policy, &err), &err));
        pol_verified_free(verified);
    }
    return policy;
}

static void check_facts(const struct pol_facts *facts)
{
    HOLDS(facts->group_count == 0 || facts->groups != NULL);
    HOLDS(facts->tag_count == 0 || facts->tags != NULL);
    HOLDS(facts->group_count <= LIMIT_LIST_ITEMS);
    HOLDS(facts->mailbox >= 0 && facts->mailbox < POL_MAILBOX_COUNT);
    for (size_t i = 0; i < facts->group_count; i++) {
        HOLDS(facts->groups[i] != NULL && fuzz_is_utf8(facts->groups[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span document = {.data = data, .size = size};
    struct pol_fact_line *line = NULL;
    struct err err = {0};
    if (fuzz_taken(pol_fact_line_parse(document, &line, &err), &err)) {
        check_facts(pol_fact_line_facts(line));
        fuzz_decide(policy_for_all(), pol_fact_line_facts(line));
    }
    HOLDS((err.st == ST_OK) == (line != NULL));
    pol_fact_line_free(line);
    return 0;
}
