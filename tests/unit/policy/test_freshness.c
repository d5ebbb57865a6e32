/* test_freshness.c - freshness.h: one row for each sentence of docs/policy-format.md "Acceptance on
 * the agent". */
#include "tests/cmocka_all.h"

#include "policy/freshness.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>

enum { DAY_S = 86400, ISSUED_S = 1000000, NOT_BEFORE_S = 1010000, EXPIRES_S = 2000000 };
enum { NOW_S = 1500000 };

static const char DIGEST[] = "1111111111111111111111111111111111111111111111111111111111111111";
static const char OTHER[] = "2222222222222222222222222222222222222222222222222222222222222222";

static struct pol_trust *trust;

static int start(void **state)
{
    if (signing_start(state) != 0) {
        return -1;
    }
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    trust = signing_trust(keys, 1, 1);
    pol_key_free(key);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pol_trust_free(trust);
    return 0;
}

static struct pol_policy stage_policy(void)
{
    struct pol_policy policy = {.rollout = "mapihttp-2026",
                                .version = 7003,
                                .kind = POL_KIND_STAGE,
                                .stage = "pilot",
                                .issued_at_s = ISSUED_S,
                                .expires_at_s = EXPIRES_S,
                                .not_before_s = NOT_BEFORE_S};
    (void)snprintf(policy.digest, sizeof policy.digest, "%s", DIGEST);
    return policy;
}

static struct pol_policy safe_policy(void)
{
    struct pol_policy policy = stage_policy();
    policy.version = 7999;
    policy.kind = POL_KIND_SAFE;
    policy.stage = "safe";
    policy.expires_at_s = -1;
    policy.not_before_s = -1;
    return policy;
}

/* A machine that accepted this version before, and still has it. */
static struct pol_freshness_rules after(int64_t version, const char *digest)
{
    struct pol_freshness_rules rules = {
        .trust = trust, .floor.version = version, .stored_policy_usable = true, .now_s = NOW_S};
    (void)snprintf(rules.floor.digest, sizeof rules.floor.digest, "%s", digest);
    return rules;
}

static struct pol_freshness_rules at_time(int64_t now_s)
{
    struct pol_freshness_rules rules = after(7002, OTHER);
    rules.now_s = now_s;
    return rules;
}

static void assert_answer(const struct pol_policy *policy, struct pol_freshness_rules rules,
                          enum pol_freshness expected)
{
    int untouched = -1;
    enum pol_freshness answer = (enum pol_freshness)untouched;
    struct err err = {0};
    if (pol_freshness(policy, &rules, &answer, &err) != ST_OK) {
        fail_msg("%s: %s", err.code, err.text);
    }
    assert_int_equal(answer, expected);
}

static void assert_refused(const struct pol_policy *policy, struct pol_freshness_rules rules,
                           const char *code, const char *pointer)
{
    enum pol_freshness answer = POL_FRESH_NO_CHANGE;
    struct err err = {0};
    assert_int_equal(pol_freshness(policy, &rules, &answer, &err), ST_REFUSED);
    assert_string_equal(err.code, code);
    assert_string_equal(err.pointer, pointer);
    assert_int_equal(answer, POL_FRESH_NO_CHANGE);
}

/* ---- rollout ------------------------------------------------------------------------------ */

static void freshness__of_another_rollout__is_a_mismatch_before_anything_else(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(7002, OTHER);
    rules.rollout = "another-one";
    assert_refused(&policy, rules, "rollout_mismatch", "/rollout");
    rules.rollout = "mapihttp-2026";
    assert_answer(&policy, rules, POL_FRESH_ACCEPT);
    policy.rollout = "untrusted";
    policy.version = 1;
    assert_refused(&policy, after(7002, OTHER), "rollout_mismatch", "/rollout");
    rules.rollout = "untrusted"; /* wanted here, but not trusted */
    assert_refused(&policy, rules, "rollout_mismatch", "/rollout");
}

/* ---- version ------------------------------------------------------------------------------ */

static void freshness__of_the_first_policy__accepts(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(0, "");
    rules.stored_policy_usable = false;
    assert_answer(&policy, rules, POL_FRESH_ACCEPT);
}

