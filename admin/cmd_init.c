#include "admin/certificate.h"
#include "admin/commands.h"
#include "admin/folder.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/secret.h"
#include "admin/starter.h"
#include "base/clock.h"
#include "base/file.h"
#include "policy/json_write.h"
#include "policy/limits.h"
#include "policy/trust.h"

#include <string.h>

enum { PATH_BYTES = 4096 };

static const char *const FILES[] = {
    "README.txt", "plan.json", "trust.json", "signing.pem", "signing.pub.pem",
    "ca.pem",     "ca.key",    "server.pem", "server.key",  "install-agent.cmd",
};

struct wish {
    const char *folder; /* as given */
    const char *passphrase_file;
    struct adm_starter starter;
    bool json;
};

static enum status join(const char *folder, const char *name, struct bytes *out, struct err *err)
{
    *out = bytes_with_limit(PATH_BYTES);
    enum status st = bytes_append_format(out, "%s/%s", folder, name);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the path %s is too long", folder);
}

static enum status put(const char *folder, const char *name, struct span content,
                       enum file_access access, struct err *err)
{
    struct bytes path = {0};
    enum status st = join(folder, name, &path, err);
    if (st == ST_OK) {
        st = file_create(bytes_text(&path), content, access, err);
    }
    bytes_free(&path);
    return st;
}

static enum status put_keys(const char *folder, const struct wish *wish, struct err *err)
{
    struct bytes path = {0};
    struct bytes public_path = bytes_with_limit(PATH_BYTES);
    struct bytes passphrase = bytes_with_limit(ADM_SECRET_BYTES);
    struct bytes trust = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct pol_public_key key;

    enum status st = join(folder, "signing.pem", &path, err);
    if (st == ST_OK && wish->passphrase_file != NULL) {
        st = adm_secret_read(wish->passphrase_file, "passphrase", &passphrase, err);
    }
    if (st == ST_OK) {
        st = adm_key_create(bytes_text(&path), bytes_span(&passphrase), &public_path, &key, err);
    }
    if (st == ST_OK) {
        st = pol_trust_write(1, 1, &wish->starter.rollout, 1, &key, 1, &trust, err);
    }
    if (st == ST_OK) {
        st = put(folder, "trust.json", bytes_span(&trust), FILE_FOR_ALL, err);
    }
    bytes_free(&path);
    bytes_free(&public_path);
    bytes_wipe(&passphrase);
    bytes_free(&trust);
    return st;
}

static enum status put_certificates(const char *folder, const struct wish *wish, struct err *err)
{
    struct adm_certificates made = {0};
    enum status st = adm_certificates_make(wish->starter.host, wish->starter.now_s, &made, err);
    if (st == ST_OK) {
        st = put(folder, "ca.pem", bytes_span(&made.ca), FILE_FOR_ALL, err);
    }
    if (st == ST_OK) {
        st = put(folder, "ca.key", bytes_span(&made.ca_key), FILE_FOR_OWNER, err);
    }
    if (st == ST_OK) {
        st = put(folder, "server.pem", bytes_span(&made.server), FILE_FOR_ALL, err);
    }
    if (st == ST_OK) {
        st = put(folder, "server.key", bytes_span(&made.server_key), FILE_FOR_OWNER, err);
    }
    adm_certificates_done(&made);
    return st;
}

static enum status put_text(const char *folder, const char *name,
                            enum status (*write)(const struct adm_starter *, struct bytes *),
                            const struct wish *wish, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_STARTER_BYTES);
    enum status st = write(&wish->starter, &text);
    st = st == ST_OK ? put(folder, name, bytes_span(&text), FILE_FOR_ALL, err)
                     : err_set(err, st, 0, "no room for %s", name);
    bytes_free(&text);
    return st;
}

static enum status fill_folder(const char *folder, const struct wish *wish, struct err *err)
{
    enum status st = put_keys(folder, wish, err);
    if (st == ST_OK) {
        st = put_certificates(folder, wish, err);
    }
    if (st == ST_OK) {
        st = put_text(folder, "plan.json", adm_starter_plan, wish, err);
    }
    if (st == ST_OK) {
        st = put_text(folder, "README.txt", adm_starter_readme, wish, err);
    }
    if (st == ST_OK) {
        st = put_text(folder, "install-agent.cmd", adm_starter_agent_script, wish, err);
    }
    return st;
}

