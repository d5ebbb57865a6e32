#include "server/compliance.h"

#include "policy/limits.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Usual without a policy, as its `report_s` is. */
enum { REPORT_S = 86400, MINUTE_S = 60, VERSION_TEXT_BYTES = 24, SAMPLED_VERSIONS = 20 };

/* Two bundles with their safe policies, and the two that are none. */
enum { BUNDLES = 2, STAGES_MOST = BUNDLES * (LIMIT_STAGES + 1) + 2 };

static const char NONE[] = "none";
static const char OTHER[] = "other";

/* ---- what the store counted ------------------------------------------------------------------ */

struct counted {
    struct srv_count_row *rows; /* with texts of their own */
    size_t count;
    size_t capacity;
    enum status st;
};

static void counted_done(struct counted *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free((char *)(uintptr_t)c->rows[i].name);
        free((char *)(uintptr_t)c->rows[i].part);
    }
    free(c->rows);
}

static bool has_room(struct counted *c)
{
    enum { FIRST_ROWS = 128 };
    if (c->count < c->capacity) {
        return true;
    }
    size_t capacity = c->capacity > 0 ? c->capacity * 2 : FIRST_ROWS;
    struct srv_count_row *rows = realloc(c->rows, capacity * sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    c->rows = rows;
    c->capacity = capacity;
    return true;
}

static bool keep(void *v, const struct srv_count_row *row)
{
    struct counted *c = v;
    char *name = text_copy(row->name);
    char *part = row->part != NULL ? text_copy(row->part) : NULL;
    if (name == NULL || (row->part != NULL && part == NULL) || !has_room(c)) {
        free(name);
        free(part);
        c->st = ST_NO_MEMORY;
        return false;
    }
    c->rows[c->count++] =
        (struct srv_count_row){.kind = row->kind, .name = name, .part = part, .count = row->count};
    return true;
}

static bool is_kind(const struct srv_count_row *row, const char *kind)
{
    return strcmp(row->kind, kind) == 0;
}

static int64_t total_of(const struct counted *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (is_kind(&c->rows[i], "total") && strcmp(c->rows[i].name, name) == 0) {
            return c->rows[i].count;
        }
    }
    return 0;
}

/* ---- stages ---------------------------------------------------------------------------------- */

/* The stages of the bundles at hand, those of equal names together; "none" is the version 0. */
struct stages {
    int64_t versions[STAGES_MOST];
    const char *names[STAGES_MOST]; /* of each version */
    size_t count;
    const char *shown[STAGES_MOST]; /* each name once; `none` and `other` last */
    int64_t states[STAGES_MOST][POL_STATE_COUNT];
    size_t shown_count;
};

static size_t show_name(struct stages *s, const char *name)
{
    size_t at = 0;
    while (at < s->shown_count && strcmp(s->shown[at], name) != 0) {
        at++;
    }
    if (at == s->shown_count) {
        s->shown[s->shown_count++] = name;
    }
    return at;
}

static void add_version(struct stages *s, int64_t version, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->versions[i] == version) {
            return;
        }
    }
    s->versions[s->count] = version;
    s->names[s->count++] = name;
    (void)show_name(s, name);
}

static void add_bundle(struct stages *s, const struct srv_bundle *b)
{
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle); i++) {
        const struct pol_policy *p = pol_bundle_stage(b->bundle, i)->policy;
        add_version(s, p->version, p->stage);
    }
    if (b != NULL) {
        const struct pol_policy *safe = pol_bundle_safe(b->bundle)->policy;
        add_version(s, safe->version, safe->stage);
    }
}

