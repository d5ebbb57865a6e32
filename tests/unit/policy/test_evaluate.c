/* test_evaluate.c - evaluate.h: one row for each sentence of docs/policy-format.md "Rules" and
 * "Decision". */
#include "tests/cmocka_all.h"

#include "policy/evaluate.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

static const char *const PILOT[] = {"CONTOSO\\MAPI-Pilot"};
static const char *const EXCEPTED[] = {"CONTOSO\\MAPI-Pilot", "CONTOSO\\MAPI-Exceptions"};
static const char *const NO_TAGS[] = {"other"};
static const char *const TAGS[] = {"mapi-exception"};
static uint32_t buckets[1];

static struct pol_facts facts_of(const char *const *groups, size_t group_count)
{
    return (struct pol_facts){.sid = "S-1-5-21-1-2-3-1001",
                              .account = "CONTOSO\\alice",
                              .groups = groups,
                              .group_count = group_count,
                              .host = "PC-1",
                              .tags = NO_TAGS,
                              .tag_count = 1,
                              .outlook = "16.0.17328.20162",
                              .mailbox = POL_MAILBOX_ON_PREMISES,
                              .preflight_allow = POL_YES,
                              .preflight_block = POL_YES,
                              .buckets = buckets};
}

/* The policy of the example's stage `quarter`: exceptions leave, pilot allow, 25 % allow, block. */
static struct pol_policy *example(int stage)
{
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    assert_int_equal(pol_plan_write_policy(plan, stage, &payload, NULL), ST_OK);
    struct pol_policy *policy = good_policy_of(bytes_text(&payload));
    bytes_free(&payload);
    pol_plan_free(plan);
    return policy;
}

static struct pol_policy *quarter;

static int start(void **state)
{
    if (signing_start(state) != 0) {
        return -1;
    }
    quarter = example(3);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pol_policy_free(quarter);
    return 0;
}

static struct pol_decision decide(struct pol_facts facts, uint32_t bucket)
{
    buckets[0] = bucket;
    return pol_evaluate(quarter, &facts, NULL);
}

static void assert_decides(struct pol_decision d, enum pol_set set, int rule, const char *ring)
{
    assert_string_equal(POL_SET_WORDS[d.set], POL_SET_WORDS[set]);
    assert_int_equal(d.rule, rule);
    if (ring == NULL) {
        assert_null(d.ring);
    } else {
        assert_string_equal(d.ring, ring);
    }
}

static void assert_free(struct pol_decision d)
{
    assert_int_equal(d.blocked_by, POL_BLOCKED_NOT);
    assert_null(d.guard);
    assert_null(d.fact);
}

/* ---- rules -------------------------------------------------------------------------------- */

static void evaluate__bucket_at_the_percentage__is_out_and_just_below_is_in(void **state)
{
    (void)state;
    struct pol_facts facts = facts_of(NO_TAGS, 1);
    struct pol_decision d = decide(facts, 249999);
    assert_decides(d, POL_SET_ALLOW, 2, "quarter");
    assert_free(d);
    d = decide(facts, 250000);
    assert_decides(d, POL_SET_BLOCK, -1, NULL);
    assert_free(d);
}

static void evaluate__first_rule_that_is_true__ends_the_search(void **state)
{
    (void)state;
    assert_decides(decide(facts_of(EXCEPTED, 2), 0), POL_SET_LEAVE, 0, "exceptions");
    assert_decides(decide(facts_of(PILOT, 1), 999999), POL_SET_ALLOW, 1, "pilot");
    struct pol_facts tagged = facts_of(PILOT, 1);
    tagged.tags = TAGS;
    assert_decides(decide(tagged, 0), POL_SET_LEAVE, 0, "exceptions");
}

static void evaluate__groups_not_known__leaves_the_user_alone_and_says_why(void **state)
{
    (void)state;
    struct pol_decision d = decide(facts_of(NULL, 0), 0);
    assert_decides(d, POL_SET_LEAVE, 0, "exceptions");
    assert_int_equal(d.blocked_by, POL_BLOCKED_UNKNOWN_FACT);
    assert_string_equal(d.fact, "groups");
    assert_null(d.guard);
}

