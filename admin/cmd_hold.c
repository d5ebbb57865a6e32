#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/gate_text.h"
#include "admin/rollout_show.h"
#include "policy/json_write.h"

#include <inttypes.h>

enum { BODY_BYTES = 16 * 1024 };

struct wish {
    const char *reason; /* NULL: resume */
    bool json;
};

static enum status write_body(const struct wish *wish, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    if (wish->reason != NULL) {
        pol_json_text(&w, "reason", wish->reason);
    }
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

/* What holds from now on, and what comes next. */
static enum status write_state(const struct adm_rollout_view *now, struct bytes *out)
{
    enum status st = ST_OK;
    if (now->hold.held) {
        st = bytes_append_text(out, "the gates are held");
        st = st == ST_OK && now->released_version > 0
                 ? bytes_append_format(out, ": %s (version %" PRId64 ") stays", now->released_stage,
                                       now->released_version)
                 : st;
        return st == ST_OK ? bytes_append_text(out, " until 'mapi-rollout resume'; release, advance"
                                                    " and safe work all the same\n")
                           : st;
    }
    st = bytes_append_text(out, "the gates go on");
    if (st == ST_OK && now->gate.known) {
        st = bytes_append_text(out, "; ");
        st = st == ST_OK ? adm_gate_sentence(&now->gate, out) : st;
    }
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

/* Held is what somebody looked at: the ETag says which release that was. */
static enum status post(struct adm_client *client, const struct wish *wish, struct adm_answer *out,
                        struct err *err)
{
    struct adm_rollout_view rollout;
    struct bytes body = bytes_with_limit(BODY_BYTES);

    enum status st = adm_rollout_get(client, &rollout, err);
    if (st == ST_OK && write_body(wish, &body) != ST_OK) {
        st = err_set(err, ST_TOO_LARGE, 0, "the reason is too long");
    }
    if (st == ST_OK) {
        const struct adm_request request = {.method = "POST",
                                            .path = wish->reason != NULL ? "/v1/rollout/hold"
                                                                         : "/v1/rollout/resume",
                                            .if_match = rollout.policy_etag,
                                            .body = bytes_span(&body)};
        st = adm_answer_ask(client, &request, out, err);
    }
    bytes_free(&body);
    return st;
}

static enum status act(const struct adm_connection_options *connection, const struct wish *wish,
                       struct err *err)
{
    struct adm_client *client = NULL;
    struct adm_answer answer = {.json = NULL};

    enum status st = adm_connect(connection, &client, err);
    if (st == ST_OK) {
        st = post(client, wish, &answer, err);
    }
    if (st == ST_OK) {
        st = adm_rollout_show(&answer, wish->json, write_state, err);
    }
    adm_answer_done(&answer);
    adm_client_free(client);
    return st;
}

enum status adm_cmd_hold(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--reason", .value = "TEXT", .needed = true, .text = &wish.reason},
        {.name = "--json", .flag = &wish.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {
        .command = "hold", .options = options, .option_count = sizeof options / sizeof options[0]};

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    return st == ST_OK ? act(&connection, &wish, err) : st;
}

enum status adm_cmd_resume(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--json", .flag = &wish.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "resume",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    return st == ST_OK ? act(&connection, &wish, err) : st;
}
