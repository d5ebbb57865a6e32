#include "policy/bundle.h"
#include "policy/detached_parts.h"
#include "policy/signature_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_BYTES = 64 }; /* "/documents/50/signatures/7" and room */

/* ---- one signature ------------------------------------------------------------------------ */

static void point_at_item(const struct pol_detached *detached, size_t i, char out[PLACE_BYTES])
{
    size_t keys = detached->head.key_count;
    (void)snprintf(out, PLACE_BYTES, "/documents/%zu/signatures/%zu", i / keys, i % keys);
}

enum status pol_detached_item_input(const struct pol_detached *detached, size_t i,
                                    struct bytes *out, struct err *err)
{
    struct bytes header = bytes_with_limit((size_t)2 * LIMIT_PROTECTED_BYTES);
    enum status st = pol_sign_header(detached->signatures[i].kid, detached->head.round, &header);
    if (st == ST_OK) {
        st = pol_sign_input(bytes_text(&header),
                            detached->documents[i / detached->head.key_count].payload_text, out);
    }
    bytes_free(&header);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "no memory for what is to be signed");
}

enum status pol_detached_answer(struct pol_detached *detached, size_t i, struct span signature,
                                struct err *err)
{
    uint8_t readings[SIGNATURE_READINGS][SIGNATURE_BYTES];
    char pointer[PLACE_BYTES];
    struct bytes input = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    const struct pol_public_key *key = &detached->keys[i % detached->head.key_count];

    point_at_item(detached, i, pointer);
    size_t count = pol_signature_readings(signature, readings);
    if (count == 0) {
        return err_refuse(err, "envelope_malformed", pointer,
                          "the answer for %s is no ES256 signature: 64 bytes r||s, or DER,"
                          " as they are or in base64",
                          detached->names[i]);
    }
    enum status st = pol_detached_item_input(detached, i, &input, err);
    bool holds = false;
    size_t good = 0;
    while (st == ST_OK && good < count) {
        st = pol_public_key_check(key, bytes_span(&input), readings[good], &holds);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "no memory to check a signature");
        } else if (holds) {
            break;
        }
        good++;
    }
    bytes_free(&input);
    if (st == ST_OK && good == count) {
        st = err_refuse(err, "signature_invalid", pointer,
                        "the answer for %s does not hold: another key signed, or other bytes",
                        detached->names[i]);
    }
    if (st == ST_OK) {
        memcpy(detached->signatures[i].bytes, readings[good], SIGNATURE_BYTES);
        detached->answered[i] = true;
    }
    return st;
}

/* ---- a round ------------------------------------------------------------------------------ */

static enum status check_answered(const struct pol_detached *detached, struct err *err)
{
    char pointer[PLACE_BYTES];
    for (size_t i = 0; i < pol_detached_item_count(detached); i++) {
        if (!detached->answered[i]) {
            point_at_item(detached, i, pointer);
            return err_refuse(err, "missing_field", pointer, "there is no answer for %s",
                              detached->names[i]);
        }
    }
    return ST_OK;
}

static enum status put_together(const struct pol_detached *detached, size_t document,
                                struct bytes *out, struct err *err)
{
    struct bytes payload = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    size_t keys = detached->head.key_count;
    enum status st = ST_OK;
    /* Found canonical when it was read: only memory can be missing. */
    if (!pol_base64url_decode(detached->documents[document].payload_text, &payload)) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory to put signatures in");
    }
    if (st == ST_OK) {
        st = pol_sign_put(bytes_span(&payload), detached->head.round,
                          &detached->signatures[document * keys], keys, out, err);
    }
    bytes_free(&payload);
    return st;
}

static enum status check_policy(const struct pol_detached *detached, size_t document,
                                const struct pol_policy *policy, struct err *err)
{
    char version[DETACHED_NUMBER_BYTES];
    if (strcmp(policy->rollout, detached->head.rollout) != 0) {
        return err_refuse(err, "rollout_mismatch", "", "the policy is of rollout \"%s\"",
                          policy->rollout);
    }
    (void)snprintf(version, sizeof version, "%" PRId64, policy->version);
    if (strcmp(version, detached->documents[document].name) != 0) {
        return err_refuse(err, "kind_mismatch", "", "the policy is of version %s", version);
    }
    return ST_OK;
}

