/* fake_signer.h - real keys and real signatures for tests: plans in, envelopes out. */
#ifndef TESTS_FAKES_FAKE_SIGNER_H
#define TESTS_FAKES_FAKE_SIGNER_H

#include "base/bytes.h"
#include "policy/keys.h"
#include "policy/policy.h"
#include "policy/trust.h"

struct fake_signer {
    struct pol_key *key;
    struct pol_trust *trust;
};

struct fake_plan {
    const char *rollout; /* NULL: "test" */
    uint32_t serial;
    const char *issued_at;  /* NULL: long ago */
    const char *expires_at; /* NULL: far away */
    const char *timing;     /* JSON; NULL: spread_s 0, else the defaults */
    const char *guards;     /* JSON; NULL: {} */
    const char *rings;      /* JSON; NULL: {} */
    const char *stages;     /* JSON */
    const char *safe;       /* NULL: "block" */
};

/* Starts the crypto library; names the rollout in the trust. */
void fake_signer_init(struct fake_signer *signer, const char *rollout);
void fake_signer_done(struct fake_signer *signer);

/* The signed policy of one stage ("safe" too). Free with bytes_free(); ends the test if the plan is
 * wrong. */
struct bytes fake_signer_envelope(const struct fake_signer *signer, const struct fake_plan *plan,
                                  const char *stage);
/* The same, as whoever trusts the signer reads it. Free with pol_policy_free(). */
struct pol_policy *fake_signer_policy(const struct fake_signer *signer,
                                      const struct fake_plan *plan, const char *stage);
/* The bundle of all its stages, in the same way. */
struct bytes fake_signer_bundle(const struct fake_signer *signer, const struct fake_plan *plan);

#endif
