/* test_decisions.c - the whole way of tests/data/decision: plan, signed policy, evaluator, trace. */
#include "tests/cmocka_all.h"

#include "policy/explain.h"
#include "policy/facts.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS_LEAST = 10, DECISIONS_LEAST = 80, FOLDERS_MOST = 64, LINES_MOST = 64 };

/* Lines of a file; the text they point into is the caller's. */
struct lines {
    char *items[LINES_MOST];
    size_t count;
};

static void split(struct bytes *text, struct lines *out)
{
    out->count = 0;
    for (char *at = (char *)text->data; at != NULL && *at != '\0';) {
        char *end = strchr(at, '\n');
        assert_non_null(end); /* every line has its end */
        *end = '\0';
        assert_true(out->count < LINES_MOST);
        out->items[out->count++] = at;
        at = end + 1;
    }
}

static struct bytes stored(const char *folder, const char *file)
{
    char path[200];
    (void)snprintf(path, sizeof path, "decision/%s/%s", folder, file);
    return signing_stored(path);
}

/* The line that explain --json prints. */
static struct bytes explained(const struct pol_policy *policy, const struct pol_facts *known)
{
    struct pol_preparation preparation = {0};
    struct bytes out = bytes_with_limit(1024 * 1024);
    assert_int_equal(pol_prepare(&preparation, policy, known), ST_OK);
    assert_int_equal(pol_explain_json(policy, &preparation.facts, &out), ST_OK);
    pol_preparation_done(&preparation);
    return out;
}

static void assert_explained(const struct pol_policy *policy, const char *facts,
                             const char *expected, const char *what)
{
    struct pol_fact_line *line = NULL;
    struct err err = {0};
    if (pol_fact_line_parse(span_text(facts), &line, &err) != ST_OK) {
        fail_msg("%s: %s at %s: %s", what, err.code, err.pointer, err.text);
    }
    struct bytes is = explained(policy, pol_fact_line_facts(line));
    if (strcmp(bytes_text(&is), expected) != 0) {
        fail_msg("%s, stage %s\n  is       %s\n  should be %s", what, policy->stage,
                 bytes_text(&is), expected);
    }
    bytes_free(&is);
    pol_fact_line_free(line);
}

/* Decisions without a trace take short cuts; they must come to the same. */
static void assert_same_without_trace(const struct pol_policy *policy, const char *facts)
{
    struct pol_fact_line *line = NULL;
    struct pol_preparation prepared = {0};
    assert_int_equal(pol_fact_line_parse(span_text(facts), &line, NULL), ST_OK);
    assert_int_equal(pol_prepare(&prepared, policy, pol_fact_line_facts(line)), ST_OK);
    struct pol_facts unindexed = prepared.facts;
    unindexed.group_index = NULL;
    struct pol_decision a = pol_evaluate(policy, &prepared.facts, NULL);
    struct pol_decision b = pol_evaluate(policy, &unindexed, NULL);
    assert_int_equal(a.set, b.set);
    assert_int_equal(a.rule, b.rule);
    assert_int_equal(a.blocked_by, b.blocked_by);
    assert_ptr_equal(a.fact, b.fact);
    pol_preparation_done(&prepared);
    pol_fact_line_free(line);
}

/* What is looked at before signing is what comes out of the signed policy. */
static void assert_same_head(const struct pol_policy *policy, const struct pol_policy *view)
{
    assert_int_equal(view->version, policy->version);
    assert_int_equal(view->kind, policy->kind);
    assert_string_equal(view->stage, policy->stage);
    assert_int_equal(view->issued_at_s, policy->issued_at_s);
    assert_int_equal(view->expires_at_s, policy->expires_at_s);
    assert_int_equal(view->not_before_s, policy->not_before_s);
    assert_int_equal(view->expect, policy->expect);
    assert_int_equal(view->otherwise, policy->otherwise);
    assert_int_equal(view->rule_count, policy->rule_count);
}

static size_t check_stage(const struct pol_plan *plan, int stage, const char *folder,
                          const struct lines *facts)
{
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    struct pol_policy view;
    struct lines expected;
    char file[120];
    assert_int_equal(pol_plan_write_policy(plan, stage, &payload, NULL), ST_OK);
    struct pol_policy *policy = good_policy_of(bytes_text(&payload));
    pol_plan_view(plan, stage, &view);
    assert_same_head(policy, &view);
    (void)snprintf(file, sizeof file, "expected-%s.jsonl", policy->stage);
    struct bytes text = stored(folder, file);
    split(&text, &expected);
    assert_int_equal(expected.count, facts->count);
    for (size_t i = 0; i < facts->count; i++) {
        char what[160];
        (void)snprintf(what, sizeof what, "%s, user %zu", folder, i + 1);
        assert_explained(policy, facts->items[i], expected.items[i], what);
        assert_explained(&view, facts->items[i], expected.items[i], what);
        assert_same_without_trace(policy, facts->items[i]);
    }
    bytes_free(&text);
    pol_policy_free(policy);
    bytes_free(&payload);
    return facts->count;
}

static size_t check_folder(const char *folder)
{
    size_t decisions = 0;
    struct lines facts;
    struct bytes plan_text = stored(folder, "plan.json");
    struct bytes facts_text = stored(folder, "facts.jsonl");
    struct pol_plan *plan = plan_of(bytes_text(&plan_text));
    split(&facts_text, &facts);
    for (size_t i = 0; i < pol_plan_stage_count(plan); i++) {
        decisions += check_stage(plan, (int)i, folder, &facts);
    }
    decisions += check_stage(plan, POL_PLAN_SAFE, folder, &facts);
    pol_plan_free(plan);
    bytes_free(&facts_text);
    bytes_free(&plan_text);
    return decisions;
}

static void decisions__as_stored__come_out_of_the_signed_policy_and_of_the_plan(void **state)
{
    (void)state;
    size_t decisions = 0;
    struct lines folders;
    struct bytes text = signing_stored("decision/folders.txt");
    split(&text, &folders);
    assert_true(folders.count >= FOLDERS_LEAST);
    for (size_t i = 0; i < folders.count; i++) {
        decisions += check_folder(folders.items[i]);
    }
    bytes_free(&text);
    print_message("%u decisions in %u folders\n", (unsigned)decisions, (unsigned)folders.count);
    assert_true(decisions >= DECISIONS_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions__as_stored__come_out_of_the_signed_policy_and_of_the_plan),
    };
    return cmocka_run_group_tests_name("decisions", tests, signing_start, NULL);
}