/* A payload that nobody could use is found before the second round, not after it. */
static enum status try_policy(const struct pol_detached *detached, const struct pol_trust *trust,
                              size_t document, const struct bytes *envelope, struct err *err)
{
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    struct err why = {0};
    enum status st = pol_verify(trust, bytes_span(envelope), POL_DOCUMENT_POLICY, &verified, &why);
    if (st == ST_OK) {
        st = pol_parse(verified, &policy, &why);
    }
    if (st == ST_OK) {
        st = check_policy(detached, document, policy, &why);
    }
    if (st == ST_REFUSED) {
        char pointer[PLACE_BYTES];
        (void)snprintf(pointer, sizeof pointer, "/documents/%zu", document);
        st = err_refuse(err, why.code, pointer, "%s", why.text);
    } else if (st != ST_OK) {
        st = err_set(err, st, why.os_code, "%s", why.text);
    }
    pol_policy_free(policy);
    pol_verified_free(verified);
    return st;
}

/* The to-sign file of the second round, around a bundle of these envelopes. */
static enum status write_second(const struct pol_detached *detached, const struct bytes *envelopes,
                                struct bytes *out, struct err *err)
{
    struct bytes payload = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct bytes text = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct pol_detached_head head = detached->head;
    struct pol_detached_document bundle = {.name = "bundle", .what = "bundle"};

    head.round = POL_DOCUMENT_BUNDLE;
    enum status st = pol_bundle_write(head.rollout, head.serial, envelopes,
                                      detached->document_count, &payload, err);
    if (st == ST_OK) {
        st = pol_base64url_encode(bytes_span(&payload), &text);
        if (st == ST_TOO_LARGE) {
            st =
                err_refuse(err, "too_large", "", "the bundle is over %d bytes", LIMIT_BUNDLE_BYTES);
        } else if (st != ST_OK) {
            st = err_set(err, st, 0, "no memory to write what is to be signed");
        }
    }
    bundle.payload_text = bytes_span(&text);
    if (st == ST_OK) {
        st = pol_detached_write(&head, &bundle, 1, out, err);
    }
    bytes_free(&text);
    bytes_free(&payload);
    return st;
}

static enum status finish_policies(const struct pol_detached *detached,
                                   const struct pol_trust *trust, struct bytes *out,
                                   struct err *err)
{
    struct bytes envelopes[DETACHED_DOCUMENTS] = {{0}};
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < detached->document_count; i++) {
        envelopes[i] = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
        st = put_together(detached, i, &envelopes[i], err);
        if (st == ST_OK) {
            st = try_policy(detached, trust, i, &envelopes[i], err);
        }
    }
    if (st == ST_OK) {
        st = write_second(detached, envelopes, out, err);
    }
    for (size_t i = 0; i < DETACHED_DOCUMENTS; i++) {
        bytes_free(&envelopes[i]);
    }
    return st;
}

static enum status finish_bundle(const struct pol_detached *detached, const struct pol_trust *trust,
                                 struct bytes *out, struct err *err)
{
    struct bytes envelope = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct pol_bundle *bundle = NULL;
    enum status st = put_together(detached, 0, &envelope, err);
    if (st == ST_OK) {
        st = pol_bundle_open(trust, bytes_span(&envelope), &bundle, err);
    }
    if (st == ST_OK && (st = bytes_append(out, envelope.data, envelope.size)) != ST_OK) {
        (void)err_set(err, st, 0, "no room for a signed bundle");
    }
    pol_bundle_free(bundle);
    bytes_free(&envelope);
    return st;
}

enum status pol_detached_finish(const struct pol_detached *detached, struct bytes *out,
                                struct err *err)
{
    struct pol_trust *trust = NULL;
    enum status st = check_answered(detached, err);
    if (st == ST_OK) {
        st = pol_detached_trust(&detached->head, &trust, err);
    }
    if (st == ST_OK) {
        st = detached->head.round == POL_DOCUMENT_POLICY
                 ? finish_policies(detached, trust, out, err)
                 : finish_bundle(detached, trust, out, err);
    }
    pol_trust_free(trust);
    return st;
}
