/* test_explain.c - explain.h: what people read. What programs read is in tests/data/decision. */
#include "tests/cmocka_all.h"

#include "policy/explain.h"
#include "policy/facts.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>
#include <string.h>

static struct pol_plan *plan;

static int start(void **state)
{
    if (signing_start(state) != 0) {
        return -1;
    }
    plan = plan_of(EXAMPLE_PLAN);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pol_plan_free(plan);
    return 0;
}

static struct bytes explained(const struct pol_policy *policy, const char *facts)
{
    struct pol_fact_line *line = NULL;
    struct pol_preparation p = {0};
    struct bytes out = bytes_with_limit(65536);
    assert_int_equal(pol_fact_line_parse(span_text(facts), &line, NULL), ST_OK);
    assert_int_equal(pol_prepare(&p, policy, pol_fact_line_facts(line)), ST_OK);
    assert_int_equal(pol_explain_text(policy, &p.facts, &out), ST_OK);
    pol_preparation_done(&p);
    pol_fact_line_free(line);
    return out;
}

static void assert_explained(int stage, const char *facts, const char *expected)
{
    struct pol_policy policy;
    pol_plan_view(plan, stage, &policy);
    struct bytes is = explained(&policy, facts);
    assert_string_equal(bytes_text(&is), expected);
    bytes_free(&is);
}

static void explain_text__of_a_rule_that_decides__shows_how_and_the_guards(void **state)
{
    (void)state;
    assert_explained(
        3,
        "{\"host\":{\"name\":\"PC-2\",\"tags\":[\"x\",\"y\"]},\"user\":{\"sid\":\"S-1-5-21-1-2-3-1002\","
        "\"account\":\"CONTOSO\\\\bob\",\"groups\":[\"CONTOSO\\\\A\"]},"
        "\"outlook\":{\"version\":\"14.0.1\"},\"preflight\":{\"allow\":true}}",
        "CONTOSO\\bob S-1-5-21-1-2-3-1002 on PC-2, stage quarter:\n"
        "  rule 0: exceptions -> leave: no\n"
        "    no       group           CONTOSO\\MAPI-Exceptions; saw CONTOSO\\A\n"
        "    no       tag             mapi-exception; saw none of 2\n"
        "  rule 1: pilot -> allow: no\n"
        "    no       group           CONTOSO\\MAPI-Pilot; saw CONTOSO\\A\n"
        "    no       host            HQ-IT-*; saw PC-2\n"
        "  rule 2: quarter -> allow: yes\n"
        "    yes      percent         bucket below 250000; saw 190661 of S-1-5-21-1-2-3-1002\n"
        "  guards of allow:\n"
        "    yes      preflight       https://mapi.example.com/mapi/healthcheck.htm; saw passed\n"
        "    no       minimum_outlook 14.0.7147 or 2 more; saw 14.0.1\n"
        "  so: allow, by rule 2 (quarter); written, but Outlook is too old (minimum_outlook)\n");
}

static void explain_text__of_a_fact_not_known__names_it(void **state)
{
    (void)state;
    assert_explained(1, "{}",
                     "(account not known) (SID not known) on (host not known), stage hold-back:\n"
                     "  rule 0: exceptions -> leave: unknown\n"
                     "    unknown  group           CONTOSO\\MAPI-Exceptions; saw not known\n"
                     "    unknown  tag             mapi-exception; saw not known\n"
                     "  so: leave, by rule 0 (exceptions); left alone: \"groups\" is not known\n");
}

