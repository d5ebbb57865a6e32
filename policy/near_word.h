/* near_word.h - guess which known word somebody meant.
 *
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "JSON is strict" (did-you-mean)
 */
#ifndef POLICY_NEAR_WORD_H
#define POLICY_NEAR_WORD_H

#include <stddef.h>

/* The nearest of the words: one that text begins, or at most two edits away. NULL if none is near. */
const char *pol_near_word(const char *text, const char *const *words, size_t word_count);

#endif
