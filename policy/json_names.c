#include "policy/json_names.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_NAMES = 32 };

void pol_json_names_done(struct pol_json_names *names)
{
    free(names->names);
    bytes_free(&names->text);
}

/* Any order will do. Names are compared letter by letter only where all else is equal. */
static int compare(const struct pol_json_names *names, const struct pol_json_name *a,
                   const struct pol_json_name *b)
{
    if (a->size != b->size) {
        return a->size < b->size ? -1 : 1;
    }
    return a->size == 0 ? 0
                        : memcmp(names->text.data + a->start, names->text.data + b->start, a->size);
}

/* A left child on its parent's level becomes the parent. */
static uint32_t skew(struct pol_json_name *names, uint32_t at)
{
    uint32_t left = names[at].left;
    if (names[left].level != names[at].level) {
        return at;
    }
    names[at].left = names[left].right;
    names[left].right = at;
    return left;
}

/* Of three to the right on one level, the middle one becomes the parent, a level higher. */
static uint32_t split(struct pol_json_name *names, uint32_t at)
{
    uint32_t right = names[at].right;
    if (names[names[right].right].level != names[at].level) {
        return at;
    }
    names[at].right = names[right].left;
    names[right].left = at;
    names[right].level++;
    return right;
}

/* Returns the new root of what was below at. At most two steps down for each level: some thirty for
 * LIMIT_LIST_ITEMS names. */
static uint32_t insert(struct pol_json_names *names, uint32_t at, uint32_t name, bool *exists)
{
    if (at == 0) {
        return name;
    }
    struct pol_json_name *parent = &names->names[at];
    int order = compare(names, &names->names[name], parent);
    if (order == 0) {
        *exists = true;
        return at;
    }
    if (order < 0) {
        parent->left = insert(names, parent->left, name, exists);
    } else {
        parent->right = insert(names, parent->right, name, exists);
    }
    return split(names->names, skew(names->names, at));
}

static enum status make_room(struct pol_json_names *names)
{
    if (names->count < names->capacity) {
        return ST_OK;
    }
    uint32_t capacity = names->capacity == 0 ? FIRST_NAMES : names->capacity * 2;
    struct pol_json_name *grown = realloc(names->names, capacity * sizeof *grown);
    if (grown == NULL) {
        return ST_NO_MEMORY;
    }
    names->names = grown;
    names->capacity = capacity;
    if (names->count == 0) {
        grown[names->count++] = (struct pol_json_name){.level = 0};
    }
    return ST_OK;
}

enum status pol_json_names_add(struct pol_json_names *names, uint32_t *root, size_t start)
{
    bool exists = false;
    enum status st = make_room(names);
    if (st != ST_OK) {
        return st;
    }
    names->names[names->count] = (struct pol_json_name){
        .start = (uint32_t)start, .size = (uint32_t)(names->text.size - start), .level = 1};
    *root = insert(names, *root, names->count, &exists);
    if (exists) {
        return ST_EXISTS;
    }
    names->count++;
    return ST_OK;
}
