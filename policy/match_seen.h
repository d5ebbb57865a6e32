/* match_seen.h - what a list of patterns is held against, and how a settled condition is told.
 *
 * For match.c only.
 * Effects: the trace sink is called    Units:  none
 * Owns:    nothing                     Errors: none
 * Threads: safe                        Source: docs/policy-format.md "Rings", "Decision"
 */
#ifndef POLICY_MATCH_SEEN_H
#define POLICY_MATCH_SEEN_H

#include "policy/match.h"

/* The texts of a fact. Not to be copied: texts may point into it. */
struct pol_seen {
    const char *const *texts; /* NULL: the fact is not known */
    size_t count;
    const struct pol_text_index *index; /* NULL: do without */
    const char *fact;                   /* its name */
    bool without_names;                 /* a name that is not there is not denied */
    const bool *asked;                  /* see groups_asked in match.h */
    const char *own[2];
    char domain[LIMIT_STRING_BYTES + 1];
};

/* key: one of those whose conditions are lists of texts. */
void pol_see(const struct pol_facts *facts, enum pol_match_key key, struct pol_seen *out);

/* Hand the step of a settled condition to the trace: what was wanted, what was seen. */
void pol_match_tell(const struct pol_matching *matching, const struct pol_match *match,
                    struct pol_ring_answer answer);

#endif
