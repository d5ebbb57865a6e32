#include "agent/enroll.h"

#include "base/file.h"
#include "policy/json_read.h"
#include "policy/json_write.h"

#include <stdio.h>
#include <string.h>

enum { HTTP_CREATED = 201, HTTP_UNAUTHORIZED = 401, HTTP_FORBIDDEN = 403 };
enum {
    ROTATE_AFTER_S = 30 * 86400,
    DAY_S = 86400, /* the old token is good for a day: never sooner again than that */
    DAY_MS = DAY_S * 1000,
};

static const char DEVICE_FILE[] = "device.sealed";
static const char SECRET_FILE[] = "enroll.sealed";

/* Visible ASCII only: it goes into a header. */
static bool is_token(const char *text, size_t most_bytes)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        if (text[i] < 0x21 || text[i] > 0x7e) {
            return false;
        }
    }
    return length > 0 && length <= most_bytes;
}

static enum status keep_token(struct bytes *place, const char *text)
{
    struct bytes copy = bytes_with_limit(AG_TOKEN_MOST_BYTES);
    enum status st = bytes_append_text(&copy, text);
    if (st == ST_OK) {
        bytes_wipe(place);
        *place = copy;
    }
    return st;
}

/* ---- the device --------------------------------------------------------------------------- */

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* What cannot be read today says nothing. */
static bool is_same_fact(const char *stored, const char *now)
{
    return stored[0] == '\0' || now[0] == '\0' || strcmp(stored, now) == 0;
}

static bool is_same_machine(const struct pol_at *root, const struct ag_host *host)
{
    const char *name = "";
    const char *guid = "";
    const char *sid = "";
    (void)pol_read_text(root, "host_name", POL_OPTIONAL, LIMIT_STRING_BYTES, &name);
    (void)pol_read_text(root, "machine_guid", POL_OPTIONAL, LIMIT_STRING_BYTES, &guid);
    (void)pol_read_text(root, "computer_sid", POL_OPTIONAL, LIMIT_STRING_BYTES, &sid);
    return strcmp(name, or_empty(host->name)) == 0 &&
           is_same_fact(guid, or_empty(host->machine_guid)) &&
           is_same_fact(sid, or_empty(host->computer_sid));
}

/* Id and token out of a document of ours or the server's. */
static enum status read_device(struct ag_enroll *enroll, const struct pol_at *root, struct err *err)
{
    const char *id = NULL;
    const char *token = NULL;
    (void)pol_read_text(root, "device_id", POL_REQUIRED, AG_DEVICE_ID_BYTES - 1, &id);
    (void)pol_read_text(root, "device_token", POL_REQUIRED, AG_TOKEN_MOST_BYTES, &token);
    enum status st = pol_problems_status(root->problems, err);
    if (st == ST_OK &&
        (!is_token(id, AG_DEVICE_ID_BYTES - 1) || !is_token(token, AG_TOKEN_MOST_BYTES))) {
        st = err_refuse(err, "out_of_range", "", "device id or token is malformed");
    }
    if (st == ST_OK) {
        st = keep_token(&enroll->token, token);
    }
    if (st == ST_OK) {
        memcpy(enroll->device_id, id, strlen(id) + 1);
    }
    return st;
}

static enum status parse_device(struct ag_enroll *enroll, struct span document, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_ENROLL_BYTES);
    struct pol_problems problems = {.count = 0};
    struct pol_json *json = NULL;
    int64_t at_s = 0;
    enum status st = pol_json_parse(document, &limits, &json, err);
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(json, &problems);
        if (!is_same_machine(&root, enroll->host)) {
            st = err_set(err, ST_NOT_FOUND, 0,
                         "the stored device belongs to another machine: this one is a copy");
            enroll->is_copy = true;
        } else {
            (void)pol_read_time(&root, "enrolled_at", POL_REQUIRED, &at_s);
            st = read_device(enroll, &root, err);
        }
    }
    if (st == ST_OK) {
        enroll->enrolled_at_s = at_s;
    }
    pol_json_free(json);
    return st;
}

static enum status load_device(struct ag_enroll *enroll, struct err *why)
{
    const struct ag_vault *vault = enroll->vault;
    struct bytes document = {0};
    enum status st = vault->read_secret(vault->ctx, DEVICE_FILE, &document, why);
    if (st == ST_OK) {
        st = parse_device(enroll, bytes_span(&document), why);
    } else if (st == ST_NOT_FOUND) {
        *why = (struct err){.st = ST_OK};
    }
    bytes_wipe(&document);
    return st == ST_NO_MEMORY ? st : ST_OK; /* what cannot be loaded is asked for again */
}