static void freshness__of_a_higher_version__accepts(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    assert_answer(&policy, after(7002, OTHER), POL_FRESH_ACCEPT);
    assert_answer(&policy, after(7002, DIGEST), POL_FRESH_ACCEPT);
    assert_answer(&policy, after(6999, OTHER), POL_FRESH_ACCEPT);
}

static void freshness__of_the_same_version_and_content__is_no_change(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    assert_answer(&policy, after(7003, DIGEST), POL_FRESH_NO_CHANGE);
}

static void freshness__of_the_same_version_with_other_content__is_a_conflict(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(7003, OTHER);
    assert_refused(&policy, rules, "version_conflict", "/version");
    rules.stored_policy_usable = false; /* a lost copy is no reason to take another one */
    assert_refused(&policy, rules, "version_conflict", "/version");
}

static void freshness__of_a_lower_version__is_a_rollback(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(7004, DIGEST);
    assert_refused(&policy, rules, "version_rollback", "/version");
    rules.stored_policy_usable = false;
    assert_refused(&policy, rules, "version_rollback", "/version");
    assert_refused(&policy, after(7999, OTHER), "version_rollback", "/version"); /* left the safe */
}

static void freshness__below_the_least_version__is_a_rollback_and_at_it_is_taken(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(0, "");
    rules.min_version = 7004;
    assert_refused(&policy, rules, "version_rollback", "/version");
    rules.min_version = 7003;
    assert_answer(&policy, rules, POL_FRESH_ACCEPT);
    rules = after(7003, DIGEST);
    rules.min_version = 7003;
    assert_answer(&policy, rules, POL_FRESH_NO_CHANGE);
    rules.min_version = 7004;
    assert_refused(&policy, rules, "version_rollback", "/version");
}

static void freshness__with_a_lost_store__takes_the_floors_own_policy_even_expired(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(7003, DIGEST);
    rules.stored_policy_usable = false;
    assert_answer(&policy, rules, POL_FRESH_ACCEPT);
    rules.now_s = EXPIRES_S + 10 * DAY_S;
    assert_answer(&policy, rules, POL_FRESH_ACCEPT);
    policy.version = 7004; /* any other one is held to its times */
    assert_refused(&policy, rules, "expired", "/expires_at");
}

/* ---- times -------------------------------------------------------------------------------- */

static void freshness__issued_up_to_a_day_ahead__is_taken_and_beyond_not(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    policy.not_before_s = -1;
    assert_answer(&policy, at_time(ISSUED_S - DAY_S), POL_FRESH_ACCEPT);
    assert_refused(&policy, at_time(ISSUED_S - DAY_S - 1), "issued_in_future", "/issued_at");
}

static void freshness__before_its_beginning__is_not_yet_and_at_it_is_taken(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    assert_refused(&policy, at_time(NOT_BEFORE_S - 1), "not_yet", "/not_before");
    assert_answer(&policy, at_time(NOT_BEFORE_S), POL_FRESH_ACCEPT);
}

static void freshness__at_its_expiry__is_expired_and_a_second_before_is_taken(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    assert_answer(&policy, at_time(EXPIRES_S - 1), POL_FRESH_ACCEPT);
    assert_refused(&policy, at_time(EXPIRES_S), "expired", "/expires_at");
}

static void freshness__of_what_is_in_force__never_asks_for_the_time(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(7003, DIGEST);
    rules.now_s = EXPIRES_S + 1;
    assert_answer(&policy, rules, POL_FRESH_NO_CHANGE);
    rules.now_s = 0;
    assert_answer(&policy, rules, POL_FRESH_NO_CHANGE);
}

/* Each step with the next one failing, too: all that could be named behind the first stay unnamed. */
static void freshness__with_several_reasons__names_the_first_in_order(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    policy.issued_at_s = NOW_S + DAY_S + 1;
    policy.not_before_s = NOW_S + DAY_S + 2;
    policy.expires_at_s = NOW_S - 1;
    struct pol_freshness_rules rules = after(7004, OTHER);
    rules.min_version = 7005;

    rules.rollout = "another-one"; /* 5 before 6 */
    assert_refused(&policy, rules, "rollout_mismatch", "/rollout");
    rules.rollout = NULL;
    assert_refused(&policy, rules, "version_rollback", "/version"); /* 6 before 7 */
    rules.min_version = 0;
    assert_refused(&policy, rules, "version_rollback", "/version");
    assert_refused(&policy, after(7003, OTHER), "version_conflict", "/version");
    assert_answer(&policy, after(7003, DIGEST), POL_FRESH_NO_CHANGE);
    assert_refused(&policy, after(7002, OTHER), "issued_in_future", "/issued_at"); /* 7 before 8 */
    policy.issued_at_s = NOW_S;
    assert_refused(&policy, after(7002, OTHER), "not_yet", "/not_before"); /* 8 before 9 */
    policy.not_before_s = NOW_S;
    assert_refused(&policy, after(7002, OTHER), "expired", "/expires_at");
}

