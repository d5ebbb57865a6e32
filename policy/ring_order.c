#include "policy/ring_order.h"

#include <string.h>

static void visit_ring(struct pol_ring_order *o, size_t i);

static void visit_named(struct pol_ring_order *o, const struct pol_at *reference)
{
    const char *name = NULL;
    if (!pol_at_is_text(reference) || !pol_at_text(reference, LIMIT_STRING_BYTES, &name)) {
        return; /* told when the condition itself is read */
    }
    for (size_t i = 0; i < o->count; i++) {
        if (strcmp(o->places[i].key, name) != 0) {
            continue;
        }
        if (o->visits[i] == IN_PROGRESS) {
            pol_at_problem(reference, "ring_circle", "ring \"%s\" leads back to itself", name);
        } else if (o->visits[i] == NOT_VISITED) {
            visit_ring(o, i);
        }
        return;
    }
    pol_at_problem(reference, "unknown_ring", "no ring \"%s\" is defined", name);
}

/* Find every "ring" member below a condition. The scanner bounded the depth. */
static void visit_below(struct pol_ring_order *o, const struct pol_at *at)
{
    struct pol_at member;
    for (bool more = pol_first(at, &member); more; more = pol_next(&member)) {
        if (member.key != NULL && strcmp(member.key, "ring") == 0) {
            visit_named(o, &member);
        } else {
            visit_below(o, &member);
        }
    }
}

static void visit_ring(struct pol_ring_order *o, size_t i)
{
    o->visits[i] = IN_PROGRESS;
    visit_below(o, &o->places[i]);
    o->visits[i] = VISITED;
    o->order[o->ordered++] = i;
}

void pol_ring_order_find(struct pol_ring_order *o, const struct pol_at *rings)
{
    struct pol_at ring;
    bool more = pol_first(rings, &ring);
    for (; more && o->count < LIMIT_RINGS; more = pol_next(&ring)) {
        o->places[o->count++] = ring;
    }
    for (size_t i = 0; i < o->count; i++) {
        if (o->visits[i] == NOT_VISITED) {
            visit_ring(o, i);
        }
    }
}
