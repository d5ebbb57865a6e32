/* limits.c - times documents at the bounds: `limits.sh` makes a table of what this prints.
 *
 * One line for each repetition: subject, microseconds of ours, microseconds of the peer, in one run side
 * by side. The peer does the least that anybody must do: cJSON alone over the same bytes and, for a signed
 * policy, one bare check of a signature. */
#include "policy/json_read.h"
#include "policy/parse.h"
#include "policy/sign.h"
#include "tests/unit/policy/hostile.h"

#include <cjson/cJSON.h>
#include <psa/crypto.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPETITIONS = 5 };

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "limits: %s\n", what);
        exit(1);
    }
}

static double now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double time_cjson_us(struct span document)
{
    double began = now_us();
    cJSON *json = cJSON_ParseWithLength((const char *)document.data, document.size);
    cJSON_Delete(json);
    double took = now_us() - began;
    (void)malloc_trim(0); /* ours shall not pay for tidying up a million small blocks */
    return took;
}

/* ---- a policy at every bound -------------------------------------------------------------- */

struct signed_policy {
    struct bytes payload;
    struct bytes envelope;
    struct pol_key *key;
    struct pol_trust *trust;
};

static struct signed_policy sign_full(void)
{
    static const char *const ROLLOUTS[] = {"mapihttp-2026"};
    struct signed_policy s = {.payload = hostile_full_policy(0, 0),
                              .envelope = bytes_with_limit(LIMIT_ENVELOPE_BYTES)};
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    must(pol_key_generate(&s.key, NULL) == ST_OK, "no key");
    must(pol_trust_write(1, 1, ROLLOUTS, 1, pol_key_public(s.key), 1, &document, NULL) == ST_OK &&
             pol_trust_parse(bytes_span(&document), &s.trust, NULL) == ST_OK,
         "no trust");
    const struct pol_key *const keys[] = {s.key};
    must(pol_sign(bytes_span(&s.payload), POL_DOCUMENT_POLICY, keys, 1, &s.envelope, NULL) == ST_OK,
         "not signed");
    bytes_free(&document);
    return s;
}

static double time_policy_us(const struct signed_policy *s)
{
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    double began = now_us();
    must(pol_verify(s->trust, bytes_span(&s->envelope), POL_DOCUMENT_POLICY, &verified, NULL) ==
                 ST_OK &&
             pol_parse(verified, &policy, NULL) == ST_OK,
         "a policy at every bound was refused");
    double took = now_us() - began;
    pol_policy_free(policy);
    pol_verified_free(verified);
    return took;
}

static double time_policy_peer_us(const struct signed_policy *s)
{
    uint8_t signature[SIGNATURE_BYTES];
    must(pol_key_sign(s->key, bytes_span(&s->payload), signature, NULL) == ST_OK, "not signed");
    double began = now_us();
    must(pol_public_key_verify(pol_key_public(s->key), bytes_span(&s->payload), signature),
         "a good signature did not hold");
    return now_us() - began + time_cjson_us(bytes_span(&s->payload));
}

static void bench_policy(void)
{
    struct signed_policy s = sign_full();
    for (int i = 0; i < REPETITIONS; i++) {
        double ours = time_policy_us(&s);
        (void)printf("policy at every bound\t%.0f\t%.0f\n", ours, time_policy_peer_us(&s));
    }
    bytes_free(&s.payload);
    bytes_free(&s.envelope);
    pol_trust_free(s.trust);
    pol_key_free(s.key);
}

/* ---- hostile documents -------------------------------------------------------------------- */

/* What the scanner lets through costs what its reader does with it. */
static double time_reader_us(const struct hostile_reader *reader, struct span document)
{
    struct pol_envelope *envelope = NULL;
    struct pol_json *json = NULL;
    bool is_envelope = reader->limits.string_bytes > LIMIT_STRING_BYTES;
    double began = now_us();
    if (is_envelope) {
        enum pol_document kind = reader->limits.document_bytes > LIMIT_ENVELOPE_BYTES
                                     ? POL_DOCUMENT_BUNDLE
                                     : POL_DOCUMENT_POLICY;
        must(pol_envelope_parse(document, kind, &envelope, NULL) == ST_REFUSED, "not refused");
    } else if (pol_json_parse(document, &reader->limits, &json, NULL) == ST_OK) {
        pol_json_free(json);
    }
    return now_us() - began;
}

static void bench_hostile(const struct hostile_reader *reader)
{
    for (size_t k = 0; k < HOSTILE_KIND_COUNT; k++) {
        struct bytes document = hostile_document(&HOSTILE_KINDS[k], &reader->limits);
        for (int i = 0; i < REPETITIONS; i++) {
            double ours = time_reader_us(reader, bytes_span(&document));
            double peer = time_cjson_us(bytes_span(&document));
            (void)printf("%s, %zu KiB: %s\t%.0f\t%.0f\n", reader->name,
                         reader->limits.document_bytes / 1024, HOSTILE_KINDS[k].name, ours, peer);
        }
        bytes_free(&document);
    }
}

int main(void)
{
    struct hostile_reader readers[HOSTILE_READERS];
    must(psa_crypto_init() == PSA_SUCCESS, "no crypto library");
    hostile_readers(readers);
    bench_policy();
    for (size_t r = 0; r < HOSTILE_READERS; r++) {
        if (readers[r].limits.document_bytes >= LIMIT_PAYLOAD_BYTES) {
            bench_hostile(&readers[r]);
        }
    }
    return 0;
}
