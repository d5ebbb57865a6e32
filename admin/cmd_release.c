#include "admin/commands.h"
#include "admin/compliance_view.h"
#include "admin/connection.h"
#include "admin/json_line.h"
#include "admin/preview.h"
#include "admin/print.h"
#include "admin/rollout_show.h"
#include "admin/terminal.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES = 4096, PREVIEW_BYTES = 64 * 1024, ANSWER_LINE_BYTES = 64 };

struct wish {
    const char *stage; /* NULL: the next one */
    bool confirm_regression;
    bool yes;
    bool dry_run;
    bool json;
};

/* What is known before anybody is asked. */
struct prospect {
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct adm_preview preview;
    struct adm_answer answer; /* of the preview */
};

static const struct adm_stage_view *stage_meant(const struct wish *wish,
                                                const struct adm_rollout_view *rollout)
{
    return wish->stage != NULL ? adm_stage_find(&rollout->newest, wish->stage)
                               : adm_stage_next(rollout);
}

static enum status write_preview(const struct wish *wish, const struct prospect *o,
                                 struct bytes *out)
{
    const struct adm_rollout_view *rollout = &o->rollout;
    const struct adm_compliance_view *fleet = &o->fleet;
    const struct adm_stage_view *to = stage_meant(wish, rollout);
    enum status st = rollout->released_version == 0
                         ? bytes_append_text(out, "from   nothing released yet\n")
                         : bytes_append_format(out, "from   %s (version %" PRId64 ")\n",
                                               rollout->released_stage, rollout->released_version);
    if (st == ST_OK && to != NULL) {
        st = bytes_append_format(out, "to     %s (version %" PRId64 ")\n", to->name, to->version);
    }
    if (st == ST_OK) {
        st = bytes_append_format(out, "users  %" PRId64 " on %" PRId64 " devices now reporting\n",
                                 fleet->users, fleet->devices);
    }
    return st == ST_OK ? adm_preview_text(&o->preview, out) : st;
}

/* What would be refused is not asked about. */
static enum status check_preview(const struct wish *wish, const struct prospect *o, struct err *err)
{
    const struct adm_preview *p = &o->preview;
    if (p->known && p->why.st != ST_OK) {
        *err = p->why;
        return p->why.st;
    }
    if (p->known && p->regressing > 0 && !wish->confirm_regression) {
        return err_refuse(err, "stage_regression", NULL,
                          "%" PRIu64 " of %" PRIu64 " users would go from allow back to block: if "
                          "that is meant, give --confirm-regression",
                          p->regressing, p->users);
    }
    return ST_OK;
}

/* The preview goes to standard error: it belongs to the question, not to the result. */
static enum status ask(const struct wish *wish, const struct prospect *o, struct err *err)
{
    struct bytes preview = bytes_with_limit(PREVIEW_BYTES);
    struct bytes answer = bytes_with_limit(ANSWER_LINE_BYTES);

    enum status st = write_preview(wish, o, &preview);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the preview is too long");
    } else {
        (void)fputs(bytes_text(&preview), stderr);
        st = check_preview(wish, o, err);
    }
    if (st == ST_OK && !wish->yes) {
        st = adm_terminal_read_line("Release it? Type yes: ", &answer, err);
        if (st == ST_OK && strcmp(bytes_text(&answer), "yes") != 0) {
            st = err_set(err, ST_CANCELLED, 0, "nothing was released");
        }
    }
    bytes_free(&preview);
    bytes_free(&answer);
    return st;
}

static enum status write_body(const struct wish *wish, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    if (wish->stage != NULL) {
        pol_json_text(&w, "stage", wish->stage);
    }
    if (wish->confirm_regression) {
        pol_json_boolean(&w, "confirm_regression", true);
    }
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

/* The answer is the new state. */
static enum status post(struct adm_client *client, const struct wish *wish, const char *etag,
                        struct adm_answer *out, struct err *err)
{
    struct bytes body = bytes_with_limit(BODY_BYTES);

    enum status st = write_body(wish, &body);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the name of the stage is too long");
    } else {
        const struct adm_request request = {.method = "POST",
                                            .path = wish->stage != NULL ? "/v1/rollout/release"
                                                                        : "/v1/rollout/advance",
                                            .if_match = etag,
                                            .body = bytes_span(&body)};
        st = adm_answer_ask(client, &request, out, err);
    }
    bytes_free(&body);
    return st;
}

static enum status write_released(const struct adm_rollout_view *now, struct bytes *out)
{
    return bytes_append_format(out, "released %s (version %" PRId64 ")\n", now->released_stage,
                               now->released_version);
}

