/* json_read.h - read values out of a strict JSON document, with the place of every mistake.
 *
 * The only file that knows cJSON. A struct pol_at is a cursor: a value and the way that led to it,
 * from which the JSON pointer (RFC 6901) is made when something is wrong. Mistakes are collected in
 * a struct pol_problems (up to LIMIT_PROBLEMS); reading goes on behind each, so that `check` can
 * show them all, and the caller looks at the count once at the end.
 * Effects: none                                Units:  bytes, items
 * Owns:    struct pol_json; pol_json_free().   Errors: ST_REFUSED from pol_json_parse(), later
 *          Texts read out live as long as it           mistakes go to the problems
 * Threads: safe for different documents        Source: docs/policy-format.md "JSON is strict"
 */
#ifndef POLICY_JSON_READ_H
#define POLICY_JSON_READ_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/json_scan.h"
#include "policy/json_write.h"
#include "policy/limits.h"
#include "policy/problems.h"

struct pol_json; /* a parsed document */

enum status pol_json_parse(struct span document, const struct pol_json_limits *limits,
                           struct pol_json **out, struct err *err) MUST_USE;
void pol_json_free(struct pol_json *json);

struct pol_at {
    const void *value;       /* NULL if the member is absent or null */
    const struct pol_at *up; /* borrowed: the cursor of the parent must still live */
    const char *key;         /* NULL for an element */
    size_t index;
    struct pol_problems *problems;
};

enum pol_need { POL_OPTIONAL, POL_REQUIRED };

struct pol_at pol_json_root(const struct pol_json *json, struct pol_problems *problems);

/* Add a problem at this place. */
void pol_at_problem(const struct pol_at *at, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* at must be an object; members beside the allowed ones are `unknown_field`, with a guess at what
 * was meant. False (and a problem) if it is no object. */
bool pol_read_object(const struct pol_at *at, const char *const *allowed, size_t allowed_count);

/* Readers of members. Each gives true and sets *out if the member is there and good. An optional
 * member that is absent or null gives false without a problem; everything else gives false and adds
 * a problem. out is unchanged on false. Bounds are inclusive. */
bool pol_read_text(const struct pol_at *at, const char *key, enum pol_need need, size_t most_bytes,
                   const char **out);
bool pol_read_integer(const struct pol_at *at, const char *key, enum pol_need need, int64_t least,
                      int64_t most, int64_t *out);
bool pol_read_boolean(const struct pol_at *at, const char *key, enum pol_need need, bool *out);
bool pol_read_time(const struct pol_at *at, const char *key, enum pol_need need, int64_t *out_s);
/* The index of the word among words; an unknown one is `out_of_range` and names the allowed. */
bool pol_read_word(const struct pol_at *at, const char *key, enum pol_need need,
                   const char *const *words, size_t word_count, size_t *out);
/* Cursor to a member of any kind. */
bool pol_read_member(const struct pol_at *at, const char *key, enum pol_need need,
                     struct pol_at *out);
/* The same, and it must be an array of at most `most` elements or an object. */
bool pol_read_array(const struct pol_at *at, const char *key, enum pol_need need, size_t most,
                    struct pol_at *out, size_t *out_count);

/* Elements of an array and members of an object, in the document's order: start with
 * pol_first(), go on with pol_next(), until false. For members out->key is the name. */
bool pol_first(const struct pol_at *parent, struct pol_at *out);
bool pol_next(struct pol_at *item);

/* The value under the cursor itself; wrong kinds are `wrong_type`. */
bool pol_at_text(const struct pol_at *at, size_t most_bytes, const char **out);
bool pol_at_integer(const struct pol_at *at, int64_t least, int64_t most, int64_t *out);
/* A number with at most `decimals` decimals, as a whole number of 10^-decimals, read from its digits
 * and never through floating point. */
bool pol_at_decimal(const struct pol_at *at, unsigned decimals, int64_t least, int64_t most,
                    int64_t *out);
bool pol_at_word(const struct pol_at *at, const char *const *words, size_t word_count, size_t *out);
bool pol_at_is_text(const struct pol_at *at);
bool pol_at_is_array(const struct pol_at *at);
bool pol_at_is_object(const struct pol_at *at);

/* Write the value under the cursor: same members, order and digits. */
void pol_at_write(const struct pol_at *at, struct pol_json_writer *w, const char *key);

#endif