static int state_of(const char *word)
{
    for (int i = 0; i < POL_STATE_COUNT; i++) {
        if (strcmp(POL_STATE_WORDS[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *name_of(const struct stages *s, const char *version)
{
    char text[VERSION_TEXT_BYTES];
    for (size_t i = 0; i < s->count; i++) {
        (void)snprintf(text, sizeof text, "%" PRId64, s->versions[i]);
        if (strcmp(text, version) == 0) {
            return s->names[i];
        }
    }
    return OTHER;
}

/* Whoever is under none of these versions is under another one. */
static void sum_up(struct stages *s, const struct counted *c)
{
    size_t other = show_name(s, OTHER);
    for (size_t i = 0; i < c->count; i++) {
        const struct srv_count_row *row = &c->rows[i];
        if (is_kind(row, "state") && state_of(row->name) >= 0) {
            s->states[other][state_of(row->name)] += row->count;
        }
        if (is_kind(row, "version_state") && state_of(row->part) >= 0) {
            int state = state_of(row->part);
            s->states[other][state] -= row->count;
            s->states[show_name(s, name_of(s, row->name))][state] += row->count;
        }
    }
}

static int64_t users_of(const struct stages *s, size_t stage)
{
    int64_t users = 0;
    for (size_t i = 0; i < POL_STATE_COUNT; i++) {
        users += s->states[stage][i];
    }
    return users;
}

static void write_stages(struct pol_json_writer *json, const struct stages *s)
{
    pol_json_object(json, "stage");
    for (size_t i = 0; i < s->shown_count; i++) {
        if (users_of(s, i) > 0) {
            pol_json_integer(json, s->shown[i], users_of(s, i));
        }
    }
    pol_json_close_object(json);
    pol_json_object(json, "stage_state");
    for (size_t i = 0; i < s->shown_count; i++) {
        if (users_of(s, i) == 0) {
            continue;
        }
        pol_json_object(json, s->shown[i]);
        for (size_t state = 0; state < POL_STATE_COUNT; state++) {
            if (s->states[i][state] > 0) {
                pol_json_integer(json, POL_STATE_WORDS[state], s->states[i][state]);
            }
        }
        pol_json_close_object(json);
    }
    pol_json_close_object(json);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void write_kind(struct pol_json_writer *json, const struct counted *c, const char *kind)
{
    pol_json_object(json, kind);
    for (size_t i = 0; i < c->count; i++) {
        if (is_kind(&c->rows[i], kind)) {
            pol_json_integer(json, c->rows[i].name, c->rows[i].count);
        }
    }
    pol_json_close_object(json);
}

static int64_t braked(const struct counted *c, const char *outlook, const char *protocol)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct srv_count_row *row = &c->rows[i];
        if (is_kind(row, "brake") && row->part != NULL && strcmp(row->part, protocol) == 0 &&
            strcmp(row->name, outlook) == 0) {
            return row->count;
        }
    }
    return 0;
}

/* Does the brake work on this build? */
static void write_brake(struct pol_json_writer *json, const struct counted *c)
{
    pol_json_array(json, "brake");
    for (size_t i = 0; i < c->count; i++) {
        const struct srv_count_row *row = &c->rows[i];
        if (!is_kind(row, "brake") || row->part != NULL) {
            continue;
        }
        int64_t rpc_http = braked(c, row->name, "rpc_http");
        int64_t mapi_http = braked(c, row->name, "mapi_http");
        pol_json_object(json, NULL);
        pol_json_text(json, "outlook", row->name);
        pol_json_integer(json, "users", row->count);
        pol_json_integer(json, "rpc_http", rpc_http);
        pol_json_integer(json, "mapi_http", mapi_http);
        pol_json_integer(json, "other", row->count - rpc_http - mapi_http);
        pol_json_close_object(json);
    }
    pol_json_close_array(json);
}

/* Which stage a version of "version" is. */
static void write_versions(struct pol_json_writer *json, const struct srv_bundle *b)
{
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle); i++) {
        const struct pol_policy *p = pol_bundle_stage(b->bundle, i)->policy;
        pol_json_object(json, NULL);
        pol_json_text(json, "stage", p->stage);
        pol_json_integer(json, "version", p->version);
        pol_json_close_object(json);
    }
}

static void write_all(struct pol_json_writer *json, const struct counted *c,
                      const struct stages *stages, const struct srv_rollout_view *rollout)
{
    static const char *const KINDS[] = {"state", "ring", "set", "protocol", "outlook", "version"};
    pol_json_integer(json, "devices", total_of(c, "devices"));
    pol_json_integer(json, "stale_devices", total_of(c, "silent"));
    pol_json_integer(json, "users", total_of(c, "users"));
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        write_kind(json, c, KINDS[i]);
    }
    write_stages(json, stages);
    write_brake(json, c);
    pol_json_array(json, "stages");
    write_versions(json, rollout->released);
    if (rollout->newest != rollout->released) {
        write_versions(json, rollout->newest);
    }
    pol_json_close_array(json);
}

/* The versions of most users, which come first; the rest together. */
static void write_first_versions(struct pol_json_writer *json, const struct counted *c)
{
    int64_t other = 0;
    size_t shown = 0;
    pol_json_object(json, "version");
    for (size_t i = 0; i < c->count; i++) {
        const struct srv_count_row *row = &c->rows[i];
        if (!is_kind(row, "version")) {
            continue;
        }
        if (shown == SAMPLED_VERSIONS || strcmp(row->name, OTHER) == 0) {
            other += row->count;
        } else {
            pol_json_integer(json, row->name, row->count);
            shown++;
        }
    }
    if (other > 0) {
        pol_json_integer(json, OTHER, other);
    }
    pol_json_close_object(json);
}

static void write_sample(struct pol_json_writer *json, const struct counted *c, int64_t now_s)
{
    static const char *const KINDS[] = {"state", "set", "protocol"};
    pol_json_object(json, NULL);
    pol_json_time(json, "at", now_s);
    pol_json_integer(json, "users", total_of(c, "users"));
    pol_json_integer(json, "devices", total_of(c, "devices"));
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        write_kind(json, c, KINDS[i]);
    }
    write_first_versions(json, c);
    pol_json_close_object(json);
}

