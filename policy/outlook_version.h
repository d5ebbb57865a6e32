/* outlook_version.h - read versions of Outlook and ranges of them.
 *
 * A version is up to four numbers of 16 bits, joined by dots, as Windows stores them; missing ones
 * are 0. It is kept as one number, so that comparing is comparing. A range is bounds joined by one
 * space each, all of which must hold: ">=16.0 <16.0.17000".
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: false; *out is then unchanged
 * Threads: safe       Source: docs/policy-format.md "Rings", "Guards"
 */
#ifndef POLICY_OUTLOOK_VERSION_H
#define POLICY_OUTLOOK_VERSION_H

#include <stdbool.h>
#include <stdint.h>

struct pol_outlook_range {
    const char *text;
    uint64_t low; /* both inclusive */
    uint64_t high;
};

bool pol_outlook_version_read(const char *text, uint64_t *out);
uint32_t pol_outlook_version_major(uint64_t version);

/* Refuses a range in which no version lies. *out borrows the text. */
bool pol_outlook_range_read(const char *text, struct pol_outlook_range *out);

#endif
