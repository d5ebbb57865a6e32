#include "admin/to_sign.h"

#include "admin/out_file.h"
#include "base/file.h"
#include "policy/json_read.h"
#include "policy/signature_form.h"

#include <inttypes.h>
#include <string.h>

enum {
    PATH_MOST_BYTES = 4096,
    ANSWERS_BYTES = 1024 * 1024, /* 51 policies by 8 keys have about 70 KB */
    ANSWERS_ITEMS = 1024,
};

static enum status name_file(const char *folder, const char *item, const char *end,
                             struct bytes *out, struct err *err)
{
    *out = bytes_with_limit(PATH_MOST_BYTES);
    enum status st = bytes_append_format(out, "%s/%s%s", folder, item, end);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the path %s is too long", folder);
}

/* ---- out ---------------------------------------------------------------------------------- */

static enum status write_item(const struct pol_detached *detached, size_t i, const char *folder,
                              struct err *err)
{
    struct bytes path = {0};
    struct bytes input = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    enum status st = name_file(folder, pol_detached_item_name(detached, i), "", &path, err);
    if (st == ST_OK) {
        st = pol_detached_item_input(detached, i, &input, err);
    }
    if (st == ST_OK) {
        st = file_write(bytes_text(&path), bytes_span(&input), FILE_FOR_ALL, err);
    }
    bytes_free(&input);
    bytes_free(&path);
    return st;
}

enum status adm_to_sign_write(const struct pol_detached *detached, const char *folder,
                              struct err *err)
{
    enum status st = file_make_folder(folder, err);
    for (size_t i = 0; st == ST_OK && i < pol_detached_item_count(detached); i++) {
        st = write_item(detached, i, folder, err);
    }
    return st;
}

enum status adm_to_sign_save(struct span file, bool is_bundle, const char *path, const char *folder,
                             struct pol_detached **next, struct err *err)
{
    struct pol_detached *parsed = NULL;
    enum status st = is_bundle ? ST_OK : pol_detached_parse(file, &parsed, err);
    if (st == ST_OK && parsed != NULL && folder != NULL) {
        st = adm_to_sign_write(parsed, folder, err);
    }
    if (st == ST_OK) {
        st = adm_out_replace(path, file, err);
    }
    if (st == ST_OK) {
        *next = parsed;
        parsed = NULL; /* handed over */
    }
    pol_detached_free(parsed);
    return st;
}

/* ---- back in ------------------------------------------------------------------------------ */

static enum status read_from_folder(struct pol_detached *detached, size_t i, const char *folder,
                                    struct err *err)
{
    struct bytes path = {0};
    struct bytes answer = {0};
    enum status st = name_file(folder, pol_detached_item_name(detached, i), ".sig", &path, err);
    if (st == ST_OK) {
        st = file_read(bytes_text(&path), SIGNATURE_TEXT_BYTES, &answer, err);
    }
    if (st == ST_OK) {
        st = pol_detached_answer(detached, i, bytes_span(&answer), err);
    } else if (st == ST_NOT_FOUND) {
        st = ST_OK; /* another folder or file may have it */
    }
    bytes_free(&answer);
    bytes_free(&path);
    return st;
}

static enum status read_members(struct pol_detached *detached, const struct pol_at *members,
                                struct err *err)
{
    struct pol_at member;
    enum status st = ST_OK;
    for (bool more = pol_first(members, &member); st == ST_OK && more; more = pol_next(&member)) {
        const char *text = NULL;
        size_t i = 0;
        if (!pol_detached_find_item(detached, span_text(member.key), &i)) {
            pol_at_problem(&member, "unknown_field", "nothing of that name is to be signed");
        } else if (pol_at_text(&member, SIGNATURE_TEXT_BYTES, &text)) {
            st = pol_detached_answer(detached, i, span_text(text), err);
        }
    }
    return st;
}