enum status srv_compliance_sample(const struct srv_store *store, int64_t now_s, struct bytes *out,
                                  struct err *err)
{
    const struct srv_count_question question = {.silent_since_s = 0};
    struct counted counted = {.st = ST_OK};
    struct pol_json_writer json = pol_json_write_start(out);
    enum status st = store->counts(store->ctx, &question, keep, &counted, err);
    if (st == ST_OK) {
        write_sample(&json, &counted, now_s);
        st = counted.st != ST_OK ? counted.st : pol_json_write_end(&json);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot write a sample of the counts");
        }
    }
    counted_done(&counted);
    return st;
}

int64_t srv_compliance_silent_since(const struct srv_rollout_view *rollout, int64_t now_s)
{
    const struct pol_bundle_entry *entry =
        srv_bundle_find(rollout->released, rollout->release.version);
    int64_t report_s = entry != NULL ? (int64_t)entry->policy->timing.report_s : REPORT_S;
    int64_t since_s = now_s - SRV_REPORTS_AWAY * report_s;
    return since_s > 0 ? since_s / MINUTE_S * MINUTE_S : 0;
}

enum status srv_compliance_write(const struct srv_store *store,
                                 const struct srv_rollout_view *rollout, int64_t now_s,
                                 struct pol_json_writer *json, struct err *err)
{
    struct counted counted = {.st = ST_OK};
    struct stages *stages = calloc(1, sizeof *stages);
    if (stages == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot count users");
    }
    add_version(stages, 0, NONE);
    add_bundle(stages, rollout->released);
    add_bundle(stages, rollout->newest);
    const struct srv_count_question question = {.versions = stages->versions,
                                                .version_count = stages->count,
                                                .silent_since_s =
                                                    srv_compliance_silent_since(rollout, now_s)};
    enum status st = store->counts(store->ctx, &question, keep, &counted, err);
    if (st == ST_OK && counted.st != ST_OK) {
        st = err_set(err, counted.st, 0, "cannot keep the counts of users");
    }
    if (st == ST_OK) {
        sum_up(stages, &counted);
        pol_json_time(json, "at", now_s);
        write_all(json, &counted, stages, rollout);
    }
    counted_done(&counted);
    free(stages);
    return st;
}
