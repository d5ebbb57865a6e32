#include "server/metrics.h"

#include "server/compliance.h"
#include "server/rollout_parts.h"
#include "version.h"

#include <string.h>

static void write_one(struct srv_metrics_writer *w, const char *name, const char *help,
                      int64_t value)
{
    srv_metrics_family(w, name, SRV_METRIC_GAUGE, help);
    srv_metrics_sample(w, NULL, value);
}

/* ---- what is kept of the fleet --------------------------------------------------------------- */

struct word_counts {
    const char *kind; /* of struct srv_count_row */
    const char *family;
    const char *help;
    const char *const *words;
    size_t word_count;
    int64_t counts[POL_STATE_COUNT];
};

enum { KIND_STATE, KIND_SET, KIND_PROTOCOL, KIND_COUNT };
_Static_assert((int)POL_SET_COUNT <= (int)POL_STATE_COUNT &&
                   (int)POL_OBSERVED_COUNT <= (int)POL_STATE_COUNT,
               "counts has room for each kind");

struct fleet {
    struct word_counts kinds[KIND_COUNT];
    int64_t users;
    int64_t devices;
    int64_t silent;
};

static struct fleet fleet_start(void)
{
    return (struct fleet){
        .kinds = {
            [KIND_STATE] = {.kind = "state",
                            .family = "mapi_rollout_users_by_state",
                            .help = "Users by the state that they reported last.",
                            .words = POL_STATE_WORDS,
                            .word_count = POL_STATE_COUNT},
            [KIND_SET] = {.kind = "set",
                          .family = "mapi_rollout_users_by_set",
                          .help = "Users by what the policy decided for them.",
                          .words = POL_SET_WORDS,
                          .word_count = POL_SET_COUNT},
            [KIND_PROTOCOL] = {.kind = "protocol",
                               .family = "mapi_rollout_users_by_protocol",
                               .help = "Users by the protocol that Outlook was seen to use.",
                               .words = POL_OBSERVED_WORDS,
                               .word_count = POL_OBSERVED_COUNT},
        }};
}

static void take_word(struct word_counts *k, const struct srv_count_row *row)
{
    for (size_t i = 0; i < k->word_count; i++) {
        if (strcmp(k->words[i], row->name) == 0) {
            k->counts[i] = row->count;
        }
    }
}

static bool take_count(void *v, const struct srv_count_row *row)
{
    struct fleet *f = v;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(f->kinds[i].kind, row->kind) == 0) {
            take_word(&f->kinds[i], row);
        }
    }
    if (strcmp(row->kind, "total") == 0) {
        int64_t *total = strcmp(row->name, "users") == 0     ? &f->users
                         : strcmp(row->name, "devices") == 0 ? &f->devices
                                                             : &f->silent;
        *total = row->count;
    }
    return true;
}

static void write_words(struct srv_metrics_writer *w, const struct word_counts *k, bool known)
{
    srv_metrics_family(w, k->family, SRV_METRIC_GAUGE, k->help);
    for (size_t i = 0; known && i < k->word_count; i++) {
        srv_metrics_labelled(w, k->kind, k->words[i], k->counts[i]);
    }
}

static void write_total(struct srv_metrics_writer *w, const char *name, const char *help,
                        int64_t value, bool known)
{
    srv_metrics_family(w, name, SRV_METRIC_GAUGE, help);
    if (known) {
        srv_metrics_sample(w, NULL, value);
    }
}

/* A store that cannot be read now leaves the numbers out: none is not the same as nought. */
static void write_fleet(struct srv_metrics_writer *w, const struct srv_store *store,
                        int64_t silent_since_s)
{
    const struct srv_count_question question = {.silent_since_s = silent_since_s};
    struct err ignored;
    struct fleet f = fleet_start();
    bool known = store->counts(store->ctx, &question, take_count, &f, &ignored) == ST_OK;
    write_one(w, "mapi_rollout_store_readable", "1 if the store could be read for this answer.",
              known);
    write_total(w, "mapi_rollout_users", "Users on devices in service, each on each device.",
                f.users, known);
    write_total(w, "mapi_rollout_devices", "Devices in service.", f.devices, known);
    write_total(w, "mapi_rollout_devices_stale",
                "Devices in service not heard from for three report intervals.", f.silent, known);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        write_words(w, &f.kinds[i], known);
    }
}