/* Within step 6: the least version comes before the floor, lower before another content. */
static void freshness__below_the_least_version_and_in_conflict__is_a_rollback(void **state)
{
    (void)state;
    struct pol_policy policy = stage_policy();
    struct pol_freshness_rules rules = after(7003, OTHER);
    rules.min_version = 7004;
    assert_refused(&policy, rules, "version_rollback", "/version");
    rules.min_version = 7003;
    assert_refused(&policy, rules, "version_conflict", "/version");
    rules = after(7999, OTHER);
    rules.min_version = 7001;
    assert_refused(&policy, rules, "version_rollback", "/version");
}

/* A safe policy passes steps 5 and 6 like any other, and 7 to 9 not at all. */
static void freshness__of_a_safe_policy__keeps_the_order_without_times(void **state)
{
    (void)state;
    struct pol_policy policy = safe_policy();
    policy.issued_at_s = NOW_S + 1000 * (int64_t)DAY_S;
    struct pol_freshness_rules rules = after(8001, OTHER);
    rules.rollout = "another-one";
    assert_refused(&policy, rules, "rollout_mismatch", "/rollout");
    rules.rollout = NULL;
    assert_refused(&policy, rules, "version_rollback", "/version");
    rules = after(7998, OTHER);
    rules.min_version = 8000;
    assert_refused(&policy, rules, "version_rollback", "/version");
    rules.min_version = 7999;
    assert_answer(&policy, rules, POL_FRESH_ACCEPT);
}

static void freshness__of_a_safe_policy__asks_for_no_time_but_for_its_version(void **state)
{
    (void)state;
    struct pol_policy policy = safe_policy();
    assert_answer(&policy, at_time(0), POL_FRESH_ACCEPT);
    assert_answer(&policy, at_time(EXPIRES_S + 1000 * (int64_t)DAY_S), POL_FRESH_ACCEPT);
    assert_refused(&policy, after(8001, OTHER), "version_rollback", "/version");
    assert_refused(&policy, after(7999, OTHER), "version_conflict", "/version");
    assert_answer(&policy, after(7999, DIGEST), POL_FRESH_NO_CHANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freshness__of_another_rollout__is_a_mismatch_before_anything_else),
        cmocka_unit_test(freshness__of_the_first_policy__accepts),
        cmocka_unit_test(freshness__of_a_higher_version__accepts),
        cmocka_unit_test(freshness__of_the_same_version_and_content__is_no_change),
        cmocka_unit_test(freshness__of_the_same_version_with_other_content__is_a_conflict),
        cmocka_unit_test(freshness__of_a_lower_version__is_a_rollback),
        cmocka_unit_test(freshness__below_the_least_version__is_a_rollback_and_at_it_is_taken),
        cmocka_unit_test(freshness__with_a_lost_store__takes_the_floors_own_policy_even_expired),
        cmocka_unit_test(freshness__issued_up_to_a_day_ahead__is_taken_and_beyond_not),
        cmocka_unit_test(freshness__before_its_beginning__is_not_yet_and_at_it_is_taken),
        cmocka_unit_test(freshness__at_its_expiry__is_expired_and_a_second_before_is_taken),
        cmocka_unit_test(freshness__of_what_is_in_force__never_asks_for_the_time),
        cmocka_unit_test(freshness__with_several_reasons__names_the_first_in_order),
        cmocka_unit_test(freshness__below_the_least_version_and_in_conflict__is_a_rollback),
        cmocka_unit_test(freshness__of_a_safe_policy__keeps_the_order_without_times),
        cmocka_unit_test(freshness__of_a_safe_policy__asks_for_no_time_but_for_its_version),
    };
    return cmocka_run_group_tests_name("freshness", tests, start, stop);
}
