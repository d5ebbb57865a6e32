/* rings.h - read the named conditions of a plan or policy.
 *
 * Rings come out in an order in which each stands behind those that it names, so that one pass
 * settles them all. Texts point into the JSON document, which must live as long as the set.
 * Effects: none                                      Units:  parts per million
 * Owns:    its arrays; pol_ring_set_done() frees     Errors: problems at their places: unknown_ring,
 *                                                            ring_circle, unsupported, ...;
 *                                                            ST_NO_MEMORY
 * Threads: one thread                                Source: docs/policy-format.md "Rings"
 */
#ifndef POLICY_RINGS_H
#define POLICY_RINGS_H

#include "policy/json_read.h"
#include "policy/policy.h"

struct pol_ring_set {
    struct pol_ring *rings;
    struct pol_at *places; /* where each ring stands; for writing it out again */
    size_t ring_count;
    struct pol_match *matches;
    size_t match_count;
    size_t match_capacity;
    const char **texts;
    size_t text_count;
    size_t text_capacity;
    struct pol_percent *percents;
    size_t percent_count;
};

/* rings: cursor to the object that holds them; its own value may be NULL (no rings). */
enum status pol_ring_set_read(const struct pol_at *rings, struct pol_ring_set *out) MUST_USE;
void pol_ring_set_done(struct pol_ring_set *set);

bool pol_ring_set_find(const struct pol_ring_set *set, const char *name, uint32_t *out);

/* Mark the rings that the marked ones name, all the way down. used has ring_count elements. */
void pol_ring_set_spread(const struct pol_ring_set *set, bool *used);

/* Is text a name as rings, stages and rollouts have them: [a-z0-9-]{1,64}? */
bool pol_is_name(const char *text);

#endif
