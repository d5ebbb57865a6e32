#include "admin/connection.h"

#include "admin/secret.h"
#include "admin/terminal.h"
#include "base/file.h"
#include "policy/json_read.h"

#include <stdlib.h>

enum { CONFIG_BYTES = 16 * 1024, PATH_BYTES = 4096 };

struct found {
    char *server;
    char *ca;
    char *token_file;
};

static void free_found(struct found *found)
{
    free(found->server);
    free(found->ca);
    free(found->token_file);
    *found = (struct found){0};
}

static enum status name_config(struct bytes *out)
{
    static const char *const PLACES[][2] = {
        {"XDG_CONFIG_HOME", ""}, {"HOME", "/.config"}, {"APPDATA", ""}};
    enum status st = ST_OK;
    bool done = false;
    for (size_t i = 0; !done && i < sizeof PLACES / sizeof PLACES[0]; i++) {
        char *base = adm_environment(PLACES[i][0]);
        if (base != NULL) {
            st = bytes_append_format(out, "%s%s/mapi-rollout/config.json", base, PLACES[i][1]);
            done = true;
        }
        free(base);
    }
    return st;
}

/* Keep what is set already: the stronger source was asked first. */
static enum status keep(char **slot, const char *value)
{
    if (*slot != NULL || value == NULL) {
        return ST_OK;
    }
    *slot = text_copy(value);
    return *slot != NULL ? ST_OK : ST_NO_MEMORY;
}

static enum status take_environment(struct found *found)
{
    char *server = adm_environment("MAPI_ROLLOUT_SERVER");
    char *ca = adm_environment("MAPI_ROLLOUT_CA");
    char *token_file = adm_environment("MAPI_ROLLOUT_TOKEN_FILE");

    enum status st = keep(&found->server, server);
    if (st == ST_OK) {
        st = keep(&found->ca, ca);
    }
    if (st == ST_OK) {
        st = keep(&found->token_file, token_file);
    }
    free(server);
    free(ca);
    free(token_file);
    return st;
}

static enum status take_members(const struct pol_json *json, struct found *found, struct err *err)
{
    static const char *const ALLOWED[] = {"server", "ca", "token_file"};
    struct pol_problems problems = {.count = 0};
    struct pol_at root = pol_json_root(json, &problems);
    const char *server = NULL;
    const char *ca = NULL;
    const char *token_file = NULL;

    if (pol_read_object(&root, ALLOWED, sizeof ALLOWED / sizeof ALLOWED[0])) {
        (void)pol_read_text(&root, "server", POL_OPTIONAL, PATH_BYTES, &server);
        (void)pol_read_text(&root, "ca", POL_OPTIONAL, PATH_BYTES, &ca);
        (void)pol_read_text(&root, "token_file", POL_OPTIONAL, PATH_BYTES, &token_file);
    }
    enum status st = pol_problems_status(&problems, err);
    if (st == ST_OK) {
        st = keep(&found->server, server);
    }
    if (st == ST_OK) {
        st = keep(&found->ca, ca);
    }
    return st == ST_OK ? keep(&found->token_file, token_file) : st;
}

static enum status take_config(const char *path, struct found *found, struct err *err)
{
    struct bytes document = {0};
    struct pol_json *json = NULL;
    struct pol_json_limits limits = pol_json_limits_document(CONFIG_BYTES);
    limits.string_bytes = PATH_BYTES;

    enum status st = file_read(path, CONFIG_BYTES, &document, err);
    if (st == ST_NOT_FOUND) {
        return ST_OK; /* nobody has to have one */
    }
    if (st == ST_OK) {
        st = pol_json_parse(bytes_span(&document), &limits, &json, err);
    }
    if (st == ST_OK) {
        st = take_members(json, found, err);
    }
    if (st == ST_REFUSED) {
        struct err cause = *err;
        st = err_refuse(err, cause.code, cause.pointer, "%.300s (in %.150s)", cause.text, path);
    }
    pol_json_free(json);
    bytes_free(&document);
    return st;
}

static enum status gather(const struct adm_connection_options *options, struct found *out,
                          struct err *err)
{
    struct bytes config = bytes_with_limit(PATH_BYTES);

    enum status st = keep(&out->server, options->server);
    if (st == ST_OK) {
        st = keep(&out->ca, options->ca);
    }
    if (st == ST_OK) {
        st = keep(&out->token_file, options->token_file);
    }
    if (st == ST_OK) {
        st = take_environment(out);
    }
    if (st == ST_OK) {
        st = name_config(&config);
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "no memory for the settings");
    }
    bool complete = out->server != NULL && out->ca != NULL && out->token_file != NULL;
    if (st == ST_OK && !complete && config.size > 0) {
        st = take_config(bytes_text(&config), out, err);
    }
    bytes_free(&config);
    return st;
}

enum status adm_connect(const struct adm_connection_options *options, struct adm_client **out,
                        struct err *err)
{
    struct found found = {0};
    struct bytes token = {0};

    enum status st = gather(options, &found, err);
    if (st == ST_OK && found.server == NULL) {
        st = adm_usage(err, "which server? give --server URL or set MAPI_ROLLOUT_SERVER");
    }
    if (st == ST_OK && found.token_file == NULL) {
        st = adm_usage(err, "which token? give --token-file FILE or set MAPI_ROLLOUT_TOKEN_FILE");
    }
    if (st == ST_OK) {
        st = adm_secret_read(found.token_file, "token", &token, err);
    }
    if (st == ST_OK) {
        struct adm_target target = {.url = found.server,
                                    .ca_file = found.ca,
                                    .token = bytes_text(&token),
                                    .token_file = found.token_file};
        st = adm_client_open(&target, out, err);
    }
    bytes_wipe(&token);
    free_found(&found);
    return st;
}