static enum status save_device(const struct ag_enroll *enroll, struct err *err)
{
    const struct ag_vault *vault = enroll->vault;
    struct bytes document = bytes_with_limit(LIMIT_ENROLL_BYTES);
    struct pol_json_writer w = pol_json_write_start(&document);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "device_id", enroll->device_id);
    pol_json_text(&w, "device_token", bytes_text(&enroll->token));
    pol_json_time(&w, "enrolled_at", enroll->enrolled_at_s);
    pol_json_text(&w, "host_name", enroll->host->name);
    pol_json_text(&w, "machine_guid", enroll->host->machine_guid);
    pol_json_text(&w, "computer_sid", enroll->host->computer_sid);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        st = vault->write_secret(vault->ctx, DEVICE_FILE, bytes_span(&document), err);
    } else {
        st = err_set(err, st, 0, "cannot write the device down");
    }
    bytes_wipe(&document);
    return st;
}

/* ---- the secret --------------------------------------------------------------------------- */

/* One line of text, the line's end not included. */
static enum status take_secret(struct ag_enroll *enroll, struct bytes *text, struct err *why)
{
    char *line = (char *)text->data;
    size_t length = line != NULL ? strcspn(line, " \t\r\n") : 0;
    if (length == 0 || strspn(line + length, " \t\r\n") + length != text->size) {
        return err_refuse(why, "out_of_range", "", "the enroll secret must be one line of text");
    }
    line[length] = '\0';
    if (!is_token(line, AG_TOKEN_MOST_BYTES)) {
        return err_refuse(why, "out_of_range", "",
                          "the enroll secret has characters that no "
                          "secret of ours has, or is too long");
    }
    return keep_token(&enroll->secret, line);
}

static enum status load_sealed_secret(struct ag_enroll *enroll, struct err *why)
{
    const struct ag_vault *vault = enroll->vault;
    struct bytes text = {0};
    enum status st = vault->read_secret(vault->ctx, SECRET_FILE, &text, why);
    if (st == ST_OK) {
        st = take_secret(enroll, &text, why);
    }
    bytes_wipe(&text);
    return st;
}

/* The file wins; without it the sealed copy of an earlier start does. */
static enum status load_secret(struct ag_enroll *enroll, const char *secret_file, struct err *why)
{
    const struct ag_vault *vault = enroll->vault;
    struct bytes text = {0};
    struct err at_file = {.st = ST_OK};
    enum status st = file_read(secret_file, AG_SECRET_BYTES, &text, &at_file);
    if (st == ST_OK) {
        st = take_secret(enroll, &text, &at_file);
    }
    bytes_wipe(&text);
    if (st == ST_OK) {
        return vault->write_secret(vault->ctx, SECRET_FILE, bytes_span(&enroll->secret), why);
    }
    bool sealed = load_sealed_secret(enroll, NULL) == ST_OK;
    if (!sealed || st != ST_NOT_FOUND) { /* a file that is gone did its duty */
        *why = at_file;
    }
    return sealed ? ST_OK : st;
}

enum status ag_enroll_open(struct ag_enroll *enroll, const struct ag_vault *vault,
                           const struct ag_host *host, const char *secret_file, struct err *why)
{
    struct err at_secret = {.st = ST_OK};
    *enroll = (struct ag_enroll){.vault = vault, .host = host};
    *why = (struct err){.st = ST_OK};
    enum status st = load_device(enroll, why);
    if (st == ST_OK && secret_file != NULL) {
        st = load_secret(enroll, secret_file, &at_secret);
    }
    if (at_secret.st != ST_OK) {
        *why = at_secret;
    }
    return st == ST_NO_MEMORY ? st : ST_OK;
}

void ag_enroll_done(struct ag_enroll *enroll)
{
    bytes_wipe(&enroll->token);
    bytes_wipe(&enroll->secret);
    *enroll = (struct ag_enroll){0};
}

/* ---- asking the server -------------------------------------------------------------------- */

static bool can_prove(const struct ag_enroll *enroll)
{
    return enroll->token.size > 0 && !enroll->proof_refused;
}

