/* condition.h - read one condition of a ring into the set's flat list of nodes.
 *
 * For rings.c only.
 * Effects: none                              Units:  parts per million
 * Owns:    nothing; the set owns what grows  Errors: problems at their places; ST_NO_MEMORY
 * Threads: one thread                        Source: docs/policy-format.md "Rings"
 */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include "policy/rings.h"

/* An object whose members join by AND becomes an ALL node and what stands below it. Rings that it
 * names must be in the set already. */
enum status pol_condition_read(struct pol_ring_set *set, const struct pol_at *at) MUST_USE;

#endif
