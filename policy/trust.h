/* trust.h - hold the public keys that may sign, how many must, and for which rollouts.
 *
 * Effects: none                                  Units:  bytes
 * Owns:    struct pol_trust; pol_trust_free()    Errors: ST_REFUSED with a code and pointer;
 *                                                        ST_NO_MEMORY
 * Threads: safe once made (it never changes)     Source: docs/policy-format.md "Trust"; RFC 7517
 */
#ifndef POLICY_TRUST_H
#define POLICY_TRUST_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/keys.h"

struct pol_trust;

/* Parse `mapi-rollout/trust/1`; at most LIMIT_TRUST_BYTES are looked at. */
enum status pol_trust_parse(struct span document, struct pol_trust **out, struct err *err) MUST_USE;
void pol_trust_free(struct pol_trust *trust);

uint32_t pol_trust_version(const struct pol_trust *trust);
uint32_t pol_trust_threshold(const struct pol_trust *trust);
size_t pol_trust_key_count(const struct pol_trust *trust);
const struct pol_public_key *pol_trust_key(const struct pol_trust *trust, size_t i);
/* NULL if no trusted key has that thumbprint. */
const struct pol_public_key *pol_trust_find_key(const struct pol_trust *trust, const char *kid);
size_t pol_trust_rollout_count(const struct pol_trust *trust);
const char *pol_trust_rollout(const struct pol_trust *trust, size_t i);
bool pol_trust_has_rollout(const struct pol_trust *trust, const char *rollout);

enum pol_trust_change { POL_TRUST_TAKEN, POL_TRUST_UNCHANGED };

/* May a machine that has the trust document old (empty: none) change to next? Only to a higher
 * version, else `trust_rollback`; the very same bytes are no change. Who may ask for it at all is not
 * decided here: that is an administrator of the machine. */
enum status pol_trust_check_change(struct span old, struct span next, enum pol_trust_change *out,
                                   struct err *err) MUST_USE;

/* Write a trust document (`trust new`). Arguments are checked as pol_trust_parse() would. */
enum status pol_trust_write(uint32_t version, uint32_t threshold, const char *const *rollouts,
                            size_t rollout_count, const struct pol_public_key *keys,
                            size_t key_count, struct bytes *out, struct err *err) MUST_USE;

#endif
