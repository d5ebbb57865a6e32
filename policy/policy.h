/* policy.h - the types a policy is made of.
 *
 * A policy in memory never changes. Everything is bounded by limits.h, and indexes in it were
 * checked by the parser, so that whoever walks it needs no checks of his own.
 * Effects: none                                          Units:  in the names
 * Owns:    struct pol_policy owns all it points to;      Errors: none here
 *          pol_policy_free() (parse.h)
 * Threads: safe                                          Source: docs/policy-format.md
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "policy/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pol_timing {
    uint32_t poll_s;
    uint32_t wait_s;
    uint32_t spread_s;
    uint32_t report_s;
};

struct pol_guards {
    bool block_mailboxes[POL_MAILBOX_COUNT]; /* where `block` may be written */
};

enum pol_match_key {
    POL_MATCH_USER,
    POL_MATCH_GROUP,
    POL_MATCH_HOST,
    POL_MATCH_TAG,
    POL_MATCH_PERCENT,
    POL_MATCH_RING,
    POL_MATCH_ANY,
    POL_MATCH_ALL,
    POL_MATCH_NOT,
    POL_MATCH_COUNT
};
extern const char *const POL_MATCH_WORDS[POL_MATCH_COUNT];

/* One node of a ring's condition. The children of a node stand behind it, one after the other, each
 * followed by its own children: `subtree` is how many nodes that makes, this one included. */
struct pol_match {
    enum pol_match_key key;
    uint32_t subtree;
    uint32_t first; /* USER, GROUP, HOST, TAG: index into texts; RING: into rings; PERCENT: into
                       percents */
    uint32_t count; /* texts */
};

/* A share of users or hosts, drawn by hash (bucket.h). Equal ones are kept once. */
struct pol_percent {
    bool of_host; /* else of user */
    const char *salt;
    uint32_t threshold_ppm; /* in if bucket < threshold */
};

struct pol_ring {
    const char *name;
    uint32_t root; /* index into matches: an ALL node over the object's keys */
};

struct pol_rule {
    uint32_t ring;
    enum pol_set set;
};

struct pol_policy {
    const char *rollout;
    int64_t version;
    enum pol_kind kind;
    const char *stage;
    int64_t issued_at_s;
    int64_t expires_at_s; /* -1: never (safe policy) */
    int64_t not_before_s; /* -1: at once */
    struct pol_timing timing;
    struct pol_guards guards;
    enum pol_expect expect;
    enum pol_set otherwise;

    const struct pol_rule *rules;
    size_t rule_count;
    const struct pol_ring *rings; /* a ring stands behind every ring that it names */
    size_t ring_count;
    const struct pol_match *matches;
    const char *const *texts;
    const struct pol_percent *percents;
    size_t percent_count; /* so many buckets evaluate() wants */

    char digest[65]; /* SHA-256 of the payload, lower-case hexadecimal */
    void *memory;    /* what all of the above points into */
};

#endif
