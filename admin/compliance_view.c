#include "admin/compliance_view.h"

#include <stdlib.h>
#include <string.h>

static int64_t read_count(const struct pol_at *at, const char *key, enum pol_need need)
{
    int64_t count = 0;
    (void)pol_read_integer(at, key, need, 0, INT64_C(1) << 53, &count);
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
        } else if (pol_at_integer(&item, 0, INT64_C(1) << 53, &users)) {
            out->versions[out->version_count++] =
                (struct adm_version_count){.version = version, .users = users};
        }
    }
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
