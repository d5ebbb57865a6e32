/* json_string.h - decode the characters of a JSON string, one at a time.
 *
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: a sentence for people; NULL is success
 * Threads: safe       Source: RFC 8259 section 7; RFC 3629; docs/policy-format.md "JSON is strict"
 */
#ifndef POLICY_JSON_STRING_H
#define POLICY_JSON_STRING_H

#include "base/bytes.h"

/* What one character means, as UTF-8. data points into the document or into scratch. */
struct pol_json_character {
    const uint8_t *data;
    size_t size;
    uint8_t scratch[4];
};

/* How many characters from at on mean themselves and are one byte each: nearly all there are. */
size_t pol_json_plain_run(const uint8_t *at, const uint8_t *end);

/* Read the character at *at, which is before end and no closing quote, and move *at behind it. What
 * is refused leaves *at at the mistake. */
const char *pol_json_character(const uint8_t **at, const uint8_t *end,
                               struct pol_json_character *out);

#endif
