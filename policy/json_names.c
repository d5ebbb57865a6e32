#include "policy/json_names.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

void pol_json_names_done(struct pol_json_names *names)
{
    free(names->slots);
    bytes_free(&names->text);
}

static size_t hash_of(const struct pol_json_names *names, const struct pol_json_name *name)
{
    /* FNV-1a. The number of names is bounded (limits.h), so that chosen collisions cost little. */
    uint64_t hash = 14695981039346656037U ^ name->object;
    for (size_t i = 0; i < name->size; i++) {
        hash = (hash ^ names->text.data[name->start + i]) * 1099511628211U;
    }
    return (size_t)(hash ^ hash >> 32);
}

static bool same(const struct pol_json_names *names, const struct pol_json_name *a,
                 const struct pol_json_name *b)
{
    return a->object == b->object && a->size == b->size &&
           (a->size == 0 ||
            memcmp(names->text.data + a->start, names->text.data + b->start, a->size) == 0);
}

/* The slot that holds the name, or the free one where it belongs. */
static struct pol_json_name *slot_for(const struct pol_json_names *names,
                                      struct pol_json_name *slots, size_t slot_count,
                                      const struct pol_json_name *name)
{
    size_t i = hash_of(names, name) & (slot_count - 1);
    while (slots[i].object != 0 && !same(names, &slots[i], name)) {
        i = (i + 1) & (slot_count - 1);
    }
    return &slots[i];
}

static enum status grow(struct pol_json_names *names)
{
    size_t slot_count = names->slot_count == 0 ? FIRST_SLOTS : names->slot_count * 2;
    struct pol_json_name *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return ST_NO_MEMORY;
    }
    for (size_t i = 0; i < names->slot_count; i++) {
        if (names->slots[i].object != 0) {
            *slot_for(names, slots, slot_count, &names->slots[i]) = names->slots[i];
        }
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = slot_count;
    return ST_OK;
}

enum status pol_json_names_add(struct pol_json_names *names, size_t object, size_t start)
{
    struct pol_json_name name = {.object = (uint32_t)object,
                                 .start = (uint32_t)start,
                                 .size = (uint32_t)(names->text.size - start)};
    if (names->count * 2 >= names->slot_count) {
        enum status st = grow(names);
        if (st != ST_OK) {
            return st;
        }
    }
    struct pol_json_name *slot = slot_for(names, names->slots, names->slot_count, &name);
    if (slot->object != 0) {
        return ST_EXISTS;
    }
    *slot = name;
    names->count++;
    return ST_OK;
}
