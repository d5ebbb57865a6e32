/* test_match.c - match.h: every condition against facts that are known or not. */
#include "tests/cmocka_all.h"

#include "policy/match.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- conditions --------------------------------------------------------------------------- */

static const char *const GROUPS[] = {"S-1-5-21-1-2-3-512", "CONTOSO\\MAPI-Pilot"};
static const char *const TAGS[] = {"hq", "it"};
static const uint32_t BUCKETS[] = {250000, 250000};

static struct pol_facts all_known(void)
{
    return (struct pol_facts){.sid = "S-1-5-21-1-2-3-1001",
                              .account = "CONTOSO\\alice",
                              .groups = GROUPS,
                              .group_count = COUNT(GROUPS),
                              .host = "PC-1",
                              .tags = TAGS,
                              .tag_count = COUNT(TAGS),
                              .mailbox = POL_MAILBOX_ON_PREMISES,
                              .buckets = BUCKETS};
}

/* Settle one condition, given as JSON; the ring "t" is TRUE, "f" FALSE, "u" UNKNOWN by its tag. */
static struct pol_ring_answer answer_to(const char *condition, const struct pol_facts *facts)
{
    struct bytes rings = bytes_with_limit(4096);
    assert_int_equal(bytes_append_format(&rings,
                                         "{\"asked\":%s,\"t\":{\"user\":[\"*\"]},"
                                         "\"f\":{\"user\":[\"nobody\\\\*\",\"S-1-0-0\"]},"
                                         "\"u\":{\"group\":[\"x\"]}}",
                                         condition),
                     ST_OK);
    char *text =
        with_change(EXAMPLE_POLICY, "{\"pilot\":{\"host\":[\"HQ-IT-*\"]}}", bytes_text(&rings));
    char *whole = with_change(text, "\"ring\":\"pilot\"", "\"ring\":\"asked\"");
    struct pol_policy *policy = good_policy_of(whole);
    struct pol_matching matching = {.policy = policy, .facts = facts};
    struct pol_ring_answer answer = pol_match_ring(&matching, policy->rules[0].ring);
    pol_policy_free(policy);
    free(whole);
    free(text);
    bytes_free(&rings);
    return answer;
}

static void assert_truth(const char *condition, const struct pol_facts *facts,
                         enum pol_truth expected, const char *fact)
{
    struct pol_ring_answer answer = answer_to(condition, facts);
    if (answer.truth != expected) {
        fail_msg("%s is %d instead of %d", condition, (int)answer.truth, (int)expected);
    }
    if (fact == NULL) {
        assert_null(answer.fact);
    } else {
        assert_string_equal(answer.fact, fact);
    }
}

struct row {
    const char *condition;
    enum pol_truth truth;
    const char *fact;
};

static void assert_rows(const struct row *rows, size_t count, const struct pol_facts *facts)
{
    for (size_t i = 0; i < count; i++) {
        assert_truth(rows[i].condition, facts, rows[i].truth, rows[i].fact);
    }
}

static void match__of_known_facts__is_true_or_false(void **state)
{
    (void)state;
    struct pol_facts facts = all_known();
    static const struct row ROWS[] = {
        {"{\"user\":[\"S-1-5-21-1-2-3-1001\"]}", POL_TRUE, NULL},
        {"{\"user\":[\"s-1-5-21-1-2-3-1001\"]}", POL_TRUE, NULL},
        {"{\"user\":[\"S-1-5-21-1-2-3-1002\"]}", POL_FALSE, NULL},
        {"{\"user\":[\"contoso\\\\ALICE\"]}", POL_TRUE, NULL},
        {"{\"user\":[\"CONTOSO\\\\bob\",\"CONTOSO\\\\al*\"]}", POL_TRUE, NULL},
        {"{\"user\":[\"alice\"]}", POL_FALSE, NULL},
        {"{\"group\":[\"S-1-5-21-1-2-3-512\"]}", POL_TRUE, NULL},
        {"{\"group\":[\"contoso\\\\mapi-*\"]}", POL_TRUE, NULL},
        {"{\"group\":[\"CONTOSO\\\\Other\"]}", POL_FALSE, NULL},
        {"{\"host\":[\"pc-?\"]}", POL_TRUE, NULL},
        {"{\"host\":[\"PC-2\",\"PC-3\"]}", POL_FALSE, NULL},
        {"{\"tag\":[\"x\",\"IT\"]}", POL_TRUE, NULL},
        {"{\"tag\":[\"x\"]}", POL_FALSE, NULL},
        {"{\"percent\":25.0001,\"of\":\"user\",\"salt\":\"x\"}", POL_TRUE, NULL},
        {"{\"percent\":25,\"of\":\"user\",\"salt\":\"x\"}", POL_FALSE, NULL},
        {"{\"percent\":0,\"of\":\"host\",\"salt\":\"x\"}", POL_FALSE, NULL},
        {"{\"percent\":100,\"of\":\"host\",\"salt\":\"x\"}", POL_TRUE, NULL},
        {"{\"host\":[\"PC-1\"],\"tag\":[\"it\"]}", POL_TRUE, NULL},
        {"{\"host\":[\"PC-1\"],\"tag\":[\"x\"]}", POL_FALSE, NULL},
        {"{\"ring\":\"t\"}", POL_TRUE, NULL},
        {"{\"ring\":\"f\"}", POL_FALSE, NULL},
    };
    assert_rows(ROWS, COUNT(ROWS), &facts);
}

