/* trace.h - tell, step by step, why a decision came out as it did.
 *
 * The evaluator calls a sink for each condition it settled; without a sink it costs nothing.
 * Effects: those of the sink    Units:  parts per million
 * Owns:    nothing; a step's pointers are borrowed for the call
 * Errors:  none                 Threads: as the sink
 * Source:  docs/policy-format.md "Decision"; docs/protocol.md "Command lines"
 */
#ifndef POLICY_TRACE_H
#define POLICY_TRACE_H

#include "policy/policy.h"

/* One text, or several where none of them was the one. */
struct pol_trace_texts {
    const char *one;          /* NULL: see items */
    const char *const *items; /* NULL: there is nothing to show */
    size_t count;
};

struct pol_trace_step {
    int rule;               /* the rule that is tried; -1 for a guard */
    const char *ring;       /* whose condition; NULL for a guard */
    const char *guard;      /* the plan's key; NULL for a condition */
    enum pol_match_key key; /* meaningless for a guard */
    struct pol_trace_texts want;
    struct pol_trace_texts saw; /* nothing: not known */
    bool has_bucket;
    uint32_t bucket;
    uint32_t threshold;
    int result; /* an enum pol_truth */
};

struct pol_trace {
    void *ctx;
    void (*step)(void *ctx, const struct pol_trace_step *step);
};

#endif
