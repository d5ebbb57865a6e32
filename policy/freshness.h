/* freshness.h - decide whether a verified policy may be accepted now.
 *
 * fetch -> verify -> parse -> [freshness] -> evaluate -> apply -> observe -> report
 *
 * "No change" is an answer, not a failure.
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: ST_REFUSED: rollout_mismatch, version_rollback, version_conflict,
 *                             issued_in_future, not_yet, expired
 * Threads: safe       Source: docs/policy-format.md "Acceptance on the agent"
 */
#ifndef POLICY_FRESHNESS_H
#define POLICY_FRESHNESS_H

#include "base/err.h"
#include "policy/policy.h"
#include "policy/trust.h"

/* What was accepted last; version 0: nothing yet. */
struct pol_floor {
    int64_t version;
    char digest[65];
};

struct pol_freshness_rules {
    const struct pol_trust *trust;
    const char *rollout; /* only this one is taken; NULL: any that trust names */
    struct pol_floor floor;
    int64_t min_version;       /* set by machine policy; 0: none */
    bool stored_policy_usable; /* else the floor's own version is taken again, even if expired */
    int64_t now_s;
};

enum pol_freshness { POL_FRESH_ACCEPT, POL_FRESH_NO_CHANGE };

enum status pol_freshness(const struct pol_policy *policy, const struct pol_freshness_rules *rules,
                          enum pol_freshness *out, struct err *err) MUST_USE;

#endif
