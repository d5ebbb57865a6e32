#include "policy/evaluate.h"

static const char BLOCK_MAILBOXES[] = "block_mailboxes";
static const char PREFLIGHT[] = "preflight";
static const char MINIMUM_OUTLOOK[] = "minimum_outlook";

/* ---- guards ------------------------------------------------------------------------------- */

/* One decision on its way through the guards. */
struct guarding {
    const struct pol_policy *policy;
    const struct pol_facts *facts;
    const struct pol_trace *trace;
    struct pol_decision *decision;
};

static bool is_allow(enum pol_set set)
{
    return set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
}

/* The first guard that blocks is named. */
static void block(const struct guarding *g, const char *guard, enum pol_blocked by)
{
    if (g->decision->blocked_by == POL_BLOCKED_NOT) {
        g->decision->blocked_by = by;
        g->decision->guard = guard;
    }
}

static void tell(const struct guarding *g, const char *guard, struct pol_trace_texts want,
                 const char *saw, enum pol_truth result)
{
    if (g->trace != NULL) {
        struct pol_trace_step step = {
            .rule = -1, .guard = guard, .want = want, .saw = {.one = saw}, .result = (int)result};
        g->trace->step(g->trace->ctx, &step);
    }
}

static void tell_mailbox(const struct guarding *g, enum pol_truth result)
{
    const char *listed[POL_MAILBOX_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < POL_MAILBOX_COUNT; i++) {
        if (g->policy->guards.block_mailboxes[i]) {
            listed[count++] = POL_MAILBOX_WORDS[i];
        }
    }
    tell(g, BLOCK_MAILBOXES, (struct pol_trace_texts){.items = listed, .count = count},
         POL_MAILBOX_WORDS[g->facts->mailbox], result);
}

/* `block` would break a client whose mailbox does not answer over RPC/HTTP. */
static void guard_mailbox(const struct guarding *g)
{
    if (g->decision->set != POL_SET_BLOCK) {
        return;
    }
    bool fine = g->policy->guards.block_mailboxes[g->facts->mailbox];
    if (!fine) {
        block(g, BLOCK_MAILBOXES, POL_BLOCKED_MAILBOX);
    }
    if (g->trace != NULL) {
        tell_mailbox(g, fine ? POL_TRUE : POL_FALSE);
    }
}

/* Nobody is sent where this machine has not seen an answer. The brake does not wait for one. */
static void guard_preflight(const struct guarding *g)
{
    bool allows = is_allow(g->decision->set);
    const struct pol_preflight *asked =
        allows ? &g->policy->guards.allow : &g->policy->guards.block;
    if ((!allows && g->decision->set != POL_SET_BLOCK) || asked->count == 0 ||
        g->policy->kind == POL_KIND_SAFE) {
        return;
    }
    struct pol_trace_texts want = {.items = asked->urls, .count = asked->count};
    switch (allows ? g->facts->preflight_allow : g->facts->preflight_block) {
    case POL_NOT_KNOWN:
        block(g, PREFLIGHT, POL_BLOCKED_PREFLIGHT_PENDING);
        tell(g, PREFLIGHT, want, NULL, POL_UNKNOWN);
        break;
    case POL_NO:
        block(g, PREFLIGHT, POL_BLOCKED_PREFLIGHT);
        tell(g, PREFLIGHT, want, "failed", POL_FALSE);
        break;
    case POL_YES: tell(g, PREFLIGHT, want, "passed", POL_TRUE); break;
    }
}

/* An old client is told about, not held back. Where there is none, or nobody knows, nothing is. */
static void guard_outlook(const struct guarding *g)
{
    const char *text = g->facts->outlook;
    uint64_t version = 0;
    struct pol_trace_texts want = {.items = g->policy->guards.minimum_texts,
                                   .count = g->policy->guards.minimum_count};
    if (!is_allow(g->decision->set) || g->policy->guards.minimum_count == 0) {
        return;
    }
    if (!pol_facts_outlook(g->facts, &version)) {
        tell(g, MINIMUM_OUTLOOK, want, text, text == NULL ? POL_UNKNOWN : POL_TRUE);
        return;
    }
    bool fine = pol_outlook_is_new_enough(g->policy->guards.minimum_outlook,
                                          g->policy->guards.minimum_count, version);
    if (!fine) {
        block(g, MINIMUM_OUTLOOK, POL_BLOCKED_CLIENT_VERSION);
    }
    tell(g, MINIMUM_OUTLOOK, want, text, fine ? POL_TRUE : POL_FALSE);
}

/* ---- rules -------------------------------------------------------------------------------- */

static struct pol_decision apply_rules(struct pol_matching *m)
{
    const struct pol_policy *policy = m->policy;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct pol_rule *rule = &policy->rules[i];
        m->rule = (int)i;
        struct pol_ring_answer a = pol_match_ring(m, rule->ring);
        const char *ring = policy->rings[rule->ring].name;
        switch (a.truth) {
        case POL_FALSE: continue;
        case POL_UNKNOWN:
            return (struct pol_decision){.set = POL_SET_LEAVE,
                                         .rule = (int)i,
                                         .ring = ring,
                                         .blocked_by = POL_BLOCKED_UNKNOWN_FACT,
                                         .fact = a.fact};
        case POL_TRUE: return (struct pol_decision){.set = rule->set, .rule = (int)i, .ring = ring};
        }
    }
    return (struct pol_decision){.set = policy->otherwise, .rule = -1};
}

struct pol_decision pol_evaluate_next(struct pol_matching *matching)
{
    struct pol_decision d = apply_rules(matching);
    struct guarding g = {.policy = matching->policy,
                         .facts = matching->facts,
                         .trace = matching->trace,
                         .decision = &d};
    guard_mailbox(&g);
    guard_preflight(&g);
    guard_outlook(&g);
    return d;
}

struct pol_decision pol_evaluate(const struct pol_policy *policy, const struct pol_facts *facts,
                                 const struct pol_trace *trace)
{
    struct pol_matching m; /* its answers are not read before they are written */
    m.policy = policy;
    m.facts = facts;
    m.trace = trace;
    m.settled = 0;
    return pol_evaluate_next(&m);
}