/* ---- what is released ------------------------------------------------------------------------ */

static void write_expiry(struct srv_metrics_writer *w, const struct srv_rollout_view *view,
                         int64_t now_s)
{
    const struct pol_bundle_entry *entry = srv_bundle_find(view->released, view->release.version);
    srv_metrics_family(w, "mapi_rollout_policy_expiry_seconds", SRV_METRIC_GAUGE,
                       "Until the released policy expires, negative afterwards; absent if it never "
                       "does.");
    if (entry != NULL && entry->policy->expires_at_s >= 0) {
        srv_metrics_sample(w, NULL, entry->policy->expires_at_s - now_s);
    }
}

static void write_certificate(struct srv_metrics_writer *w, struct srv_app *app, int64_t now_s)
{
    struct srv_certificate_facts facts;
    srv_metrics_family(w, "mapi_rollout_certificate_expiry_seconds", SRV_METRIC_GAUGE,
                       "Until the certificate of both listeners expires, negative afterwards; "
                       "absent without TLS.");
    if (app->certificate != NULL) {
        srv_certificate_look(app->certificate, &facts);
        srv_metrics_sample(w, NULL, facts.expires_s - now_s);
    }
}

static void write_release(struct srv_metrics_writer *w, const struct srv_rollout_view *view,
                          int64_t now_s)
{
    const struct srv_release *r = &view->release;
    write_one(w, "mapi_rollout_released_version", "Version of the released policy; 0 before.",
              r->version);
    srv_metrics_family(w, "mapi_rollout_released_info", SRV_METRIC_GAUGE,
                       "1, with the name of the released stage.");
    if (r->version > 0) {
        srv_metrics_labelled(w, "stage", r->stage, 1);
    }
    write_one(w, "mapi_rollout_released_safe", "1 while the safe policy is released.",
              r->version > 0 && srv_release_is_safe(r));
    srv_metrics_family(w, "mapi_rollout_released_timestamp_seconds", SRV_METRIC_GAUGE,
                       "When it was released, since 1970 UTC.");
    if (r->version > 0) {
        srv_metrics_sample(w, NULL, r->at_s);
    }
    write_one(w, "mapi_rollout_policy_served",
              "1 if agents get the released policy, or if nothing is released yet.",
              r->version == 0 || view->served);
    write_one(w, "mapi_rollout_behind_fleet",
              "1 while a device has a newer version than the released one.",
              srv_rollout_is_behind(view));
    write_expiry(w, view, now_s);
}

/* ---- its gate -------------------------------------------------------------------------------- */

static void write_choice(struct srv_metrics_writer *w, const char *label, const char *const *words,
                         size_t count, size_t chosen)
{
    for (size_t i = 0; i < count; i++) {
        srv_metrics_labelled(w, label, words[i], i == chosen);
    }
}

static void write_gate_word(struct srv_metrics_writer *w, const struct srv_gate_view *g, bool there)
{
    srv_metrics_family(w, "mapi_rollout_gate_verdict", SRV_METRIC_GAUGE,
                       "1 for what the gate of the released stage says.");
    if (there) {
        write_choice(w, "verdict", SRV_GATE_VERDICT_WORDS, SRV_GATE_VERDICT_COUNT,
                     g->answer.verdict);
    }
    srv_metrics_family(w, "mapi_rollout_gate_reason", SRV_METRIC_GAUGE, "1 for why it says so.");
    if (there) {
        write_choice(w, "reason", SRV_GATE_REASON_WORDS, SRV_GATE_REASON_COUNT, g->answer.reason);
    }
    srv_metrics_family(w, "mapi_rollout_gate_missing", SRV_METRIC_GAUGE,
                       "1 for each number that the gate still misses.");
    for (unsigned i = SRV_GATE_SOAK; there && i < SRV_GATE_MISSING_END; i++) {
        srv_metrics_labelled(w, "number", SRV_GATE_REASON_WORDS[i], g->answer.missing >> i & 1);
    }
}

