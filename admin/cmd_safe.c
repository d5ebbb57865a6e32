#include "admin/audit_view.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/print.h"
#include "policy/json_write.h"
#include "policy/limits.h"

#include <inttypes.h>
#include <string.h>

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

/* What the answer says beside that it was done. */
struct outcome {
    struct adm_audit_view audit;
    int64_t version; /* of the safe policy; 0: not said */
};

/* The brake is on whatever else is in the answer: nothing of it can fail. */
static struct outcome read_outcome(struct span answer)
{
    struct pol_json_limits limits = pol_json_limits_document(ADM_ANSWER_BYTES);
    struct pol_problems problems = {.count = 0};
    struct outcome outcome = {.audit = {.number = -1}};
    struct pol_at released = {.value = NULL};
    struct pol_json *json = NULL;
    struct err ignored;
    if (pol_json_parse(answer, &limits, &json, &ignored) == ST_OK) {
        struct pol_at root = pol_json_root(json, &problems);
        if (pol_at_is_object(&root)) {
            adm_audit_view_read(&root, &outcome.audit);
        }
        if (pol_at_is_object(&root) &&
            pol_read_member(&root, "released", POL_OPTIONAL, &released) &&
            pol_at_is_object(&released)) {
            (void)pol_read_integer(&released, "version", POL_OPTIONAL, 1, VERSION_MOST,
                                   &outcome.version);
        }
    }
    pol_json_free(json);
    return problems.count == 0 ? outcome : (struct outcome){.audit = {.number = -1}};
}

/* What holds now, when machines have it, and how to go on. */
static enum status write_text(const struct wish *wish, const struct outcome *outcome,
                              struct bytes *out)
{
    enum status st = bytes_append_format(
        out, "the safe policy of %s is released: the brake is on\n", wish->rollout);
    st = st == ST_OK
             ? bytes_append_text(out, "machines that wait for news get it within seconds, others"
                                      " when they ask next;\n'mapi-rollout status --watch' shows"
                                      " how many have it\n")
             : st;
    if (st == ST_OK && outcome->version > 0) {
        st = bytes_append_format(out,
                                 "going on takes a bundle with a serial above %" PRId64
                                 ": sign, publish, release\n",
                                 outcome->version / VERSION_STEP);
    } else if (st == ST_OK) {
        st = bytes_append_text(out, "going on takes a bundle with a higher serial: sign, publish,"
                                    " release\n");
    }
    return st == ST_OK ? adm_audit_view_text(&outcome->audit, out) : st;
}

static enum status show(const struct wish *wish, struct span answer, struct err *err)
{
    struct outcome outcome = read_outcome(answer);
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (wish->json) {
        struct pol_json_writer w = pol_json_write_start(&text);
        pol_json_object(&w, NULL);
        pol_json_text(&w, "rollout", wish->rollout);
        pol_json_text(&w, "released", "safe");
        pol_json_integer(&w, "version", outcome.version);
        adm_audit_view_json(&outcome.audit, &w);
        pol_json_close_object(&w);
        st = pol_json_write_end(&w);
        st = st == ST_OK ? bytes_append_text(&text, "\n") : st;
    } else {
        st = write_text(wish, &outcome, &text);
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

/* The other way does not need what failed here: the network, a certificate, a token. */
static bool helps_to_go_there(enum status st, const struct err *err)
{
    static const char *const CODES[] = {"unavailable", "rate_limited", "internal", "unauthorized",
                                        "forbidden"};
    for (size_t i = 0; st == ST_REFUSED && i < sizeof CODES / sizeof CODES[0]; i++) {
        if (err->code != NULL && strcmp(err->code, CODES[i]) == 0) {
            return true;
        }
    }
    return st != ST_REFUSED && st != ST_OK;
}

/* Nobody who is in a hurry shall have to look anything up. */
static enum status tell_what_next(const struct wish *wish, enum status st, struct err *err)
{
    struct err cause = *err;
    if (helps_to_go_there(st, err)) {
        static const char OTHER_WAY[] = "%.330s. Without the network, on the server itself:"
                                        " mapi-rollout-server safe --data DIR --reason TEXT";
        return st == ST_REFUSED ? err_refuse(err, cause.code, cause.pointer, OTHER_WAY, cause.text)
                                : err_set(err, st, cause.os_code, OTHER_WAY, cause.text);
    }
    /* The name is the guard against the wrong server: it is not handed out to be typed after. */
    if (cause.code != NULL && strcmp(cause.code, "rollout_mismatch") == 0) {
        return err_refuse(err, cause.code, cause.pointer,
                          "the rollout of this server is not \"%.100s\", and nothing was released:"
                          " is it the right server? 'mapi-rollout status' shows what it has",
                          wish->rollout);
    }
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
        st = st == ST_OK ? pull(client, &wish, &answer, err) : st;
        st = tell_what_next(&wish, st, err);
    }
    if (st == ST_OK) {
        st = show(&wish, bytes_span(&answer), err);
    }
    bytes_free(&answer);
    adm_client_free(client);
    return st;
}
