#include "tests/fuzz/answers.h"

#include "policy/json_read.h"
#include "tests/fakes/fake_server.h"
#include "tests/fuzz/fuzzing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STATUSES = 12, ANSWER_MOST_BYTES = 16 * 1024 * 1024, WORDS_BYTES = 256 };

struct route {
    const char *method;
    const char *path; /* a final '*' stands for one more segment */
    unsigned statuses[STATUSES];
};

/* Three go without saying: 400 where it is odd how the body ends, 413 where there is a body, 429 where there may
 * be a 401. 503 is left out: here the store can be written, and what is released is at hand. */
static const struct route AGENTS[] = {
    {"GET", "/v1/policy", {200, 204, 304, 429}},
    {"POST", "/v1/reports", {204, 400, 401, 409, 422, 429}},
    {"POST", "/v1/enroll", {201, 400, 401, 422, 429}},
    {"GET", "/healthz", {200}},
    {"GET", "/readyz", {200}},
};

static const struct route ADMINS[] = {
    {"GET", "/v1/rollout", {200, 401}},
    {"PUT", "/v1/rollout", {200, 400, 401, 403, 409, 412, 422, 428}},
    {"POST", "/v1/rollout/release", {200, 400, 401, 403, 404, 409, 412, 422, 428}},
    {"POST", "/v1/rollout/advance", {200, 400, 401, 403, 409, 412, 422, 428}},
    {"POST", "/v1/rollout/hold", {200, 400, 401, 403, 409, 412, 422, 428}},
    {"POST", "/v1/rollout/resume", {200, 400, 401, 403, 409, 412, 422, 428}},
    {"POST", "/v1/rollout/safe", {200, 400, 401, 403, 404, 409, 422}},
    {"GET", "/v1/compliance", {200, 400, 401, 422}},
    {"GET", "/v1/users", {200, 400, 401, 422}},
    {"GET", "/v1/devices", {200, 400, 401, 422}},
    {"GET", "/v1/devices/*", {200, 401, 404}},
    {"GET", "/v1/audit", {200, 400, 401, 422}},
    {"GET", "/metrics", {200, 401}},
    {"GET", "/healthz", {200}},
    {"GET", "/readyz", {200}},
    {"POST", "/v1/simulate", {200, 400, 401, 403, 404, 409, 422, 429}},
    {"POST", "/v1/evidence", {401, 403, 501}},
    {"GET", "/v1/reports.csv", {200, 400, 401, 422, 429}},
    {"GET", "/openapi.json", {200}},
};

static const struct table {
    const struct route *routes;
    size_t count;
} TABLES[SRV_DOOR_COUNT] = {
    [SRV_DOOR_AGENTS] = {AGENTS, sizeof AGENTS / sizeof AGENTS[0]},
    [SRV_DOOR_ADMINS] = {ADMINS, sizeof ADMINS / sizeof ADMINS[0]},
};

/* ---- statuses -------------------------------------------------------------------------------- */

static bool path_fits(const char *pattern, const char *path)
{
    size_t length = strlen(pattern);
    if (pattern[length - 1] != '*') {
        return strcmp(pattern, path) == 0;
    }
    return strncmp(pattern, path, length - 1) == 0 && path[length - 1] != '\0' &&
           strchr(path + length - 1, '/') == NULL;
}

/* *path_known: another method is answered there. */
static const struct route *find(enum srv_door door, const char *method, const char *path,
                                bool *path_known)
{
    *path_known = false;
    for (size_t i = 0; i < TABLES[door].count; i++) {
        const struct route *r = &TABLES[door].routes[i];
        if (path_fits(r->path, path)) {
            *path_known = true;
            if (strcmp(r->method, method) == 0) {
                return r;
            }
        }
    }
    return NULL;
}

