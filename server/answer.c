#include "server/answer.h"

#include "base/log.h"
#include "policy/json_write.h"

#include <stdio.h>
#include <string.h>

/* A list of problems has LIMIT_PROBLEMS, each with a pointer and a sentence. */
enum { PROBLEM_BYTES = 8192, PROBLEMS_BYTES = 128 * 1024, DETAIL_BYTES = 768, TYPE_BYTES = 96 };

enum { RETRY_AFTER_S = 10, RETRY_TEXT_BYTES = 16 };

static const char RETRY_AFTER[] = "Retry-After";

void srv_answer_empty(struct srv_request *rq, unsigned status)
{
    rq->answer.status = status;
}

void srv_answer_json(struct srv_request *rq, unsigned status, struct bytes *take)
{
    rq->answer.status = status;
    rq->answer.type = "application/json";
    rq->answer.text = *take;
    *take = (struct bytes){0};
}

void srv_answer_stream(struct srv_request *rq, const char *type, struct srv_stream *take)
{
    rq->answer.status = 200;
    rq->answer.type = type;
    rq->answer.stream = take;
}

void srv_answer_policy(struct srv_request *rq, struct srv_body *take)
{
    rq->answer.status = 200;
    rq->answer.type = "application/jose+json";
    rq->answer.body = take;
}

void srv_answer_header(struct srv_request *rq, const char *name, const char *value)
{
    struct srv_answer *a = &rq->answer;
    size_t length = strlen(value);
    if (a->header_count < SRV_HEADERS_MAX && length < SRV_HEADER_BYTES) {
        a->headers[a->header_count].name = name;
        memcpy(a->headers[a->header_count].value, value, length + 1);
        a->header_count++;
    }
}

static const char *title_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } TITLES[] = {
        {400, "Malformed request"},
        {401, "Not authenticated"},
        {403, "Not allowed"},
        {404, "Not found"},
        {405, "Method not allowed"},
        {409, "Conflict"},
        {412, "Precondition failed"},
        {413, "Too large"},
        {422, "Not acceptable content"},
        {428, "Precondition required"},
        {429, "Too many requests"},
        {501, "Not built yet"},
        {503, "Not available now"},
    };
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++) {
        if (TITLES[i].status == status) {
            return TITLES[i].title;
        }
    }
    return "Server error";
}

static bool has_header(const struct srv_answer *a, const char *name)
{
    for (size_t i = 0; i < a->header_count; i++) {
        if (strcmp(a->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void tell_retry(struct srv_request *rq, uint32_t wait_s)
{
    char text[RETRY_TEXT_BYTES];
    (void)snprintf(text, sizeof text, "%u", (unsigned)wait_s);
    srv_answer_header(rq, RETRY_AFTER, text);
}

static void start_problem(struct pol_json_writer *json, unsigned status, const char *code,
                          const char *pointer, const char *detail)
{
    char type[TYPE_BYTES];
    (void)snprintf(type, sizeof type, "urn:mapi-rollout:problem:%s", code);
    pol_json_object(json, NULL);
    pol_json_text(json, "type", type);
    pol_json_text(json, "title", title_of(status));
    pol_json_integer(json, "status", status);
    pol_json_text(json, "detail", detail);
    pol_json_text(json, "code", code);
    if (pointer[0] != '\0') {
        pol_json_text(json, "pointer", pointer);
    }
}

/* Takes the buffer. */
static void send_problem(struct srv_request *rq, unsigned status, struct pol_json_writer *json,
                         struct bytes *text)
{
    char instance[TYPE_BYTES];
    (void)snprintf(instance, sizeof instance, "urn:mapi-rollout:request:%s", rq->id);
    pol_json_text(json, "instance", instance);
    pol_json_close_object(json);
    if (pol_json_write_end(json) != ST_OK) {
        bytes_free(text); /* the status still says it */
    }
    srv_answer_json(rq, status, text);
    rq->answer.type = "application/problem+json";
    if ((status == 429 || status == 503) && !has_header(&rq->answer, RETRY_AFTER)) {
        tell_retry(rq, RETRY_AFTER_S);
    }
}

static void write_problem(struct srv_request *rq, unsigned status, const char *code,
                          const char *pointer, const char *detail)
{
    struct bytes text = bytes_with_limit(PROBLEM_BYTES);
    struct pol_json_writer json = pol_json_write_start(&text);
    start_problem(&json, status, code, pointer, detail);
    send_problem(rq, status, &json, &text);
}

void srv_answer_problem(struct srv_request *rq, unsigned status, const char *code,
                        const char *format, ...)
{
    char detail[DETAIL_BYTES] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    write_problem(rq, status, code, "", detail);
}

void srv_answer_limited(struct srv_request *rq, uint32_t wait_s, const char *sentence)
{
    tell_retry(rq, wait_s);
    write_problem(rq, 429, "rate_limited", "", sentence);
}

static unsigned status_of_code(const char *code)
{
    static const struct {
        const char *code;
        unsigned status;
    } CODES[] = {
        {"json_syntax", 400},
        {"json_duplicate_key", 400},
        {"stage_unknown", 404},
        {"safe_released", 409},
        {"stage_regression", 409},
        {"not_yet", 409},
        {"expired", 409},
        {"issued_in_future", 409},
        {"version_rollback", 409},
        {"version_conflict", 409},
        {"serial_skip", 409},
        {"rollout_mismatch", 409},
        {"precondition_failed", 412},
        {"simulation_running", 429},
        {"timed_out", 503},
        {"unavailable", 503},
        {"too_large", 413},
        {"precondition_required", 428},
        {"unsupported", 501},
    };
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        if (strcmp(CODES[i].code, code) == 0) {
            return CODES[i].status;
        }
    }
    return 422;
}

void srv_answer_error(struct srv_request *rq, const struct err *err)
{
    if (err->code != NULL) {
        write_problem(rq, status_of_code(err->code), err->code, err->pointer, err->text);
    } else if (err->st == ST_NOT_FOUND) {
        write_problem(rq, 404, "not_found", "", err->text);
    } else if (err->st == ST_EXISTS) {
        write_problem(rq, 409, "conflict", "", err->text);
    } else if (err->st == ST_BUG) {
        log_failure(LOG_ERROR, "request_failed", err);
        write_problem(rq, 500, "internal", "", "the server made a mistake: its log says which");
    } else {
        log_failure(LOG_ERROR, "request_failed", err);
        write_problem(rq, 503, "unavailable", "", "the server cannot do this now: come again");
    }
}

void srv_answer_problems(struct srv_request *rq, const struct pol_problems *problems)
{
    const struct pol_problem *first = &problems->items[0];
    unsigned status = status_of_code(first->code);
    struct bytes text = bytes_with_limit(PROBLEMS_BYTES);
    struct pol_json_writer json = pol_json_write_start(&text);
    start_problem(&json, status, first->code, first->pointer, first->text);
    pol_json_array(&json, "problems");
    for (size_t i = 0; i < problems->count; i++) {
        pol_json_object(&json, NULL);
        pol_json_text(&json, "code", problems->items[i].code);
        pol_json_text(&json, "pointer", problems->items[i].pointer);
        pol_json_text(&json, "text", problems->items[i].text);
        pol_json_close_object(&json);
    }
    pol_json_close_array(&json);
    pol_json_integer(&json, "problems_found", (int64_t)problems->found);
    send_problem(rq, status, &json, &text);
}
