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

#include "policy/limits.h"
#include "policy/outlook_version.h"
#include "policy/text_match.h"
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

/* One of these must pass before something is written; no URL: nothing is asked. */
struct pol_preflight {
    const char *urls[LIMIT_PREFLIGHT_URLS];
    size_t count;
};

struct pol_guards {
    bool block_mailboxes[POL_MAILBOX_COUNT]; /* where `block` may be written */
    struct pol_preflight allow;              /* for `allow` and `allow_explicit` */
    struct pol_preflight block;
    uint64_t minimum_outlook[LIMIT_MINIMUMS]; /* rising, one for each major version */
    const char *minimum_texts[LIMIT_MINIMUMS];
    size_t minimum_count;
};

/* Written at once, or when the user's Outlook is closed; at the latest deadline_s after the policy
 * was accepted, each user at a time of his own within spread_s. */
struct pol_apply {
    enum pol_when when;
    uint32_t deadline_s;
    uint32_t spread_s;
};

/* When a stage may be left. */
struct pol_gate {
    enum pol_advance advance;
    enum pol_on_fail on_fail;
    uint32_t soak_s;
    uint32_t min_reporting_percent;
    uint32_t min_conclusive_percent;
    uint32_t min_healthy_percent;
    uint32_t max_failing;
};

enum pol_match_key {
    POL_MATCH_USER,
    POL_MATCH_GROUP,
    POL_MATCH_HOST,
    POL_MATCH_DOMAIN,
    POL_MATCH_COMPUTER_OU,
    POL_MATCH_AD_SITE,
    POL_MATCH_TAG,
    POL_MATCH_OUTLOOK,
    POL_MATCH_MAILBOX,
    POL_MATCH_MULTI_SESSION,
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
    uint32_t first; /* lists of texts: index into texts; OUTLOOK: into ranges; PERCENT: into
                       percents; RING: into rings; MAILBOX: a bit for each word; MULTI_SESSION: 1
                       if it must be one, else 0 */
    uint32_t count; /* texts */
};

/* Lots are drawn by salt for users or hosts (bucket.h); percentages with the same salt share one
 * draw. */
struct pol_draw {
    bool of_host; /* else of user */
    const char *salt;
};

struct pol_percent {
    uint32_t draw;          /* index into draws, and so into the facts' buckets */
    uint32_t threshold_ppm; /* in if bucket < threshold */
};

struct pol_ring {
    const char *name;
    uint32_t root;  /* index into matches: an ALL node over the object's keys, or the only one */
    uint64_t needs; /* a bit for each ring that it names, all the way down; not itself */
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
    struct pol_apply apply;
    struct pol_gate gate;
    enum pol_expect expect;
    enum pol_set otherwise;

    const struct pol_rule *rules;
    size_t rule_count;
    const struct pol_ring *rings; /* a ring stands behind every ring that it names */
    size_t ring_count;
    const struct pol_match *matches;
    const char *const *texts;
    const struct pol_text_mark *marks; /* one for each text */
    const struct pol_outlook_range *ranges;
    const struct pol_percent *percents;
    const struct pol_draw *draws;
    size_t draw_count; /* so many buckets evaluate() wants */

    char digest[65]; /* SHA-256 of the payload, lower-case hexadecimal */
    void *memory;    /* what all of the above points into */
};

#endif
