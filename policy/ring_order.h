/* ring_order.h - bring rings into an order in which each follows those that it names.
 *
 * Effects: none                      Units:  none
 * Owns:    nothing (fixed arrays)    Errors: problems ring_circle and unknown_ring
 *                                            at their places
 * Threads: one thread                Source: docs/policy-format.md "Rings"
 */
#ifndef POLICY_RING_ORDER_H
#define POLICY_RING_ORDER_H

#include "policy/json_read.h"

enum pol_ring_visit { NOT_VISITED, IN_PROGRESS, VISITED };

struct pol_ring_order {
    struct pol_at places[LIMIT_RINGS]; /* in the document's order */
    size_t count;
    size_t order[LIMIT_RINGS]; /* indexes into places */
    size_t ordered;
    enum pol_ring_visit visits[LIMIT_RINGS];
};

/* rings: the object that holds them, with at most LIMIT_RINGS members. *o starts zeroed. */
void pol_ring_order_find(struct pol_ring_order *o, const struct pol_at *rings);

#endif
