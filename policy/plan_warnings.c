#include "policy/plan_warnings.h"

#include "policy/plan.h"

#include <string.h>

static const char WARNING[] = "warning";

enum { SOAK_TO_SEE_S = 172800 };

/* A cursor to /list/index, for the pointer only. */
static struct pol_at element(const struct pol_at *list, size_t index)
{
    return (struct pol_at){.up = list, .index = index, .problems = list->problems};
}

static struct pol_at member(const struct pol_at *parent, const char *key)
{
    return (struct pol_at){.up = parent, .key = key, .problems = parent->problems};
}

static void warn_unused_rings(const struct pol_at *root, const struct pol_plan *plan)
{
    struct pol_at rings = member(root, "rings");
    uint64_t used = 0;
    for (size_t s = 0; s < plan->stage_count; s++) {
        const struct pol_rule_set *rules = &plan->stages[s].rules;
        used |= pol_ring_set_used(&plan->rings, rules->rules, rules->count);
    }
    for (size_t i = 0; i < plan->rings.ring_count; i++) {
        if ((used >> i & 1) == 0) {
            struct pol_at ring = member(&rings, plan->rings.rings[i].name);
            pol_at_problem(&ring, WARNING, "no stage uses this ring");
        }
    }
}

static bool has_other_bytes(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p > 0x7e) {
            return true;
        }
    }
    return false;
}

static void warn_of_texts(const struct pol_at *ring, const struct pol_ring_set *set,
                          const struct pol_match *match)
{
    for (uint32_t i = 0; i < match->count; i++) {
        const char *text = set->texts[match->first + i];
        if (has_other_bytes(text)) {
            pol_at_problem(ring, WARNING, "case is folded for ASCII only: \"%s\"", text);
        }
        if (match->key == POL_MATCH_GROUP && strncmp(text, "S-1-", 4) != 0) {
            pol_at_problem(ring, WARNING,
                           "group \"%s\" is a name: it must be looked up on each machine, and "
                           "machines joined to Entra cannot; a SID always works",
                           text);
        }
    }
}

static void warn_of_ring(const struct pol_at *ring, const struct pol_ring_set *set, uint32_t root)
{
    for (uint32_t i = 0; i < set->matches[root].subtree; i++) {
        const struct pol_match *match = &set->matches[root + i];
        bool of_host =
            match->key == POL_MATCH_PERCENT && set->draws[set->percents[match->first].draw].of_host;
        if (match->key == POL_MATCH_HOST || of_host) {
            pol_at_problem(ring, WARNING,
                           "a roaming profile flips where users meet hosts in and out of the ring");
        }
        warn_of_texts(ring, set, match);
    }
}

static void warn_of_rings(const struct pol_at *root, const struct pol_plan *plan)
{
    struct pol_at rings = member(root, "rings");
    for (size_t i = 0; i < plan->rings.ring_count; i++) {
        struct pol_at ring = member(&rings, plan->rings.rings[i].name);
        warn_of_ring(&ring, &plan->rings, plan->rings.rings[i].root);
    }
}

static bool same_rules(const struct pol_plan_stage *a, const struct pol_plan_stage *b)
{
    if (a->rules.count != b->rules.count || a->otherwise != b->otherwise) {
        return false;
    }
    for (size_t i = 0; i < a->rules.count; i++) {
        if (a->rules.rules[i].ring != b->rules.rules[i].ring ||
            a->rules.rules[i].set != b->rules.rules[i].set) {
            return false;
        }
    }
    return true;
}

/* What the stage's first rule about the ring says; POL_SET_COUNT if there is none. */
static enum pol_set set_of(const struct pol_plan_stage *stage, uint32_t ring)
{
    for (size_t i = 0; i < stage->rules.count; i++) {
        if (stage->rules.rules[i].ring == ring) {
            return stage->rules.rules[i].set;
        }
    }
    return POL_SET_COUNT;
}

static bool allows(enum pol_set set)
{
    return set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
}

static bool has_end(const struct pol_plan_stage *stage)
{
    bool found = stage->otherwise == POL_SET_RELEASE || stage->otherwise == POL_SET_RESTORE;
    for (size_t i = 0; i < stage->rules.count; i++) {
        enum pol_set set = stage->rules.rules[i].set;
        found = found || set == POL_SET_RELEASE || set == POL_SET_RESTORE;
    }
    return found;
}

