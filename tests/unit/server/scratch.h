/* scratch.h - a directory for one test, and what a server needs in it.
 *
 * Effects: makes and removes files under the system's temporary directory
 * Units:   none                      Owns:    said at each function
 * Errors:  fail the test             Threads: one
 * Source:  docs/architecture.md "Habits"
 */
#ifndef TESTS_UNIT_SERVER_SCRATCH_H
#define TESTS_UNIT_SERVER_SCRATCH_H

#include "base/bytes.h"
#include "policy/keys.h"
#include "policy/trust.h"

enum { SCRATCH_PATH_BYTES = 128 };

/* Fresh and empty; scratch_remove() removes it with its plain files. */
void scratch_make(char out[SCRATCH_PATH_BYTES]);
void scratch_remove(const char *path);

/* One signing key and the trust in it, for the rollout "test". */
struct signer {
    struct pol_key *key;
    struct pol_trust *trust;
    struct bytes trust_text;
};

void signer_make(struct signer *out);
void signer_done(struct signer *signer);

/* A signed bundle with the stages observe (leave), pilot (the ring "pilot", which is user
 * S-1-5-21-1-2-3-1001, allowed, all others blocked), back (all blocked), later (allow, not before
 * 2099). bytes_free() frees it. */
struct bytes signer_bundle(const struct signer *signer, uint32_t serial);
/* The same, which expired long ago. */
struct bytes signer_expired_bundle(const struct signer *signer, uint32_t serial);
/* The gate of its stage "pilot", as JSON. */
struct bytes signer_gated_bundle(const struct signer *signer, uint32_t serial, const char *gate);
/* Rings and stages as they stand inside the plan's braces and brackets. */
struct bytes signer_bundle_of(const struct signer *signer, uint32_t serial, const char *rings,
                              const char *stages);

#endif
