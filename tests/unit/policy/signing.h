/* signing.h - keys and trust for tests, made on the spot.
 *
 * Effects: fails the running test where something cannot be made
 * Owns:    what it returns; the caller frees it     Errors: none
 * Units:   none                                     Threads: one thread
 * Source:  docs/policy-format.md "Envelope"
 */
#ifndef TESTS_UNIT_POLICY_SIGNING_H
#define TESTS_UNIT_POLICY_SIGNING_H

#include "policy/sign.h"
#include "policy/trust.h"

/* Group set-up: starts the crypto library. */
int signing_start(void **state);

struct pol_key *signing_key(void);

/* Trust in these keys for the rollout "mapihttp-2026", version 1. */
struct pol_trust *signing_trust(const struct pol_key *const *keys, size_t key_count,
                                uint32_t threshold);

/* An envelope of payload, signed by these keys. */
struct bytes signing_envelope(const char *payload, enum pol_document document,
                              const struct pol_key *const *keys, size_t key_count);

/* A stored file of tests/data, by its path below it. */
struct bytes signing_stored(const char *path);

#endif
