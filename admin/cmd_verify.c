#include "admin/commands.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/table.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "policy/bundle.h"
#include "policy/freshness.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 16 };

/* A bundle or a single policy, whichever the file holds. */
struct document {
    struct pol_bundle *bundle;
    struct pol_verified *verified;
    struct pol_policy *policy;
};

static void free_document(struct document *document)
{
    pol_bundle_free(document->bundle);
    pol_policy_free(document->policy);
    pol_verified_free(document->verified);
}

/* Stages first, the safe policy last. */
static size_t policy_count(const struct document *document)
{
    return document->bundle != NULL ? pol_bundle_stage_count(document->bundle) + 1 : 1;
}

static const struct pol_policy *policy_at(const struct document *document, size_t i)
{
    if (document->bundle == NULL) {
        return document->policy;
    }
    return i < pol_bundle_stage_count(document->bundle)
               ? pol_bundle_stage(document->bundle, i)->policy
               : pol_bundle_safe(document->bundle)->policy;
}

static size_t signer_count(const struct document *document)
{
    return document->bundle != NULL ? pol_bundle_signer_count(document->bundle)
                                    : pol_verified_signer_count(document->verified);
}

static const char *signer_at(const struct document *document, size_t i)
{
    return document->bundle != NULL ? pol_bundle_signer(document->bundle, i)
                                    : pol_verified_signer(document->verified, i);
}

static enum status open_policy(const struct pol_trust *trust, struct span raw, struct document *out,
                               struct err *err)
{
    struct document found = {0};
    enum status st = pol_verify(trust, raw, POL_DOCUMENT_POLICY, &found.verified, err);
    if (st == ST_OK) {
        st = pol_parse(found.verified, &found.policy, err);
    }
    if (st == ST_OK) {
        *out = found;
        found = (struct document){0};
    }
    free_document(&found);
    return st;
}

static enum status open_document(const struct pol_trust *trust, const char *path,
                                 struct document *out, struct err *err)
{
    struct bytes raw = {0};
    enum status st = file_read(path, LIMIT_BUNDLE_BYTES, &raw, err);
    if (st == ST_OK) {
        st = pol_bundle_open(trust, bytes_span(&raw), &out->bundle, err);
        if (st == ST_REFUSED && strcmp(err->code, "type_mismatch") == 0) {
            st = open_policy(trust, bytes_span(&raw), out, err);
        }
    }
    bytes_free(&raw);
    return st;
}

struct judge {
    const struct pol_trust *trust;
    int64_t floor;
    int64_t now_s;
};

/* ST_REFUSED: an agent at this floor would not take the policy now, and err says why. At the floor's
 * own version the digest is taken as equal: the number alone cannot tell. */
static enum status judge_policy(const struct judge *judge, const struct pol_policy *policy,
                                const char **verdict, struct err *err)
{
    enum pol_freshness freshness = POL_FRESH_ACCEPT;
    struct pol_freshness_rules rules = {.trust = judge->trust,
                                        .floor = {.version = judge->floor},
                                        .stored_policy_usable = true,
                                        .now_s = judge->now_s};
    if (policy->version == judge->floor) {
        (void)snprintf(rules.floor.digest, sizeof rules.floor.digest, "%s", policy->digest);
    }
    enum status st = pol_freshness(policy, &rules, &freshness, err);
    if (st == ST_OK) {
        *verdict = freshness == POL_FRESH_ACCEPT ? "accepted" : "no change";
    } else {
        *verdict = st == ST_REFUSED ? err->code : status_name(st);
    }
    return st;
}

static const char *time_or(int64_t time_s, const char *otherwise, char text[TIME_TEXT_BYTES])
{
    if (time_s < 0) {
        return otherwise;
    }
    time_text_write(time_s, text);
    return text;
}

