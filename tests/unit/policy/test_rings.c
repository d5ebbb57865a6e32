/* test_rings.c - rings.h: in which order rings come out, what they share, and who needs whom. */
#include "tests/cmocka_all.h"

#include "policy/rings.h"

#include <string.h>

static struct pol_json *json;
static struct pol_ring_set set;

static void read_rings(const char *text)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_problems problems = {0};
    assert_int_equal(pol_json_parse(span_text(text), &limits, &json, NULL), ST_OK);
    struct pol_at root = pol_json_root(json, &problems);
    assert_int_equal(pol_ring_set_read(&root, &set), ST_OK);
    if (problems.found > 0) {
        fail_msg("%s at %s", problems.items[0].code, problems.items[0].pointer);
    }
}

static int done(void **state)
{
    (void)state;
    pol_ring_set_done(&set);
    pol_json_free(json);
    json = NULL;
    return 0;
}

static uint32_t index_of(const char *name)
{
    uint32_t index = UINT32_MAX;
    if (!pol_ring_set_find(&set, name, &index)) {
        fail_msg("no ring %s", name);
    }
    return index;
}

static void rings__of_nothing__are_none(void **state)
{
    (void)state;
    struct pol_problems problems = {0};
    struct pol_at nothing = {.problems = &problems};
    uint32_t index = 42;
    assert_int_equal(pol_ring_set_read(&nothing, &set), ST_OK);
    assert_int_equal(set.ring_count, 0);
    assert_false(pol_ring_set_find(&set, "a", &index));
    assert_int_equal(index, 42);
}

static void rings__that_name_others__stand_behind_them(void **state)
{
    (void)state;
    read_rings(
        "{\"a\":{\"any\":[{\"ring\":\"c\"},{\"not\":{\"ring\":\"b\"}}]},\"b\":{\"ring\":\"d\"},"
        "\"c\":{\"all\":[{\"ring\":\"b\"},{\"ring\":\"d\"}]},\"d\":{\"tag\":[\"x\"]}}");
    assert_int_equal(set.ring_count, 4);
    assert_true(index_of("d") < index_of("b"));
    assert_true(index_of("b") < index_of("c"));
    assert_true(index_of("c") < index_of("a"));
}

static void rings__in_a_long_chain__come_out_from_its_end(void **state)
{
    (void)state;
    struct bytes text = bytes_with_limit(LIMIT_PLAN_BYTES);
    assert_int_equal(bytes_append_text(&text, "{"), ST_OK);
    for (int i = 0; i < LIMIT_RINGS - 1; i++) {
        assert_int_equal(bytes_append_format(&text, "\"r%d\":{\"ring\":\"r%d\"},", i, i + 1),
                         ST_OK);
    }
    assert_int_equal(bytes_append_format(&text, "\"r%d\":{\"tag\":[\"x\"]}}", LIMIT_RINGS - 1),
                     ST_OK);
    read_rings(bytes_text(&text));
    assert_int_equal(set.ring_count, LIMIT_RINGS);
    assert_int_equal(index_of("r0"), LIMIT_RINGS - 1);
    assert_int_equal(index_of("r63"), 0);
    bytes_free(&text);
}

static void rings__with_percentages__keep_equal_ones_once_and_others_apart(void **state)
{
    (void)state;
    read_rings("{\"a\":{\"percent\":5,\"of\":\"user\",\"salt\":\"x\"},"
               "\"b\":{\"percent\":5.0,\"of\":\"user\",\"salt\":\"x\"},"
               "\"c\":{\"percent\":5,\"of\":\"host\",\"salt\":\"x\"},"
               "\"d\":{\"percent\":5,\"of\":\"user\",\"salt\":\"X\"},"
               "\"e\":{\"percent\":5.0001,\"of\":\"user\",\"salt\":\"x\"}}");
    assert_int_equal(set.draw_count, 3);
    for (size_t i = 0; i < set.ring_count; i++) {
        const struct pol_match *percent = &set.matches[set.rings[i].root]; /* the only key */
        const struct pol_percent *p = &set.percents[percent->first];
        const struct pol_draw *draw = &set.draws[p->draw];
        const char *name = set.rings[i].name;
        assert_int_equal(percent->key, POL_MATCH_PERCENT);
        assert_int_equal(draw->of_host, strcmp(name, "c") == 0);
        assert_string_equal(draw->salt, strcmp(name, "d") == 0 ? "X" : "x");
        assert_int_equal(p->threshold_ppm, strcmp(name, "e") == 0 ? 50001 : 50000);
    }
}

