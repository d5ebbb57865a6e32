/* test_json_tree.c - the tree that the scanner builds: kinds, order, names and texts. */
#include "tests/cmocka_all.h"

#include "policy/json_scan.h"
#include "policy/limits.h"

#include <stdio.h>
#include <string.h>

static struct pol_json_tree tree_of(const char *document)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    struct pol_json_tree tree;
    struct err err = {0};
    if (pol_json_scan_tree(span_text(document), &limits, &tree, &err) != ST_OK) {
        fail_msg("%s: %s", document, err.text);
    }
    return tree;
}

static void tree__each_kind__in_order_with_names_and_texts(void **state)
{
    (void)state;
    static const struct {
        enum pol_json_kind kind;
        const char *name;
        const char *text;
        uint32_t count;
    } EXPECTED[] = {{POL_JSON_NULL, "a", NULL, 0},        {POL_JSON_TRUE, "", NULL, 0},
                    {POL_JSON_FALSE, "c\"", NULL, 0},     {POL_JSON_NUMBER, "d", "-10.50", 0},
                    {POL_JSON_TEXT, "e", "\xc3\xa4/", 0}, {POL_JSON_ARRAY, "f", NULL, 2},
                    {POL_JSON_OBJECT, "g", NULL, 0}};
    struct pol_json_tree tree = tree_of("{\"a\":null,\"\":true,\"c\\\"\":false,\"d\":-10.50,"
                                        "\"e\":\"\\u00e4\\/\",\"f\":[7,\"\"],\"g\":{}}");
    const struct pol_json_node *node = tree.root->first;
    assert_int_equal(tree.root->kind, POL_JSON_OBJECT);
    assert_int_equal(tree.root->count, sizeof EXPECTED / sizeof EXPECTED[0]);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++, node = node->next) {
        assert_int_equal(node->kind, EXPECTED[i].kind);
        assert_string_equal(node->name, EXPECTED[i].name);
        assert_int_equal(node->count, EXPECTED[i].count);
        assert_true((node->text == NULL) == (EXPECTED[i].text == NULL));
        assert_true(node->text == NULL || strcmp(node->text, EXPECTED[i].text) == 0);
    }
    assert_null(node);
    pol_json_tree_done(&tree);
}

static void tree__elements__no_names(void **state)
{
    (void)state;
    struct pol_json_tree tree = tree_of("[7,\"x\",[true]]");
    const struct pol_json_node *node = tree.root->first;
    assert_null(tree.root->name);
    assert_null(node->name);
    assert_string_equal(node->text, "7");
    assert_string_equal(node->next->text, "x");
    assert_null(node->next->next->name);
    assert_int_equal(node->next->next->first->kind, POL_JSON_TRUE);
    pol_json_tree_done(&tree);
}

/* A NUL behind each text: where it takes the most room there is. */
static void tree__texts_as_dense_as_can_be__fit(void **state)
{
    (void)state;
    static const char *const DOCUMENTS[] = {
        "7", "\"\"", "\"x\"", "[1,2,3]", "{\"\":1}", "[\"\",\"\",\"\"]", "{\"\":{\"\":{\"\":-0}}}"};
    for (size_t i = 0; i < sizeof DOCUMENTS / sizeof DOCUMENTS[0]; i++) {
        struct pol_json_tree tree = tree_of(DOCUMENTS[i]);
        assert_true(tree.text.size <= strlen(DOCUMENTS[i]) + 1);
        pol_json_tree_done(&tree);
    }
}

static void tree__more_nodes_than_a_block_has__all_there(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct bytes document = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    assert_int_equal(bytes_append_text(&document, "[0"), ST_OK);
    for (int i = 1; i < MANY; i++) {
        assert_int_equal(bytes_append_format(&document, ",%d", i), ST_OK);
    }
    assert_int_equal(bytes_append_text(&document, "]"), ST_OK);
    struct pol_json_tree tree = tree_of(bytes_text(&document));
    int seen = 0;
    for (const struct pol_json_node *n = tree.root->first; n != NULL; n = n->next, seen++) {
        char digits[16];
        (void)snprintf(digits, sizeof digits, "%d", seen);
        assert_string_equal(n->text, digits);
    }
    assert_int_equal(seen, MANY);
    assert_int_equal(tree.root->count, MANY);
    pol_json_tree_done(&tree);
    bytes_free(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree__each_kind__in_order_with_names_and_texts),
        cmocka_unit_test(tree__elements__no_names),
        cmocka_unit_test(tree__texts_as_dense_as_can_be__fit),
        cmocka_unit_test(tree__more_nodes_than_a_block_has__all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