static enum status write_text(const struct judge *judge, const struct document *document,
                              struct bytes *out)
{
    struct adm_table table = adm_table_with(5);
    enum status st = bytes_append_format(out, "%s of rollout %s, signed by",
                                         document->bundle != NULL ? "bundle" : "policy",
                                         policy_at(document, 0)->rollout);
    for (size_t i = 0; st == ST_OK && i < signer_count(document); i++) {
        st = bytes_append_format(out, "%s %s", i > 0 ? "," : "", signer_at(document, i));
    }
    if (st == ST_OK) {
        st = bytes_append_text(out, "\n");
    }
    static const char *const HEAD[] = {"VERSION", "STAGE", "NOT BEFORE", "EXPIRES", "NOW"};
    for (size_t i = 0; i < sizeof HEAD / sizeof HEAD[0]; i++) {
        adm_table_cell(&table, HEAD[i]);
    }
    for (size_t i = 0; i < policy_count(document); i++) {
        const struct pol_policy *policy = policy_at(document, i);
        const char *verdict = NULL;
        char time[TIME_TEXT_BYTES];
        struct err why;
        bool refused = judge_policy(judge, policy, &verdict, &why) != ST_OK;
        adm_table_number(&table, policy->version);
        adm_table_cell(&table, policy->stage);
        adm_table_cell(&table, time_or(policy->not_before_s, "-", time));
        adm_table_cell(&table, time_or(policy->expires_at_s, "never", time));
        char words[ERR_TEXT_BYTES + 64];
        (void)snprintf(words, sizeof words, "%s%s%s", verdict, refused ? ": " : "",
                       refused ? why.text : "");
        adm_table_cell(&table, words);
    }
    if (st == ST_OK) {
        st = adm_table_write(&table, out);
    }
    adm_table_done(&table);
    return st;
}

static enum status write_json(const struct judge *judge, const struct document *document,
                              struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "document", document->bundle != NULL ? "bundle" : "policy");
    pol_json_text(&w, "rollout", policy_at(document, 0)->rollout);
    pol_json_array(&w, "signers");
    for (size_t i = 0; i < signer_count(document); i++) {
        pol_json_text(&w, NULL, signer_at(document, i));
    }
    pol_json_close_array(&w);
    pol_json_array(&w, "policies");
    for (size_t i = 0; i < policy_count(document); i++) {
        const struct pol_policy *policy = policy_at(document, i);
        const char *verdict = NULL;
        struct err why;
        bool refused = judge_policy(judge, policy, &verdict, &why) != ST_OK;
        pol_json_object(&w, NULL);
        pol_json_integer(&w, "version", policy->version);
        pol_json_text(&w, "kind", POL_KIND_WORDS[policy->kind]);
        pol_json_text(&w, "stage", policy->stage);
        pol_json_text(&w, "digest", policy->digest);
        pol_json_time(&w, "not_before", policy->not_before_s);
        pol_json_time(&w, "expires_at", policy->expires_at_s);
        pol_json_boolean(&w, "accepted", !refused);
        pol_json_text(&w, "code", refused ? verdict : NULL);
        pol_json_close_object(&w);
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

/* ST_OK if an agent would take at least one stage now; the safe policy alone is no rollout. */
static enum status judge_all(const struct judge *judge, const struct document *document,
                             struct err *err)
{
    size_t last = document->bundle != NULL ? pol_bundle_stage_count(document->bundle) : 1;
    enum status st = ST_OK;
    for (size_t i = 0; i < last; i++) {
        const char *verdict = NULL;
        st = judge_policy(judge, policy_at(document, i), &verdict, err);
        if (st == ST_OK) {
            return ST_OK;
        }
    }
    return st;
}

static enum status verify_file(const char *path, const char *trust_path, int64_t floor, bool json,
                               struct err *err)
{
    struct bytes trust_bytes = {0};
    struct pol_trust *trust = NULL;
    struct document document = {0};
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);

    enum status st = file_read(trust_path, LIMIT_TRUST_BYTES, &trust_bytes, err);
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(&trust_bytes), &trust, err);
    }
    if (st == ST_OK) {
        st = open_document(trust, path, &document, err);
    }
    struct judge judge = {.trust = trust, .floor = floor, .now_s = clock_wall_s()};
    if (st == ST_OK) {
        st = json ? write_json(&judge, &document, &text) : write_text(&judge, &document, &text);
        st = adm_print(&text, st, err);
    }
    if (st == ST_OK) {
        st = judge_all(&judge, &document, err);
    }
    bytes_free(&text);
    free_document(&document);
    pol_trust_free(trust);
    bytes_free(&trust_bytes);
    return st;
}

enum status adm_cmd_verify(int argc, char *const *argv, struct err *err)
{
    const char *path = NULL;
    const char *trust = NULL;
    const char *floor_text = NULL;
    bool json = false;
    int64_t floor = 0;
    const struct adm_option options[] = {
        {.name = "--trust", .value = "TRUST.json", .needed = true, .text = &trust},
        {.name = "--floor", .value = "VERSION", .text = &floor_text},
        {.name = "--json", .flag = &json},
    };
    const struct adm_syntax syntax = {.command = "verify",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"FILE"}};

    enum status st = adm_options_read(&syntax, argc, argv, &path, err);
    if (st == ST_OK && floor_text != NULL) {
        st = adm_option_number("--floor", floor_text, 0, VERSION_MOST, &floor, err);
    }
    return st == ST_OK ? verify_file(path, trust, floor, json, err) : st;
}
