/* test_facts.c - facts.h: lines, good and bad, and what is prepared of them. */
#include "tests/cmocka_all.h"

#include "policy/bucket.h"
#include "policy/facts.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>
#include <string.h>

static const char WHOLE[] =
    "{\"host\":{\"name\":\"PC-1\",\"domain\":\"CONTOSO\",\"computer_ou\":\"OU=A,DC=b\","
    "\"ad_site\":\"Berlin\",\"tags\":[\"hq\"],\"multi_session\":false},"
    "\"outlook\":{\"version\":\"16.0.17328.20162\"},"
    "\"user\":{\"sid\":\"S-1-5-21-1-2-3-1001\",\"account\":\"CONTOSO\\\\alice\","
    "\"groups\":[\"S-1-5-21-1-2-3-512\",\"CONTOSO\\\\Pilot\"]},"
    "\"mailbox\":\"mixed\",\"preflight\":{\"allow\":true,\"block\":false}}";

static struct pol_fact_line *line_of(const char *text)
{
    struct pol_fact_line *line = NULL;
    struct err err = {0};
    if (pol_fact_line_parse(span_text(text), &line, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    return line;
}

static void fact_line__with_all_keys__is_all_known(void **state)
{
    (void)state;
    struct pol_fact_line *line = line_of(WHOLE);
    const struct pol_facts *f = pol_fact_line_facts(line);
    assert_string_equal(f->sid, "S-1-5-21-1-2-3-1001");
    assert_string_equal(f->account, "CONTOSO\\alice");
    assert_int_equal(f->group_count, 2);
    assert_string_equal(f->groups[1], "CONTOSO\\Pilot");
    assert_false(f->groups_without_names);
    assert_string_equal(f->host, "PC-1");
    assert_string_equal(f->computer_ou, "OU=A,DC=b");
    assert_string_equal(f->ad_site, "Berlin");
    assert_int_equal(f->tag_count, 1);
    assert_string_equal(f->tags[0], "hq");
    assert_int_equal(f->multi_session, POL_NO);
    assert_string_equal(f->outlook, "16.0.17328.20162");
    assert_int_equal(f->mailbox, POL_MAILBOX_MIXED);
    assert_int_equal(f->preflight_allow, POL_YES);
    assert_int_equal(f->preflight_block, POL_NO);
    pol_fact_line_free(line);
    pol_fact_line_free(NULL);
}

static void fact_line__without_keys_or_with_null__is_not_known(void **state)
{
    (void)state;
    static const char *const ROWS[] = {
        "{}",
        "{\"host\":null,\"outlook\":null,\"user\":null,\"mailbox\":null,\"preflight\":null}",
        "{\"host\":{},\"outlook\":{},\"user\":{},\"preflight\":{}}",
        "{\"host\":{\"name\":null,\"domain\":null,\"computer_ou\":null,\"ad_site\":null,"
        "\"tags\":null,\"multi_session\":null},\"outlook\":{\"version\":null},"
        "\"user\":{\"sid\":null,\"account\":null,\"groups\":null},"
        "\"preflight\":{\"allow\":null,\"block\":null}}",
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct pol_fact_line *line = line_of(ROWS[i]);
        const struct pol_facts *f = pol_fact_line_facts(line);
        assert_null(f->sid);
        assert_null(f->account);
        assert_null(f->groups);
        assert_null(f->host);
        assert_null(f->computer_ou);
        assert_null(f->ad_site);
        assert_null(f->tags);
        assert_null(f->outlook);
        assert_int_equal(f->multi_session, POL_NOT_KNOWN);
        assert_int_equal(f->mailbox, POL_MAILBOX_UNKNOWN);
        assert_int_equal(f->preflight_allow, POL_NOT_KNOWN);
        assert_int_equal(f->preflight_block, POL_NOT_KNOWN);
        pol_fact_line_free(line);
    }
}

static void fact_line__with_empty_lists_and_no_outlook__knows_that(void **state)
{
    (void)state;
    struct pol_fact_line *line =
        line_of("{\"host\":{\"tags\":[]},\"user\":{\"groups\":[]},\"outlook\":{\"version\":\"\"}}");
    const struct pol_facts *f = pol_fact_line_facts(line);
    assert_non_null(f->tags);
    assert_int_equal(f->tag_count, 0);
    assert_non_null(f->groups);
    assert_int_equal(f->group_count, 0);
    assert_false(f->groups_without_names);
    assert_string_equal(f->outlook, "");
    pol_fact_line_free(line);
    line = line_of("{\"user\":{\"groups\":[\"S-1-5-21-1-2-3-512\"]}}");
    assert_true(pol_fact_line_facts(line)->groups_without_names);
    pol_fact_line_free(line);
}

static void fact_line__that_is_not_one__is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code;
        const char *pointer;
    } ROWS[] = {
        {"", "json_syntax", ""},
        {"[]", "wrong_type", ""},
        {"{\"user\":{\"sid\":\"a\",\"sid\":\"b\"}}", "json_duplicate_key", "/user/sid"},
        {"{\"users\":{}}", "unknown_field", "/users"},
        {"{\"user\":{\"name\":\"x\"}}", "unknown_field", "/user/name"},
        {"{\"host\":{\"fqdn\":\"x\"}}", "unknown_field", "/host/fqdn"},
        {"{\"host\":[]}", "wrong_type", "/host"},
        {"{\"user\":{\"sid\":7}}", "wrong_type", "/user/sid"},
        {"{\"user\":{\"groups\":{}}}", "wrong_type", "/user/groups"},
        {"{\"user\":{\"groups\":[\"a\",null]}}", "wrong_type", "/user/groups/1"},
        {"{\"host\":{\"multi_session\":\"no\"}}", "wrong_type", "/host/multi_session"},
        {"{\"outlook\":{\"version\":\"latest\"}}", "bad_version_range", "/outlook/version"},
        {"{\"outlook\":{\"bitness\":\"x64\"}}", "unknown_field", "/outlook/bitness"},
        {"{\"mailbox\":\"cloud\"}", "out_of_range", "/mailbox"},
        {"{\"preflight\":{\"allow\":1}}", "wrong_type", "/preflight/allow"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct pol_fact_line *line = NULL;
        struct err err = {0};
        enum status st = pol_fact_line_parse(span_text(ROWS[i].text), &line, &err);
        if (st != ST_REFUSED || strcmp(err.code, ROWS[i].code) != 0 ||
            strcmp(err.pointer, ROWS[i].pointer) != 0) {
            fail_msg("%s: %s at %s", ROWS[i].text, err.code, err.pointer);
        }
        assert_null(line);
    }
}

static void fact_line__above_its_limit__is_refused_unread(void **state)
{
    (void)state;
    char *text = malloc(LIMIT_FACTS_BYTES + 1);
    struct pol_fact_line *line = NULL;
    struct err err = {0};
    assert_non_null(text);
    memset(text, ' ', LIMIT_FACTS_BYTES + 1);
    memcpy(text, "{}", 2);
    struct span span = {.data = (const uint8_t *)text, .size = LIMIT_FACTS_BYTES};
    assert_int_equal(pol_fact_line_parse(span, &line, &err), ST_OK);
    pol_fact_line_free(line);
    span.size++;
    assert_int_equal(pol_fact_line_parse(span, &line, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    free(text);
}

static void prepare__for_one_user_after_the_other__serves_both(void **state)
{
    (void)state;
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct pol_policy policy;
    struct pol_preparation p = {0};
    static const char *const MANY[] = {"A\\1", "A\\2", "A\\3"};
    struct pol_facts known = {
        .sid = "S-1-5-21-1-2-3-1001", .host = "PC-1", .groups = MANY, .group_count = 3};
    uint32_t bucket = 0;
    pol_plan_view(plan, 3, &policy);
    assert_int_equal(policy.draw_count, 1);
    assert_int_equal(pol_prepare(&p, &policy, &known), ST_OK);
    assert_int_equal(pol_bucket("mapihttp-2026", known.sid, &bucket), ST_OK);
    assert_int_equal(p.facts.buckets[0], bucket);
    struct pol_text_mark mark = pol_text_mark("a\\3");
    assert_ptr_equal(pol_text_index_find(p.facts.group_index, "a\\3", &mark), MANY[2]);
    known = (struct pol_facts){.host = "PC-2"};
    assert_int_equal(pol_prepare(&p, &policy, &known), ST_OK);
    assert_null(p.facts.sid);
    assert_null(p.facts.group_index);
    assert_int_equal(p.facts.buckets[0], 0);
    pol_preparation_done(&p);
    pol_plan_free(plan);
}

static void prepare__with_a_host_name_too_long_to_hash__fails(void **state)
{
    (void)state;
    char name[LIMIT_STRING_BYTES + 2];
    struct pol_policy policy = {0};
    struct pol_preparation p = {0};
    struct pol_facts known = {.host = name};
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(pol_prepare(&p, &policy, &known), ST_TOO_LARGE);
    pol_preparation_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fact_line__with_all_keys__is_all_known),
        cmocka_unit_test(fact_line__without_keys_or_with_null__is_not_known),
        cmocka_unit_test(fact_line__with_empty_lists_and_no_outlook__knows_that),
        cmocka_unit_test(fact_line__that_is_not_one__is_refused_with_its_place),
        cmocka_unit_test(fact_line__above_its_limit__is_refused_unread),
        cmocka_unit_test(prepare__for_one_user_after_the_other__serves_both),
        cmocka_unit_test(prepare__with_a_host_name_too_long_to_hash__fails),
    };
    return cmocka_run_group_tests_name("facts", tests, signing_start, NULL);
}
