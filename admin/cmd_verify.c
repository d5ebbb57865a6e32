#include "admin/commands.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/signed_file.h"
#include "admin/table.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "policy/freshness.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    KEYS_MOST = (LIMIT_STAGES + 2) * LIMIT_SIGNATURES, /* of a bundle and all its policies */
    NUMBERS_BYTES = LIMIT_SIGNATURES * 8,
    VERDICT_BYTES = ERR_TEXT_BYTES + 64,
};

/* The agent that is asked about. */
struct judge {
    const struct pol_trust *trust;
    int64_t floor;
    char digest[65]; /* "": not known */
    int64_t min_version;
    int64_t now_s;
};

struct verdict {
    bool refused;
    bool no_change;
    struct err why; /* if refused */
};

/* At the floor's own version without a digest, the policy is taken as the one that was accepted:
 * the number alone cannot tell. */
static struct verdict judge_policy(const struct judge *judge, const struct pol_policy *policy)
{
    struct verdict verdict = {.refused = true};
    enum pol_freshness freshness = POL_FRESH_ACCEPT;
    struct pol_freshness_rules rules = {.trust = judge->trust,
                                        .floor = {.version = judge->floor},
                                        .min_version = judge->min_version,
                                        .stored_policy_usable = true,
                                        .now_s = judge->now_s};
    (void)snprintf(rules.floor.digest, sizeof rules.floor.digest, "%s",
                   judge->digest[0] != '\0' ? judge->digest : policy->digest);
    verdict.refused = pol_freshness(policy, &rules, &freshness, &verdict.why) != ST_OK;
    verdict.no_change = !verdict.refused && freshness == POL_FRESH_NO_CHANGE;
    return verdict;
}

/* ---- text --------------------------------------------------------------------------------- */

/* Every key that the file names, once: a table of signers has room for a number, not for a key. */
struct legend {
    const char *kids[KEYS_MOST];
    bool trusted[KEYS_MOST];
    size_t count;
};

static size_t number_of(struct legend *legend, const char *kid, bool trusted)
{
    size_t i = 0;
    while (i < legend->count && strcmp(legend->kids[i], kid) != 0) {
        i++;
    }
    if (i == legend->count) {
        legend->kids[i] = kid;
        legend->trusted[i] = trusted;
        legend->count++;
    }
    return i + 1;
}

/* "1,2": who signed; "1,2 (3)": 3 is a stranger. */
static void write_numbers(struct legend *legend, const struct pol_verified *verified,
                          char out[NUMBERS_BYTES])
{
    size_t signers = pol_verified_signer_count(verified);
    size_t strangers = pol_verified_stranger_count(verified);
    size_t used = 0;
    for (size_t i = 0; i < signers; i++) {
        size_t number = number_of(legend, pol_verified_signer(verified, i), true);
        used +=
            (size_t)snprintf(out + used, NUMBERS_BYTES - used, "%s%zu", i > 0 ? "," : "", number);
    }
    for (size_t i = 0; i < strangers; i++) {
        size_t number = number_of(legend, pol_verified_stranger(verified, i), false);
        used +=
            (size_t)snprintf(out + used, NUMBERS_BYTES - used, "%s%zu", i > 0 ? "," : " (", number);
    }
    (void)snprintf(out + used, NUMBERS_BYTES - used, "%s", strangers > 0 ? ")" : "");
}

static void add_signers(struct legend *legend, const struct pol_verified *verified)
{
    for (size_t i = 0; i < pol_verified_signer_count(verified); i++) {
        (void)number_of(legend, pol_verified_signer(verified, i), true);
    }
}

static void add_strangers(struct legend *legend, const struct pol_verified *verified)
{
    for (size_t i = 0; i < pol_verified_stranger_count(verified); i++) {
        (void)number_of(legend, pol_verified_stranger(verified, i), false);
    }
}

/* Trusted keys get the low numbers, in the order of the file. */
static void fill_legend(const struct adm_signed *file, struct legend *legend)
{
    add_signers(legend, adm_signed_whole(file));
    for (size_t i = 0; i < adm_signed_count(file); i++) {
        add_signers(legend, adm_signed_verified(file, i));
    }
    add_strangers(legend, adm_signed_whole(file));
    for (size_t i = 0; i < adm_signed_count(file); i++) {
        add_strangers(legend, adm_signed_verified(file, i));
    }
}

