#include "admin/answer.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/status_text.h"
#include "admin/table.h"
#include "admin/terminal.h"
#include "admin/user_view.h"
#include "base/clock.h"
#include "policy/json_write.h"

enum { WATCH_EVERY_MS = 2000, FAILING_MOST = 10, FAILING_COLUMNS = 4 };

/* The two answers, as the server gave them. */
static enum status write_json(const struct adm_answer *rollout, const struct adm_answer *fleet,
                              struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_raw(&w, "rollout", bytes_span(&rollout->body));
    pol_json_raw(&w, "compliance", bytes_span(&fleet->body));
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status add_failing(void *ctx, const struct pol_at *item, struct err *err)
{
    struct adm_table *table = ctx;
    struct adm_user_view user;

    adm_user_read(item, &user);
    adm_table_cell(table, user.account != NULL ? user.account : user.sid);
    adm_table_cell(table, user.host);
    adm_table_cell(table, user.state);
    adm_table_cell(table, user.error != NULL ? user.error : user.observed);
    return table->st == ST_OK ? ST_OK : err_set(err, table->st, 0, "too many users for a table");
}

/* Those whom a gate counts as failing, the first few of each kind. */
static enum status append_failing(struct adm_client *client,
                                  const struct adm_compliance_view *fleet, struct bytes *out,
                                  struct err *err)
{
    static const char *const HEAD[FAILING_COLUMNS] = {"FAILING", "HOST", "STATE", "REASON"};
    static const enum pol_state FAILING[] = {POL_STATE_ERROR, POL_STATE_MISMATCH};
    static const char *const QUERIES[] = {"state=error", "state=mismatch"};
    struct adm_table table = adm_table_with(FAILING_COLUMNS);
    enum status st = ST_OK;

    for (size_t i = 0; i < FAILING_COLUMNS; i++) {
        adm_table_cell(&table, HEAD[i]);
    }
    for (size_t i = 0; st == ST_OK && i < sizeof FAILING / sizeof FAILING[0]; i++) {
        const struct adm_pages pages = {.path = "/v1/users",
                                        .query = QUERIES[i],
                                        .list = "users",
                                        .most = FAILING_MOST,
                                        .visit = add_failing,
                                        .ctx = &table};
        st = fleet->state[FAILING[i]] > 0 ? adm_pages_walk(client, &pages, err) : ST_OK;
    }
    if (st == ST_OK && table.count > FAILING_COLUMNS) {
        st = bytes_append_text(out, "\n");
        st = st == ST_OK ? adm_table_write(&table, out) : st;
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "too many users to show");
    }
    adm_table_done(&table);
    return st;
}

static enum status write_text(struct adm_client *client, const struct adm_answer *rollout_answer,
                              const struct adm_answer *fleet_answer, struct bytes *out,
                              struct err *err)
{
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;

    enum status st = adm_rollout_read(rollout_answer, &rollout, err);
    if (st == ST_OK) {
        st = adm_compliance_read(fleet_answer, &fleet, err);
    }
    if (st == ST_OK) {
        st = adm_status_text(&rollout, &fleet, clock_wall_s(), out);
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "the status is too long to show");
    }
    return st == ST_OK ? append_failing(client, &fleet, out, err) : st;
}

static enum status show(struct adm_client *client, bool json, bool clear, struct err *err)
{
    struct adm_answer rollout = {.json = NULL};
    struct adm_answer fleet = {.json = NULL};
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status written = clear ? bytes_append_text(&text, "\x1b[H\x1b[2J") : ST_OK;

    enum status st = adm_answer_get(client, "/v1/rollout", &rollout, err);
    if (st == ST_OK) {
        st = adm_answer_get(client, "/v1/compliance", &fleet, err);
    }
    if (st == ST_OK && json) {
        written = write_json(&rollout, &fleet, &text);
    } else if (st == ST_OK) {
        st = write_text(client, &rollout, &fleet, &text, err);
    }
    if (st == ST_OK) {
        st = adm_print(&text, written, err);
    }
    bytes_free(&text);
    adm_answer_done(&fleet);
    adm_answer_done(&rollout);
    return st;
}

enum status adm_cmd_status(int argc, char *const *argv, struct err *err)
{
    bool watch = false;
    bool json = false;
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--watch", .flag = &watch},
        {.name = "--json", .flag = &json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "status",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};
    struct adm_client *client = NULL;

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st == ST_OK) {
        st = adm_connect(&connection, &client, err);
    }
    if (st == ST_OK) {
        st = show(client, json, watch && !json && adm_terminal_shows(), err);
    }
    while (st == ST_OK && watch) {
        adm_terminal_pause(WATCH_EVERY_MS);
        st = show(client, json, !json && adm_terminal_shows(), err);
    }
    adm_client_free(client);
    return st;
}
