#include "admin/commands.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/secret.h"
#include "base/file.h"
#include "policy/json_write.h"
#include "policy/limits.h"
#include "policy/trust.h"

#include <inttypes.h>
#include <string.h>

struct trust_new {
    struct adm_list keys;
    struct adm_list rollouts;
    const char *threshold;
    const char *version;
    const char *out;
};

static enum status write_trust(const struct trust_new *wish, struct err *err)
{
    struct pol_public_key keys[LIMIT_KEYS];
    int64_t threshold = 1;
    int64_t version = 1;
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < wish->rollouts.count; i++) {
        st = adm_option_name("--rollout", wish->rollouts.items[i], err);
    }
    if (st == ST_OK && wish->threshold != NULL) {
        st = adm_option_number("--threshold", wish->threshold, 1, (int64_t)wish->keys.count,
                               &threshold, err);
    }
    if (st == ST_OK && wish->version != NULL) {
        st = adm_option_number("--version", wish->version, 1, INT32_MAX, &version, err);
    }
    for (size_t i = 0; st == ST_OK && i < wish->keys.count; i++) {
        st = adm_public_key_read(wish->keys.items[i], &keys[i], err);
    }
    if (st == ST_OK) {
        st = pol_trust_write((uint32_t)version, (uint32_t)threshold, wish->rollouts.items,
                             wish->rollouts.count, keys, wish->keys.count, &document, err);
    }
    if (st == ST_OK) {
        st = file_create(wish->out, bytes_span(&document), FILE_FOR_ALL, err);
    }
    bytes_free(&document);
    return st;
}

/* What a machine would do that has the trust of another file; path NULL: nobody asks. */
struct replacing {
    const char *path;
    struct bytes old;
    enum pol_trust_change change;
};

static const char *change_word(const struct replacing *replacing)
{
    return replacing->change == POL_TRUST_TAKEN ? "taken" : "no_change";
}

static enum status write_json(const struct pol_trust *trust, const struct replacing *replacing,
                              struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_integer(&w, "version", pol_trust_version(trust));
    pol_json_integer(&w, "threshold", pol_trust_threshold(trust));
    pol_json_array(&w, "rollouts");
    for (size_t i = 0; i < pol_trust_rollout_count(trust); i++) {
        pol_json_text(&w, NULL, pol_trust_rollout(trust, i));
    }
    pol_json_close_array(&w);
    pol_json_array(&w, "kids");
    for (size_t i = 0; i < pol_trust_key_count(trust); i++) {
        pol_json_text(&w, NULL, pol_trust_key(trust, i)->kid);
    }
    pol_json_close_array(&w);
    if (replacing->path != NULL) {
        pol_json_text(&w, "change", change_word(replacing));
    }
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status write_text(const struct pol_trust *trust, const struct replacing *replacing,
                              struct bytes *out)
{
    enum status st = bytes_append_format(
        out, "version    %" PRIu32 "\nsignatures %" PRIu32 " of %zu keys must hold\n",
        pol_trust_version(trust), pol_trust_threshold(trust), pol_trust_key_count(trust));
    for (size_t i = 0; st == ST_OK && i < pol_trust_rollout_count(trust); i++) {
        st = bytes_append_format(out, "rollout    %s\n", pol_trust_rollout(trust, i));
    }
    for (size_t i = 0; st == ST_OK && i < pol_trust_key_count(trust); i++) {
        st = bytes_append_format(out, "key        %s\n", pol_trust_key(trust, i)->kid);
    }
    if (st == ST_OK && replacing->path != NULL) {
        st = bytes_append_format(out, "replaces   %s: %s\n", replacing->path,
                                 replacing->change == POL_TRUST_TAKEN
                                     ? "taken, the version is higher"
                                     : "no change, the bytes are the same");
    }
    return st;
}

static enum status check_change(struct replacing *replacing, struct span next, struct err *err)
{
    if (replacing->path == NULL) {
        return ST_OK;
    }
    enum status st = file_read(replacing->path, LIMIT_TRUST_BYTES, &replacing->old, err);
    if (st == ST_OK && replacing->old.size == 0) {
        st = err_set(err, ST_NOT_FOUND, 0, "%s is empty", replacing->path);
    }
    return st == ST_OK
               ? pol_trust_check_change(bytes_span(&replacing->old), next, &replacing->change, err)
               : st;
}

static enum status show(const char *path, const char *replaces, bool json, struct err *err)
{
    struct bytes document = {0};
    struct replacing replacing = {.path = replaces};
    struct pol_trust *trust = NULL;
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);

    enum status st = file_read(path, LIMIT_TRUST_BYTES, &document, err);
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(&document), &trust, err);
    }
    if (st == ST_OK) {
        st = check_change(&replacing, bytes_span(&document), err);
    }
    if (st == ST_OK) {
        st = adm_print(&text,
                       json ? write_json(trust, &replacing, &text)
                            : write_text(trust, &replacing, &text),
                       err);
    }
    bytes_free(&text);
    bytes_free(&replacing.old);
    pol_trust_free(trust);
    bytes_free(&document);
    return st;
}

static enum status trust_new(int argc, char *const *argv, struct err *err)
{
    struct trust_new wish = {0};
    bool json = false;
    const struct adm_option options[] = {
        {.name = "--key", .value = "FILE.pub.pem", .needed = true, .list = &wish.keys},
        {.name = "--rollout", .value = "NAME", .needed = true, .list = &wish.rollouts},
        {.name = "--threshold", .value = "NUMBER", .text = &wish.threshold},
        {.name = "--version", .value = "NUMBER", .text = &wish.version},
        {.name = "--out", .value = "TRUST.json", .needed = true, .text = &wish.out},
        {.name = "--json", .flag = &json},
    };
    const struct adm_syntax syntax = {.command = "trust new",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st == ST_OK) {
        st = write_trust(&wish, err);
    }
    return st == ST_OK ? show(wish.out, NULL, json, err) : st;
}

static enum status trust_show(int argc, char *const *argv, struct err *err)
{
    const char *path = NULL;
    const char *replaces = NULL;
    bool json = false;
    const struct adm_option options[] = {
        {.name = "--replaces", .value = "OLD.json", .text = &replaces},
        {.name = "--json", .flag = &json},
    };
    const struct adm_syntax syntax = {
        .command = "trust show", .options = options, .option_count = 2, .operands = {"FILE"}};

    enum status st = adm_options_read(&syntax, argc, argv, &path, err);
    return st == ST_OK ? show(path, replaces, json, err) : st;
}

enum status adm_cmd_trust(int argc, char *const *argv, struct err *err)
{
    if (argc > 0 && strcmp(argv[0], "new") == 0) {
        return trust_new(argc - 1, argv + 1, err);
    }
    if (argc > 0 && strcmp(argv[0], "show") == 0) {
        return trust_show(argc - 1, argv + 1, err);
    }
    return adm_usage(err, "trust needs \"new\" or \"show\": see 'mapi-rollout trust --help'");
}
