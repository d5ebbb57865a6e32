/* rings.h - read the named conditions of a plan or policy.
 *
 * Rings come out in an order in which each stands behind those that it names, so that one pass
 * settles them all. Texts point into the JSON document, which must live as long as the set.
 * Effects: none                                      Units:  parts per million
 * Owns:    its arrays; pol_ring_set_done() frees     Errors: problems at their places: unknown_ring,
 *                                                            ring_circle, bad_version_range, ...;
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
    struct pol_text_mark *marks; /* one for each text */
    size_t text_count;
    size_t text_capacity;
    struct pol_outlook_range *ranges;
    size_t range_count;
    size_t range_capacity;
    struct pol_percent *percents;
    size_t percent_count;
    size_t percent_capacity;
    struct pol_draw *draws;
    size_t draw_count;
    size_t draw_capacity;
};

/* rings: cursor to the object that holds them; its own value may be NULL (no rings). */
enum status pol_ring_set_read(const struct pol_at *rings, struct pol_ring_set *out) MUST_USE;
void pol_ring_set_done(struct pol_ring_set *set);

bool pol_ring_set_find(const struct pol_ring_set *set, const char *name, uint32_t *out);

/* Let a policy see the rings; it must not outlive the set. */
void pol_ring_set_lend(const struct pol_ring_set *set, struct pol_policy *policy);

/* The rings that these rules name, and those that these name: a bit for each. */
uint64_t pol_ring_set_used(const struct pol_ring_set *set, const struct pol_rule *rules,
                           size_t rule_count);

/* Is text a name as rings, stages and rollouts have them: [a-z0-9-]{1,64}? */
bool pol_is_name(const char *text);

#endif
