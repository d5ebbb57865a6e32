#include "policy/json_tree.h"

#include <stdlib.h>

/* A report of one user has some 75 values; large documents take few blocks. */
enum { FIRST_NODES = 64, MOST_NODES = 1024 };

struct pol_json_block {
    struct pol_json_block *next;
    size_t used;
    size_t capacity;
    struct pol_json_node nodes[];
};

enum status pol_json_tree_open(struct pol_json_tree *tree, size_t document_bytes)
{
    *tree = (struct pol_json_tree){.text = bytes_with_limit(document_bytes + 1)};
    return bytes_reserve(&tree->text, document_bytes + 1);
}

void pol_json_tree_done(struct pol_json_tree *tree)
{
    while (tree->blocks != NULL) {
        struct pol_json_block *block = tree->blocks;
        tree->blocks = block->next;
        free(block);
    }
    bytes_free(&tree->text);
    tree->root = NULL;
}

static struct pol_json_block *grow(struct pol_json_tree *tree)
{
    size_t capacity = tree->blocks == NULL                       ? FIRST_NODES
                      : tree->blocks->capacity * 2 <= MOST_NODES ? tree->blocks->capacity * 2
                                                                 : MOST_NODES;
    struct pol_json_block *block = malloc(sizeof *block + capacity * sizeof(struct pol_json_node));
    if (block != NULL) {
        block->next = tree->blocks;
        block->used = 0;
        block->capacity = capacity;
        tree->blocks = block;
    }
    return block;
}

struct pol_json_node *pol_json_tree_add(struct pol_json_tree *tree, struct pol_json_node *parent,
                                        enum pol_json_kind kind)
{
    struct pol_json_block *block = tree->blocks;
    if (block == NULL || block->used == block->capacity) {
        block = grow(tree);
    }
    if (block == NULL) {
        return NULL;
    }
    struct pol_json_node *node = &block->nodes[block->used++];
    *node = (struct pol_json_node){.kind = kind};
    if (parent == NULL) {
        tree->root = node;
    } else {
        *(parent->last != NULL ? &parent->last->next : &parent->first) = node;
        parent->last = node;
        parent->count++;
    }
    return node;
}
