#include "policy/json_arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct pol_json_arena_block {
    struct pol_json_arena_block *next;
    uint8_t pieces[];
};

_Static_assert(offsetof(struct pol_json_arena_block, pieces) % POL_JSON_ARENA_ALIGNMENT == 0,
               "the first piece is aligned");
_Static_assert(POL_JSON_ARENA_BLOCK_BYTES % POL_JSON_ARENA_ALIGNMENT == 0,
               "there is room behind each piece");

static bool add_block(struct pol_json_arena *arena, size_t size)
{
    struct pol_json_arena_block *block =
        size <= SIZE_MAX - sizeof *block ? malloc(sizeof *block + size) : NULL;
    if (block == NULL) {
        return false;
    }
    block->next = arena->blocks;
    arena->blocks = block;
    arena->used = 0;
    arena->size = size;
    return true;
}

/* Where the next piece may begin. */
static size_t aligned(size_t size)
{
    return (size + POL_JSON_ARENA_ALIGNMENT - 1) / POL_JSON_ARENA_ALIGNMENT *
           POL_JSON_ARENA_ALIGNMENT;
}

void *pol_json_arena_allocate(struct pol_json_arena *arena, size_t size)
{
    size_t left = arena->size - arena->used;
    size = size > 0 ? size : 1; /* nothing has a place of its own, too */
    if (size > left) {
        left = size > arena->block_bytes ? size : arena->block_bytes;
        if (!add_block(arena, left)) {
            return NULL;
        }
    }
    void *piece = arena->blocks->pieces + arena->used;
    arena->used += size < left ? aligned(size) : left;
    return piece;
}

void pol_json_arena_done(struct pol_json_arena *arena)
{
    while (arena->blocks != NULL) {
        struct pol_json_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
    arena->size = 0;
}