static enum status write_head(const struct judge *judge, const struct adm_signed *file,
                              struct legend *legend, struct bytes *out)
{
    char numbers[NUMBERS_BYTES];
    write_numbers(legend, adm_signed_whole(file), numbers);
    enum status st = bytes_append_format(
        out, "%s of rollout %s, signed by key %s; %" PRIu32 " of %zu trusted keys must sign\n",
        file->bundle != NULL ? "bundle" : "policy", adm_signed_policy(file, 0)->rollout, numbers,
        pol_trust_threshold(judge->trust), pol_trust_key_count(judge->trust));
    for (size_t i = 0; st == ST_OK && i < legend->count; i++) {
        st = bytes_append_format(out, "key %zu  %s  %s\n", i + 1, legend->kids[i],
                                 legend->trusted[i] ? "trusted, its signatures hold"
                                                    : "a stranger, does not count");
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

static void add_row(const struct judge *judge, const struct adm_signed *file, size_t i,
                    struct legend *legend, struct adm_table *table)
{
    const struct pol_policy *policy = adm_signed_policy(file, i);
    struct verdict verdict = judge_policy(judge, policy);
    char time[TIME_TEXT_BYTES];
    char numbers[NUMBERS_BYTES];
    char words[VERDICT_BYTES];

    write_numbers(legend, adm_signed_verified(file, i), numbers);
    if (verdict.refused) {
        (void)snprintf(words, sizeof words, "%s: %s", verdict.why.code, verdict.why.text);
    }
    adm_table_number(table, policy->version);
    adm_table_cell(table, policy->stage);
    adm_table_cell(table, numbers);
    adm_table_cell(table, time_or(policy->not_before_s, "-", time));
    adm_table_cell(table, time_or(policy->expires_at_s, "never", time));
    adm_table_cell(table, verdict.refused ? words : verdict.no_change ? "no change" : "accepted");
}

static enum status write_text(const struct judge *judge, const struct adm_signed *file,
                              struct bytes *out)
{
    static const char *const HEAD[] = {"VERSION", "STAGE", "KEYS", "NOT BEFORE", "EXPIRES", "NOW"};
    struct adm_table table = adm_table_with(sizeof HEAD / sizeof HEAD[0]);
    struct legend legend = {.count = 0};

    fill_legend(file, &legend);
    enum status st = write_head(judge, file, &legend, out);
    for (size_t i = 0; i < sizeof HEAD / sizeof HEAD[0]; i++) {
        adm_table_cell(&table, HEAD[i]);
    }
    for (size_t i = 0; i < adm_signed_count(file); i++) {
        add_row(judge, file, i, &legend, &table);
    }
    if (st == ST_OK) {
        st = adm_table_write(&table, out);
    }
    adm_table_done(&table);
    return st;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void write_kids(struct pol_json_writer *w, const struct pol_verified *verified)
{
    pol_json_array(w, "signers");
    for (size_t i = 0; i < pol_verified_signer_count(verified); i++) {
        pol_json_text(w, NULL, pol_verified_signer(verified, i));
    }
    pol_json_close_array(w);
    pol_json_array(w, "strangers");
    for (size_t i = 0; i < pol_verified_stranger_count(verified); i++) {
        pol_json_text(w, NULL, pol_verified_stranger(verified, i));
    }
    pol_json_close_array(w);
}

static void write_policy(const struct judge *judge, const struct adm_signed *file, size_t i,
                         struct pol_json_writer *w)
{
    const struct pol_policy *policy = adm_signed_policy(file, i);
    struct verdict verdict = judge_policy(judge, policy);
    pol_json_object(w, NULL);
    pol_json_integer(w, "version", policy->version);
    pol_json_text(w, "kind", POL_KIND_WORDS[policy->kind]);
    pol_json_text(w, "stage", policy->stage);
    pol_json_text(w, "digest", policy->digest);
    write_kids(w, adm_signed_verified(file, i));
    pol_json_time(w, "issued_at", policy->issued_at_s);
    pol_json_time(w, "not_before", policy->not_before_s);
    pol_json_time(w, "expires_at", policy->expires_at_s);
    pol_json_boolean(w, "accepted", !verdict.refused);
    pol_json_boolean(w, "no_change", verdict.no_change);
    pol_json_text(w, "code", verdict.refused ? verdict.why.code : NULL);
    pol_json_text(w, "pointer", verdict.refused ? verdict.why.pointer : NULL);
    pol_json_text(w, "why", verdict.refused ? verdict.why.text : NULL);
    pol_json_close_object(w);
}

static enum status write_json(const struct judge *judge, const struct adm_signed *file,
                              struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "document", file->bundle != NULL ? "bundle" : "policy");
    pol_json_text(&w, "rollout", adm_signed_policy(file, 0)->rollout);
    write_kids(&w, adm_signed_whole(file));
    pol_json_integer(&w, "threshold", pol_trust_threshold(judge->trust));
    pol_json_integer(&w, "trust_version", pol_trust_version(judge->trust));
    pol_json_time(&w, "at", judge->now_s);
    pol_json_array(&w, "policies");
    for (size_t i = 0; i < adm_signed_count(file); i++) {
        write_policy(judge, file, i, &w);
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

/* ---- the command -------------------------------------------------------------------------- */

/* ST_OK if an agent would take at least one stage now; the safe policy alone is no rollout. */
static enum status judge_all(const struct judge *judge, const struct adm_signed *file,
                             struct err *err)
{
    for (size_t i = 0; i < adm_signed_stage_count(file); i++) {
        struct verdict verdict = judge_policy(judge, adm_signed_policy(file, i));
        if (!verdict.refused) {
            return ST_OK;
        }
        *err = verdict.why;
    }
    return err->st;
}

/* Two files are read: the sentence says in which of them the place is. */
static enum status parse_trust(struct span document, struct pol_trust **out, struct err *err)
{
    struct err why = {.st = ST_OK};
    enum status st = pol_trust_parse(document, out, &why);
    if (st == ST_REFUSED) {
        return err_refuse(err, why.code, why.pointer, "the file of --trust: %.400s", why.text);
    }
    if (st != ST_OK) {
        *err = why;
    }
    return st;
}

static enum status verify_file(const char *path, const char *trust_path, struct judge *judge,
                               bool json, struct err *err)
{
    struct bytes trust_bytes = {0};
    struct pol_trust *trust = NULL;
    struct adm_signed file = {0};
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);

    enum status st = file_read(trust_path, LIMIT_TRUST_BYTES, &trust_bytes, err);
    if (st == ST_OK) {
        st = parse_trust(bytes_span(&trust_bytes), &trust, err);
    }
    if (st == ST_OK) {
        st = adm_signed_open(trust, path, &file, err);
    }
    judge->trust = trust;
    if (st == ST_OK) {
        st = json ? write_json(judge, &file, &text) : write_text(judge, &file, &text);
        st = adm_print(&text, st, err);
    }
    if (st == ST_OK) {
        st = judge_all(judge, &file, err);
    }
    bytes_free(&text);
    adm_signed_done(&file);
    pol_trust_free(trust);
    bytes_free(&trust_bytes);
    return st;
}

/* VERSION or VERSION:DIGEST. */
static enum status read_floor(const char *text, struct judge *out, struct err *err)
{
    char version[16];
    uint8_t digest[32];
    size_t length = strcspn(text, ":");
    if (text[length] == ':') {
        if (!hex_decode(text + length + 1, digest, sizeof digest) || length >= sizeof version) {
            return adm_usage(err,
                             "--floor takes VERSION or VERSION:DIGEST, where DIGEST has 64"
                             " hexadecimal digits, not \"%s\"",
                             text);
        }
        hex_encode(digest, sizeof digest, out->digest);
        memcpy(version, text, length);
        version[length] = '\0';
        text = version;
    }
    return adm_option_number("--floor", text, 0, VERSION_MOST, &out->floor, err);
}

static enum status read_judge(const char *floor, const char *least, const char *at,
                              struct judge *out, struct err *err)
{
    enum status st = ST_OK;
    out->now_s = clock_wall_s();
    if (floor != NULL) {
        st = read_floor(floor, out, err);
    }
    if (st == ST_OK && least != NULL) {
        st = adm_option_number("--min-version", least, 0, VERSION_MOST, &out->min_version, err);
    }
    if (st == ST_OK && at != NULL && !time_text_read(at, &out->now_s)) {
        st = adm_usage(err, "--at takes a time such as 2026-12-07T06:00:00Z, not \"%s\"", at);
    }
    return st;
}

enum status adm_cmd_verify(int argc, char *const *argv, struct err *err)
{
    const char *path = NULL;
    const char *trust = NULL;
    const char *floor = NULL;
    const char *least = NULL;
    const char *at = NULL;
    bool json = false;
    struct judge judge = {0};
    const struct adm_option options[] = {
        {.name = "--trust", .value = "TRUST.json", .needed = true, .text = &trust},
        {.name = "--floor", .value = "VERSION[:DIGEST]", .text = &floor},
        {.name = "--min-version", .value = "VERSION", .text = &least},
        {.name = "--at", .value = "TIME", .text = &at},
        {.name = "--json", .flag = &json},
    };
    const struct adm_syntax syntax = {.command = "verify",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"FILE"}};

    enum status st = adm_options_read(&syntax, argc, argv, &path, err);
    if (st == ST_OK) {
        st = read_judge(floor, least, at, &judge, err);
    }
    return st == ST_OK ? verify_file(path, trust, &judge, json, err) : st;
}