/* Old, or from a future that a wrong clock showed when it came: then the clock gets a day to be put
 * right before its word counts. */
static bool is_to_be_rotated(const struct ag_enroll *enroll, int64_t now_s, uint64_t held_ms)
{
    bool first = enroll->generation == 0; /* it is an earlier run's */
    bool settled = held_ms >= DAY_MS;
    bool old = now_s - enroll->enrolled_at_s >= ROTATE_AFTER_S;
    bool from_the_future = enroll->enrolled_at_s - now_s > DAY_S;
    return (old && (first || settled)) || (from_the_future && settled);
}

bool ag_enroll_is_wanted(const struct ag_enroll *enroll, int64_t now_s, uint64_t held_ms)
{
    bool needed = enroll->token.size == 0 || enroll->token_refused ||
                  is_to_be_rotated(enroll, now_s, held_ms);
    return needed && (can_prove(enroll) || enroll->secret.size > 0);
}

const char *ag_enroll_token(const struct ag_enroll *enroll)
{
    bool holds = enroll->token.size > 0 && !enroll->token_refused;
    return holds ? bytes_text(&enroll->token) : NULL;
}

void ag_enroll_refuse_token(struct ag_enroll *enroll)
{
    enroll->token_refused = true;
}

enum status ag_enroll_request(struct ag_enroll *enroll, struct bytes *body, struct ag_request *out,
                              struct err *err)
{
    struct pol_json_writer w = pol_json_write_start(body);
    pol_json_object(&w, NULL);
    pol_json_object(&w, "host");
    pol_json_text(&w, "name", enroll->host->name);
    pol_json_text(&w, "fqdn", enroll->host->fqdn);
    pol_json_text(&w, "domain", enroll->host->domain);
    pol_json_text(&w, "machine_guid", enroll->host->machine_guid);
    pol_json_text(&w, "computer_sid", enroll->host->computer_sid);
    pol_json_close_object(&w);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot write the request for enrolling");
    }
    enroll->by_token = can_prove(enroll);
    *out = (struct ag_request){
        .path = "/v1/enroll",
        .bearer = enroll->by_token ? NULL : bytes_text(&enroll->secret),
        .device_token = enroll->by_token ? bytes_text(&enroll->token) : NULL,
        .body = bytes_span(body),
        .answer_limit_bytes = LIMIT_ENROLL_BYTES,
    };
    return ST_OK;
}

static enum ag_enroll_result take_device(struct ag_enroll *enroll, const struct ag_answer *answer,
                                         int64_t now_s, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_ENROLL_BYTES);
    struct pol_problems problems = {.count = 0};
    struct pol_json *json = NULL;
    char before[AG_DEVICE_ID_BYTES];
    memcpy(before, enroll->device_id, sizeof before);

    enum status st = pol_json_parse(bytes_span(&answer->body), &limits, &json, err);
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(json, &problems);
        st = read_device(enroll, &root, err);
    }
    pol_json_free(json);
    if (st != ST_OK) {
        return AG_ENROLL_LATER;
    }
    enroll->enrolled_at_s = now_s;
    enroll->token_refused = false;
    enroll->proof_refused = false;
    enroll->generation++;
    if (save_device(enroll, err) == ST_OK) {
        *err = (struct err){.st = ST_OK};
    }
    return strcmp(before, enroll->device_id) == 0 ? AG_ENROLL_SAME_DEVICE : AG_ENROLL_NEW_DEVICE;
}

enum ag_enroll_result ag_enroll_take(struct ag_enroll *enroll, const struct ag_answer *answer,
                                     int64_t now_s, struct err *err)
{
    if (answer->st != ST_OK) {
        *err = answer->err;
        return AG_ENROLL_LATER;
    }
    if (answer->http == HTTP_CREATED) {
        return take_device(enroll, answer, now_s, err);
    }
    if (answer->http == HTTP_UNAUTHORIZED || answer->http == HTTP_FORBIDDEN) {
        enroll->proof_refused = enroll->by_token || enroll->proof_refused;
        (void)err_set(err, ST_DENIED, 0, "the server refused the %s",
                      enroll->by_token ? "old device token" : "enroll secret");
        return AG_ENROLL_REFUSED;
    }
    (void)err_set(err, ST_BUSY, 0, "the server answered %d to enrolling", answer->http);
    return AG_ENROLL_LATER;
}
