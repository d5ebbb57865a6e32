/* parsed.h - one document that was read, and the mistakes found in it since.
 *
 * Each test program has its own: these are definitions.
 */
#ifndef TESTS_UNIT_POLICY_PARSED_H
#define TESTS_UNIT_POLICY_PARSED_H

#include "tests/cmocka_all.h"

#include "policy/json_read.h"

#include <string.h>

static struct pol_problems problems;

static inline struct pol_json *parsed(const char *text)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_json *json = NULL;
    struct err err = {0};
    if (pol_json_parse(span_text(text), &limits, &json, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    memset(&problems, 0, sizeof problems);
    return json;
}

static inline void assert_problem(size_t i, const char *code, const char *pointer)
{
    assert_true(i < problems.count);
    assert_string_equal(problems.items[i].code, code);
    assert_string_equal(problems.items[i].pointer, pointer);
    assert_true(problems.items[i].text[0] != '\0');
}

static inline void assert_one_problem(const char *code, const char *pointer)
{
    assert_int_equal(problems.found, 1);
    assert_problem(0, code, pointer);
}

#endif