void answers_know_all_routes(void)
{
    const char *method = NULL;
    const char *path = NULL;
    bool known = false;
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        for (size_t i = 0; srv_routes_name((enum srv_door)door, i, &method, &path); i++) {
            HOLDS(find((enum srv_door)door, method, path, &known) != NULL);
        }
    }
}

/* There is something that tells where its body ends. */
static bool is_framed_somehow(const struct fake_request *rq)
{
    bool found = false;
    for (size_t i = 0; i < rq->header_count; i++) {
        found = found || strcasecmp(rq->headers[i].name, "Content-Length") == 0 ||
                strcasecmp(rq->headers[i].name, "Transfer-Encoding") == 0 ||
                strpbrk(rq->headers[i].name, " \t") != NULL;
    }
    return found;
}

static bool has(const struct route *route, unsigned status)
{
    size_t i = 0;
    while (i < STATUSES && route->statuses[i] != status) {
        i++;
    }
    return i < STATUSES;
}

static bool may_say(const struct route *route, const struct fake_request *rq, unsigned status)
{
    return has(route, status) || (status == 429 && has(route, 401)) ||
           (status == 413 && (rq->body.size > 0 || is_framed_somehow(rq))) ||
           (status == 400 && is_framed_somehow(rq));
}

static bool is_escaped(const char *target)
{
    return target[strcspn(target, "%?")] == '%';
}

static bool is_one_of(const char *path, const char *const *paths, size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(paths[i], path) != 0) {
        i++;
    }
    return i < count;
}

/* Exports are refused first; policies, the brake, and what tells that the server lives, never. */
static bool may_wait_long(const char *path)
{
    static const char *const PATHS[] = {"/v1/simulate", "/v1/reports.csv"};
    return is_one_of(path, PATHS, sizeof PATHS / sizeof PATHS[0]);
}

static bool is_never_shed(const char *path)
{
    static const char *const PATHS[] = {"/v1/policy", "/v1/rollout/safe", "/healthz", "/readyz"};
    return is_one_of(path, PATHS, sizeof PATHS / sizeof PATHS[0]);
}

static bool is_good(enum srv_door door, const struct fake_request *rq, const char *path,
                    unsigned status)
{
    bool known = false;
    const struct route *route = find(door, rq->method, path, &known);
    bool shed =
        status == 503 && rq->crowd >= (may_wait_long(path) ? SRV_CROWD_BUSY : SRV_CROWD_FULL);
    return route != NULL
               ? may_say(route, rq, status) || (shed && !is_never_shed(path))
               : status == (known ? 405 : 404) || shed || (status == 400 && is_framed_somehow(rq));
}

static void check_status(enum srv_door door, const struct fake_request *rq, unsigned status)
{
    if (is_escaped(rq->target)) {
        HOLDS(status == 404 || status == 400 || status == 503); /* nobody's */
        return;
    }
    char *path = strndup(rq->target, strcspn(rq->target, "?")); /* as long as it wants to be */
    HOLDS(path != NULL);
    bool good = is_good(door, rq, path, status);
    if (!good) {
        (void)fprintf(stderr, "%s %s must not be answered with %u\n", rq->method, rq->target,
                      status);
    }
    free(path);
    HOLDS(good);
}

/* ---- what is in it --------------------------------------------------------------------------- */

