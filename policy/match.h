/* match.h - settle the conditions of a policy's rings against the facts of one user.
 *
 * Effects: none (the trace sink is called)    Units:  buckets in parts per million
 * Owns:    nothing                            Errors: none; what is not known is POL_UNKNOWN
 * Threads: safe                               Source: docs/policy-format.md "Rings", "Rules"
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "policy/limits.h"
#include "policy/policy.h"
#include "policy/trace.h"

/* Kleene's three values, ordered: AND is the minimum, OR the maximum. */
enum pol_truth { POL_FALSE, POL_UNKNOWN, POL_TRUE };

/* What is known about one user on one host. NULL is "not known". */
struct pol_facts {
    const char *sid;
    const char *account;       /* DOMAIN\name */
    const char *const *groups; /* SIDs and DOMAIN\name alike; NULL: never logged on here */
    size_t group_count;
    const char *host; /* NetBIOS name */
    const char *const *tags;
    size_t tag_count;
    enum pol_mailbox mailbox; /* POL_MAILBOX_UNKNOWN is a word like the others */
    const uint32_t *buckets;  /* one for each of the policy's percentages, by pol_buckets() */
};

/* Truth of every ring of the policy, the first unknown fact behind it if it is UNKNOWN. */
struct pol_ring_answer {
    enum pol_truth truth;
    const char *fact; /* "groups", "account", ...; NULL unless UNKNOWN */
};

/* Settle all rings, each once. answers has room for policy->ring_count. */
void pol_match_rings(const struct pol_policy *policy, const struct pol_facts *facts,
                     struct pol_ring_answer *answers, const struct pol_trace *trace);

/* Does text fit pattern? `*` is any run and `?` one code point; ASCII case is folded. Linear time
 * for each star. */
bool pol_match_text(const char *pattern, const char *text);

#endif
