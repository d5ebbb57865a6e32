#include "tests/cmocka_all.h"

#include "base/file.h"
#include "policy/bundle.h"
#include "policy/plan.h"
#include "tests/unit/server/scratch.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void scratch_make(char out[SCRATCH_PATH_BYTES])
{
    const char *parent = getenv("TMPDIR");
    (void)snprintf(out, SCRATCH_PATH_BYTES, "%s/mr-server-XXXXXX",
                   parent != NULL && strlen(parent) < 64 ? parent : "/tmp");
    assert_non_null(mkdtemp(out));
}

static bool remove_one(void *ctx, const char *name)
{
    char path[SCRATCH_PATH_BYTES * 3];
    (void)snprintf(path, sizeof path, "%s/%s", (const char *)ctx, name);
    assert_int_equal(unlink(path), 0);
    return true;
}

void scratch_remove(const char *path)
{
    char copy[SCRATCH_PATH_BYTES];
    (void)snprintf(copy, sizeof copy, "%s", path);
    assert_int_equal(file_list(path, remove_one, copy, NULL), ST_OK);
    assert_int_equal(rmdir(path), 0);
}

void signer_make(struct signer *out)
{
    static const char *const ROLLOUTS[] = {"test"};
    struct err err = {0};
    *out = (struct signer){.trust_text = bytes_with_limit(LIMIT_TRUST_BYTES)};
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(pol_key_generate(&out->key, &err), ST_OK);
    assert_int_equal(
        pol_trust_write(1, 1, ROLLOUTS, 1, pol_key_public(out->key), 1, &out->trust_text, &err),
        ST_OK);
    assert_int_equal(pol_trust_parse(bytes_span(&out->trust_text), &out->trust, &err), ST_OK);
}

void signer_done(struct signer *signer)
{
    pol_trust_free(signer->trust);
    pol_key_free(signer->key);
    bytes_free(&signer->trust_text);
}

static struct bytes sign_plan(const struct signer *signer, const struct bytes *text)
{
    struct err err = {0};
    struct pol_problems *problems = calloc(2, sizeof *problems);
    struct pol_plan *plan = NULL;
    const struct pol_key *keys[] = {signer->key};
    struct bytes bundle = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_non_null(problems);
    if (pol_plan_parse(bytes_span(text), &plan, &problems[0], &problems[1], &err) != ST_OK) {
        fail_msg("the plan is refused: %s %s", err.pointer, err.text);
    }
    assert_int_equal(pol_bundle_sign(plan, NULL, keys, 1, &bundle, &err), ST_OK);
    pol_plan_free(plan);
    free(problems);
    return bundle;
}

static struct bytes sign(const struct signer *signer, uint32_t serial, const char *expires_at,
                         const char *rings, const char *stages)
{
    struct bytes text = bytes_with_limit(LIMIT_PLAN_BYTES);
    assert_int_equal(bytes_append_format(
                         &text,
                         "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"test\",\"serial\":%u,"
                         "\"issued_at\":\"2020-01-01T00:00:00Z\",\"expires_at\":\"%s\","
                         "\"rings\":{%s},\"stages\":[%s],\"safe\":{\"set\":\"block\"}}",
                         serial, expires_at, rings, stages),
                     ST_OK);
    struct bytes bundle = sign_plan(signer, &text);
    bytes_free(&text);
    return bundle;
}

static struct bytes sign_usual(const struct signer *signer, uint32_t serial, const char *expires_at,
                               const char *not_before, const char *gate)
{
    struct bytes stages = bytes_with_limit(LIMIT_PLAN_BYTES);
    assert_int_equal(bytes_append_format(
                         &stages,
                         "{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\"},"
                         "{\"name\":\"pilot\",\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"}],"
                         "\"otherwise\":\"block\",\"gate\":%s},"
                         "{\"name\":\"back\",\"rules\":[],\"otherwise\":\"block\"},"
                         "{\"name\":\"later\",\"rules\":[],\"otherwise\":\"allow\","
                         "\"not_before\":\"%s\"}",
                         gate, not_before),
                     ST_OK);
    struct bytes bundle =
        sign(signer, serial, expires_at, "\"pilot\":{\"user\":[\"S-1-5-21-1-2-3-1001\"]}",
             bytes_text(&stages));
    bytes_free(&stages);
    return bundle;
}

struct bytes signer_bundle(const struct signer *signer, uint32_t serial)
{
    return sign_usual(signer, serial, "2199-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "{}");
}

struct bytes signer_expired_bundle(const struct signer *signer, uint32_t serial)
{
    return sign_usual(signer, serial, "2020-02-01T00:00:00Z", "2020-01-15T00:00:00Z", "{}");
}

struct bytes signer_gated_bundle(const struct signer *signer, uint32_t serial, const char *gate)
{
    return sign_usual(signer, serial, "2199-01-01T00:00:00Z", "2099-01-01T00:00:00Z", gate);
}

struct bytes signer_bundle_of(const struct signer *signer, uint32_t serial, const char *rings,
                              const char *stages)
{
    return sign(signer, serial, "2199-01-01T00:00:00Z", rings, stages);
}
