/* Payloads of bundles that trusted keys signed: what is opened hangs together, and each policy in it is one
 * that agents take. */
#include "tests/fuzz/fuzzing.h"

#include "policy/bundle.h"

#include <string.h>

static void check_entry(const struct pol_bundle *bundle, const struct pol_bundle_entry *entry,
                        uint32_t position)
{
    const struct pol_policy *policy = entry->policy;
    struct pol_verified *verified = NULL;
    struct err err = {0};
    HOLDS(strcmp(policy->rollout, pol_bundle_rollout(bundle)) == 0);
    HOLDS(policy->version == (int64_t)pol_bundle_serial(bundle) * VERSION_STEP + position);
    HOLDS((policy->kind == POL_KIND_SAFE) == (position == VERSION_SAFE_POSITION));
    HOLDS(fuzz_taken(
        pol_verify(fuzz_trust(), entry->envelope, POL_DOCUMENT_POLICY, &verified, &err), &err));
    HOLDS(strcmp(policy->digest, pol_verified_digest(verified)) == 0);
    pol_verified_free(verified);
}

static void check_bundle(const struct pol_bundle *bundle)
{
    size_t count = pol_bundle_stage_count(bundle);
    HOLDS(count >= 1 && count <= LIMIT_STAGES);
    HOLDS(pol_trust_has_rollout(fuzz_trust(), pol_bundle_rollout(bundle)));
    HOLDS(pol_bundle_signer_count(bundle) == 1);
    for (size_t i = 0; i < count; i++) {
        const struct pol_bundle_entry *entry = pol_bundle_stage(bundle, i);
        check_entry(bundle, entry, (uint32_t)i + 1);
        HOLDS(pol_bundle_find_stage(bundle, entry->policy->stage) == entry);
    }
    check_entry(bundle, pol_bundle_safe(bundle), VERSION_SAFE_POSITION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes envelope;
    struct pol_bundle *bundle = NULL;
    struct err err = {0};
    if (fuzz_envelope((struct span){data, size}, POL_DOCUMENT_BUNDLE, &envelope)) {
        fuzz_any_signature_holds = true;
        if (fuzz_taken(pol_bundle_open(fuzz_trust(), bytes_span(&envelope), &bundle, &err), &err)) {
            check_bundle(bundle);
        }
        fuzz_any_signature_holds = false;
        HOLDS((err.st == ST_OK) == (bundle != NULL));
    }
    pol_bundle_free(bundle);
    bytes_free(&envelope);
    return 0;
}
