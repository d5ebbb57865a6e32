#include "admin/commands.h"
#include "admin/options.h"
#include "admin/out_file.h"
#include "admin/plan_file.h"
#include "admin/print.h"
#include "admin/secret.h"
#include "admin/to_sign.h"
#include "base/file.h"
#include "policy/bundle.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct signing {
    const char *plan_path;
    struct adm_list keys;
    struct adm_list passphrase_files;
    const char *through;
    const char *out;
    const char *files;
    bool json;
    bool detached;
};

struct signers {
    struct pol_key *keys[LIMIT_SIGNATURES];
    size_t count;
};

static void free_signers(struct signers *signers)
{
    for (size_t i = 0; i < signers->count; i++) {
        pol_key_free(signers->keys[i]);
    }
    signers->count = 0;
}

/* One passphrase file serves all keys; several stand in the keys' order. */
static const char *passphrase_file_of(const struct signing *wish, size_t key)
{
    size_t files = wish->passphrase_files.count;
    return files == 0 ? NULL : wish->passphrase_files.items[files == 1 ? 0 : key];
}

static enum status read_signers(const struct signing *wish, struct signers *out, struct err *err)
{
    if (wish->keys.count > LIMIT_SIGNATURES) {
        return adm_usage(err, "a document has %d signatures at most: give fewer --key",
                         LIMIT_SIGNATURES);
    }
    if (wish->passphrase_files.count > 1 && wish->passphrase_files.count != wish->keys.count) {
        return adm_usage(err, "give one --passphrase-file for all keys, or one for each --key");
    }
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < wish->keys.count; i++) {
        st = adm_key_read(wish->keys.items[i], passphrase_file_of(wish, i), &out->keys[i], err);
        out->count += st == ST_OK ? 1 : 0;
    }
    return st;
}

static enum status write_bundle(const struct signing *wish, const struct pol_plan *plan,
                                const struct signers *signers, struct err *err)
{
    struct bytes bundle = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    size_t last = 0;
    enum status st = ST_OK;

    if (wish->through != NULL && !pol_plan_find_stage(plan, wish->through, &last)) {
        st = err_refuse(err, "stage_unknown", NULL, "the plan has no stage \"%s\" to sign through",
                        wish->through);
    }
    if (st == ST_OK) {
        st = pol_bundle_sign(plan, wish->through, (const struct pol_key *const *)signers->keys,
                             signers->count, &bundle, err);
    }
    if (st == ST_OK) {
        st = adm_out_replace(wish->out, bytes_span(&bundle), err);
    }
    bytes_free(&bundle);
    return st;
}

static size_t signed_stages(const struct signing *wish, const struct pol_plan *plan)
{
    size_t last = pol_plan_stage_count(plan) - 1;
    if (wish->through != NULL && !pol_plan_find_stage(plan, wish->through, &last)) {
        return 0;
    }
    return last + 1;
}

