/* bundle.h - all signed policies of one serial, in one signed file.
 *
 * Effects: none                                    Units:  none
 * Owns:    struct pol_bundle; pol_bundle_free()    Errors: ST_REFUSED with code and pointer
 * Threads: safe once made                          Source: docs/policy-format.md "Envelope"
 */
#ifndef POLICY_BUNDLE_H
#define POLICY_BUNDLE_H

#include "policy/parse.h"
#include "policy/plan.h"
#include "policy/sign.h"

struct pol_bundle_entry {
    struct span envelope; /* the exact bytes that agents get */
    const struct pol_verified *verified;
    const struct pol_policy *policy;
};

struct pol_bundle;

extern const char POL_BUNDLE_FORMAT[];

/* Index of the last stage that is signed: `through`, or the plan's last (NULL). */
enum status pol_bundle_last_stage(const struct pol_plan *plan, const char *through, size_t *out,
                                  struct err *err) MUST_USE;

/* Append the payload of a bundle: finished envelopes, stages in order, the safe policy last. */
enum status pol_bundle_write(const char *rollout, uint32_t serial, const struct bytes *envelopes,
                             size_t count, struct bytes *out, struct err *err) MUST_USE;

/* Sign every stage of the plan up to and including `through` (NULL: all), and the safe policy. The
 * bundle is appended to out. */
enum status pol_bundle_sign(const struct pol_plan *plan, const char *through,
                            const struct pol_key *const *keys, size_t key_count, struct bytes *out,
                            struct err *err) MUST_USE;

/* Verify a bundle file and everything in it: each policy by its own signatures, rollout, serial,
 * timing and expiry alike, versions in order, the safe policy in its place. */
enum status pol_bundle_open(const struct pol_trust *trust, struct span raw, struct pol_bundle **out,
                            struct err *err) MUST_USE;
void pol_bundle_free(struct pol_bundle *bundle);

const char *pol_bundle_rollout(const struct pol_bundle *bundle);
uint32_t pol_bundle_serial(const struct pol_bundle *bundle);
size_t pol_bundle_stage_count(const struct pol_bundle *bundle);
const struct pol_bundle_entry *pol_bundle_stage(const struct pol_bundle *bundle, size_t i);
/* NULL if there is none of that name. */
const struct pol_bundle_entry *pol_bundle_find_stage(const struct pol_bundle *bundle,
                                                     const char *name);
const struct pol_bundle_entry *pol_bundle_safe(const struct pol_bundle *bundle);
const struct pol_verified *pol_bundle_verified(const struct pol_bundle *bundle);
size_t pol_bundle_signer_count(const struct pol_bundle *bundle);
const char *pol_bundle_signer(const struct pol_bundle *bundle, size_t i);

#endif
