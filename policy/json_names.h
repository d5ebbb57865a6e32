/* json_names.h - find a member name that an object has twice.
 *
 * Effects: none                                         Units:  bytes
 * Owns:    its memory; pol_json_names_done() frees it   Errors: ST_EXISTS, ST_NO_MEMORY
 * Threads: one thread                                   Source: docs/policy-format.md
 */
#ifndef POLICY_JSON_NAMES_H
#define POLICY_JSON_NAMES_H

#include "base/bytes.h"

/* Documents are at most LIMIT_BUNDLE_BYTES long, so 32 bits do, and a table for a small document stays
 * small. */
struct pol_json_name {
    uint32_t object; /* which object of the document; 0 marks a free slot */
    uint32_t start;  /* in the text of all names */
    uint32_t size;
};

struct pol_json_names {
    struct bytes text; /* all names, unescaped, one behind the other; the scanner appends */
    struct pol_json_name *slots;
    size_t slot_count; /* a power of two */
    size_t count;
};

void pol_json_names_done(struct pol_json_names *names);

/* Note that object (1 and up) has the name that was appended to the text from start on. ST_EXISTS if
 * it had it already. */
enum status pol_json_names_add(struct pol_json_names *names, size_t object, size_t start) MUST_USE;

#endif
