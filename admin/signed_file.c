#include "admin/signed_file.h"

#include "base/file.h"

#include <string.h>

static enum status open_policy(const struct pol_trust *trust, struct span raw,
                               struct adm_signed *out, struct err *err)
{
    struct adm_signed found = {0};
    enum status st = pol_verify(trust, raw, POL_DOCUMENT_POLICY, &found.verified, err);
    if (st == ST_OK) {
        st = pol_parse(found.verified, &found.policy, err);
    }
    if (st == ST_OK) {
        *out = found;
        found = (struct adm_signed){0};
    }
    adm_signed_done(&found);
    return st;
}

/* Something went wrong in a document that says itself to be a policy: then tell that, not what it
 * is as a bundle. The type stands in the header of the first signature, which comes before all else
 * but the form. */
static bool is_no_bundle(const struct err *err)
{
    return strcmp(err->code, "type_mismatch") == 0 &&
           strncmp(err->pointer, "/signatures/", strlen("/signatures/")) == 0;
}

enum status adm_signed_open(const struct pol_trust *trust, const char *path, struct adm_signed *out,
                            struct err *err)
{
    struct bytes raw = {0};
    struct err why = {0};
    enum status st = file_read(path, LIMIT_BUNDLE_BYTES, &raw, err);
    if (st == ST_OK) {
        st = pol_bundle_open(trust, bytes_span(&raw), &out->bundle, &why);
        if (st == ST_REFUSED && is_no_bundle(&why)) {
            st = open_policy(trust, bytes_span(&raw), out, err);
        } else if (st != ST_OK) {
            *err = why;
        }
    }
    bytes_free(&raw);
    return st;
}

void adm_signed_done(struct adm_signed *file)
{
    pol_bundle_free(file->bundle);
    pol_policy_free(file->policy);
    pol_verified_free(file->verified);
    *file = (struct adm_signed){0};
}

const struct pol_verified *adm_signed_whole(const struct adm_signed *file)
{
    return file->bundle != NULL ? pol_bundle_verified(file->bundle) : file->verified;
}

size_t adm_signed_stage_count(const struct adm_signed *file)
{
    return file->bundle != NULL ? pol_bundle_stage_count(file->bundle) : 1;
}

size_t adm_signed_count(const struct adm_signed *file)
{
    return adm_signed_stage_count(file) + (file->bundle != NULL ? 1 : 0);
}

static const struct pol_bundle_entry *entry_at(const struct adm_signed *file, size_t i)
{
    return i < pol_bundle_stage_count(file->bundle) ? pol_bundle_stage(file->bundle, i)
                                                    : pol_bundle_safe(file->bundle);
}

const struct pol_policy *adm_signed_policy(const struct adm_signed *file, size_t i)
{
    return file->bundle != NULL ? entry_at(file, i)->policy : file->policy;
}

const struct pol_verified *adm_signed_verified(const struct adm_signed *file, size_t i)
{
    return file->bundle != NULL ? entry_at(file, i)->verified : file->verified;
}
