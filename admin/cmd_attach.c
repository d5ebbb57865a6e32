#include "admin/commands.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/to_sign.h"
#include "base/file.h"
#include "policy/json_write.h"

#include <inttypes.h>

struct attaching {
    const char *operands[2]; /* TO_SIGN.json, SIGNATURES */
    struct adm_list also;
    const char *out;
    const char *files;
    bool json;
};

static enum status write_bundle_text(const struct attaching *wish,
                                     const struct pol_detached *detached, struct bytes *out)
{
    enum status st =
        bytes_append_format(out, "signed %s: rollout %s, serial %" PRIu32 "\n", wish->out,
                            pol_detached_rollout(detached), pol_detached_serial(detached));
    for (size_t i = 0; st == ST_OK && i < pol_detached_key_count(detached); i++) {
        st = bytes_append_format(out, "by     %s\n", pol_detached_kid(detached, i));
    }
    return st;
}

static enum status write_json(const struct attaching *wish, const struct pol_detached *detached,
                              const struct pol_detached *next, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "file", wish->out);
    pol_json_boolean(&w, "bundle", next == NULL);
    if (next != NULL) {
        adm_to_sign_json(next, &w);
    } else {
        pol_json_text(&w, "rollout", pol_detached_rollout(detached));
        pol_json_integer(&w, "serial", pol_detached_serial(detached));
        pol_json_array(&w, "signers");
        for (size_t i = 0; i < pol_detached_key_count(detached); i++) {
            pol_json_text(&w, NULL, pol_detached_kid(detached, i));
        }
        pol_json_close_array(&w);
    }
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status show(const struct attaching *wish, const struct pol_detached *detached,
                        const struct pol_detached *next, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = wish->json     ? write_json(wish, detached, next, &text)
                     : next != NULL ? adm_to_sign_describe(next, wish->out, wish->files, &text)
                                    : write_bundle_text(wish, detached, &text);
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

static enum status read_answers(const struct attaching *wish, struct pol_detached *detached,
                                struct err *err)
{
    enum status st = adm_to_sign_read(detached, wish->operands[1], err);
    for (size_t i = 0; st == ST_OK && i < wish->also.count; i++) {
        st = adm_to_sign_read(detached, wish->also.items[i], err);
    }
    return st;
}

static enum status attach(const struct attaching *wish, struct err *err)
{
    struct bytes file = {0};
    struct bytes out = bytes_with_limit(DETACHED_FILE_BYTES);
    struct pol_detached *detached = NULL;
    struct pol_detached *next = NULL;

    enum status st = file_read(wish->operands[0], DETACHED_FILE_BYTES, &file, err);
    if (st == ST_OK) {
        st = pol_detached_parse(bytes_span(&file), &detached, err);
    }
    if (st == ST_OK) {
        st = read_answers(wish, detached, err);
    }
    if (st == ST_OK) {
        st = pol_detached_finish(detached, &out, err);
    }
    if (st == ST_OK) {
        st = adm_to_sign_save(bytes_span(&out), pol_detached_round(detached) == POL_DOCUMENT_BUNDLE,
                              wish->out, wish->files, &next, err);
    }
    if (st == ST_OK) {
        st = show(wish, detached, next, err);
    }
    pol_detached_free(next);
    pol_detached_free(detached);
    bytes_free(&out);
    bytes_free(&file);
    return st;
}

enum status adm_cmd_attach(int argc, char *const *argv, struct err *err)
{
    struct attaching wish = {.json = false};
    const struct adm_option options[] = {
        {.name = "--also", .value = "SIGNATURES", .list = &wish.also},
        {.name = "--files", .value = "DIR", .text = &wish.files},
        {.name = "--out", .value = "FILE", .needed = true, .text = &wish.out},
        {.name = "--json", .flag = &wish.json},
    };
    const struct adm_syntax syntax = {.command = "attach",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"TO_SIGN.json", "SIGNATURES"}};

    enum status st = adm_options_read(&syntax, argc, argv, wish.operands, err);
    return st == ST_OK ? attach(&wish, err) : st;
}
