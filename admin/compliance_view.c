#include "admin/compliance_view.h"

#include "admin/state_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MOST (INT64_C(1) << 53) /* what JSON numbers hold exactly (RFC 8259 section 6) */

static int64_t read_count(const struct pol_at *at, const char *key, enum pol_need need)
{
    int64_t count = 0;
    (void)pol_read_integer(at, key, need, 0, COUNT_MOST, &count);
    return count;
}

static bool find_object(const struct pol_at *root, const char *key, struct pol_at *out)
{
    if (!pol_read_member(root, key, POL_REQUIRED, out)) {
        return false;
    }
    if (!pol_at_is_object(out)) {
        pol_at_problem(out, "wrong_type", "counts must be an object");
        return false;
    }
    return true;
}

static void read_states(const struct pol_at *root, struct adm_compliance_view *out)
{
    struct pol_at counts = {.value = NULL};
    if (find_object(root, "state", &counts)) {
        for (size_t i = 0; i < POL_STATE_COUNT; i++) {
            out->state[i] = read_count(&counts, POL_STATE_WORDS[i], POL_OPTIONAL);
        }
    }
}

/* Names of members are decimal versions; "0" stands for users without any. */
static void read_versions(const struct pol_at *root, struct adm_compliance_view *out)
{
    struct pol_at counts = {.value = NULL};
    struct pol_at item = {.value = NULL};

    if (!find_object(root, "version", &counts)) {
        return;
    }
    for (bool more = pol_first(&counts, &item); more && out->version_count < ADM_VERSIONS_MOST;
         more = pol_next(&item)) {
        char *end = NULL;
        int64_t version = strtoll(item.key, &end, 10);
        int64_t users = 0;
        if (end == item.key || *end != '\0' || version < 0 || version > VERSION_MOST) {
            pol_at_problem(&item, "out_of_range", "a version was expected");
        } else if (pol_at_integer(&item, 0, COUNT_MOST, &users)) {
            out->versions[out->version_count++] =
                (struct adm_version_count){.version = version, .users = users};
        }
    }
}

static void read_stage(const struct pol_at *stage, struct adm_stage_count *out)
{
    struct pol_at item = {.value = NULL};
    *out = (struct adm_stage_count){.stage = ""};
    (void)snprintf(out->stage, sizeof out->stage, "%s", stage->key);
    if (!pol_at_is_object(stage)) {
        pol_at_problem(stage, "wrong_type", "counts must be an object");
        return;
    }
    for (bool more = pol_first(stage, &item); more; more = pol_next(&item)) {
        int64_t users = 0;
        if (pol_at_integer(&item, 0, COUNT_MOST, &users)) {
            out->parts[adm_state_part(item.key)] += users;
        }
    }
}

static void read_stages(const struct pol_at *root, struct adm_compliance_view *out)
{
    struct pol_at stages = {.value = NULL};
    struct pol_at item = {.value = NULL};
    if (!pol_read_member(root, "stage_state", POL_OPTIONAL, &stages)) {
        return;
    }
    if (!pol_at_is_object(&stages)) {
        pol_at_problem(&stages, "wrong_type", "counts must be an object");
        return;
    }
    out->splits_stages = true;
    for (bool more = pol_first(&stages, &item); more && out->stage_count < ADM_STAGES_COUNTED;
         more = pol_next(&item)) {
        read_stage(&item, &out->stages[out->stage_count++]);
    }
}

static int by_users(const void *a, const void *b)
{
    const struct adm_build_count *x = a;
    const struct adm_build_count *y = b;
    return x->users < y->users ? 1 : x->users > y->users ? -1 : strcmp(x->outlook, y->outlook);
}

static void read_build(const struct pol_at *item, struct adm_build_count *out)
{
    const char *outlook = "";
    (void)pol_read_text(item, "outlook", POL_REQUIRED, LIMIT_STRING_BYTES, &outlook);
    *out = (struct adm_build_count){.users = read_count(item, "users", POL_REQUIRED),
                                    .rpc_http = read_count(item, "rpc_http", POL_REQUIRED),
                                    .mapi_http = read_count(item, "mapi_http", POL_REQUIRED),
                                    .other = read_count(item, "other", POL_REQUIRED)};
    (void)snprintf(out->outlook, sizeof out->outlook, "%s", outlook);
}

static void read_builds(const struct pol_at *root, struct adm_compliance_view *out)
{
    struct pol_at list = {.value = NULL};
    struct pol_at item = {.value = NULL};
    size_t count = 0;
    if (!pol_read_array(root, "brake", POL_OPTIONAL, LIMIT_LIST_ITEMS, &list, &count)) {
        return;
    }
    if (!pol_at_is_array(&list)) {
        pol_at_problem(&list, "wrong_type", "an array was expected");
        return;
    }
    for (bool more = pol_first(&list, &item); more && out->build_count < ADM_BUILDS_MOST;
         more = pol_next(&item)) {
        if (pol_at_is_object(&item)) {
            read_build(&item, &out->builds[out->build_count++]);
        } else {
            pol_at_problem(&item, "wrong_type", "an object was expected");
        }
    }
    qsort(out->builds, out->build_count, sizeof out->builds[0], by_users);
}

const struct adm_stage_count *adm_compliance_stage(const struct adm_compliance_view *view,
                                                   const char *stage)
{
    for (size_t i = 0; i < view->stage_count; i++) {
        if (strcmp(view->stages[i].stage, stage) == 0) {
            return &view->stages[i];
        }
    }
    return NULL;
}

enum status adm_compliance_read(const struct adm_answer *answer, struct adm_compliance_view *out,
                                struct err *err)
{
    struct adm_compliance_view view = {0};
    struct pol_at root = adm_answer_root(answer);

    if (!pol_at_is_object(&root)) {
        pol_at_problem(&root, "wrong_type", "an object was expected");
    } else {
        view.users = read_count(&root, "users", POL_REQUIRED);
        view.devices = read_count(&root, "devices", POL_REQUIRED);
        read_states(&root, &view);
        read_versions(&root, &view);
        read_stages(&root, &view);
        read_builds(&root, &view);
        view.stale_devices = -1;
        (void)pol_read_integer(&root, "stale_devices", POL_OPTIONAL, 0, COUNT_MOST,
                               &view.stale_devices);
    }
    enum status st = adm_answer_check(answer, err);
    if (st == ST_OK) {
        *out = view;
    }
    return st;
}

enum status adm_compliance_get(struct adm_client *client, struct adm_compliance_view *out,
                               struct err *err)
{
    struct adm_answer answer = {.json = NULL};
    enum status st = adm_answer_get(client, "/v1/compliance", &answer, err);
    if (st == ST_OK) {
        st = adm_compliance_read(&answer, out, err);
    }
    adm_answer_done(&answer);
    return st;
}

int64_t adm_compliance_users_at(const struct adm_compliance_view *view, int64_t version)
{
    for (size_t i = 0; i < view->version_count; i++) {
        if (view->versions[i].version == version) {
            return view->versions[i].users;
        }
    }
    return 0;
}
