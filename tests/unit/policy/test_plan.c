/* test_plan.c - plan.h: what an administrator may write, and how much of it. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/documents.h"

#include <stdlib.h>
#include <string.h>

/* ---- the example -------------------------------------------------------------------------- */

static void plan__of_the_document__is_taken(void **state)
{
    (void)state;
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    size_t stage = 99;
    assert_string_equal(pol_plan_rollout(plan), "mapihttp-2026");
    assert_int_equal(pol_plan_serial(plan), 7);
    assert_int_equal(pol_plan_stage_count(plan), 6);
    assert_string_equal(pol_plan_stage_name(plan, 1), "hold-back");
    assert_true(pol_plan_find_stage(plan, "finish", &stage));
    assert_int_equal(stage, 5);
    assert_false(pol_plan_find_stage(plan, "safe", &stage));
    assert_int_equal(stage, 5);
    pol_plan_free(plan);
    pol_plan_free(NULL);
}

static void plan__with_as_little_as_possible__is_taken(void **state)
{
    (void)state;
    struct pol_plan *plan =
        plan_of("{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"r\",\"serial\":1,"
                "\"issued_at\":\"2026-11-22T10:00:00Z\",\"expires_at\":\"2026-11-22T10:00:01Z\","
                "\"stages\":[{\"name\":\"s\",\"rules\":[],\"otherwise\":\"leave\"}],"
                "\"safe\":{\"set\":\"leave\"}}");
    assert_int_equal(pol_plan_stage_count(plan), 1);
    pol_plan_free(plan);
}

static void plan__that_is_no_json__is_refused_as_such(void **state)
{
    (void)state;
    assert_plan_refused("{\"format\":}", "no value", "json_syntax", "/format");
    assert_plan_refused("{\"a\":1,\"a\":1}", "twice", "json_duplicate_key", "/a");
    assert_plan_refused("[]", "a list", "wrong_type", "");
    struct pol_problems problems = {0};
    struct pol_plan *plan = NULL;
    assert_int_equal(pol_plan_parse(span_text(""), &plan, &problems, &problems, NULL), ST_REFUSED);
    assert_int_equal(problems.found, 1);
}

/* ---- refusals ----------------------------------------------------------------------------- */

static void plan__with_several_mistakes__tells_all_of_them(void **state)
{
    (void)state;
    char *one = with_change(EXAMPLE_PLAN, "\"serial\": 7", "\"serial\": 0");
    char *two = with_change(one, "\"soak_s\": 259200", "\"soak\": 259200");
    char *three = with_change(two, "\"otherwise\": \"release\"", "\"otherwise\": \"free\"");
    struct pol_problems problems = {0};
    struct pol_problems warnings = {0};
    struct pol_plan *plan = NULL;
    assert_int_equal(pol_plan_parse(span_text(three), &plan, &problems, &warnings, NULL),
                     ST_REFUSED);
    assert_int_equal(problems.found, 3);
    assert_true(has_problem(&problems, "out_of_range", "/serial"));
    assert_true(has_problem(&problems, "unknown_field", "/stages/2/gate/soak"));
    assert_true(has_problem(&problems, "out_of_range", "/stages/5/otherwise"));
    free(one);
    free(two);
    free(three);
}

/* ---- how many ----------------------------------------------------------------------------- */

/* The example with `times` of something numbered, separated by commas, in front of something. The
 * number stands between head and tail. */
static char *with_many(const char *before, const char *head, const char *tail, unsigned times)
{
    struct bytes many = bytes_with_limit(LIMIT_PLAN_BYTES);
    for (unsigned i = 0; i < times; i++) {
        assert_int_equal(bytes_append_format(&many, "%s%u%s, ", head, i, tail), ST_OK);
    }
    assert_int_equal(bytes_append_text(&many, before), ST_OK);
    char *text = with_change(EXAMPLE_PLAN, before, bytes_text(&many));
    bytes_free(&many);
    return text;
}

static char *with_stages(unsigned times)
{
    return with_many("{ \"name\": \"finish\"", "{ \"name\": \"stage-",
                     "\", \"rules\": [], \"otherwise\": \"leave\" }", times);
}

static char *with_rings(unsigned times)
{
    return with_many("\"quarter\": {", "\"ring-", "\": { \"tag\": [\"x\"] }", times);
}

static void plan__with_50_stages__is_taken_and_with_51_too_large(void **state)
{
    (void)state;
    char *text = with_stages(44);
    struct pol_plan *plan = plan_of(text);
    assert_int_equal(pol_plan_stage_count(plan), 50);
    pol_plan_free(plan);
    free(text);
    text = with_stages(45);
    assert_plan_refused(text, "51 stages", "too_large", "/stages");
    free(text);
}

static void plan__without_stages__is_out_of_range(void **state)
{
    (void)state;
    assert_plan_refused("{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"r\",\"serial\":1,"
                        "\"issued_at\":\"2026-11-22T10:00:00Z\","
                        "\"expires_at\":\"2026-11-22T10:00:01Z\",\"stages\":[],"
                        "\"safe\":{\"set\":\"leave\"}}",
                        "no stages", "out_of_range", "/stages");
}

static void plan__with_64_rings__is_taken_and_with_65_too_large(void **state)
{
    (void)state;
    char *text = with_rings(61);
    pol_plan_free(plan_of(text));
    free(text);
    text = with_rings(62);
    struct pol_problems problems = {0};
    struct pol_problems warnings = {0};
    struct pol_plan *plan = NULL;
    assert_int_equal(pol_plan_parse(span_text(text), &plan, &problems, &warnings, NULL),
                     ST_REFUSED);
    assert_string_equal(problems.items[0].code, "too_large");
    assert_string_equal(problems.items[0].pointer, "/rings");
    free(text);
}

static void plan__with_256_rules__is_taken_and_with_257_too_large(void **state)
{
    (void)state;
    static const char RULE[] = "{ \"ring\": \"quarter\", \"set\": \"allow\" }";
    static const char HEAD[] = "{ \"ring\": \"quarter\", \"set\": \"allow\", \"ticket\": \"";
    static const char TAIL[] = "\" }";
    char *text = with_many(RULE, HEAD, TAIL, 253);
    pol_plan_free(plan_of(text));
    free(text);
    text = with_many(RULE, HEAD, TAIL, 254);
    assert_plan_refused(text, "257 rules", "too_large", "/stages/3/rules");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan__of_the_document__is_taken),
        cmocka_unit_test(plan__with_as_little_as_possible__is_taken),
        cmocka_unit_test(plan__that_is_no_json__is_refused_as_such),
        cmocka_unit_test(plan__with_several_mistakes__tells_all_of_them),
        cmocka_unit_test(plan__with_50_stages__is_taken_and_with_51_too_large),
        cmocka_unit_test(plan__without_stages__is_out_of_range),
        cmocka_unit_test(plan__with_64_rings__is_taken_and_with_65_too_large),
        cmocka_unit_test(plan__with_256_rules__is_taken_and_with_257_too_large),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