static void evaluate__unknown_but_settled_otherwise__does_not_block(void **state)
{
    (void)state;
    struct pol_facts facts = facts_of(NULL, 0);
    facts.tags = TAGS; /* the exception holds by the tag: the groups do not matter */
    struct pol_decision d = decide(facts, 0);
    assert_decides(d, POL_SET_LEAVE, 0, "exceptions");
    assert_free(d);
}

static void evaluate__unknown_in_a_later_rule__ends_there(void **state)
{
    (void)state;
    struct pol_policy *policy = good_policy_of(
        "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7003,"
        "\"kind\":\"stage\",\"stage\":\"s\",\"issued_at\":\"2026-11-22T10:00:00Z\","
        "\"expires_at\":\"2027-02-20T10:00:00Z\",\"rings\":{"
        "\"far\":{\"host\":[\"OTHER\"]},\"named\":{\"user\":[\"CONTOSO\\\\bob\"]},"
        "\"all\":{\"user\":[\"*\"]}},"
        "\"rules\":[{\"ring\":\"far\",\"set\":\"block\"},{\"ring\":\"named\",\"set\":\"block\"},"
        "{\"ring\":\"all\",\"set\":\"allow\"}],\"otherwise\":\"block\"}");
    struct pol_facts facts = facts_of(PILOT, 1);
    facts.account = NULL;
    struct pol_decision d = pol_evaluate(policy, &facts, NULL);
    assert_decides(d, POL_SET_LEAVE, 1, "named");
    assert_string_equal(d.fact, "account");
    facts.account = "CONTOSO\\alice";
    assert_decides(pol_evaluate(policy, &facts, NULL), POL_SET_ALLOW, 2, "all");
    facts.account = "CONTOSO\\bob";
    assert_decides(pol_evaluate(policy, &facts, NULL), POL_SET_BLOCK, 1, "named");
    pol_policy_free(policy);
}

static void evaluate__nested_rings__are_settled_through_all_levels(void **state)
{
    (void)state;
    struct pol_policy *policy = good_policy_of(
        "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7003,"
        "\"kind\":\"stage\",\"stage\":\"s\",\"issued_at\":\"2026-11-22T10:00:00Z\","
        "\"expires_at\":\"2027-02-20T10:00:00Z\",\"rings\":{"
        "\"top\":{\"all\":[{\"ring\":\"middle\"},{\"not\":{\"ring\":\"away\"}}]},"
        "\"away\":{\"host\":[\"AWAY-*\"]},"
        "\"middle\":{\"any\":[{\"ring\":\"bottom\"},{\"tag\":[\"x\"]}]},"
        "\"bottom\":{\"group\":[\"CONTOSO\\\\MAPI-Pilot\"]}},"
        "\"rules\":[{\"ring\":\"top\",\"set\":\"allow_explicit\"}],\"otherwise\":\"restore\"}");
    struct pol_facts facts = facts_of(PILOT, 1);
    assert_decides(pol_evaluate(policy, &facts, NULL), POL_SET_ALLOW_EXPLICIT, 0, "top");
    facts.host = "AWAY-1";
    assert_decides(pol_evaluate(policy, &facts, NULL), POL_SET_RESTORE, -1, NULL);
    facts.groups = NULL; /* unknown AND false is false */
    assert_decides(pol_evaluate(policy, &facts, NULL), POL_SET_RESTORE, -1, NULL);
    facts.host = NULL;
    struct pol_decision d = pol_evaluate(policy, &facts, NULL);
    assert_decides(d, POL_SET_LEAVE, 0, "top");
    assert_int_equal(d.blocked_by, POL_BLOCKED_UNKNOWN_FACT);
    pol_policy_free(policy);
}

static void evaluate__of_the_safe_policy__is_the_same_for_everybody(void **state)
{
    (void)state;
    struct pol_policy *safe = example(POL_PLAN_SAFE);
    struct pol_facts facts = {.sid = "S-1-5-21-1-2-3-1001", .mailbox = POL_MAILBOX_UNKNOWN};
    struct pol_decision d = pol_evaluate(safe, &facts, NULL);
    assert_decides(d, POL_SET_BLOCK, -1, NULL);
    assert_free(d);
    pol_policy_free(safe);
}

/* ---- the guard ---------------------------------------------------------------------------- */