static void match__of_no_groups_or_tags_at_all__is_false(void **state)
{
    (void)state;
    struct pol_facts facts = all_known();
    facts.group_count = 0;
    facts.tag_count = 0;
    assert_truth("{\"group\":[\"*\"]}", &facts, POL_FALSE, NULL);
    assert_truth("{\"tag\":[\"*\"]}", &facts, POL_FALSE, NULL);
}

static void match__of_facts_that_are_not_known__is_unknown_and_names_them(void **state)
{
    (void)state;
    struct pol_facts facts = {.buckets = BUCKETS};
    static const struct row ROWS[] = {
        {"{\"user\":[\"S-1-5-18\"]}", POL_UNKNOWN, "sid"},
        {"{\"group\":[\"*\"]}", POL_UNKNOWN, "groups"},
        {"{\"host\":[\"*\"]}", POL_UNKNOWN, "host"},
        {"{\"tag\":[\"*\"]}", POL_UNKNOWN, "tags"},
        {"{\"percent\":100,\"of\":\"user\",\"salt\":\"x\"}", POL_UNKNOWN, "sid"},
        {"{\"percent\":100,\"of\":\"host\",\"salt\":\"x\"}", POL_UNKNOWN, "host"},
        /* of several, the first one */
        {"{\"any\":[{\"tag\":[\"*\"]},{\"host\":[\"*\"]}]}", POL_UNKNOWN, "tags"},
        {"{\"all\":[{\"host\":[\"*\"]},{\"tag\":[\"*\"]}]}", POL_UNKNOWN, "host"},
    };
    assert_rows(ROWS, COUNT(ROWS), &facts);
}

static void match_user__with_an_account_not_known__settles_what_sids_settle(void **state)
{
    (void)state;
    struct pol_facts facts = all_known();
    facts.account = NULL;
    static const struct row ROWS[] = {
        {"{\"user\":[\"S-1-5-21-1-2-3-1001\"]}", POL_TRUE, NULL},
        {"{\"user\":[\"S-1-5-21-1-2-3-1002\"]}", POL_FALSE, NULL},
        {"{\"user\":[\"CONTOSO\\\\alice\"]}", POL_UNKNOWN, "account"},
        {"{\"user\":[\"CONTOSO\\\\alice\",\"S-1-5-21-1-2-3-1001\"]}", POL_TRUE, NULL},
        {"{\"user\":[\"S-1-5-21-1-2-3-1002\",\"CONTOSO\\\\alice\"]}", POL_UNKNOWN, "account"},
    };
    assert_rows(ROWS, COUNT(ROWS), &facts);
}

/* ---- Kleene ------------------------------------------------------------------------------- */

static void match__of_two_joined__is_kleenes_table(void **state)
{
    (void)state;
    static const char *const RINGS[] = {"f", "u", "t"}; /* in the order of enum pol_truth */
    struct pol_facts facts = all_known();
    facts.groups = NULL;
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            static const char *const JOINS[] = {"all", "any"};
            for (int any = 0; any < 2; any++) {
                struct bytes condition = bytes_with_limit(200);
                int least = a < b ? a : b;
                int most = a < b ? b : a;
                enum pol_truth expected = (enum pol_truth)(any ? most : least);
                assert_int_equal(bytes_append_format(
                                     &condition, "{\"%s\":[{\"ring\":\"%s\"},{\"ring\":\"%s\"}]}",
                                     JOINS[any], RINGS[a], RINGS[b]),
                                 ST_OK);
                assert_truth(bytes_text(&condition), &facts, expected,
                             expected == POL_UNKNOWN ? "groups" : NULL);
                bytes_free(&condition);
            }
        }
    }
}

static void match__of_a_negation__turns_all_but_the_unknown(void **state)
{
    (void)state;
    struct pol_facts facts = all_known();
    facts.groups = NULL;
    static const struct row ROWS[] = {
        {"{\"not\":{\"ring\":\"t\"}}", POL_FALSE, NULL},
        {"{\"not\":{\"ring\":\"f\"}}", POL_TRUE, NULL},
        {"{\"not\":{\"ring\":\"u\"}}", POL_UNKNOWN, "groups"},
        {"{\"not\":{\"not\":{\"ring\":\"t\"}}}", POL_TRUE, NULL},
        {"{\"not\":{\"ring\":\"t\"},\"ring\":\"t\"}", POL_FALSE, NULL},
        {"{\"not\":{\"any\":[{\"ring\":\"f\"},{\"all\":[{\"ring\":\"u\"},{\"ring\":\"f\"}]}]}}",
         POL_TRUE, NULL},
        {"{\"any\":[{\"not\":{\"ring\":\"u\"}},{\"host\":[\"PC-1\"],\"tag\":[\"hq\"]}]}", POL_TRUE,
         NULL},
        {"{\"any\":[{\"not\":{\"ring\":\"u\"}},{\"host\":[\"PC-1\"],\"tag\":[\"x\"]}]}",
         POL_UNKNOWN, "groups"},
    };
    assert_rows(ROWS, COUNT(ROWS), &facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match__of_known_facts__is_true_or_false),
        cmocka_unit_test(match__of_no_groups_or_tags_at_all__is_false),
        cmocka_unit_test(match__of_facts_that_are_not_known__is_unknown_and_names_them),
        cmocka_unit_test(match_user__with_an_account_not_known__settles_what_sids_settle),
        cmocka_unit_test(match__of_two_joined__is_kleenes_table),
        cmocka_unit_test(match__of_a_negation__turns_all_but_the_unknown),
    };
    return cmocka_run_group_tests_name("match", tests, signing_start, NULL);
}
