/* json_names.h - find a member name that an object has twice.
 *
 * A balanced tree for each object: whoever writes the document cannot choose names that make it slow,
 * as he could with a table whose hash he knows.
 * Effects: none                                         Units:  bytes
 * Owns:    its memory; pol_json_names_done() frees it   Errors: ST_EXISTS, ST_NO_MEMORY
 * Threads: one thread                                   Source: docs/policy-format.md "JSON is strict";
 *                                                               A. Andersson, "Balanced search trees
 *                                                               made simple", WADS 1993
 */
#ifndef POLICY_JSON_NAMES_H
#define POLICY_JSON_NAMES_H

#include "base/bytes.h"

/* Documents are at most LIMIT_BUNDLE_BYTES long, so 32 bits do. */
struct pol_json_name {
    uint32_t start; /* in the text of all names */
    uint32_t size;  /* compared before letters */
    uint32_t left;  /* indexes into names; 0: none */
    uint32_t right;
    uint32_t level; /* of the tree; the leaves' is 1 */
};

struct pol_json_names {
    struct bytes text; /* all names, unescaped, one behind the other; the scanner appends */
    struct pol_json_name *names; /* the first one stands for none, at level 0 */
    uint32_t count;              /* with the first one */
    uint32_t capacity;
};

void pol_json_names_done(struct pol_json_names *names);

/* Note that an object has the name that was appended to the text from start on; *root is that object's own, 0 at
 * first. ST_EXISTS if it had it already. Takes time in proportion to the logarithm of how many it has. */
enum status pol_json_names_add(struct pol_json_names *names, uint32_t *root, size_t start) MUST_USE;

#endif