static enum status read_from_file(struct pol_detached *detached, const char *path, struct err *err)
{
    static const char *const MEMBERS[] = {"format", "signatures"};
    static const char *const FORMATS[] = {"mapi-rollout/signatures/1"};
    struct pol_json_limits limits = {.document_bytes = ANSWERS_BYTES,
                                     .string_bytes = SIGNATURE_TEXT_BYTES,
                                     .list_items = ANSWERS_ITEMS,
                                     .nesting = LIMIT_NESTING};
    struct bytes file = {0};
    struct pol_json *json = NULL;
    struct pol_problems problems = {0};
    struct pol_at list;
    size_t ignored = 0;

    enum status st = file_read(path, ANSWERS_BYTES, &file, err);
    if (st == ST_OK) {
        st = pol_json_parse(bytes_span(&file), &limits, &json, err);
    }
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(json, &problems);
        if (pol_read_object(&root, MEMBERS, 2) &&
            pol_read_word(&root, "format", POL_REQUIRED, FORMATS, 1, &ignored) &&
            pol_read_array(&root, "signatures", POL_REQUIRED, ANSWERS_ITEMS, &list, &ignored)) {
            if (pol_at_is_object(&list)) {
                st = read_members(detached, &list, err);
            } else {
                pol_at_problem(&list, "wrong_type", "an object of items is expected");
            }
        }
    }
    if (st == ST_OK) {
        st = pol_problems_status(&problems, err);
    }
    pol_json_free(json);
    bytes_free(&file);
    return st;
}

static bool stop_at_first(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return false;
}

enum status adm_to_sign_read(struct pol_detached *detached, const char *path, struct err *err)
{
    struct err why;
    if (file_list(path, stop_at_first, NULL, &why) != ST_OK) {
        return read_from_file(detached, path, err);
    }
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < pol_detached_item_count(detached); i++) {
        st = read_from_folder(detached, i, path, err);
    }
    return st;
}

/* ---- telling ------------------------------------------------------------------------------ */

enum status adm_to_sign_describe(const struct pol_detached *detached, const char *path,
                                 const char *folder, struct bytes *out)
{
    bool first = pol_detached_round(detached) == POL_DOCUMENT_POLICY;
    enum status st = bytes_append_format(
        out, "round %s of 2: rollout %s, serial %" PRIu32 ", %zu signatures of %zu keys on %s\n",
        first ? "1" : "2", pol_detached_rollout(detached), pol_detached_serial(detached),
        pol_detached_item_count(detached), pol_detached_key_count(detached),
        first ? "the policies" : "the bundle");
    for (size_t i = 0; st == ST_OK && i < pol_detached_key_count(detached); i++) {
        st = bytes_append_format(out, "by     %s\n", pol_detached_kid(detached, i));
    }
    if (st == ST_OK) {
        st = bytes_append_format(out, "sign   %s%s\n", folder != NULL ? folder : path,
                                 folder != NULL ? "/*, each into a file of that name and .sig"
                                                : " says what and how");
    }
    if (st == ST_OK) {
        st = bytes_append_format(out, "then   mapi-rollout attach %s %s --out %s\n", path,
                                 folder != NULL ? folder : "SIGNATURES.json",
                                 first ? "ROUND2.json" : "BUNDLE.json");
    }
    return st;
}

void adm_to_sign_json(const struct pol_detached *detached, struct pol_json_writer *w)
{
    bool first = pol_detached_round(detached) == POL_DOCUMENT_POLICY;
    pol_json_text(w, "to_sign", first ? "policies" : "bundle");
    pol_json_text(w, "rollout", pol_detached_rollout(detached));
    pol_json_integer(w, "serial", pol_detached_serial(detached));
    pol_json_array(w, "signers");
    for (size_t i = 0; i < pol_detached_key_count(detached); i++) {
        pol_json_text(w, NULL, pol_detached_kid(detached, i));
    }
    pol_json_close_array(w);
    pol_json_array(w, "items");
    for (size_t i = 0; i < pol_detached_item_count(detached); i++) {
        pol_json_text(w, NULL, pol_detached_item_name(detached, i));
    }
    pol_json_close_array(w);
}