static void write_gate_counts(struct srv_metrics_writer *w, const struct srv_gate_counts *c,
                              bool there)
{
    const struct {
        const char *name;
        uint64_t count;
    } USERS[] = {{"subjects", c->subjects},
                 {"reporting", c->reporting},
                 {"healthy", c->healthy},
                 {"failing", c->failing},
                 {"unknown", c->unknown}};
    srv_metrics_family(w, "mapi_rollout_gate_users", SRV_METRIC_GAUGE,
                       "Users that the gate looks at, by what it counts them as.");
    for (size_t i = 0; there && i < sizeof USERS / sizeof USERS[0]; i++) {
        srv_metrics_labelled(w, "count", USERS[i].name, (int64_t)USERS[i].count);
    }
    srv_metrics_family(w, "mapi_rollout_gate_devices", SRV_METRIC_GAUGE,
                       "Devices of these users, and the failing ones among them.");
    if (there) {
        srv_metrics_labelled(w, "count", "subjects", (int64_t)c->devices);
        srv_metrics_labelled(w, "count", "failing", (int64_t)c->failing_devices);
    }
}

static void write_gate_times(struct srv_metrics_writer *w, const struct srv_gate_view *g,
                             bool there, int64_t now_s)
{
    srv_metrics_family(w, "mapi_rollout_gate_soak_left_seconds", SRV_METRIC_GAUGE,
                       "Until the gate may open by time.");
    if (there) {
        srv_metrics_sample(w, NULL, g->answer.soak_left_s);
    }
    srv_metrics_family(w, "mapi_rollout_gate_look_age_seconds", SRV_METRIC_GAUGE,
                       "Since somebody last looked at the gate.");
    if (there) {
        srv_metrics_sample(w, NULL, now_s > g->at_s ? now_s - g->at_s : 0);
    }
}

/* Without a gate, and for the moment until somebody has looked, the families are empty. */
static enum status write_gate(struct srv_metrics_writer *w, struct srv_app *app,
                              const struct srv_rollout_view *view, int64_t now_s)
{
    struct srv_gate_view gate;
    enum status st = srv_keeper_see(app->keeper, &gate);
    if (st != ST_OK) {
        return st;
    }
    bool there = gate.version != 0 && gate.version == view->release.version;
    write_one(w, "mapi_rollout_gates_held", "1 while an operator holds the gates.",
              view->hold.at_s >= 0);
    write_gate_word(w, &gate, there);
    write_gate_counts(w, &gate.counts, there);
    write_gate_times(w, &gate, there, now_s);
    srv_gate_view_done(&gate);
    return ST_OK;
}

enum status srv_metrics_write(struct srv_app *app, struct bytes *out, struct err *err)
{
    struct srv_metrics_writer w = srv_metrics_start(out);
    struct srv_rollout_view view;
    int64_t now_s = app->now_s();
    srv_rollout_look(app->rollout, &view);
    srv_metrics_family(&w, "mapi_rollout_build_info", SRV_METRIC_GAUGE,
                       "1, with the version of the server.");
    srv_metrics_labelled(&w, "version", MR_VERSION, 1);
    write_one(&w, "mapi_rollout_start_timestamp_seconds",
              "When the server started, since 1970 UTC; counters begin there.",
              app->meter->started_s);
    write_certificate(&w, app, now_s);
    write_release(&w, &view, now_s);
    enum status st = write_gate(&w, app, &view, now_s);
    write_fleet(&w, &app->store, srv_compliance_silent_since(&view, now_s));
    srv_metrics_write_load(app, &w);
    srv_rollout_view_done(&view);
    if (st == ST_OK) {
        st = srv_metrics_end(&w);
    }
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot write the metrics");
}
