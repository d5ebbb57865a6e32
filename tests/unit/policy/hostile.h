/* hostile.h - documents that take a reader to its bounds, and one policy that is at all of them at once.
 *
 * Effects: ends the program where one cannot be made    Units:  bytes
 * Owns:    what it returns; bytes_free() frees it       Errors: none
 * Threads: one thread                                   Source: policy/limits.h
 */
#ifndef TESTS_UNIT_POLICY_HOSTILE_H
#define TESTS_UNIT_POLICY_HOSTILE_H

#include "policy/json_scan.h"

/* The bounds in which each kind of document is scanned. */
struct hostile_reader {
    const char *name;
    struct pol_json_limits limits;
};
enum { HOSTILE_READERS = 9 };
void hostile_readers(struct hostile_reader out[HOSTILE_READERS]);

/* Each is complete JSON, so that the bounds are the only reason to refuse it. */
struct hostile_kind {
    const char *name;
    const char *code;          /* the refusal; NULL: it is within the bounds */
    const char *envelope_code; /* the same where a string may be as long as the document */
    void (*write)(struct bytes *out, const struct pol_json_limits *limits);
    size_t least_bytes; /* a smaller document cannot have too many of them */
};
extern const struct hostile_kind HOSTILE_KINDS[];
extern const size_t HOSTILE_KIND_COUNT;

/* Of as many bytes as the reader takes, or a few less. */
struct bytes hostile_document(const struct hostile_kind *kind,
                              const struct pol_json_limits *limits);

/* A payload with LIMIT_PAYLOAD_BYTES, LIMIT_RINGS rings, LIMIT_RULES rules, LIMIT_LIST_ITEMS items nested
 * LIMIT_NESTING deep, texts of LIMIT_STRING_BYTES as far as there is room. extra_items (0 or 1) and
 * extra_bytes go beyond. */
struct bytes hostile_full_policy(size_t extra_items, size_t extra_bytes);

#endif
