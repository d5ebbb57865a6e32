/* test_evidence.c - evidence.h: each text once, in order, and what happens when there is no room. */
#include "tests/cmocka_all.h"

#include "agent/evidence.h"

#include <string.h>

static void fill(struct ag_evidence *evidence)
{
    for (unsigned i = 0; i < AG_EVIDENCE_MOST; i++) {
        ag_evidence_add(evidence, "text:%u", i);
    }
    assert_int_equal(evidence->count, AG_EVIDENCE_MOST);
}

static void add__each_text__is_kept_once_and_in_order(void **state)
{
    (void)state;
    struct ag_evidence evidence = {.count = 0};
    ag_evidence_add(&evidence, "profile:%s", "001f6622");
    ag_evidence_add(&evidence, "autodiscover:%s", "EXPR");
    ag_evidence_add(&evidence, "profile:001f6622");
    assert_int_equal(evidence.count, 2);
    assert_string_equal(evidence.items[0], "profile:001f6622");
    assert_string_equal(evidence.items[1], "autodiscover:EXPR");
}

static void add__of_a_long_text__cuts_it(void **state)
{
    (void)state;
    struct ag_evidence evidence = {.count = 0};
    char text[2 * AG_EVIDENCE_BYTES];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ag_evidence_add(&evidence, "%s", text);
    ag_evidence_add(&evidence, "%s", text); /* the same as what is left of it */
    assert_int_equal(evidence.count, 1);
    assert_int_equal(strlen(evidence.items[0]), AG_EVIDENCE_BYTES - 1);
}

static void add__without_room__says_that_there_is_more(void **state)
{
    (void)state;
    struct ag_evidence evidence = {.count = 0};
    fill(&evidence);
    ag_evidence_add(&evidence, "text:3"); /* is there: nothing is left out */
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 1], "text:15");
    ag_evidence_add(&evidence, "another");
    ag_evidence_add(&evidence, "and another");
    assert_int_equal(evidence.count, AG_EVIDENCE_MOST);
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 2], "text:14");
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 1], "more");
}

static void insist__with_room__adds_like_any_other(void **state)
{
    (void)state;
    struct ag_evidence evidence = {.count = 0};
    ag_evidence_insist(&evidence, "hint:old_client");
    ag_evidence_insist(&evidence, "hint:old_client");
    assert_int_equal(evidence.count, 1);
    assert_string_equal(evidence.items[0], "hint:old_client");
}

static void insist__without_room__takes_the_place_before_the_last(void **state)
{
    (void)state;
    struct ag_evidence evidence = {.count = 0};
    fill(&evidence);
    ag_evidence_insist(&evidence, "text:15"); /* is there */
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 1], "text:15");
    ag_evidence_insist(&evidence, "hint:100%"); /* no format */
    assert_int_equal(evidence.count, AG_EVIDENCE_MOST);
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 3], "text:13");
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 2], "hint:100%");
    assert_string_equal(evidence.items[AG_EVIDENCE_MOST - 1], "more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add__each_text__is_kept_once_and_in_order),
        cmocka_unit_test(add__of_a_long_text__cuts_it),
        cmocka_unit_test(add__without_room__says_that_there_is_more),
        cmocka_unit_test(insist__with_room__adds_like_any_other),
        cmocka_unit_test(insist__without_room__takes_the_place_before_the_last),
    };
    return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
