#include "policy/bundle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char POL_BUNDLE_FORMAT[] = "mapi-rollout/bundle/1";

/* ---- opening ------------------------------------------------------------------------------ */

struct pol_bundle {
    struct pol_verified *verified;
    const char *rollout;
    uint32_t serial;
    struct pol_json *json; /* what rollout points into */
    struct pol_bundle_entry stages[LIMIT_STAGES];
    size_t stage_count;
    struct pol_bundle_entry safe;
};

/* The entries own what their const pointers lead to; only this file frees it. */
static void free_entry(struct pol_bundle_entry *entry)
{
    free((void *)(uintptr_t)entry->envelope.data);
    pol_verified_free((struct pol_verified *)(uintptr_t)entry->verified);
    pol_policy_free((struct pol_policy *)(uintptr_t)entry->policy);
}

void pol_bundle_free(struct pol_bundle *bundle)
{
    if (bundle == NULL) {
        return;
    }
    for (size_t i = 0; i < bundle->stage_count; i++) {
        free_entry(&bundle->stages[i]);
    }
    free_entry(&bundle->safe);
    pol_json_free(bundle->json);
    pol_verified_free(bundle->verified);
    free(bundle);
}

/* Say where in the bundle a policy was refused. */
static enum status refused_at(const struct pol_at *at, const struct err *inner, struct err *err)
{
    struct err cause = *inner;
    if (cause.st != ST_REFUSED) {
        if (err != NULL) {
            *err = cause;
        }
        return cause.st;
    }
    if (at->key != NULL) {
        return err_refuse(err, cause.code, "/safe", "%s", cause.text);
    }
    char pointer[ERR_POINTER_BYTES];
    (void)snprintf(pointer, sizeof pointer, "/policies/%zu", at->index);
    return err_refuse(err, cause.code, pointer, "%s", cause.text);
}

static enum status open_entry(const struct pol_trust *trust, const struct pol_at *at,
                              struct pol_bundle_entry *out, struct err *err)
{
    struct bytes envelope = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    struct pol_json_writer w = pol_json_write_start(&envelope);
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    struct err inner = {0};
    pol_at_write(at, &w, NULL);
    enum status st = pol_json_write_end(&w);
    if (st == ST_NO_MEMORY) {
        (void)err_set(&inner, st, 0, "no memory to open a bundle");
    } else if (st != ST_OK) {
        st = err_refuse(&inner, "too_large", "", "the policy is over %d bytes",
                        LIMIT_ENVELOPE_BYTES);
    } else {
        st = pol_verify(trust, bytes_span(&envelope), POL_DOCUMENT_POLICY, &verified, &inner);
    }
    if (st == ST_OK) {
        st = pol_parse(verified, &policy, &inner);
    }
    if (st == ST_OK) {
        *out = (struct pol_bundle_entry){
            .envelope = bytes_span(&envelope), .verified = verified, .policy = policy};
        envelope = (struct bytes){0}; /* handed over */
        verified = NULL;
    } else {
        st = refused_at(at, &inner, err);
    }
    pol_verified_free(verified);
    bytes_free(&envelope);
    return st;
}

static bool same_timing(const struct pol_timing *a, const struct pol_timing *b)
{
    return a->poll_s == b->poll_s && a->wait_s == b->wait_s && a->spread_s == b->spread_s &&
           a->report_s == b->report_s;
}

static enum status check_entry(const struct pol_bundle *bundle, const struct pol_policy *policy,
                               uint32_t position, struct err *err)
{
    const struct pol_policy *first = bundle->stages[0].policy;
    if (strcmp(policy->rollout, bundle->rollout) != 0) {
        return err_refuse(err, "rollout_mismatch", "/rollout",
                          "version %" PRId64 " is of another rollout", policy->version);
    }
    if (policy->version != (int64_t)bundle->serial * VERSION_STEP + position) {
        return err_refuse(err, "kind_mismatch", "/serial",
                          "version %" PRId64 " stands in the wrong place", policy->version);
    }
    if (!same_timing(&policy->timing, &first->timing) ||
        (policy->kind == POL_KIND_STAGE && policy->expires_at_s != first->expires_at_s)) {
        return err_refuse(err, "envelope_malformed", "",
                          "the policies of a bundle agree in timing and expiry");
    }
    return ST_OK;
}

static enum status check_bundle(const struct pol_bundle *bundle, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < bundle->stage_count && st == ST_OK; i++) {
        const struct pol_policy *policy = bundle->stages[i].policy;
        st = check_entry(bundle, policy, (uint32_t)i + 1, err);
        for (size_t k = 0; k < i && st == ST_OK; k++) {
            if (strcmp(policy->stage, bundle->stages[k].policy->stage) == 0) {
                st = err_refuse(err, "duplicate_name", "/policies", "stage \"%s\" is there twice",
                                policy->stage);
            }
        }
    }
    return st == ST_OK ? check_entry(bundle, bundle->safe.policy, VERSION_SAFE_POSITION, err) : st;
}

