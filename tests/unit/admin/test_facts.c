/* test_facts.c - adm_facts_compare(): what changed between two looks; how long to rest. */
#include "tests/cmocka_all.h"

#include "admin/facts.h"
#include "admin/watch.h"

#include <stdio.h>

static enum status note(void *ctx, const char *key, const char *text)
{
    return bytes_append_format(ctx, "%s=%s;", key, text != NULL ? text : "(gone)");
}

static void check_changes(const char *const before[][2], size_t before_count,
                          const char *const now[][2], size_t now_count, const char *expected)
{
    struct adm_facts a = adm_facts_new();
    struct adm_facts b = adm_facts_new();
    struct bytes seen = bytes_with_limit(1024);
    for (size_t i = 0; i < before_count; i++) {
        adm_facts_add(&a, before[i][0], before[i][1]);
    }
    for (size_t i = 0; i < now_count; i++) {
        adm_facts_add(&b, now[i][0], now[i][1]);
    }
    assert_int_equal(adm_facts_compare(&a, &b, note, &seen), ST_OK);
    assert_string_equal(bytes_text(&seen), expected);
    bytes_free(&seen);
    adm_facts_done(&a);
    adm_facts_done(&b);
}

static void facts__nothing_changed__nothing_is_told(void **state)
{
    (void)state;
    const char *const some[][2] = {{"b", "2"}, {"a", "1"}};
    const char *const same[][2] = {{"a", "1"}, {"b", "2"}};
    check_changes(some, 2, same, 2, "");
    check_changes(some, 0, same, 0, "");
}

static void facts__new_changed_and_gone__are_told_apart(void **state)
{
    (void)state;
    const char *const before[][2] = {{"c", "3"}, {"a", "1"}, {"b", "2"}};
    const char *const now[][2] = {{"d", "4"}, {"b", "two"}, {"c", "3"}};
    check_changes(before, 3, now, 3, "a=(gone);b=two;d=4;");
    check_changes(before, 0, now, 3, "b=two;c=3;d=4;");
    check_changes(before, 3, now, 0, "a=(gone);b=(gone);c=(gone);");
}

static void facts__one_key_begins_like_another__are_two(void **state)
{
    (void)state;
    const char *const before[][2] = {{"state", "1"}, {"state error", "2"}};
    const char *const now[][2] = {{"state", "1"}, {"state errors", "2"}};
    check_changes(before, 2, now, 2, "state error=(gone);state errors=2;");
}

static void facts__too_much__is_told_at_the_comparison(void **state)
{
    (void)state;
    struct adm_facts small = {.text = bytes_with_limit(8)};
    struct adm_facts none = adm_facts_new();
    struct bytes seen = bytes_with_limit(1024);
    adm_facts_add(&small, "key", "longer than eight");
    adm_facts_add_format(&small, "k", "%d", 1);
    assert_int_equal(small.count, 0);
    assert_int_equal(adm_facts_compare(&none, &small, note, &seen), ST_TOO_LARGE);
    assert_int_equal(seen.size, 0);
    bytes_free(&seen);
    adm_facts_done(&small);
    adm_facts_done(&none);
}

static void rest__failures__double_it_up_to_a_minute(void **state)
{
    (void)state;
    static const int64_t EXPECTED[] = {5, 10, 20, 40, 60, 60, 60};
    for (unsigned i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        assert_true(adm_watch_rest_s(5, i) == EXPECTED[i]);
    }
    assert_true(adm_watch_rest_s(5, 4000000000U) == 60);
    assert_true(adm_watch_rest_s(3600, 0) == 3600);
    assert_true(adm_watch_rest_s(3600, 7) == 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts__nothing_changed__nothing_is_told),
        cmocka_unit_test(facts__new_changed_and_gone__are_told_apart),
        cmocka_unit_test(facts__one_key_begins_like_another__are_two),
        cmocka_unit_test(facts__too_much__is_told_at_the_comparison),
        cmocka_unit_test(rest__failures__double_it_up_to_a_minute),
    };
    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
