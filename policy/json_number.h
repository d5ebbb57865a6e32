/* json_number.h - which numbers a strict document may have.
 *
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: json_syntax, out_of_range
 * Threads: safe       Source: docs/policy-format.md "JSON is strict"; RFC 8259, section 6
 */
#ifndef POLICY_JSON_NUMBER_H
#define POLICY_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

struct pol_json_mistake {
    const char *code;
    const char *text;
};

/* How many bytes the number takes that begins at at[0], a digit or '-'; 0 if it is none that is taken,
 * and then *mistake says why. */
size_t pol_json_number(const uint8_t *at, const uint8_t *end, struct pol_json_mistake *mistake);

#endif
