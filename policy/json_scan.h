/* json_scan.h - accept strict JSON only, before any parser sees it.
 *
 * One pass over the raw bytes checks grammar (RFC 8259), UTF-8, depth, string and item counts and
 * numbers, and finds duplicate keys after unescaping.
 * Effects: none                       Units:  bytes, items
 * Owns:    nothing after it returns   Errors: ST_REFUSED: json_syntax, json_duplicate_key,
 *                                             out_of_range, too_large; ST_NO_MEMORY
 * Threads: safe                       Source: docs/policy-format.md "JSON is strict"; RFC 8259
 */
#ifndef POLICY_JSON_SCAN_H
#define POLICY_JSON_SCAN_H

#include "base/bytes.h"
#include "base/err.h"

struct pol_json_limits {
    size_t document_bytes;
    size_t string_bytes; /* after unescaping; a member's name has LIMIT_STRING_BYTES at most, too */
    size_t list_items;   /* members and elements in the whole document */
    unsigned nesting;
};

/* The bounds of policies, plans and trust (limits.h). */
struct pol_json_limits pol_json_limits_document(size_t document_bytes);
/* The same, but one string may be as long as the document: envelopes carry their payload so. */
struct pol_json_limits pol_json_limits_envelope(size_t document_bytes);

enum status pol_json_scan(struct span document, const struct pol_json_limits *limits,
                          struct err *err) MUST_USE;

#endif
