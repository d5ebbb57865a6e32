#include "server/compliance.h"

#include "policy/json_write.h"

#include <string.h>

static const char *const KINDS[] = {"state", "ring", "set", "protocol", "outlook", "version"};

struct writing {
    struct pol_json_writer json;
    const char *kind; /* the object that is being filled */
    int64_t users;
    int64_t devices;
};

static bool take_total(void *v, const struct srv_count_row *row)
{
    struct writing *w = v;
    if (strcmp(row->kind, "total") == 0) {
        int64_t *total = strcmp(row->name, "users") == 0 ? &w->users : &w->devices;
        *total = row->count;
    }
    return true;
}

static bool take_kind(void *v, const struct srv_count_row *row)
{
    struct writing *w = v;
    if (strcmp(row->kind, w->kind) == 0) {
        pol_json_integer(&w->json, row->name, row->count);
    }
    return true;
}

static void write_stages(struct pol_json_writer *json, const struct srv_bundle *b)
{
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle); i++) {
        const struct pol_policy *p = pol_bundle_stage(b->bundle, i)->policy;
        pol_json_object(json, NULL);
        pol_json_text(json, "stage", p->stage);
        pol_json_integer(json, "version", p->version);
        pol_json_close_object(json);
    }
}

enum status srv_compliance_write(const struct srv_store *store,
                                 const struct srv_rollout_view *rollout, int64_t now_s,
                                 struct bytes *out, struct err *err)
{
    struct writing w = {.json = pol_json_write_start(out)};
    enum status st = store->counts(store->ctx, take_total, &w, err);
    pol_json_object(&w.json, NULL);
    pol_json_time(&w.json, "at", now_s);
    pol_json_integer(&w.json, "devices", w.devices);
    pol_json_integer(&w.json, "users", w.users);
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0] && st == ST_OK; i++) {
        w.kind = KINDS[i];
        pol_json_object(&w.json, w.kind);
        st = store->counts(store->ctx, take_kind, &w, err);
        pol_json_close_object(&w.json);
    }
    /* Which stage a version of "version" is. */
    pol_json_array(&w.json, "stages");
    write_stages(&w.json, rollout->released);
    if (rollout->newest != rollout->released) {
        write_stages(&w.json, rollout->newest);
    }
    pol_json_close_array(&w.json);
    pol_json_close_object(&w.json);
    if (st == ST_OK) {
        st = pol_json_write_end(&w.json);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot write the counts");
        }
    }
    return st;
}