static bool is_word(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static void check_problem(const struct fake_answer *a)
{
    static const char *const MEMBERS[] = {"type",     "title",    "status",
                                          "detail",   "code",     "pointer",
                                          "instance", "problems", "problems_found"};
    static const char URN[] = "urn:mapi-rollout:problem:";
    struct pol_json_limits limits = pol_json_limits_envelope(ANSWER_MOST_BYTES);
    struct pol_problems problems = {.count = 0};
    struct pol_json *json = NULL;
    const char *type = "";
    const char *text = "";
    const char *code = "";
    int64_t status = 0;
    enum status st = pol_json_parse(bytes_span(&a->body), &limits, &json, NULL);
    if (st != ST_OK) {
        (void)fprintf(stderr, "a problem that is no JSON: %s\n", bytes_text(&a->body));
    }
    HOLDS(st == ST_OK);
    struct pol_at root = pol_json_root(json, &problems);
    HOLDS(pol_read_object(&root, MEMBERS, sizeof MEMBERS / sizeof MEMBERS[0]));
    HOLDS(pol_read_text(&root, "type", POL_REQUIRED, WORDS_BYTES, &type));
    HOLDS(pol_read_text(&root, "title", POL_REQUIRED, WORDS_BYTES, &text) && text[0] != '\0');
    HOLDS(pol_read_text(&root, "detail", POL_REQUIRED, ANSWER_MOST_BYTES, &text) &&
          text[0] != '\0');
    HOLDS(pol_read_text(&root, "code", POL_REQUIRED, WORDS_BYTES, &code) && is_word(code));
    HOLDS(pol_read_integer(&root, "status", POL_REQUIRED, 400, 599, &status));
    HOLDS((unsigned)status == a->status);
    HOLDS(strncmp(type, URN, sizeof URN - 1) == 0 && strcmp(type + sizeof URN - 1, code) == 0);
    if (pol_read_text(&root, "pointer", POL_OPTIONAL, ERR_POINTER_BYTES, &text)) {
        HOLDS(text[0] == '/');
    }
    HOLDS(problems.count == 0);
    pol_json_free(json);
}

static void check_form(const struct fake_request *rq, const struct fake_answer *a)
{
    struct pol_json_limits limits = pol_json_limits_envelope(ANSWER_MOST_BYTES);
    HOLDS(strlen(bytes_text(&a->body)) == a->body.size);
    HOLDS(fuzz_is_utf8(bytes_text(&a->body)));
    if (a->status >= 400) {
        HOLDS(strcmp(a->type, "application/problem+json") == 0);
        check_problem(a);
    } else if (strcmp(a->type, "application/json") == 0 &&
               strncmp(rq->target, "/openapi.json", 13) != 0) { /* longer texts than ours */
        HOLDS(pol_json_scan(bytes_span(&a->body), &limits, NULL) == ST_OK);
    }
    HOLDS((a->status == 204 || a->status == 304) == (a->body.size == 0));
    HOLDS(a->status != 401 || fake_answer_header(a, "WWW-Authenticate") != NULL);
    HOLDS((a->status != 429 && a->status != 503) || fake_answer_header(a, "Retry-After") != NULL);
    for (size_t i = 0; i < a->header_count; i++) {
        HOLDS(strpbrk(a->headers[i].value, "\r\n") == NULL);
    }
}

/* By hand: what goes through memmem() or memcmp() libFuzzer takes for a hint of what inputs should have. */
static bool is_in(const uint8_t *text, size_t size, const char *secret)
{
    for (size_t at = 0; at + SRV_SECRET_BYTES - 1 <= size; at++) {
        size_t same = 0;
        while (same < SRV_SECRET_BYTES - 1 && text[at + same] == (uint8_t)secret[same]) {
            same++;
        }
        if (same == SRV_SECRET_BYTES - 1) {
            return true;
        }
    }
    return false;
}

bool answers_have_secret(struct span text)
{
    char secret[SRV_SECRET_BYTES];
    bool found = false;
    for (int who = FAKE_STRANGER; who < FAKE_WHO_COUNT; who++) {
        fake_secret((enum fake_who)who, secret);
        found = found || is_in(text.data, text.size, secret);
    }
    return found;
}

void answers_check(enum srv_door door, const struct fake_request *request,
                   const struct fake_answer *answer)
{
    HOLDS(!answer->cut);
    check_status(door, request, answer->status);
    check_form(request, answer);
    HOLDS(!answers_have_secret(bytes_span(&answer->body)));
    for (size_t i = 0; i < answer->header_count; i++) {
        HOLDS(!answers_have_secret(span_text(answer->headers[i].value)));
    }
}
