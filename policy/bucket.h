/* bucket.h - draw lots that never change: who belongs to a percentage.
 *
 * A user or host always falls into the same bucket for the same salt, so a ring that grows from 5
 * to 25 percent keeps everybody it had.
 * Effects: none       Units:  buckets are parts per million, 0..999,999
 * Owns:    nothing    Errors: those of digest.h; ST_TOO_LARGE
 * Threads: safe       Source: docs/policy-format.md "Percentages", hash version 1
 */
#ifndef POLICY_BUCKET_H
#define POLICY_BUCKET_H

#include "base/status.h"
#include "policy/policy.h"

/* unit: a SID as Windows prints it, or a computer name (pol_bucket_host_unit()). */
enum status pol_bucket(const char *salt, const char *unit, uint32_t *out) MUST_USE;

/* One bucket for each draw of the policy; out has room for policy->draw_count.
 *
 * sid, host   NULL: not known; such a draw's bucket is 0 and means nothing (match.h does not look).
 *             host: NetBIOS name in any case. */
enum status pol_buckets(const struct pol_policy *policy, const char *sid, const char *host,
                        uint32_t *out) MUST_USE;

#endif
