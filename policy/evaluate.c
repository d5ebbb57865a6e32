#include "policy/evaluate.h"

static const char BLOCK_MAILBOXES[] = "block_mailboxes";

/* `block` would break a client whose mailbox does not answer over RPC/HTTP. */
static void guard_mailbox(const struct pol_policy *policy, const struct pol_facts *facts,
                          const struct pol_trace *trace, struct pol_decision *d)
{
    if (d->set != POL_SET_BLOCK) {
        return;
    }
    bool listed = policy->guards.block_mailboxes[facts->mailbox];
    if (!listed) {
        d->blocked_by = POL_BLOCKED_MAILBOX;
        d->guard = BLOCK_MAILBOXES;
    }
    if (trace != NULL) {
        struct pol_trace_step step = {.guard = BLOCK_MAILBOXES,
                                      .saw = POL_MAILBOX_WORDS[facts->mailbox],
                                      .result = (int)(listed ? POL_TRUE : POL_FALSE)};
        trace->step(trace->ctx, &step);
    }
}

static struct pol_decision apply_rules(const struct pol_policy *policy,
                                       const struct pol_ring_answer *answers)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct pol_rule *rule = &policy->rules[i];
        const char *ring = policy->rings[rule->ring].name;
        switch (answers[rule->ring].truth) {
        case POL_FALSE: continue;
        case POL_UNKNOWN:
            return (struct pol_decision){.set = POL_SET_LEAVE,
                                         .rule = (int)i,
                                         .ring = ring,
                                         .blocked_by = POL_BLOCKED_UNKNOWN_FACT,
                                         .fact = answers[rule->ring].fact};
        case POL_TRUE: return (struct pol_decision){.set = rule->set, .rule = (int)i, .ring = ring};
        }
    }
    return (struct pol_decision){.set = policy->otherwise, .rule = -1};
}

struct pol_decision pol_evaluate(const struct pol_policy *policy, const struct pol_facts *facts,
                                 const struct pol_trace *trace)
{
    struct pol_ring_answer answers[LIMIT_RINGS];
    pol_match_rings(policy, facts, answers, trace);
    struct pol_decision d = apply_rules(policy, answers);
    guard_mailbox(policy, facts, trace, &d);
    return d;
}