static void explain_text__of_a_guard_that_blocks__says_what_comes_of_it(void **state)
{
    (void)state;
    assert_explained(POL_PLAN_SAFE, "{\"mailbox\":\"mixed\"}",
                     "(account not known) (SID not known) on (host not known), stage safe:\n"
                     "  guards of block:\n"
                     "    no       block_mailboxes on_premises or 1 more; saw mixed\n"
                     "  so: block, because no rule matches; not written, as if it were release "
                     "(block_mailboxes)\n");
    struct pol_policy policy;
    pol_plan_view(plan, 4, &policy);
    struct bytes is = explained(&policy, "{\"host\":{\"tags\":[]},\"user\":{\"groups\":[]}}");
    assert_non_null(strstr(bytes_text(&is), "tag             mapi-exception; saw none\n"));
    assert_non_null(strstr(bytes_text(&is),
                           "  so: allow, because no rule matches; not written: preflight_pending "
                           "(preflight)\n"));
    bytes_free(&is);
}

/* A ring that an earlier rule settled has a heading, and its conditions stand there. */
static void explain_text__of_rings_in_rings__shows_each_once(void **state)
{
    (void)state;
    char *text = with_change(EXAMPLE_POLICY, "{\"pilot\":{\"host\":[\"HQ-IT-*\"]}}",
                             "{\"pilot\":{\"ring\":\"inner\"},\"inner\":{\"host\":[\"HQ-IT-*\"]}}");
    char *whole = with_change(text, "\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"}]",
                              "\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"},"
                              "{\"ring\":\"inner\",\"set\":\"leave\"}]");
    struct pol_policy *policy = good_policy_of(whole);
    struct bytes is = explained(policy, "{\"host\":{\"name\":\"PC\"},\"mailbox\":\"on_premises\"}");
    assert_string_equal(bytes_text(&is),
                        "(account not known) (SID not known) on PC, stage pilot:\n"
                        "  rule 0: pilot -> allow: no\n"
                        "    no       (inner) host            HQ-IT-*; saw PC\n"
                        "    no       ring            inner\n"
                        "  rule 1: inner -> leave: no\n"
                        "  guards of block:\n"
                        "    yes      block_mailboxes on_premises or 1 more; saw on_premises\n"
                        "  so: block, because no rule matches\n");
    bytes_free(&is);
    pol_policy_free(policy);
    free(whole);
    free(text);
}

static void explain_text__of_hostile_names__moves_no_cursor(void **state)
{
    (void)state;
    struct pol_policy policy;
    pol_plan_view(plan, 3, &policy);
    struct bytes is = explained(
        &policy, "{\"host\":{\"name\":\"PC\\n\",\"tags\":[\"\\u001b[2J\"]},\"user\":{\"sid\":"
                 "\"S\\r\",\"account\":\"A\\u0007\",\"groups\":[\"g\\u009b\"]}}");
    for (const char *p = bytes_text(&is); *p != '\0'; p++) {
        assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
    }
    assert_null(strstr(bytes_text(&is), "\xc2\x9b"));
    assert_non_null(strstr(bytes_text(&is), "A\\x07 S\\x0d on PC\\x0a, stage"));
    bytes_free(&is);
}

static void explain__without_room__fails(void **state)
{
    (void)state;
    struct pol_policy policy;
    struct pol_facts facts = {.preflight_allow = POL_YES};
    struct bytes small = bytes_with_limit(64);
    pol_plan_view(plan, 1, &policy);
    assert_int_equal(pol_explain_text(&policy, &facts, &small), ST_TOO_LARGE);
    bytes_clear(&small);
    assert_int_equal(pol_explain_json(&policy, &facts, &small), ST_TOO_LARGE);
    bytes_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explain_text__of_a_rule_that_decides__shows_how_and_the_guards),
        cmocka_unit_test(explain_text__of_a_fact_not_known__names_it),
        cmocka_unit_test(explain_text__of_a_guard_that_blocks__says_what_comes_of_it),
        cmocka_unit_test(explain_text__of_rings_in_rings__shows_each_once),
        cmocka_unit_test(explain_text__of_hostile_names__moves_no_cursor),
        cmocka_unit_test(explain__without_room__fails),
    };
    return cmocka_run_group_tests_name("explain", tests, start, stop);
}
