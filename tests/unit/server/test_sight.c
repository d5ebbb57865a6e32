/* test_sight.c - srv_sight: lists of rows are read as they stand, however often they come again. */
#include "tests/cmocka_all.h"

#include "server/lens.h"

#include <stdio.h>
#include <string.h>

enum { LISTS = 300, ROUNDS = 6000, LIST_BYTES = 12 * 1024, LONG_FROM = 280 };

/* The list of that number: one of four has nothing in it, long ones are beyond what is remembered. */
static size_t item_count(unsigned number)
{
    return number >= LONG_FROM ? 200 + number : number % 4;
}

static void write_list(unsigned number, const char *name, char out[LIST_BYTES])
{
    size_t used = (size_t)snprintf(out, LIST_BYTES, "[");
    for (size_t i = 0; i < item_count(number); i++) {
        used += (size_t)snprintf(out + used, LIST_BYTES - used, "%s\"%s-%u-%zu\"", i > 0 ? "," : "",
                                 name, number, i);
    }
    (void)snprintf(out + used, LIST_BYTES - used, "]");
}

static void expect_list(const struct srv_texts *texts, unsigned number, const char *name)
{
    assert_int_equal(texts->count, item_count(number));
    assert_non_null(texts->items);
    for (size_t i = 0; i < texts->count; i++) {
        char item[64];
        (void)snprintf(item, sizeof item, "%s-%u-%zu", name, number, i);
        assert_string_equal(texts->items[i], item);
    }
}

static void sight__many_lists_in_any_order__each_is_read_as_it_stands(void **state)
{
    (void)state;
    static char groups[LIST_BYTES];
    static char tags[LIST_BYTES];
    struct srv_sight sight = {.groups = NULL};
    uint32_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned one = (seed >> 8) % LISTS;
        unsigned other = (seed >> 20) % LISTS;
        write_list(one, "g", groups);
        write_list(other, "t", tags);
        const struct srv_user_row row = {.groups = groups, .tags = tags};
        assert_int_equal(srv_sight_read(&sight, &row, false), ST_OK);
        expect_list(sight.groups, one, "g");
        expect_list(sight.tags, other, "t");
        assert_int_equal(sight.ready->count, 0);
        assert_int_equal(sight.failed->count, 0);
    }
    srv_sight_done(&sight);
}

static void sight__same_texts_as_groups_and_tags__are_not_mixed_up(void **state)
{
    (void)state;
    struct srv_sight sight = {.groups = NULL};
    const struct srv_user_row rows[] = {{.groups = "[\"a\"]", .tags = "[\"b\"]"},
                                        {.groups = "[\"b\"]", .tags = "[\"a\"]"},
                                        {.groups = NULL, .tags = "[]"},
                                        {.groups = "[\"a\"]", .tags = "[\"b\"]"}};
    static const char *const GROUPS[] = {"a", "b", NULL, "a"};
    static const char *const TAGS[] = {"b", "a", NULL, "b"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(srv_sight_read(&sight, &rows[i], false), ST_OK);
        assert_int_equal(sight.groups->count, GROUPS[i] != NULL ? 1 : 0);
        assert_int_equal(sight.tags->count, TAGS[i] != NULL ? 1 : 0);
        if (GROUPS[i] != NULL) {
            assert_string_equal(sight.groups->items[0], GROUPS[i]);
            assert_string_equal(sight.tags->items[0], TAGS[i]);
        }
    }
    srv_sight_done(&sight);
}

static void sight__probes__are_told_by_their_verdict_and_only_if_somebody_asks(void **state)
{
    (void)state;
    static const char FIRST[] = "[{\"url\":\"https://a/\",\"verdict\":\"ready\"},"
                                "{\"url\":\"https://b/\",\"verdict\":\"refused\"}]";
    static const char SECOND[] = "[{\"url\":\"https://a/\",\"verdict\":\"refused\"}]";
    struct srv_sight sight = {.groups = NULL};
    for (int round = 0; round < 3; round++) {
        const struct srv_user_row first = {.tags = "[]", .preflight = FIRST};
        const struct srv_user_row second = {.tags = "[]", .preflight = SECOND};
        assert_int_equal(srv_sight_read(&sight, &first, true), ST_OK);
        assert_int_equal(sight.ready->count, 1);
        assert_string_equal(sight.ready->items[0], "https://a/");
        assert_int_equal(sight.failed->count, 1);
        assert_string_equal(sight.failed->items[0], "https://b/");
        assert_int_equal(srv_sight_read(&sight, &second, true), ST_OK);
        assert_int_equal(sight.ready->count, 0);
        assert_string_equal(sight.failed->items[0], "https://a/");
        assert_int_equal(srv_sight_read(&sight, &first, false), ST_OK);
        assert_int_equal(sight.ready->count + sight.failed->count, 0);
    }
    srv_sight_done(&sight);
}

/* More of them than are remembered, so that each takes the place of others. */
static void sight__many_probes__leave_nothing_of_the_one_before(void **state)
{
    (void)state;
    struct srv_sight sight = {.groups = NULL};
    for (unsigned i = 0; i < LISTS; i++) {
        char text[LIST_BYTES];
        (void)snprintf(text, sizeof text, "[{\"url\":\"https://s%u/\",\"verdict\":\"%s\"}]", i,
                       i % 3 == 0 ? "ready" : "refused");
        const struct srv_user_row row = {.tags = "[]", .preflight = text};
        assert_int_equal(srv_sight_read(&sight, &row, true), ST_OK);
        assert_int_equal(sight.ready->count, i % 3 == 0 ? 1 : 0);
        assert_int_equal(sight.failed->count, i % 3 == 0 ? 0 : 1);
    }
    srv_sight_done(&sight);
}

static void sight__what_is_no_list__is_refused_each_time(void **state)
{
    (void)state;
    struct srv_sight sight = {.groups = NULL};
    const struct srv_user_row bad = {.groups = "[\"a\"", .tags = "[]"};
    const struct srv_user_row good = {.groups = "[\"a\"]", .tags = "[]"};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(srv_sight_read(&sight, &bad, false), ST_REFUSED);
        assert_int_equal(srv_sight_read(&sight, &good, false), ST_OK);
        assert_int_equal(sight.groups->count, 1);
    }
    srv_sight_done(&sight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sight__many_lists_in_any_order__each_is_read_as_it_stands),
        cmocka_unit_test(sight__same_texts_as_groups_and_tags__are_not_mixed_up),
        cmocka_unit_test(sight__probes__are_told_by_their_verdict_and_only_if_somebody_asks),
        cmocka_unit_test(sight__many_probes__leave_nothing_of_the_one_before),
        cmocka_unit_test(sight__what_is_no_list__is_refused_each_time),
    };
    return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
