#include "policy/rings.h"

#include "policy/condition.h"
#include "policy/ring_order.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(LIMIT_RINGS <= 64, "sets of rings are kept as the bits of one number");

bool pol_is_name(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size >= 1 && size <= LIMIT_NAME_BYTES && text[size] == '\0';
}

/* ---- reading ------------------------------------------------------------------------------ */

/* All rings that a ring's condition names stand before it, so their own needs are known. */
static uint64_t needs_of(const struct pol_ring_set *set, uint32_t root)
{
    uint64_t needs = 0;
    for (uint32_t k = 0; k < set->matches[root].subtree; k++) {
        const struct pol_match *match = &set->matches[root + k];
        if (match->key == POL_MATCH_RING && match->first < set->ring_count) {
            needs |= UINT64_C(1) << match->first | set->rings[match->first].needs;
        }
    }
    return needs;
}

/* A ring of one key needs no joining. */
static uint32_t only_child_of(const struct pol_ring_set *set, uint32_t root)
{
    const struct pol_match *match = &set->matches[root];
    bool has_one = match->subtree > 1 && match->subtree == match[1].subtree + 1;
    return has_one ? root + 1 : root;
}

static enum status read_rings(struct pol_ring_set *set, const struct pol_ring_order *o)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < o->count && st == ST_OK; i++) {
        const struct pol_at *place = &o->places[o->order[i]];
        struct pol_ring *ring = &set->rings[i];
        if (!pol_is_name(place->key)) {
            pol_at_problem(place, "out_of_range", "names are 1 to 64 of a-z, 0-9 and -");
        }
        *ring = (struct pol_ring){.name = place->key, .root = (uint32_t)set->match_count};
        set->places[i] = *place;
        st = pol_condition_read(set, place);
        if (st == ST_OK) {
            ring->root = only_child_of(set, ring->root);
            ring->needs = needs_of(set, ring->root);
            set->ring_count++; /* only now: a ring never finds itself */
        }
    }
    return st;
}

static enum status mark_texts(struct pol_ring_set *set)
{
    set->marks = calloc(set->text_count + 1, sizeof *set->marks);
    if (set->marks == NULL) {
        return ST_NO_MEMORY;
    }
    for (size_t i = 0; i < set->text_count; i++) {
        set->marks[i] = pol_text_mark(set->texts[i]);
    }
    return ST_OK;
}

enum status pol_ring_set_read(const struct pol_at *rings, struct pol_ring_set *out)
{
    struct pol_ring_set set = {0};
    struct pol_ring_order o = {0};
    pol_ring_order_find(&o, rings);
    set.rings = calloc(o.count + 1, sizeof *set.rings);
    set.places = calloc(o.count + 1, sizeof *set.places);
    enum status st = set.rings == NULL || set.places == NULL ? ST_NO_MEMORY : ST_OK;
    if (st == ST_OK) {
        st = read_rings(&set, &o);
    }
    if (st == ST_OK) {
        st = mark_texts(&set);
    }
    if (st != ST_OK) {
        pol_ring_set_done(&set);
        return st;
    }
    *out = set;
    return ST_OK;
}

void pol_ring_set_done(struct pol_ring_set *set)
{
    free(set->rings);
    free(set->places);
    free(set->matches);
    free(set->texts);
    free(set->marks);
    free(set->ranges);
    free(set->percents);
    free(set->draws);
    *set = (struct pol_ring_set){0};
}

/* ---- asking ------------------------------------------------------------------------------- */

bool pol_ring_set_find(const struct pol_ring_set *set, const char *name, uint32_t *out)
{
    for (size_t i = 0; i < set->ring_count; i++) {
        if (strcmp(set->rings[i].name, name) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    }
    return false;
}

void pol_ring_set_lend(const struct pol_ring_set *set, struct pol_policy *policy)
{
    policy->rings = set->rings;
    policy->ring_count = set->ring_count;
    policy->matches = set->matches;
    policy->texts = set->texts;
    policy->marks = set->marks;
    policy->ranges = set->ranges;
    policy->percents = set->percents;
    policy->draws = set->draws;
    policy->draw_count = set->draw_count;
}

uint64_t pol_ring_set_used(const struct pol_ring_set *set, const struct pol_rule *rules,
                           size_t rule_count)
{
    uint64_t used = 0;
    for (size_t i = 0; i < rule_count; i++) {
        used |= UINT64_C(1) << rules[i].ring | set->rings[rules[i].ring].needs;
    }
    return used;
}
