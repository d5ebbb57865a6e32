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
#include <stddef.h>
#include <stdint.h>

struct pol_outlook_range {
    const char *text;
    uint64_t low; /* both inclusive */
    uint64_t high;
};

bool pol_outlook_version_read(const char *text, uint64_t *out);
uint32_t pol_outlook_version_major(uint64_t version);

/* The builds from which on Outlook can do MAPI/HTTP, one for each major version, rising: 2010 with the
 * updates of April 2015, 2013 SP1, all later ones (Exchange documentation, "MAPI over HTTP"). */
enum { POL_OUTLOOK_MAPI_HTTP_COUNT = 3 };
extern const uint64_t POL_OUTLOOK_MAPI_HTTP[POL_OUTLOOK_MAPI_HTTP_COUNT];

/* Minimums as above. The entry of the version's own major counts. Above the highest there is nothing
 * to ask for; below the lowest, and between two where no entry says from which build on it can, it
 * cannot. */
bool pol_outlook_is_new_enough(const uint64_t *minimums, size_t count, uint64_t version);

/* Refuses a range in which no version lies. *out borrows the text. */
bool pol_outlook_range_read(const char *text, struct pol_outlook_range *out);

#endif
