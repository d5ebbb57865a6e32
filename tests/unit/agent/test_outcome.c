/* test_outcome.c - what of a user a report tells, and when that is news. */
#include "tests/cmocka_all.h"

#include "agent/outcome.h"
#include "policy/parse.h"
#include "tests/fakes/fake_signer.h"

#include <stdlib.h>
#include <string.h>

static struct pol_policy *policy;
static struct ag_outcome outcome;
static struct err err;

static char pilot_sid[] = "S-1-5-21-1-2-3-512";
static char pilot_name[] = "CONTOSO\\Pilot";
static char other_sid[] = "S-1-5-21-1-2-3-513";
static char other_name[] = "CONTOSO\\Sales-West";
static char *groups[] = {pilot_sid, pilot_name, other_sid, other_name};
static const struct ag_user USER = {.groups = groups, .group_count = 4};

static int tear_down(void **state)
{
    (void)state;
    free(outcome.groups);
    outcome = (struct ag_outcome){0};
    pol_policy_free(policy);
    policy = NULL;
    return 0;
}

/* Everything that names groups stands deep in one of two rings. */
static void use_policy(const char *rings)
{
    struct fake_signer signer;
    const struct fake_plan plan = {
        .serial = 1,
        .rings = rings,
        .stages =
            "[{\"name\":\"one\",\"rules\":[{\"ring\":\"a\",\"set\":\"allow\"},{\"ring\":\"b\","
            "\"set\":\"allow\"}],\"otherwise\":\"block\"}]"};
    fake_signer_init(&signer, "test");
    policy = fake_signer_policy(&signer, &plan, "one");
    fake_signer_done(&signer);
}

static void keep(const struct ag_user *user)
{
    assert_int_equal(ag_outcome_keep_groups(&outcome, user, policy, &err), ST_OK);
}

static void groups__named_by_sid_and_by_name__are_told_as_they_are_named(void **state)
{
    (void)state;
    use_policy(
        "{\"a\":{\"group\":[\"S-1-5-21-1-2-3-512\",\"S-1-5-32-545\"]},"
        "\"b\":{\"any\":[{\"host\":[\"x\"]},{\"not\":{\"group\":[\"contoso\\\\sales-*\"]}}]}}");
    keep(&USER);
    assert_int_equal(outcome.row.group_count, 2);
    assert_string_equal(outcome.row.groups[0], pilot_sid);
    assert_string_equal(outcome.row.groups[1], other_name);
}

static void groups__not_named__are_nobodys_business(void **state)
{
    (void)state;
    use_policy("{\"a\":{\"user\":[\"S-1-5-21-1-2-3-512\"]},\"b\":{\"tag\":[\"*\"]}}");
    keep(&USER);
    assert_non_null(outcome.row.groups); /* known, and none of them asked for */
    assert_int_equal(outcome.row.group_count, 0);
}

static void groups__not_known__stay_so(void **state)
{
    const struct ag_user user = {.groups = NULL};
    (void)state;
    use_policy("{\"a\":{\"group\":[\"*\"]},\"b\":{\"tag\":[\"*\"]}}");
    keep(&user);
    assert_null(outcome.row.groups);
}

static void groups__no_policy__names_none(void **state)
{
    (void)state;
    keep(&USER);
    assert_non_null(outcome.row.groups);
    assert_int_equal(outcome.row.group_count, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

static struct ag_outcome with_evidence(const char *first, const char *second)
{
    struct ag_outcome made = {.row.set = POL_SET_ALLOW};
    struct ag_evidence evidence = {.count = 0};
    ag_evidence_add(&evidence, "%s", first);
    if (second != NULL) {
        ag_evidence_add(&evidence, "%s", second);
    }
    made.evidence = evidence;
    return made;
}

static void outcome__of_other_evidence__is_another(void **state)
{
    struct ag_outcome one = with_evidence("profile:001f6622", NULL);
    struct ag_outcome same = with_evidence("profile:001f6622", NULL);
    struct ag_outcome longer = with_evidence("profile:001f6622", "autodiscover:EXPR");
    struct ag_outcome other = with_evidence("profile:001f6652", NULL);
    (void)state;
    assert_true(ag_outcome_same(&one, &same));
    assert_false(ag_outcome_same(&one, &longer));
    assert_false(ag_outcome_same(&longer, &one));
    assert_false(ag_outcome_same(&one, &other));
}

static void evidence__kept__is_shown_by_the_row_and_a_copy(void **state)
{
    struct ag_evidence evidence = {.count = 0};
    (void)state;
    ag_evidence_add(&evidence, "profile:001f6622");
    ag_evidence_add(&evidence, "autodiscover:EXPR");
    ag_outcome_keep_evidence(&outcome, &evidence);
    evidence = (struct ag_evidence){.count = 0};
    assert_int_equal(outcome.row.evidence_count, 2);
    assert_string_equal(outcome.row.evidence[0], "profile:001f6622");
    assert_string_equal(outcome.row.evidence[1], "autodiscover:EXPR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(groups__named_by_sid_and_by_name__are_told_as_they_are_named),
        TEST(groups__not_named__are_nobodys_business),
        TEST(groups__not_known__stay_so),
        TEST(groups__no_policy__names_none),
        TEST(outcome__of_other_evidence__is_another),
        TEST(evidence__kept__is_shown_by_the_row_and_a_copy),
    };
    return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
