#include "admin/rollout_view.h"

#include "base/visible.h"
#include "policy/words.h"

#include <string.h>

enum { SERVER_NOTE_BYTES = 4096 }; /* names of tokens, reasons: shown cut */

static void copy_text(const struct pol_at *at, const char *key, enum pol_need need, char *out,
                      size_t room)
{
    const char *text = "";
    (void)pol_read_text(at, key, need, SERVER_NOTE_BYTES, &text);
    (void)visible_copy(text, out, room); /* it is printed */
}

static int64_t read_number(const struct pol_at *at, const char *key, enum pol_need need)
{
    int64_t value = 0;
    (void)pol_read_integer(at, key, need, 0, VERSION_MOST, &value);
    return value;
}

static void read_stages(const struct pol_at *bundle, struct adm_bundle_view *out)
{
    struct pol_at stages = {.value = NULL};
    struct pol_at stage = {.value = NULL};
    size_t count = 0;

    if (!pol_read_array(bundle, "stages", POL_REQUIRED, LIMIT_STAGES, &stages, &count)) {
        return;
    }
    for (bool more = pol_first(&stages, &stage); more && out->stage_count < LIMIT_STAGES;
         more = pol_next(&stage)) {
        struct adm_stage_view *view = &out->stages[out->stage_count++];
        *view = (struct adm_stage_view){.not_before_s = -1};
        if (!pol_at_is_object(&stage)) {
            pol_at_problem(&stage, "wrong_type", "a stage must be an object");
            return;
        }
        copy_text(&stage, "stage", POL_REQUIRED, view->name, sizeof view->name);
        view->version = read_number(&stage, "version", POL_REQUIRED);
        (void)pol_read_time(&stage, "not_before", POL_OPTIONAL, &view->not_before_s);
        copy_text(&stage, "otherwise", POL_OPTIONAL, view->otherwise, sizeof view->otherwise);
    }
}

static void read_bundle(const struct pol_at *bundle, struct adm_bundle_view *out)
{
    *out = (struct adm_bundle_view){.expires_at_s = -1};
    if (bundle->value == NULL) {
        return;
    }
    if (!pol_at_is_object(bundle)) {
        pol_at_problem(bundle, "wrong_type", "a bundle must be an object");
        return;
    }
    out->serial = (uint32_t)read_number(bundle, "serial", POL_REQUIRED);
    (void)pol_read_time(bundle, "expires_at", POL_OPTIONAL, &out->expires_at_s);
    read_stages(bundle, out);
}

static void read_released(const struct pol_at *root, struct adm_rollout_view *out)
{
    struct pol_at released = {.value = NULL};
    const char *kind = "";
    bool served = true;

    out->released_at_s = -1;
    if (!pol_read_member(root, "released", POL_OPTIONAL, &released)) {
        return;
    }
    if (!pol_at_is_object(&released)) {
        pol_at_problem(&released, "wrong_type", "what is released must be an object");
        return;
    }
    out->released_version = read_number(&released, "version", POL_REQUIRED);
    copy_text(&released, "stage", POL_REQUIRED, out->released_stage, sizeof out->released_stage);
    (void)pol_read_text(&released, "kind", POL_REQUIRED, SERVER_NOTE_BYTES, &kind);
    out->is_safe = strcmp(kind, POL_KIND_WORDS[POL_KIND_SAFE]) == 0;
    (void)pol_read_boolean(&released, "served", POL_OPTIONAL, &served);
    out->is_missing = !served;
    (void)pol_read_time(&released, "at", POL_OPTIONAL, &out->released_at_s);
    copy_text(&released, "by", POL_OPTIONAL, out->released_by, sizeof out->released_by);
    copy_text(&released, "reason", POL_OPTIONAL, out->reason, sizeof out->reason);
}

enum status adm_rollout_read(const struct adm_answer *answer, struct adm_rollout_view *out,
                             struct err *err)
{
    struct adm_rollout_view view = {.rollout = ""};
    struct pol_at root = adm_answer_root(answer);
    struct pol_at newest = {.value = NULL};
    struct pol_at released = {.value = NULL};

    if (!pol_at_is_object(&root)) {
        pol_at_problem(&root, "wrong_type", "an object was expected");
    } else {
        copy_text(&root, "rollout", POL_OPTIONAL, view.rollout, sizeof view.rollout);
        copy_text(&root, "policy_etag", POL_REQUIRED, view.policy_etag, sizeof view.policy_etag);
        copy_text(&root, "bundle_etag", POL_REQUIRED, view.bundle_etag, sizeof view.bundle_etag);
        read_released(&root, &view);
        adm_gate_read(&root, &view.gate, &view.hold);
        adm_behind_read(&root, &view.behind);
        adm_audit_view_read(&root, &view.audit);
        (void)pol_read_member(&root, "stored", POL_OPTIONAL, &newest);
        read_bundle(&newest, &view.newest);
        (void)pol_read_member(&root, "released_bundle", POL_OPTIONAL, &released);
        read_bundle(&released, &view.released);
    }
    enum status st = adm_answer_check(answer, err);
    if (st == ST_OK) {
        *out = view;
    }
    return st;
}

enum status adm_rollout_get(struct adm_client *client, struct adm_rollout_view *out,
                            struct err *err)
{
    struct adm_answer answer = {.json = NULL};
    enum status st = adm_answer_get(client, "/v1/rollout", &answer, err);
    if (st == ST_OK) {
        st = adm_rollout_read(&answer, out, err);
    }
    adm_answer_done(&answer);
    return st;
}

const struct adm_stage_view *adm_stage_find(const struct adm_bundle_view *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->stage_count; i++) {
        if (strcmp(bundle->stages[i].name, name) == 0) {
            return &bundle->stages[i];
        }
    }
    return NULL;
}

const struct adm_stage_view *adm_stage_next(const struct adm_rollout_view *rollout)
{
    const struct adm_bundle_view *bundle = &rollout->released;
    for (size_t i = 0; i + 1 < bundle->stage_count; i++) {
        if (bundle->stages[i].version == rollout->released_version) {
            return &bundle->stages[i + 1];
        }
    }
    return NULL;
}
