/* json_tree.h - what a strict document says: its values, as the scanner found them.
 *
 * All texts lie in one piece of memory that never moves, all nodes in blocks: a document costs a few
 * allocations, however many values it has.
 * Effects: none                                         Units:  bytes
 * Owns:    its memory; pol_json_tree_done() frees it    Errors: ST_NO_MEMORY
 * Threads: one thread                                   Source: docs/policy-format.md "JSON is strict"
 */
#ifndef POLICY_JSON_TREE_H
#define POLICY_JSON_TREE_H

#include "base/bytes.h"

enum pol_json_kind {
    POL_JSON_NULL,
    POL_JSON_FALSE,
    POL_JSON_TRUE,
    POL_JSON_NUMBER,
    POL_JSON_TEXT,
    POL_JSON_ARRAY,
    POL_JSON_OBJECT
};

struct pol_json_node {
    enum pol_json_kind kind;
    uint32_t count;   /* of children */
    const char *name; /* NULL for an element */
    const char *text; /* of a text; the digits of a number: nothing reads floating point */
    struct pol_json_node *next;  /* in the same array or object */
    struct pol_json_node *first; /* child */
    struct pol_json_node *last;
};

struct pol_json_block;

struct pol_json_tree {
    struct bytes text; /* names, texts and digits, each with its NUL; never grows */
    struct pol_json_block *blocks;
    struct pol_json_node *root;
};

/* Room for all texts of a document of that size: quotes, or what stands behind a number, make up for
 * the NUL. */
enum status pol_json_tree_open(struct pol_json_tree *tree, size_t document_bytes) MUST_USE;
void pol_json_tree_done(struct pol_json_tree *tree);

/* A value, the last one of parent so far; without a parent the document's. NULL without memory. */
struct pol_json_node *pol_json_tree_add(struct pol_json_tree *tree, struct pol_json_node *parent,
                                        enum pol_json_kind kind);

#endif
