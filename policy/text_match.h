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
#include <stddef.h>
#include <stdint.h>

/* What can be known of a text before it is compared. */
struct pol_text_mark {
    uint32_t size;
    uint32_t hash;   /* of the text in lower case */
    uint32_t prefix; /* of a pattern: bytes before the first * or ?; else the size */
    bool has_wild;
};

struct pol_text_mark pol_text_mark(const char *text);

/* Takes time in proportion to the length of one times that of the other at most. */
bool pol_text_fits(const char *pattern, const char *text);

/* The same answer, sooner: names that differ mostly differ near their ends. */
bool pol_text_fits_marked(const char *pattern, const struct pol_text_mark *pattern_mark,
                          const char *text, size_t text_size);

/* A list of texts in which a pattern without wildcards is found at once: a user may be in a thousand
 * groups whose names begin alike. Borrows its three arrays. */
struct pol_text_index {
    const char *const *texts;
    size_t text_count;
    const struct pol_text_mark *marks; /* one for each text */
    uint32_t *slots;                   /* 0: free, else 1 + the number of a text */
    uint32_t slot_count;               /* a power of two, more than there are texts */
};

/* How many slots an index of so many texts wants; 0: too many texts for one. */
size_t pol_text_index_slots(size_t text_count);
/* Fill the slots. */
void pol_text_index_fill(struct pol_text_index *index);
/* The first text that the pattern fits, or NULL. One with wildcards is held against all of them. */
const char *pol_text_index_find(const struct pol_text_index *index, const char *pattern,
                                const struct pol_text_mark *pattern_mark);

bool pol_text_is_sid(const char *text);

/* Are the last parts of dn, as many as wanted has, the same as wanted? Both are distinguished names
 * as Windows writes them: "OU=Berlin,DC=contoso,DC=com", commas within a part escaped by a
 * backslash. Without wildcards. */
bool pol_text_is_under(const char *wanted, const char *dn);

/* Does every part look like `OU=name`? */
bool pol_text_is_dn(const char *text);

#endif
