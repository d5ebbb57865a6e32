#include "agent/inspect_win.h"

#include "agent/accepted_win.h"
#include "agent/edge_win.h"
#include "agent/service_setup_win.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "policy/json_write.h"
#include "version.h"

#include <inttypes.h>
#include <stdio.h>

enum { OUTPUT_BYTES = 64 * 1024 };

/* ---- status -------------------------------------------------------------------------------- */

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static void print_status(const struct ag_config *config, const struct ag_accepted *a,
                         const char *state)
{
    (void)printf("version        %s\nservice        %s\nserver         %s\ndata directory %s\n"
                 "trust          %s\nrollout        %s\n",
                 MR_VERSION, state, or_none(config->server_url), config->data_dir,
                 or_none(config->trust_file), or_none(config->rollout));
    for (size_t i = 0; i < a->store.line_count; i++) {
        (void)printf("accepted       %s version %" PRId64 "\n", a->store.lines[i].rollout,
                     a->store.lines[i].floor.version);
    }
    if (a->store.line_count == 0) {
        (void)puts("accepted       nothing yet");
    }
}

static enum status print_status_json(const struct ag_config *config, const struct ag_accepted *a,
                                     const char *state, struct err *err)
{
    struct bytes text = bytes_with_limit(OUTPUT_BYTES);
    struct pol_json_writer w = pol_json_write_start(&text);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "version", MR_VERSION);
    pol_json_text(&w, "service", state);
    pol_json_text(&w, "server_url", config->server_url);
    pol_json_text(&w, "data_dir", config->data_dir);
    pol_json_text(&w, "trust_file", config->trust_file);
    pol_json_text(&w, "rollout", config->rollout);
    pol_json_array(&w, "accepted");
    for (size_t i = 0; i < a->store.line_count; i++) {
        pol_json_object(&w, NULL);
        pol_json_text(&w, "rollout", a->store.lines[i].rollout);
        pol_json_integer(&w, "version", a->store.lines[i].floor.version);
        pol_json_text(&w, "digest", a->store.lines[i].floor.digest);
        pol_json_close_object(&w);
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        (void)puts(bytes_text(&text));
    } else {
        st = err_set(err, st, 0, "cannot print the status");
    }
    bytes_free(&text);
    return st;
}

enum status ag_inspect_status(const struct ag_config *config, bool json, struct err *err)
{
    struct ag_accepted a = {0};
    const char *state = NULL;
    uint32_t process_id = 0;

    enum status st = ag_service_state(&state, &process_id, err);
    if (st == ST_OK) {
        st = ag_accepted_open(config, &a, err);
    }
    if (st == ST_OK && json) {
        st = print_status_json(config, &a, state, err);
    } else if (st == ST_OK) {
        print_status(config, &a, state);
    }
    ag_accepted_close(&a);
    return st;
}

/* ---- check-policy -------------------------------------------------------------------------- */

static enum status read_policy(const struct pol_trust *trust, const char *path,
                               struct pol_policy **out, struct err *err)
{
    struct bytes raw = {0};
    struct pol_verified *verified = NULL;

    enum status st = file_read(path, LIMIT_ENVELOPE_BYTES, &raw, err);
    if (st == ST_OK) {
        st = pol_verify(trust, bytes_span(&raw), POL_DOCUMENT_POLICY, &verified, err);
    }
    if (st == ST_OK) {
        st = pol_parse(verified, out, err);
    }
    pol_verified_free(verified);
    bytes_free(&raw);
    return st;
}

static enum status print_policy_json(const struct pol_policy *policy, const char *outcome,
                                     struct err *err)
{
    struct bytes text = bytes_with_limit(OUTPUT_BYTES);
    struct pol_json_writer w = pol_json_write_start(&text);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "outcome", outcome);
    pol_json_text(&w, "rollout", policy->rollout);
    pol_json_integer(&w, "version", policy->version);
    pol_json_text(&w, "stage", policy->stage);
    pol_json_time(&w, "issued_at", policy->issued_at_s);
    pol_json_time(&w, "not_before", policy->not_before_s);
    pol_json_time(&w, "expires_at", policy->expires_at_s);
    pol_json_text(&w, "digest", policy->digest);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        (void)puts(bytes_text(&text));
    } else {
        st = err_set(err, st, 0, "cannot print the policy");
    }
    bytes_free(&text);
    return st;
}

static void print_policy(const struct pol_policy *policy, const char *outcome)
{
    char issued[TIME_TEXT_BYTES];
    char expires[TIME_TEXT_BYTES];
    time_text_write(policy->issued_at_s, issued);
    time_text_write(policy->expires_at_s, expires);
    (void)printf("outcome  %s\nrollout  %s\nversion  %" PRId64 "\nstage    %s\nissued   %s\n"
                 "expires  %s\n",
                 outcome, policy->rollout, policy->version, policy->stage, issued,
                 policy->expires_at_s < 0 ? "never" : expires);
}

static enum status judge(const struct ag_config *config, struct ag_accepted *a,
                         const struct pol_trust *trust, const struct pol_policy *policy,
                         enum pol_freshness *out, struct err *err)
{
    struct pol_policy *stored = NULL;
    char etag[AG_ETAG_BYTES] = "";
    struct pol_freshness_rules rules = {
        .trust = trust,
        .rollout = config->rollout,
        .min_version = config->min_version,
        .now_s = clock_wall_s(),
    };
    if (a->vault != NULL) {
        rules.floor = ag_policy_store_floor(&a->store, policy->rollout);
        rules.stored_policy_usable =
            ag_policy_store_load(&a->store, trust, config->rollout, &stored, etag, NULL) == ST_OK;
    }
    enum status st = pol_freshness(policy, &rules, out, err);
    pol_policy_free(stored);
    return st;
}

static enum status print_verdict(const struct pol_policy *policy, enum pol_freshness freshness,
                                 bool json, struct err *err)
{
    const char *outcome = freshness == POL_FRESH_ACCEPT ? "accept" : "no_change";
    if (json) {
        return print_policy_json(policy, outcome, err);
    }
    print_policy(policy, outcome);
    return ST_OK;
}

enum status ag_inspect_policy(const struct ag_config *config, const char *path, bool json,
                              struct err *err)
{
    struct ag_accepted a = {0};
    struct ag_trust trust = {0};
    struct pol_policy *policy = NULL;
    enum pol_freshness freshness = POL_FRESH_NO_CHANGE;

    enum status st = ag_accepted_open(config, &a, err);
    if (st == ST_OK) {
        const struct ag_vault *vault = a.vault != NULL ? &a.port : NULL;
        st = ag_edge_read_trust(config, vault, false, &trust, err);
    }
    if (st == ST_OK && trust.refused.st != ST_OK) {
        err_print("mapi-rollout-agent: the trust file is not taken", &trust.refused);
    }
    if (st == ST_OK) {
        st = read_policy(trust.trust, path, &policy, err);
    }
    if (st == ST_OK) {
        st = judge(config, &a, trust.trust, policy, &freshness, err);
    }
    if (st == ST_OK) {
        st = print_verdict(policy, freshness, json, err);
    }
    pol_policy_free(policy);
    ag_trust_done(&trust);
    ag_accepted_close(&a);
    return st;
}
