/* fields.h - take a line apart that holds words and whole numbers with one blank between.
 *
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: false; what was taken before is then of no use
 * Threads: safe       Source: the line formats of agent/ledger.c, agent/policy_store.c and
 *                             server/release_record.c
 */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each takes one field at *at and moves *at behind it and the blank that follows, if there is one. */

/* A word of 1 to room - 1 bytes. */
bool field_word(const char **at, char *out, size_t room);

/* Decimal digits, a minus sign before them if least is negative; bounds are inclusive. */
bool field_number(const char **at, int64_t least, int64_t most, int64_t *out);

/* Nothing is left, and the line does not end in a blank. */
bool fields_end(const char *start, const char *at);

#endif