static void warn_of_gate(const struct pol_at *at, const struct pol_plan_stage *stage,
                         const struct pol_plan_stage *next)
{
    if (stage->gate.advance != POL_ADVANCE_AUTO) {
        return;
    }
    if (stage->gate.soak_s < SOAK_TO_SEE_S) {
        pol_at_problem(
            at, WARNING,
            "a client that goes on with the wrong protocol shows after 24 h: a soak_s of "
            "%d or more leaves time to see it",
            SOAK_TO_SEE_S);
    }
    if (next != NULL && has_end(next)) {
        pol_at_problem(at, WARNING,
                       "the next stage has release or restore, which is never entered by itself");
    }
}

static void warn_of_stages(const struct pol_at *root, const struct pol_plan *plan)
{
    struct pol_at stages = member(root, "stages");
    int64_t soak_s = 0;
    for (size_t i = 0; i < plan->stage_count; i++) {
        const struct pol_plan_stage *stage = &plan->stages[i];
        struct pol_at at = element(&stages, i);
        soak_s += stage->gate.soak_s;
        warn_of_gate(&at, stage, i + 1 < plan->stage_count ? &plan->stages[i + 1] : NULL);
        if (i == 0) {
            continue;
        }
        const struct pol_plan_stage *before = &plan->stages[i - 1];
        if (same_rules(stage, before)) {
            pol_at_problem(&at, WARNING, "it decides the same as the stage before");
        }
        for (uint32_t r = 0; r < plan->rings.ring_count; r++) {
            enum pol_set was = set_of(before, r);
            if (allows(was) && set_of(stage, r) == POL_SET_BLOCK) {
                pol_at_problem(&at, WARNING, "ring \"%s\" goes from allow back to block",
                               plan->rings.rings[r].name);
            }
        }
    }
    if (plan->issued_at_s + soak_s > plan->expires_at_s) {
        struct pol_at at = member(root, "expires_at");
        pol_at_problem(&at, WARNING, "it expires before the soak times of all stages are over");
    }
}

/* What the last percentage of a stage draws by; NULL if it has none. */
static const char *salt_of(const struct pol_plan *plan, const struct pol_plan_stage *stage)
{
    const char *salt = NULL;
    for (size_t i = 0; i < stage->rules.count; i++) {
        uint32_t root = plan->rings.rings[stage->rules.rules[i].ring].root;
        for (uint32_t k = 0; k < plan->rings.matches[root].subtree; k++) {
            const struct pol_match *match = &plan->rings.matches[root + k];
            if (match->key == POL_MATCH_PERCENT) {
                salt = plan->rings.draws[plan->rings.percents[match->first].draw].salt;
            }
        }
    }
    return salt;
}

static void warn_of_salts(const struct pol_at *root, const struct pol_plan *plan)
{
    struct pol_at stages = member(root, "stages");
    const char *before = NULL;
    for (size_t i = 0; i < plan->stage_count; i++) {
        const char *salt = salt_of(plan, &plan->stages[i]);
        if (salt != NULL && before != NULL && strcmp(salt, before) != 0) {
            struct pol_at at = element(&stages, i);
            pol_at_problem(&at, WARNING,
                           "another salt than before draws other users, not more users");
        }
        before = salt != NULL ? salt : before;
    }
}

static bool restores(const struct pol_plan *plan)
{
    bool found = plan->safe == POL_SET_RESTORE;
    for (size_t i = 0; i < plan->stage_count; i++) {
        const struct pol_plan_stage *stage = &plan->stages[i];
        found = found || stage->otherwise == POL_SET_RESTORE;
        for (size_t r = 0; r < stage->rules.count; r++) {
            found = found || stage->rules.rules[r].set == POL_SET_RESTORE;
        }
    }
    return found;
}

void pol_plan_warn(const struct pol_at *root, const struct pol_plan *plan)
{
    struct pol_at timing = member(root, "timing");
    struct pol_at safe = member(root, "safe");
    warn_unused_rings(root, plan);
    warn_of_rings(root, plan);
    warn_of_stages(root, plan);
    warn_of_salts(root, plan);
    if (plan->timing.poll_s > 3600 || plan->timing.wait_s == 0) {
        pol_at_problem(&timing, WARNING, "the brake takes up to %u s to reach a client",
                       plan->timing.poll_s);
    }
    if (plan->safe == POL_SET_BLOCK) {
        pol_at_problem(&safe, WARNING,
                       "\"block\" helps only while the servers still offer RPC/HTTP; where it is "
                       "gone, \"allow\" is safe");
    }
    if (restores(plan)) {
        pol_at_problem(root, WARNING, "\"restore\" brings back a 1 that was there before");
    }
}
