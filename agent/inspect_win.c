#include "agent/inspect_win.h"

#include "agent/accepted_win.h"
#include "agent/edge_win.h"
#include "agent/mirror_win.h"
#include "agent/service_setup_win.h"
#include "agent/status.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "policy/json_write.h"
#include "version.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    OUTPUT_BYTES = 64 * 1024,
    STATUS_BYTES = 32 * 1024 * 1024, /* some 1 KiB for each user */
};

/* ---- status -------------------------------------------------------------------------------- */

/* The mirror is for everybody, the data directory for administrators alone. */
static enum status read_store(const struct ag_config *config, struct ag_accepted *a, bool *seen,
                              struct err *err)
{
    enum status st = ag_accepted_open(config, a, err);
    *seen = st == ST_OK;
    return st == ST_DENIED ? ST_OK : st;
}

static enum status read_table(struct ag_mirror_table *table, bool *seen, struct err *err)
{
    enum status st = ag_mirror_win_read(table, err);
    *seen = st == ST_OK;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status print_status(const struct ag_status *status, bool json, struct err *err)
{
    struct bytes text = bytes_with_limit(STATUS_BYTES);
    enum status st = json ? ag_status_json(status, &text) : ag_status_text(status, &text);
    if (st == ST_OK && json) {
        st = bytes_append_text(&text, "\n");
    }
    if (st == ST_OK) {
        (void)fputs(bytes_text(&text), stdout);
    } else {
        st = err_set(err, st, 0, "cannot print the status");
    }
    bytes_free(&text);
    return st;
}

enum status ag_inspect_status(const struct ag_config *config, bool json, struct err *err)
{
    struct ag_accepted a = {0};
    struct ag_mirror_table table = {.users = NULL};
    struct ag_status status = {.agent_version = MR_VERSION, .config = config};
    uint32_t process_id = 0;
    bool has_store = false;
    bool has_table = false;
    struct err refused = {.st = ST_OK};

    if (ag_config_check(config, &refused) != ST_OK) {
        status.refused = refused.text;
    }
    enum status st = ag_service_state(&status.service, &process_id, err);
    if (st == ST_OK) {
        st = read_store(config, &a, &has_store, err);
    }
    if (st == ST_OK) {
        st = read_table(&table, &has_table, err);
    }
    if (st == ST_OK) {
        status.store = has_store ? &a.store : NULL;
        status.table = has_table ? &table : NULL;
        st = print_status(&status, json, err);
    }
    ag_mirror_table_done(&table);
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
