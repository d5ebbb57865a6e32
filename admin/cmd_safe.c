#include "admin/audit_view.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/print.h"
#include "policy/json_write.h"

enum { BODY_BYTES = 16 * 1024 };

struct wish {
    const char *reason;
    const char *rollout;
    bool json;
};

static enum status write_body(const struct wish *wish, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "reason", wish->reason);
    pol_json_text(&w, "confirm", wish->rollout);
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

/* One request and no question before it: this is the brake. */
static enum status pull(struct adm_client *client, const struct wish *wish, struct bytes *answer,
                        struct err *err)
{
    struct bytes body = bytes_with_limit(BODY_BYTES);

    enum status st = write_body(wish, &body);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the reason is too long");
    } else {
        const struct adm_request request = {
            .method = "POST", .path = "/v1/rollout/safe", .body = bytes_span(&body)};
        st = adm_client_ask(client, &request, answer, err);
    }
    bytes_free(&body);
    return st;
}

/* Where the audit ends now. The brake is on whatever else is in the answer: nothing of it can fail. */
static struct adm_audit_view read_audit(struct span answer)
{
    struct pol_json_limits limits = pol_json_limits_document(ADM_ANSWER_BYTES);
    struct pol_problems problems = {.count = 0};
    struct adm_audit_view audit = {.number = -1};
    struct pol_json *json = NULL;
    struct err ignored;
    if (pol_json_parse(answer, &limits, &json, &ignored) == ST_OK) {
        struct pol_at root = pol_json_root(json, &problems);
        if (pol_at_is_object(&root)) {
            adm_audit_view_read(&root, &audit);
        }
    }
    pol_json_free(json);
    return problems.count == 0 ? audit : (struct adm_audit_view){.number = -1};
}

static enum status show(const struct wish *wish, struct span answer, struct err *err)
{
    struct adm_audit_view audit = read_audit(answer);
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (wish->json) {
        struct pol_json_writer w = pol_json_write_start(&text);
        pol_json_object(&w, NULL);
        pol_json_text(&w, "rollout", wish->rollout);
        pol_json_text(&w, "released", "safe");
        adm_audit_view_json(&audit, &w);
        pol_json_close_object(&w);
        st = pol_json_write_end(&w);
        st = st == ST_OK ? bytes_append_text(&text, "\n") : st;
    } else {
        st = bytes_append_format(&text,
                                 "the safe policy of %s is released; going on takes a bundle"
                                 " with a higher serial\n",
                                 wish->rollout);
        st = st == ST_OK ? adm_audit_view_text(&audit, &text) : st;
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

enum status adm_cmd_safe(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--reason", .value = "TEXT", .needed = true, .text = &wish.reason},
        {.name = "--confirm", .value = "ROLLOUT", .needed = true, .text = &wish.rollout},
        {.name = "--json", .flag = &wish.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {
        .command = "safe", .options = options, .option_count = sizeof options / sizeof options[0]};
    struct adm_client *client = NULL;
    struct bytes answer = {0};

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st == ST_OK) {
        st = adm_connect(&connection, &client, err);
    }
    if (st == ST_OK) {
        st = pull(client, &wish, &answer, err);
    }
    if (st == ST_OK) {
        st = show(&wish, bytes_span(&answer), err);
    }
    bytes_free(&answer);
    adm_client_free(client);
    return st;
}