static enum status write_json(const struct signing *wish, const struct pol_plan *plan,
                              const struct signers *signers, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "bundle", wish->out);
    pol_json_text(&w, "rollout", pol_plan_rollout(plan));
    pol_json_integer(&w, "serial", pol_plan_serial(plan));
    pol_json_array(&w, "stages");
    for (size_t i = 0; i < signed_stages(wish, plan); i++) {
        pol_json_text(&w, NULL, pol_plan_stage_name(plan, i));
    }
    pol_json_close_array(&w);
    pol_json_array(&w, "signers");
    for (size_t i = 0; i < signers->count; i++) {
        pol_json_text(&w, NULL, pol_key_public(signers->keys[i])->kid);
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status write_text(const struct signing *wish, const struct pol_plan *plan,
                              const struct signers *signers, struct bytes *out)
{
    size_t stages = signed_stages(wish, plan);
    enum status st = bytes_append_format(
        out,
        "signed %s: rollout %s, serial %" PRIu32 ", %zu of %zu stages (to %s) and the safe"
        " policy\n",
        wish->out, pol_plan_rollout(plan), pol_plan_serial(plan), stages,
        pol_plan_stage_count(plan), pol_plan_stage_name(plan, stages - 1));
    for (size_t i = 0; st == ST_OK && i < signers->count; i++) {
        st = bytes_append_format(out, "by     %s\n", pol_key_public(signers->keys[i])->kid);
    }
    return st;
}

static enum status show(const struct signing *wish, const struct pol_plan *plan,
                        const struct signers *signers, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = wish->json ? write_json(wish, plan, signers, &text)
                                : write_text(wish, plan, signers, &text);
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

static enum status sign_plan(const struct signing *wish, struct err *err)
{
    struct adm_findings *findings = calloc(1, sizeof *findings);
    struct pol_plan *plan = NULL;
    struct signers signers = {.count = 0};

    enum status st = findings != NULL ? ST_OK : err_set(err, ST_NO_MEMORY, 0, "no memory");
    if (st == ST_OK) {
        st = adm_plan_read(wish->plan_path, findings, &plan, err);
    }
    if (st == ST_OK) {
        st = read_signers(wish, &signers, err);
    }
    if (st == ST_OK) {
        st = write_bundle(wish, plan, &signers, err);
    }
    if (st == ST_OK) {
        st = show(wish, plan, &signers, err);
    }
    free_signers(&signers);
    pol_plan_free(plan);
    free(findings);
    return st;
}

/* ---- with keys that are not here ---------------------------------------------------------- */

static enum status show_detached(const struct signing *wish, const struct pol_detached *detached,
                                 struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (wish->json) {
        struct pol_json_writer w = pol_json_write_start(&text);
        pol_json_object(&w, NULL);
        pol_json_text(&w, "file", wish->out);
        adm_to_sign_json(detached, &w);
        pol_json_close_object(&w);
        st = pol_json_write_end(&w);
        if (st == ST_OK) {
            st = bytes_append_text(&text, "\n");
        }
    } else {
        st = adm_to_sign_describe(detached, wish->out, wish->files, &text);
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

static enum status write_detached(const struct signing *wish, const struct pol_plan *plan,
                                  struct err *err)
{
    struct pol_public_key keys[LIMIT_SIGNATURES];
    struct bytes file = bytes_with_limit(DETACHED_FILE_BYTES);
    struct pol_detached *detached = NULL;
    enum status st = ST_OK;

    if (wish->keys.count > LIMIT_SIGNATURES) {
        st = adm_usage(err, "a document has %d signatures at most: give fewer --key",
                       LIMIT_SIGNATURES);
    }
    for (size_t i = 0; st == ST_OK && i < wish->keys.count; i++) {
        st = adm_public_key_read(wish->keys.items[i], &keys[i], err);
    }
    if (st == ST_OK) {
        st = pol_detached_start(plan, wish->through, keys, wish->keys.count, &file, err);
    }
    if (st == ST_OK) {
        st = adm_to_sign_save(bytes_span(&file), false, wish->out, wish->files, &detached, err);
    }
    if (st == ST_OK) {
        st = show_detached(wish, detached, err);
    }
    pol_detached_free(detached);
    bytes_free(&file);
    return st;
}

static enum status sign_elsewhere(const struct signing *wish, struct err *err)
{
    struct adm_findings *findings = calloc(1, sizeof *findings);
    struct pol_plan *plan = NULL;

    enum status st = findings != NULL ? ST_OK : err_set(err, ST_NO_MEMORY, 0, "no memory");
    if (st == ST_OK) {
        st = adm_plan_read(wish->plan_path, findings, &plan, err);
    }
    if (st == ST_OK) {
        st = write_detached(wish, plan, err);
    }
    pol_plan_free(plan);
    free(findings);
    return st;
}

enum status adm_cmd_sign(int argc, char *const *argv, struct err *err)
{
    struct signing wish = {0};
    const struct adm_option options[] = {
        {.name = "--key", .value = "FILE.pem", .list = &wish.keys},
        {.name = "--passphrase-file", .value = "FILE", .list = &wish.passphrase_files},
        {.name = "--through", .value = "STAGE", .text = &wish.through},
        {.name = "--out", .value = "BUNDLE.json", .needed = true, .text = &wish.out},
        {.name = "--detached", .flag = &wish.detached},
        {.name = "--files", .value = "DIR", .text = &wish.files},
        {.name = "--json", .flag = &wish.json},
    };
    const struct adm_syntax syntax = {.command = "sign",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"PLAN.json"}};

    enum status st = adm_options_read(&syntax, argc, argv, &wish.plan_path, err);
    if (st == ST_OK && wish.keys.count == 0) {
        st = adm_usage(err, "sign needs --key FILE.pem: see 'mapi-rollout sign --help'");
    }
    if (st == ST_OK && !wish.detached && wish.files != NULL) {
        st = adm_usage(err, "--files is for --detached");
    }
    if (st == ST_OK && wish.detached && wish.passphrase_files.count > 0) {
        st = adm_usage(err, "--detached takes public keys, which have no passphrase");
    }
    if (st != ST_OK) {
        return st;
    }
    return wish.detached ? sign_elsewhere(&wish, err) : sign_plan(&wish, err);
}
