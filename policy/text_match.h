/* text_match.h - compare a pattern of a policy with a text of this machine.
 *
 * Upper and lower case are the same for ASCII letters only. In patterns, `*` is any run of code
 * points and `?` is one.
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "Rings"
 */
#ifndef POLICY_TEXT_MATCH_H
#define POLICY_TEXT_MATCH_H

#include <stdbool.h>
#include <stdint.h>

/* What can be known of a text before it is compared. A user may be in a thousand groups whose names
 * begin alike: size and hash tell nearly all of them apart without looking at a letter. */
struct pol_text_mark {
    uint32_t size;
    uint32_t hash; /* of the text in lower case */
    bool has_wild; /* a pattern with * or ? */
};

struct pol_text_mark pol_text_mark(const char *text);

/* Takes time in proportion to the length of one times that of the other at most. */
bool pol_text_fits(const char *pattern, const char *text);

/* The same answer, sooner: with the marks of both. */
bool pol_text_fits_marked(const char *pattern, const struct pol_text_mark *pattern_mark,
                          const char *text, const struct pol_text_mark *text_mark);

bool pol_text_is_sid(const char *text);

/* Are the last parts of dn, as many as wanted has, the same as wanted? Both are distinguished names
 * as Windows writes them: "OU=Berlin,DC=contoso,DC=com", commas within a part escaped by a
 * backslash. Without wildcards. */
bool pol_text_is_under(const char *wanted, const char *dn);

/* Does every part look like `OU=name`? */
bool pol_text_is_dn(const char *text);

#endif