/* Every node's subtree ends where its next brother begins, and the root's where the ring ends. */
static void rings__of_any_shape__count_their_nodes(void **state)
{
    (void)state;
    read_rings(
        "{\"a\":{\"tag\":[\"x\",\"y\"],\"any\":[{\"host\":[\"h\"]},{\"user\":[\"u\"],\"not\":"
        "{\"tag\":[\"z\"]}}]}}");
    static const struct {
        enum pol_match_key key;
        uint32_t subtree;
        uint32_t count;
    } NODES[] = {
        {POL_MATCH_ALL, 10, 0}, {POL_MATCH_TAG, 1, 2},  {POL_MATCH_ANY, 8, 0},
        {POL_MATCH_ALL, 2, 0},  {POL_MATCH_HOST, 1, 1}, {POL_MATCH_ALL, 5, 0},
        {POL_MATCH_USER, 1, 1}, {POL_MATCH_NOT, 3, 0},  {POL_MATCH_ALL, 2, 0},
        {POL_MATCH_TAG, 1, 1},
    };
    assert_int_equal(set.match_count, sizeof NODES / sizeof NODES[0]);
    for (size_t i = 0; i < set.match_count; i++) {
        assert_int_equal(set.matches[i].key, NODES[i].key);
        assert_int_equal(set.matches[i].subtree, NODES[i].subtree);
        assert_int_equal(set.matches[i].count, NODES[i].count);
    }
    assert_string_equal(set.texts[set.matches[1].first + 1], "y");
    assert_string_equal(set.texts[set.matches[9].first], "z");
}

static void used__by_a_rule__is_all_that_its_ring_needs_and_no_other(void **state)
{
    (void)state;
    read_rings(
        "{\"top\":{\"not\":{\"ring\":\"middle\"}},\"middle\":{\"any\":[{\"ring\":\"bottom\"}]},"
        "\"bottom\":{\"tag\":[\"x\"]},\"aside\":{\"ring\":\"bottom\"}}");
    struct pol_rule rule = {.ring = index_of("top")};
    uint64_t all = UINT64_C(1) << index_of("top") | UINT64_C(1) << index_of("middle") |
                   UINT64_C(1) << index_of("bottom");
    assert_int_equal(pol_ring_set_used(&set, &rule, 1), all);
    assert_int_equal(pol_ring_set_used(&set, &rule, 0), 0);
    assert_int_equal(set.rings[index_of("bottom")].needs, 0);
}

static void is_name__of_texts__takes_what_the_document_says(void **state)
{
    (void)state;
    static const char LONGEST[] =
        "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmno";
    assert_int_equal(strlen(LONGEST), 64);
    assert_true(pol_is_name("a") && pol_is_name("0") && pol_is_name("-") && pol_is_name(LONGEST));
    static const char *const BAD[] = {
        "",    "A",
        "a b", "a_b",
        "a.b", "\xc3\xa4",
        "a/b", "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnop"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(pol_is_name(BAD[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rings__of_nothing__are_none, done),
        cmocka_unit_test_teardown(rings__that_name_others__stand_behind_them, done),
        cmocka_unit_test_teardown(rings__in_a_long_chain__come_out_from_its_end, done),
        cmocka_unit_test_teardown(rings__with_percentages__keep_equal_ones_once_and_others_apart,
                                  done),
        cmocka_unit_test_teardown(rings__of_any_shape__count_their_nodes, done),
        cmocka_unit_test_teardown(used__by_a_rule__is_all_that_its_ring_needs_and_no_other, done),
        cmocka_unit_test(is_name__of_texts__takes_what_the_document_says),
    };
    return cmocka_run_group_tests_name("rings", tests, NULL, NULL);
}
