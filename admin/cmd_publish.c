#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/rollout_show.h"
#include "base/file.h"
#include "policy/limits.h"

#include <inttypes.h>

/* The etag says which bundle we replace: two publishers never overwrite each other unseen. */
static enum status put_bundle(struct adm_client *client, struct span bundle, bool skip,
                              struct adm_answer *out, struct err *err)
{
    struct adm_rollout_view before;

    enum status st = adm_rollout_get(client, &before, err);
    if (st == ST_OK) {
        const struct adm_request request = {.method = "PUT",
                                            .path = skip ? "/v1/rollout?skip=1" : "/v1/rollout",
                                            .if_match = before.bundle_etag,
                                            .body = bundle};
        st = adm_answer_ask(client, &request, out, err);
    }
    return st;
}

static enum status write_text(const struct adm_rollout_view *now, struct bytes *out)
{
    enum status st =
        bytes_append_format(out, "stored serial %" PRIu32 ", stages", now->newest.serial);
    for (size_t i = 0; st == ST_OK && i < now->newest.stage_count; i++) {
        st = bytes_append_format(out, "%s %s", i > 0 ? "," : "", now->newest.stages[i].name);
    }
    return st == ST_OK ? bytes_append_text(out, "; nothing is released by this\n") : st;
}

enum status adm_cmd_publish(int argc, char *const *argv, struct err *err)
{
    const char *path = NULL;
    bool skip = false;
    bool json = false;
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--skip", .flag = &skip},
        {.name = "--json", .flag = &json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "publish",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"BUNDLE.json"}};
    struct bytes bundle = {0};
    struct adm_client *client = NULL;
    struct adm_answer answer = {.json = NULL};

    enum status st = adm_options_read(&syntax, argc, argv, &path, err);
    if (st == ST_OK) {
        st = file_read(path, LIMIT_BUNDLE_BYTES, &bundle, err);
    }
    if (st == ST_OK) {
        st = adm_connect(&connection, &client, err);
    }
    if (st == ST_OK) {
        st = put_bundle(client, bytes_span(&bundle), skip, &answer, err);
    }
    if (st == ST_OK) {
        st = adm_rollout_show(&answer, json, write_text, err);
    }
    adm_answer_done(&answer);
    adm_client_free(client);
    bytes_free(&bundle);
    return st;
}
