#include "admin/problem.h"

#include "policy/json_read.h"

#include <string.h>

enum { PROBLEM_BYTES = 64 * 1024, CODE_MOST_BYTES = 64, DETAIL_MOST_BYTES = 4096 };

/* err.code must outlive everything, so a code from the wire is exchanged for our own copy. The
 * document's codes first, then what a server says about requests. */
static const char *const CODES[] = {
    "json_syntax",
    "json_duplicate_key",
    "unknown_field",
    "missing_field",
    "wrong_type",
    "out_of_range",
    "too_large",
    "unknown_ring",
    "ring_circle",
    "duplicate_name",
    "bad_time",
    "bad_version_range",
    "bad_url",
    "signature_invalid",
    "signature_threshold",
    "key_unknown",
    "envelope_malformed",
    "algorithm_refused",
    "type_mismatch",
    "version_rollback",
    "version_conflict",
    "kind_mismatch",
    "expired",
    "not_yet",
    "issued_in_future",
    "rollout_mismatch",
    "trust_rollback",
    "safe_released",
    "stage_unknown",
    "stage_regression",
    "serial_skip",
    "precondition_failed",
    "precondition_required",
    "unsupported",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "rate_limited",
    "conflict",
    "malformed_request",
    "simulation_running",
    "timed_out",
    "filter_unknown",
    "filter_value",
    "export_running",
    "internal",
    "unavailable",
};

static const char *own_copy(const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof CODES / sizeof CODES[0]; i++) {
        if (strcmp(CODES[i], code) == 0) {
            return CODES[i];
        }
    }
    return NULL;
}

const char *adm_problem_code(const char *code)
{
    const char *known = own_copy(code);
    return known != NULL ? known : "refused";
}

/* For servers, and things in front of servers, that give no code. */
static const char *code_of_http(long http)
{
    switch (http) {
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 413: return "too_large";
    case 429: return "rate_limited";
    case 501: return "unsupported";
    case 503: return "unavailable";
    default: return "internal";
    }
}

/* What the server said; NULL: nothing. */
struct problem {
    const char *code;
    const char *detail;
    const char *pointer; /* into the document that was sent */
};

static enum status tell(long http, const struct problem *said, const char *token_file,
                        struct err *err)
{
    const char *code = said->code;
    const char *detail = said->detail;
    const char *known = own_copy(code);
    if (http == 401) {
        return err_refuse(err, "unauthorized", NULL,
                          "the server does not know the token in %s: make one with"
                          " 'mapi-rollout-server token add'",
                          token_file);
    }
    if (http == 403) {
        return err_refuse(err, "forbidden", NULL, "the token in %s may not do this: %s", token_file,
                          detail != NULL ? detail : "it takes a higher role");
    }
    if (known == NULL && code != NULL) {
        return err_refuse(err, code_of_http(http), NULL, "the server says %s: %s", code,
                          detail != NULL ? detail : "no more than that");
    }
    if (detail == NULL) {
        return err_refuse(err, known != NULL ? known : code_of_http(http), NULL,
                          "the server answered %ld and no reason", http);
    }
    return err_refuse(err, known != NULL ? known : code_of_http(http), said->pointer, "%s", detail);
}

enum status adm_problem_read(long http, struct span body, const char *token_file, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(PROBLEM_BYTES);
    struct pol_json *json = NULL;
    struct pol_problems problems = {.count = 0};
    struct problem said = {.code = NULL};
    struct err not_json;

    if (http < 400 || http > 599) {
        return err_set(err, ST_IO, 0,
                       "unexpected answer %ld: is the URL that of the server's administrators'"
                       " listener?",
                       http);
    }
    limits.string_bytes = DETAIL_MOST_BYTES;
    if (pol_json_parse(body, &limits, &json, &not_json) == ST_OK) {
        struct pol_at root = pol_json_root(json, &problems);
        if (pol_at_is_object(&root)) {
            (void)pol_read_text(&root, "code", POL_OPTIONAL, CODE_MOST_BYTES, &said.code);
            (void)pol_read_text(&root, "detail", POL_OPTIONAL, DETAIL_MOST_BYTES, &said.detail);
            (void)pol_read_text(&root, "pointer", POL_OPTIONAL, ERR_POINTER_BYTES, &said.pointer);
        }
    }
    enum status st = tell(http, &said, token_file, err);
    pol_json_free(json);
    return st;
}
