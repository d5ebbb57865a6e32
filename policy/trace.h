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

struct pol_trace_step {
    const char *ring;       /* whose condition; NULL for a guard */
    const char *guard;      /* the plan's key; NULL for a condition */
    enum pol_match_key key; /* meaningless for a guard */
    const char *want;       /* the pattern that matched, or the only one; may be NULL */
    const char *saw;        /* the fact; NULL if it is not known or has no text */
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