/* Nobody is asked about a stage that is not there; what else may be wrong the server knows. */
static enum status check_stage(const struct wish *wish, const struct adm_bundle_view *newest,
                               struct err *err)
{
    struct bytes names = bytes_with_limit(ERR_TEXT_BYTES);
    enum status st = ST_OK;

    if (wish->stage != NULL && newest->serial > 0 && adm_stage_find(newest, wish->stage) == NULL) {
        for (size_t i = 0; st == ST_OK && i < newest->stage_count; i++) {
            st = bytes_append_format(&names, " %s", newest->stages[i].name);
        }
        st = err_refuse(err, "stage_unknown", NULL,
                        "serial %" PRIu32 " has no signed stage \"%s\"; it has%s", newest->serial,
                        wish->stage, bytes_text(&names));
    }
    bytes_free(&names);
    return st;
}

/* The preview is of the stage that will be asked for: somebody may have stored a bundle in between. */
static enum status check_meant(const struct wish *wish, const struct prospect *o, struct err *err)
{
    const struct adm_stage_view *to = stage_meant(wish, &o->rollout);
    if (o->preview.known && (to == NULL || to->version != o->preview.version)) {
        return err_refuse(err, "precondition_failed", NULL,
                          "somebody changed the rollout meanwhile: look again");
    }
    return ST_OK;
}

static enum status look(struct adm_client *client, const struct wish *wish, struct prospect *out,
                        struct err *err)
{
    enum status st = adm_rollout_get(client, &out->rollout, err);
    if (st == ST_OK) {
        st = check_stage(wish, &out->rollout.newest, err);
    }
    if (st == ST_OK) {
        st = adm_compliance_get(client, &out->fleet, err);
    }
    if (st == ST_OK) {
        st = adm_preview_get(client, wish->stage, &out->answer, &out->preview, err);
    }
    return st == ST_OK ? check_meant(wish, out, err) : st;
}

/* Here the numbers are the result: without them there is none. */
static enum status show(const struct wish *wish, const struct prospect *o, struct err *err)
{
    struct bytes text = bytes_with_limit(PREVIEW_BYTES);
    if (!o->preview.known) {
        *err = o->preview.why;
        return err->st;
    }
    if (wish->json) {
        struct pol_at root = adm_answer_root(&o->answer);
        return adm_json_line_print(&root, err);
    }
    enum status st = adm_print(&text, write_preview(wish, o, &text), err);
    bytes_free(&text);
    return st;
}

static enum status go_ahead(struct adm_client *client, const struct wish *wish,
                            const struct prospect *o, struct err *err)
{
    struct adm_answer answer = {.json = NULL};
    enum status st = ask(wish, o, err);
    if (st == ST_OK) {
        st = post(client, wish, o->rollout.policy_etag, &answer, err);
    }
    if (st == ST_OK) {
        st = adm_rollout_show(&answer, wish->json, write_released, err);
    }
    adm_answer_done(&answer);
    return st;
}

static enum status release(struct adm_client *client, const struct wish *wish, struct err *err)
{
    struct prospect *o = calloc(1, sizeof *o);
    if (o == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for a look at the server");
    }
    enum status st = look(client, wish, o, err);
    if (st == ST_OK) {
        st = wish->dry_run ? show(wish, o, err) : go_ahead(client, wish, o, err);
    }
    adm_answer_done(&o->answer);
    free(o);
    return st;
}

static enum status run(const char *command, struct wish *wish, int argc, char *const *argv,
                       struct err *err)
{
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--confirm-regression", .flag = &wish->confirm_regression},
        {.name = "--yes", .flag = &wish->yes},
        {.name = "--dry-run", .flag = &wish->dry_run},
        {.name = "--json", .flag = &wish->json},
        ADM_CONNECTION_ROWS(connection),
    };
    bool names_stage = strcmp(command, "release") == 0;
    const struct adm_syntax syntax = {.command = command,
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {names_stage ? "STAGE" : NULL}};
    struct adm_client *client = NULL;

    enum status st = adm_options_read(&syntax, argc, argv, &wish->stage, err);
    if (st == ST_OK && wish->stage != NULL) {
        st = adm_option_name("STAGE", wish->stage, err);
    }
    if (st == ST_OK && !wish->yes && !wish->dry_run && !adm_terminal_asks()) {
        st = adm_usage(err, "%s asks before it acts, and nobody can be asked here: give --yes",
                       command);
    }
    if (st == ST_OK) {
        st = adm_connect(&connection, &client, err);
    }
    if (st == ST_OK) {
        st = release(client, wish, err);
    }
    adm_client_free(client);
    return st;
}

enum status adm_cmd_release(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    return run("release", &wish, argc, argv, err);
}

enum status adm_cmd_advance(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    return run("advance", &wish, argc, argv, err);
}