static void guard__for_a_mailbox_not_listed__blocks_block_and_keeps_the_set(void **state)
{
    (void)state;
    static const struct {
        enum pol_mailbox mailbox;
        bool blocks;
    } ROWS[] = {
        {POL_MAILBOX_ON_PREMISES, false},
        {POL_MAILBOX_UNKNOWN, false},
        {POL_MAILBOX_MIXED, true},
        {POL_MAILBOX_EXCHANGE_ONLINE, true},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct pol_facts facts = facts_of(NO_TAGS, 1);
        facts.mailbox = ROWS[i].mailbox;
        struct pol_decision d = decide(facts, 999999);
        assert_decides(d, POL_SET_BLOCK, -1, NULL);
        assert_int_equal(d.blocked_by, ROWS[i].blocks ? POL_BLOCKED_MAILBOX : POL_BLOCKED_NOT);
        assert_true((d.guard != NULL) == ROWS[i].blocks);
        if (ROWS[i].blocks) {
            assert_string_equal(d.guard, "block_mailboxes");
        }
    }
}

static void guard__for_another_set__does_not_block(void **state)
{
    (void)state;
    struct pol_facts facts = facts_of(PILOT, 1);
    facts.mailbox = POL_MAILBOX_EXCHANGE_ONLINE;
    assert_free(decide(facts, 999999));
    facts.groups = EXCEPTED;
    facts.group_count = 2;
    assert_free(decide(facts, 999999));
}

static void guard__binds_the_safe_policy_too(void **state)
{
    (void)state;
    struct pol_policy *safe = example(POL_PLAN_SAFE);
    struct pol_facts facts = facts_of(PILOT, 1);
    facts.mailbox = POL_MAILBOX_MIXED;
    struct pol_decision d = pol_evaluate(safe, &facts, NULL);
    assert_int_equal(d.set, POL_SET_BLOCK);
    assert_int_equal(d.blocked_by, POL_BLOCKED_MAILBOX);
    pol_policy_free(safe);
}

/* ---- the trace ---------------------------------------------------------------------------- */

struct steps {
    size_t count;
    struct pol_trace_step steps[16];
};

static void note_step(void *ctx, const struct pol_trace_step *step)
{
    struct steps *steps = ctx;
    assert_true(steps->count < 16);
    steps->steps[steps->count++] = *step;
}

static const struct pol_trace_step *find_step(const struct steps *steps, const char *ring,
                                              enum pol_match_key key)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct pol_trace_step *s = &steps->steps[i];
        if (s->ring != NULL && strcmp(s->ring, ring) == 0 && s->key == key) {
            return s;
        }
    }
    fail_msg("no step of %s in ring %s", POL_MATCH_WORDS[key], ring);
    return NULL;
}

static void trace__of_a_decision__shows_what_was_wanted_and_seen(void **state)
{
    (void)state;
    static const char *const OTHERS[] = {"CONTOSO\\Sales", "CONTOSO\\Users"};
    struct steps steps = {0};
    struct pol_trace trace = {.ctx = &steps, .step = note_step};
    struct pol_facts facts = facts_of(OTHERS, 2);
    buckets[0] = 249999;
    struct pol_decision d = pol_evaluate(quarter, &facts, &trace);
    assert_decides(d, POL_SET_ALLOW, 2, "quarter");
    const struct pol_trace_step *s = find_step(&steps, "pilot", POL_MATCH_GROUP);
    assert_int_equal(s->rule, 1);
    assert_string_equal(s->want.one, "CONTOSO\\MAPI-Pilot");
    assert_null(s->saw.one); /* several, and none of them was it */
    assert_ptr_equal(s->saw.items, OTHERS);
    assert_int_equal(s->saw.count, 2);
    assert_int_equal(s->result, POL_FALSE);
    s = find_step(&steps, "pilot", POL_MATCH_HOST);
    assert_string_equal(s->want.one, "HQ-IT-*");
    assert_string_equal(s->saw.one, "PC-1");
    assert_int_equal(s->result, POL_FALSE);
    s = find_step(&steps, "quarter", POL_MATCH_PERCENT);
    assert_int_equal(s->rule, 2);
    assert_true(s->has_bucket);
    assert_int_equal(s->bucket, 249999);
    assert_int_equal(s->threshold, 250000);
    assert_string_equal(s->saw.one, "S-1-5-21-1-2-3-1001");
    assert_int_equal(s->result, POL_TRUE);
    assert_false(find_step(&steps, "exceptions", POL_MATCH_TAG)->has_bucket);
    assert_string_equal(steps.steps[steps.count - 2].guard, "preflight");
    assert_int_equal(steps.steps[steps.count - 2].rule, -1);
    assert_string_equal(steps.steps[steps.count - 1].guard, "minimum_outlook");
}