static bool read_head(const struct pol_at *root, struct pol_bundle *bundle)
{
    static const char *const KEYS[] = {"format", "rollout", "serial", "policies", "safe"};
    const char *format = NULL;
    int64_t serial = 0;
    struct pol_at member;
    if (!pol_read_object(root, KEYS, COUNT(KEYS))) {
        return false;
    }
    if (pol_read_member(root, "format", POL_REQUIRED, &member) &&
        pol_at_text(&member, LIMIT_STRING_BYTES, &format) &&
        strcmp(format, POL_BUNDLE_FORMAT) != 0) {
        pol_at_problem(&member, "out_of_range", "\"%s\" is expected", POL_BUNDLE_FORMAT);
    }
    (void)pol_read_text(root, "rollout", POL_REQUIRED, LIMIT_NAME_BYTES, &bundle->rollout);
    (void)pol_read_integer(root, "serial", POL_REQUIRED, 1, LIMIT_SERIAL, &serial);
    bundle->serial = (uint32_t)serial;
    return true;
}

static enum status open_entries(const struct pol_trust *trust, const struct pol_at *root,
                                struct pol_bundle *bundle, struct err *err)
{
    struct pol_at list;
    struct pol_at item;
    struct pol_at safe;
    size_t count = 0;
    bool whole = pol_read_array(root, "policies", POL_REQUIRED, LIMIT_STAGES, &list, &count);
    whole = pol_read_member(root, "safe", POL_REQUIRED, &safe) && whole;
    if (whole && (count == 0 || !pol_at_is_array(&list))) {
        pol_at_problem(&list, "wrong_type", "a list of at least one policy is expected");
    }
    enum status st = pol_problems_status(root->problems, err);
    if (st != ST_OK) {
        return st;
    }
    for (bool more = pol_first(&list, &item); more && st == ST_OK; more = pol_next(&item)) {
        st = open_entry(trust, &item, &bundle->stages[bundle->stage_count], err);
        bundle->stage_count += st == ST_OK ? 1 : 0;
    }
    return st == ST_OK ? open_entry(trust, &safe, &bundle->safe, err) : st;
}

static enum status read_bundle(const struct pol_trust *trust, struct pol_bundle *bundle,
                               struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_envelope(LIMIT_BUNDLE_BYTES);
    struct pol_problems problems = {0};
    enum status st =
        pol_json_parse(pol_verified_payload(bundle->verified), &limits, &bundle->json, err);
    if (st != ST_OK) {
        return st;
    }
    struct pol_at root = pol_json_root(bundle->json, &problems);
    if (!read_head(&root, bundle)) {
        return pol_problems_status(&problems, err);
    }
    st = open_entries(trust, &root, bundle, err);
    if (st == ST_OK && !pol_trust_has_rollout(trust, bundle->rollout)) {
        st = err_refuse(err, "rollout_mismatch", "/rollout", "rollout \"%s\" is not trusted here",
                        bundle->rollout);
    }
    return st == ST_OK ? check_bundle(bundle, err) : st;
}

enum status pol_bundle_open(const struct pol_trust *trust, struct span raw, struct pol_bundle **out,
                            struct err *err)
{
    struct pol_bundle *bundle = calloc(1, sizeof *bundle);
    if (bundle == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to open a bundle");
    }
    enum status st = pol_verify(trust, raw, POL_DOCUMENT_BUNDLE, &bundle->verified, err);
    if (st == ST_OK) {
        st = read_bundle(trust, bundle, err);
    }
    if (st == ST_OK) {
        *out = bundle;
        return ST_OK;
    }
    pol_bundle_free(bundle);
    return st;
}

const char *pol_bundle_rollout(const struct pol_bundle *bundle)
{
    return bundle->rollout;
}

uint32_t pol_bundle_serial(const struct pol_bundle *bundle)
{
    return bundle->serial;
}

size_t pol_bundle_stage_count(const struct pol_bundle *bundle)
{
    return bundle->stage_count;
}

const struct pol_bundle_entry *pol_bundle_stage(const struct pol_bundle *bundle, size_t i)
{
    return &bundle->stages[i];
}

const struct pol_bundle_entry *pol_bundle_find_stage(const struct pol_bundle *bundle,
                                                     const char *name)
{
    for (size_t i = 0; i < bundle->stage_count; i++) {
        if (strcmp(bundle->stages[i].policy->stage, name) == 0) {
            return &bundle->stages[i];
        }
    }
    return NULL;
}

const struct pol_bundle_entry *pol_bundle_safe(const struct pol_bundle *bundle)
{
    return &bundle->safe;
}

const struct pol_verified *pol_bundle_verified(const struct pol_bundle *bundle)
{
    return bundle->verified;
}

size_t pol_bundle_signer_count(const struct pol_bundle *bundle)
{
    return pol_verified_signer_count(bundle->verified);
}

const char *pol_bundle_signer(const struct pol_bundle *bundle, size_t i)
{
    return pol_verified_signer(bundle->verified, i);
}
