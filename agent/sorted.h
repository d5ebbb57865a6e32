/* sorted.h - find a place by halving in a table that is in order of its keys.
 *
 * Effects: none              Units:  none
 * Owns:    nothing           Errors: none
 * Threads: safe              Source: strcmp()
 */
#ifndef AGENT_SORTED_H
#define AGENT_SORTED_H

#include <stdbool.h>
#include <stddef.h>

/* Where the key is, or where it would be put; key_at gives the key of the table's i-th row. */
size_t ag_sorted_place(const void *table, size_t count,
                       const char *(*key_at)(const void *table, size_t i), const char *key,
                       bool *found);

#endif
