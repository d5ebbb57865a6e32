/* match.h - settle the conditions of a policy's rings against the facts of one user.
 *
 * Effects: none (the trace sink is called)    Units:  buckets in parts per million
 * Owns:    nothing                            Errors: none; what is not known is POL_UNKNOWN
 * Threads: safe                               Source: docs/policy-format.md "Rings", "Rules"
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "policy/policy.h"
#include "policy/trace.h"

/* Kleene's three values, ordered: AND is the minimum, OR the maximum. */
enum pol_truth { POL_FALSE, POL_UNKNOWN, POL_TRUE };

/* What is known about one user on one host. NULL is "not known". facts.h reads them from a file and
 * prepares what is to be computed beforehand. */
struct pol_facts {
    const char *sid;
    const char *account;       /* DOMAIN\name */
    const char *const *groups; /* SIDs and DOMAIN\name alike; NULL: never logged on here */
    size_t group_count;
    bool groups_without_names; /* only SIDs are known: a name that is not there is not denied */
    const bool *groups_asked;  /* one for each of the policy's texts: was that group looked for? One
                                  that was not and is not there is not denied. NULL: all were */
    const char *host;          /* NetBIOS name */
    const char *computer_ou;   /* distinguished name of the computer, or of the OU that it is in */
    const char *ad_site;
    const char *const *tags;
    size_t tag_count;
    enum pol_answer multi_session;
    const char *outlook;             /* version; "": none is installed */
    enum pol_mailbox mailbox;        /* POL_MAILBOX_UNKNOWN is a word like the others */
    enum pol_answer preflight_allow; /* did one of the policy's URLs pass from this machine? */
    enum pol_answer preflight_block;

    const struct pol_text_index *group_index; /* of the groups; NULL: do without */
    bool outlook_is_read;                     /* its number is in outlook_version */
    uint64_t outlook_version;
    const uint32_t *buckets; /* one for each of the policy's draws */
};

/* The version of Outlook as a number; false if it is not known, or none. */
bool pol_facts_outlook(const struct pol_facts *facts, uint64_t *out);

struct pol_ring_answer {
    enum pol_truth truth;
    const char *fact; /* the first unknown fact behind it: "groups", ...; NULL unless UNKNOWN */
};

/* One evaluation under way: each ring is settled when a rule first asks for it, and only once. */
struct pol_matching {
    const struct pol_policy *policy;
    const struct pol_facts *facts;
    const struct pol_trace *trace;               /* NULL: nobody listens */
    int rule;                                    /* the one that asks, for the trace */
    uint32_t ring;                               /* whose condition is being settled, for it, too */
    uint64_t settled;                            /* a bit for each ring */
    struct pol_ring_answer answers[LIMIT_RINGS]; /* meaningless unless settled */
};

struct pol_ring_answer pol_match_ring(struct pol_matching *matching, uint32_t ring);

#endif