/* Remove what this run made. */
static enum status clear_folder(const char *folder, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < sizeof FILES / sizeof FILES[0]; i++) {
        struct bytes path = {0};
        st = join(folder, FILES[i], &path, err);
        if (st == ST_OK) {
            st = file_remove(bytes_text(&path), err);
            st = st == ST_NOT_FOUND ? ST_OK : st;
        }
        bytes_free(&path);
    }
    if (st == ST_OK) {
        st = adm_folder_remove(folder, err);
    }
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Everything is made beside DIR and renamed: DIR has all of it or none. */
static enum status make_folder(const char *folder, const char *beside, const struct wish *wish,
                               struct err *err)
{
    /* Whose files these are nobody knows: they are not cleared away unasked. */
    enum status st = adm_folder_make_room(beside, err);
    if (st == ST_EXISTS) {
        return err_set(err, st, 0, "%s is there, left by a run that was killed: remove it", beside);
    }
    if (st == ST_OK) {
        st = file_make_folder(beside, err);
    }
    if (st != ST_OK) {
        return st;
    }
    st = fill_folder(beside, wish, err);
    if (st == ST_OK) {
        st = adm_folder_make_room(folder, err);
    }
    if (st == ST_OK) {
        st = adm_folder_move(beside, folder, err);
    }
    if (st != ST_OK) {
        struct err left; /* the first failure is the one to tell; this one only warns */
        if (clear_folder(beside, &left) != ST_OK) {
            adm_print_warning(left.text);
        }
    }
    return st;
}

static enum status show(const struct wish *wish, const char *folder, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (wish->json) {
        struct pol_json_writer w = pol_json_write_start(&text);
        pol_json_object(&w, NULL);
        pol_json_text(&w, "folder", folder);
        pol_json_text(&w, "rollout", wish->starter.rollout);
        pol_json_text(&w, "host", wish->starter.host);
        pol_json_array(&w, "files");
        for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
            pol_json_text(&w, NULL, FILES[i]);
        }
        pol_json_close_array(&w);
        pol_json_close_object(&w);
        st = pol_json_write_end(&w);
        st = st == ST_OK ? bytes_append_text(&text, "\n") : st;
    } else {
        st = bytes_append_format(
            &text,
            "made %s: plan.json, trust.json, signing.pem (%s; keep it"
            " offline),\n  the CA and the server's certificate,"
            " install-agent.cmd\n\nWhat comes next, also in %s/README.txt:\n\n",
            folder, wish->starter.encrypted ? "encrypted" : "not encrypted", folder);
        st = st == ST_OK ? adm_starter_readme(&wish->starter, &text) : st;
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

/* Ends in "." or "..": a folder that is in use, and nothing can be renamed to it. */
static bool is_dots(const char *path, size_t length)
{
    size_t dots = 0;
    while (dots < length && path[length - dots - 1] == '.') {
        dots++;
    }
    char before = dots < length ? path[length - dots - 1] : '/';
    return (dots == 1 || dots == 2) && (before == '/' || before == '\\');
}

/* "made" and "made/" are one place, and the new folder stands beside it. */
static enum status name_folders(const char *given, struct bytes *folder, struct bytes *beside,
                                struct err *err)
{
    size_t length = strlen(given);
    while (length > 1 && (given[length - 1] == '/' || given[length - 1] == '\\')) {
        length--;
    }
    if (is_dots(given, length)) {
        return adm_usage(err, "init makes a new folder: name one, not \"%s\"", given);
    }
    enum status st = bytes_append(folder, given, length);
    if (st == ST_OK) {
        st = bytes_append_format(beside, "%s.unfinished", bytes_text(folder));
    }
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the path %s is too long", given);
}

static enum status init_folder(const struct wish *wish, struct err *err)
{
    struct bytes folder = bytes_with_limit(PATH_BYTES);
    struct bytes beside = bytes_with_limit(PATH_BYTES);

    enum status st = name_folders(wish->folder, &folder, &beside, err);
    if (st == ST_OK) {
        st = adm_folder_make_room(bytes_text(&folder), err);
    }
    if (st == ST_OK) {
        st = make_folder(bytes_text(&folder), bytes_text(&beside), wish, err);
    }
    if (st == ST_OK) {
        st = show(wish, bytes_text(&folder), err);
    }
    bytes_free(&folder);
    bytes_free(&beside);
    return st;
}

enum status adm_cmd_init(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {.starter = {.now_s = clock_wall_s()}};
    const struct adm_option options[] = {
        {.name = "--host", .value = "NAME", .text = &wish.starter.host},
        {.name = "--rollout", .value = "NAME", .text = &wish.starter.rollout},
        {.name = "--passphrase-file", .value = "FILE", .text = &wish.passphrase_file},
        {.name = "--json", .flag = &wish.json},
    };
    const struct adm_syntax syntax = {.command = "init",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"DIR"}};

    enum status st = adm_options_read(&syntax, argc, argv, &wish.folder, err);
    wish.starter.host = wish.starter.host != NULL ? wish.starter.host : "localhost";
    wish.starter.rollout = wish.starter.rollout != NULL ? wish.starter.rollout : "mapi-http";
    wish.starter.encrypted = wish.passphrase_file != NULL;
    if (st == ST_OK && !adm_is_host(wish.starter.host)) {
        st = adm_usage(err,
                       "--host takes a host name (letters, digits, \"-\" and \".\"), not \"%s\"",
                       wish.starter.host);
    }
    if (st == ST_OK) {
        st = adm_option_name("--rollout", wish.starter.rollout, err);
    }
    return st == ST_OK ? init_folder(&wish, err) : st;
}
