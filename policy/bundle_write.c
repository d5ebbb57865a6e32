#include "policy/bundle.h"

enum status pol_bundle_last_stage(const struct pol_plan *plan, const char *through, size_t *out,
                                  struct err *err)
{
    size_t last = pol_plan_stage_count(plan) - 1;
    if (through != NULL && !pol_plan_find_stage(plan, through, &last)) {
        return err_refuse(err, "stage_unknown", "/stages", "the plan has no stage \"%s\"", through);
    }
    *out = last;
    return ST_OK;
}

enum status pol_bundle_write(const char *rollout, uint32_t serial, const struct bytes *envelopes,
                             size_t count, struct bytes *out, struct err *err)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "format", POL_BUNDLE_FORMAT);
    pol_json_text(&w, "rollout", rollout);
    pol_json_integer(&w, "serial", serial);
    pol_json_array(&w, "policies");
    for (size_t i = 0; i + 1 < count; i++) {
        pol_json_raw(&w, NULL, bytes_span(&envelopes[i]));
    }
    pol_json_close_array(&w);
    pol_json_raw(&w, "safe", bytes_span(&envelopes[count - 1]));
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_TOO_LARGE) {
        return err_refuse(err, "too_large", "", "the bundle is over %d bytes", LIMIT_BUNDLE_BYTES);
    }
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "no memory to write a bundle");
}

static enum status sign_policy(const struct pol_plan *plan, int stage,
                               const struct pol_key *const *keys, size_t key_count,
                               struct bytes *out, struct err *err)
{
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    *out = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    enum status st = pol_plan_write_policy(plan, stage, &payload, err);
    if (st == ST_OK) {
        st = pol_sign(bytes_span(&payload), POL_DOCUMENT_POLICY, keys, key_count, out, err);
    }
    bytes_free(&payload);
    return st;
}

enum status pol_bundle_sign(const struct pol_plan *plan, const char *through,
                            const struct pol_key *const *keys, size_t key_count, struct bytes *out,
                            struct err *err)
{
    struct bytes envelopes[LIMIT_STAGES + 1] = {{0}};
    struct bytes payload = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    size_t last = 0;
    enum status st = pol_bundle_last_stage(plan, through, &last, err);
    for (size_t i = 0; st == ST_OK && i <= last + 1; i++) {
        int stage = i <= last ? (int)i : POL_PLAN_SAFE;
        st = sign_policy(plan, stage, keys, key_count, &envelopes[i], err);
    }
    if (st == ST_OK) {
        st = pol_bundle_write(pol_plan_rollout(plan), pol_plan_serial(plan), envelopes, last + 2,
                              &payload, err);
    }
    if (st == ST_OK) {
        st = pol_sign(bytes_span(&payload), POL_DOCUMENT_BUNDLE, keys, key_count, out, err);
    }
    bytes_free(&payload);
    for (size_t i = 0; i < LIMIT_STAGES + 1; i++) {
        bytes_free(&envelopes[i]);
    }
    return st;
}
