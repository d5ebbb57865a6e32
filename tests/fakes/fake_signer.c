#include "tests/fakes/fake_signer.h"

#include "policy/bundle.h"
#include "policy/parse.h"
#include "policy/plan.h"
#include "policy/sign.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum status st, const struct err *err)
{
    if (st != ST_OK) {
        err_print("fake_signer", err);
        abort();
    }
}

void fake_signer_init(struct fake_signer *signer, const char *rollout)
{
    struct err err = {.st = ST_OK};
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    *signer = (struct fake_signer){0};
    if (psa_crypto_init() != PSA_SUCCESS) {
        abort();
    }
    must(pol_key_generate(&signer->key, &err), &err);
    must(pol_trust_write(1, 1, &rollout, 1, pol_key_public(signer->key), 1, &document, &err), &err);
    must(pol_trust_parse(bytes_span(&document), &signer->trust, &err), &err);
    bytes_free(&document);
}

void fake_signer_done(struct fake_signer *signer)
{
    pol_trust_free(signer->trust);
    pol_key_free(signer->key);
    *signer = (struct fake_signer){0};
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static struct bytes write_plan(const struct fake_plan *plan)
{
    struct bytes text = bytes_with_limit(LIMIT_PLAN_BYTES);
    struct err err = {.st = ST_NO_MEMORY, .text = "no memory for a plan"};
    must(bytes_append_format(
             &text,
             "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"%s\",\"serial\":%u,"
             "\"issued_at\":\"%s\",\"expires_at\":\"%s\",\"timing\":%s,\"guards\":%s,\"rings\":%s,"
             "\"stages\":%s,\"safe\":{\"set\":\"%s\"}}",
             or_else(plan->rollout, "test"), (unsigned)plan->serial,
             or_else(plan->issued_at, "2026-01-01T00:00:00Z"),
             or_else(plan->expires_at, "2036-01-01T00:00:00Z"),
             or_else(plan->timing,
                     "{\"poll_s\":900,\"wait_s\":240,\"spread_s\":0,\"report_s\":86400}"),
             or_else(plan->guards, "{}"), or_else(plan->rings, "{}"), plan->stages,
             or_else(plan->safe, "block")),
         &err);
    return text;
}

static int find_stage(const struct pol_plan *plan, const char *stage)
{
    size_t i = 0;
    if (strcmp(stage, "safe") == 0) {
        return POL_PLAN_SAFE;
    }
    if (!pol_plan_find_stage(plan, stage, &i)) {
        (void)fprintf(stderr, "fake_signer: no stage %s\n", stage);
        abort();
    }
    return (int)i;
}

struct bytes fake_signer_envelope(const struct fake_signer *signer, const struct fake_plan *plan,
                                  const char *stage)
{
    struct err err = {.st = ST_OK};
    struct pol_problems problems = {.count = 0};
    struct pol_problems warnings = {.count = 0};
    struct pol_plan *parsed = NULL;
    const struct pol_key *keys[] = {signer->key};
    struct bytes text = write_plan(plan);
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    struct bytes envelope = bytes_with_limit(LIMIT_ENVELOPE_BYTES);

    must(pol_plan_parse(bytes_span(&text), &parsed, &problems, &warnings, &err), &err);
    must(pol_plan_write_policy(parsed, find_stage(parsed, stage), &payload, &err), &err);
    must(pol_sign(bytes_span(&payload), POL_DOCUMENT_POLICY, keys, 1, &envelope, &err), &err);

    pol_plan_free(parsed);
    bytes_free(&payload);
    bytes_free(&text);
    return envelope;
}

struct pol_policy *fake_signer_policy(const struct fake_signer *signer,
                                      const struct fake_plan *plan, const char *stage)
{
    struct err err = {.st = ST_OK};
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    struct bytes envelope = fake_signer_envelope(signer, plan, stage);
    must(pol_verify(signer->trust, bytes_span(&envelope), POL_DOCUMENT_POLICY, &verified, &err),
         &err);
    must(pol_parse(verified, &policy, &err), &err);
    pol_verified_free(verified);
    bytes_free(&envelope);
    return policy;
}

struct bytes fake_signer_bundle(const struct fake_signer *signer, const struct fake_plan *plan)
{
    struct err err = {.st = ST_OK};
    struct pol_problems problems = {.count = 0};
    struct pol_problems warnings = {.count = 0};
    struct pol_plan *parsed = NULL;
    const struct pol_key *keys[] = {signer->key};
    struct bytes text = write_plan(plan);
    struct bytes bundle = bytes_with_limit(LIMIT_BUNDLE_BYTES);

    must(pol_plan_parse(bytes_span(&text), &parsed, &problems, &warnings, &err), &err);
    must(pol_bundle_sign(parsed, NULL, keys, 1, &bundle, &err), &err);

    pol_plan_free(parsed);
    bytes_free(&text);
    return bundle;
}
