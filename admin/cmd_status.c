#include "admin/answer.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/options.h"
#include "admin/status_text.h"
#include "admin/watch.h"
#include "base/clock.h"
#include "policy/json_write.h"

#include <stdlib.h>

enum { WATCH_EVERY_S = 5 };

struct watching {
    struct adm_client *client;
    bool json;
};

/* The two answers as the server gave them, and what was made of the users who fail. */
static enum status write_json(const struct adm_answer *rollout, const struct adm_answer *fleet,
                              const struct adm_failing *failing, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    struct pol_at rollout_root = adm_answer_root(rollout);
    struct pol_at fleet_root = adm_answer_root(fleet);
    pol_json_object(&w, NULL);
    pol_at_write(&rollout_root, &w, "rollout");
    pol_at_write(&fleet_root, &w, "compliance");
    adm_failing_json(failing, &w, "failing");
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status show(const struct watching *watching, const struct adm_answer *rollout,
                        const struct adm_answer *fleet, struct adm_sight *sight, struct err *err)
{
    struct adm_status_view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the status");
    }
    view->now_s = clock_wall_s();
    enum status st = adm_rollout_read(rollout, &view->rollout, err);
    st = st == ST_OK ? adm_compliance_read(fleet, &view->fleet, err) : st;
    st = st == ST_OK ? adm_failing_get(watching->client, &view->fleet, &view->failing, err) : st;
    if (st == ST_OK) {
        st = watching->json ? write_json(rollout, fleet, &view->failing, &sight->picture)
                            : adm_status_text(view, &sight->look, &sight->picture);
        if (st == ST_OK && sight->facts != NULL) {
            adm_status_facts(view, sight->facts);
            st = sight->facts->st;
        }
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "the status is too long to show");
    }
    free(view);
    return st;
}

static enum status look(void *ctx, struct adm_sight *sight, struct err *err)
{
    const struct watching *watching = ctx;
    struct adm_answer rollout = {.json = NULL};
    struct adm_answer fleet = {.json = NULL};

    enum status st = adm_answer_get(watching->client, "/v1/rollout", &rollout, err);
    st = st == ST_OK ? adm_answer_get(watching->client, "/v1/compliance", &fleet, err) : st;
    st = st == ST_OK ? show(watching, &rollout, &fleet, sight, err) : st;
    adm_answer_done(&fleet);
    adm_answer_done(&rollout);
    return st;
}

enum status adm_cmd_status(int argc, char *const *argv, struct err *err)
{
    struct adm_watch watch = {.on = false};
    struct watching watching = {.client = NULL};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        ADM_WATCH_ROW(watch),
        {.name = "--json", .flag = &watching.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "status",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    st = st == ST_OK ? adm_connect(&connection, &watching.client, err) : st;
    if (st == ST_OK) {
        const struct adm_watched watched = {
            .look = look, .ctx = &watching, .json = watching.json, .usual_s = WATCH_EVERY_S};
        st = adm_watch_run(&watch, &watched, err);
    }
    adm_client_free(watching.client);
    return st;
}