static void trace__of_a_rule_that_decides__has_no_step_of_a_later_one(void **state)
{
    (void)state;
    struct steps steps = {0};
    struct pol_trace trace = {.ctx = &steps, .step = note_step};
    struct pol_facts facts = facts_of(PILOT, 1);
    (void)pol_evaluate(quarter, &facts, &trace);
    assert_int_equal(find_step(&steps, "pilot", POL_MATCH_GROUP)->result, POL_TRUE);
    /* the rest of a condition that is settled is shown all the same */
    assert_int_equal(find_step(&steps, "pilot", POL_MATCH_HOST)->result, POL_FALSE);
    for (size_t i = 0; i < steps.count; i++) {
        assert_true(steps.steps[i].rule < 2);
    }
}

static void trace__of_facts_not_known__has_a_step_for_each(void **state)
{
    (void)state;
    struct steps steps = {0};
    struct pol_trace trace = {.ctx = &steps, .step = note_step};
    struct pol_facts facts = {.buckets = buckets};
    (void)pol_evaluate(quarter, &facts, &trace);
    static const struct {
        const char *ring;
        enum pol_match_key key;
    } ROWS[] = {
        {"exceptions", POL_MATCH_GROUP},
        {"exceptions", POL_MATCH_TAG},
    };
    assert_int_equal(steps.count, sizeof ROWS / sizeof ROWS[0]);
    for (size_t i = 0; i < steps.count; i++) {
        const struct pol_trace_step *s = find_step(&steps, ROWS[i].ring, ROWS[i].key);
        assert_int_equal(s->result, POL_UNKNOWN);
        assert_null(s->saw.one);
        assert_null(s->saw.items);
    }
}

static void trace__of_the_guard__shows_the_mailbox(void **state)
{
    (void)state;
    struct steps steps = {0};
    struct pol_trace trace = {.ctx = &steps, .step = note_step};
    struct pol_facts facts = facts_of(NO_TAGS, 1);
    facts.mailbox = POL_MAILBOX_MIXED;
    buckets[0] = 999999;
    (void)pol_evaluate(quarter, &facts, &trace);
    const struct pol_trace_step *last = &steps.steps[steps.count - 2];
    assert_string_equal(last->guard, "block_mailboxes");
    assert_null(last->ring);
    assert_string_equal(last->saw.one, "mixed");
    assert_int_equal(last->result, POL_FALSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluate__bucket_at_the_percentage__is_out_and_just_below_is_in),
        cmocka_unit_test(evaluate__first_rule_that_is_true__ends_the_search),
        cmocka_unit_test(evaluate__groups_not_known__leaves_the_user_alone_and_says_why),
        cmocka_unit_test(evaluate__unknown_but_settled_otherwise__does_not_block),
        cmocka_unit_test(evaluate__unknown_in_a_later_rule__ends_there),
        cmocka_unit_test(evaluate__nested_rings__are_settled_through_all_levels),
        cmocka_unit_test(evaluate__of_the_safe_policy__is_the_same_for_everybody),
        cmocka_unit_test(guard__for_a_mailbox_not_listed__blocks_block_and_keeps_the_set),
        cmocka_unit_test(guard__for_another_set__does_not_block),
        cmocka_unit_test(guard__binds_the_safe_policy_too),
        cmocka_unit_test(trace__of_a_decision__shows_what_was_wanted_and_seen),
        cmocka_unit_test(trace__of_a_rule_that_decides__has_no_step_of_a_later_one),
        cmocka_unit_test(trace__of_facts_not_known__has_a_step_for_each),
        cmocka_unit_test(trace__of_the_guard__shows_the_mailbox),
    };
    return cmocka_run_group_tests_name("evaluate", tests, start, stop);
}
