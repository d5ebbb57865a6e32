/* json_arena.h - the memory of one JSON document: allocated piece by piece, freed as a whole.
 *
 * A document has some two pieces for each value, and they live as long as it does. Allocating and freeing
 * each of them took longer than reading it.
 * Effects: none                             Units:  bytes
 * Owns:    all pieces, until                Errors: NULL without memory: what was allocated before
 *          pol_json_arena_done()                    stays
 * Threads: one at a time                    Source: docs/performance.md "Reports into the store"
 */
#ifndef POLICY_JSON_ARENA_H
#define POLICY_JSON_ARENA_H

#include <stddef.h>

#ifndef __has_feature
#define __has_feature(feature) 0 /* clang's */
#endif

/* A report of one user fits into one block. Under the address sanitizer each piece is a block of its own: so it sees a
 * step over the end of any, and tests that let allocations fail meet each of them. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { POL_JSON_ARENA_BLOCK_BYTES = 0 };
#else
enum { POL_JSON_ARENA_BLOCK_BYTES = 8000 };
#endif

enum { POL_JSON_ARENA_ALIGNMENT = 8 }; /* of pointers and numbers: nothing wider is kept */

struct pol_json_arena_block;

/* All zero but the first: empty. */
struct pol_json_arena {
    size_t block_bytes; /* a multiple of the alignment; larger pieces have their own */
    struct pol_json_arena_block *blocks; /* the one in use first */
    size_t used;                         /* of it */
    size_t size;
};

/* Not zeroed; it stays where it is until all go. */
void *pol_json_arena_allocate(struct pol_json_arena *arena, size_t size);
void pol_json_arena_done(struct pol_json_arena *arena);

#endif
