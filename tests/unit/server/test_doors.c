/* test_doors.c - each route of both doors, asked by everybody there may be: who gets in, who does not.
 *
 * The routes are the server's own: one that has no row here fails the test. */
#include "tests/cmocka_all.h"

#include "server/routes.h"
#include "tests/unit/server/conversation.h"

#include <stdio.h>
#include <string.h>

enum { LATER_S = 3 * 86400, LINE_BYTES = 256 };

/* Who asks. */
enum asker {
    ASK_NOBODY,
    ASK_GARBAGE,
    ASK_OTHER_SCHEME,
    ASK_UNKNOWN,
    ASK_DEVICE,
    ASK_DEVICE_BEFORE,   /* by the token before its last, within the day */
    ASK_DEVICE_LONG_AGO, /* by one of two days before */
    ASK_DEVICE_RETIRED,
    ASK_SECRET,
    ASK_SECRET_REVOKED,
    ASK_SECRET_EXPIRED,
    ASK_SECRET_USED_UP,
    ASK_VIEWER,
    ASK_OPERATOR,
    ASK_PUBLISHER,
    ASK_TOKEN_REVOKED,
    ASK_TOKEN_EXPIRED,
    ASK_COUNT
};

static const char *const ASKER_WORDS[ASK_COUNT] = {"nobody",
                                                   "garbage",
                                                   "another scheme",
                                                   "an unknown token",
                                                   "a device",
                                                   "a device's token before",
                                                   "a device's token of long ago",
                                                   "a retired device",
                                                   "a secret",
                                                   "a revoked secret",
                                                   "an expired secret",
                                                   "a used up secret",
                                                   "a viewer",
                                                   "an operator",
                                                   "a publisher",
                                                   "a revoked token",
                                                   "an expired token"};

/* Whom a route lets in. */
enum guard {
    GUARD_NONE,
    GUARD_POLICY,
    GUARD_DEVICE,
    GUARD_SECRET,
    GUARD_ROLE,
    GUARD_ROLE_OR_LOCAL
};

struct row {
    enum srv_door door;
    const char *method;
    const char *path; /* as the server's table has it */
    enum guard guard;
    enum srv_role role;
    int status; /* for whoever gets in, with an empty body */
    const char *part;
};

#define OLD_ID   "00000000000000000000000000000000"
#define AGENTS   SRV_DOOR_AGENTS
#define ADMINS   SRV_DOOR_ADMINS
#define NOT_JSON 400, "\"code\":\"json_syntax\""
#define EMPTY    422, "\"code\":\"missing_field\""
#define NO_MATCH 428, "\"code\":\"precondition_required\""

static const struct row ROWS[] = {
    {AGENTS, "GET", "/v1/policy", GUARD_POLICY, 0, 204, ""},
    {AGENTS, "POST", "/v1/reports", GUARD_DEVICE, 0, NOT_JSON},
    {AGENTS, "POST", "/v1/enroll", GUARD_SECRET, 0, NOT_JSON},
    {AGENTS, "GET", "/healthz", GUARD_NONE, 0, 200, "ok"},
    {AGENTS, "GET", "/readyz", GUARD_NONE, 0, 200, "ready"},
    {ADMINS, "GET", "/v1/rollout", GUARD_ROLE, SRV_ROLE_VIEWER, 200, "\"policy_etag\""},
    {ADMINS, "PUT", "/v1/rollout", GUARD_ROLE, SRV_ROLE_PUBLISHER, NO_MATCH},
    {ADMINS, "POST", "/v1/rollout/release", GUARD_ROLE, SRV_ROLE_OPERATOR, EMPTY},
    {ADMINS, "POST", "/v1/rollout/advance", GUARD_ROLE, SRV_ROLE_OPERATOR, NO_MATCH},
    {ADMINS, "POST", "/v1/rollout/hold", GUARD_ROLE, SRV_ROLE_OPERATOR, EMPTY},
    {ADMINS, "POST", "/v1/rollout/resume", GUARD_ROLE, SRV_ROLE_OPERATOR, NO_MATCH},
    {ADMINS, "POST", "/v1/rollout/safe", GUARD_ROLE, SRV_ROLE_OPERATOR, EMPTY},
    {ADMINS, "GET", "/v1/compliance", GUARD_ROLE, SRV_ROLE_VIEWER, 200, "\"users\":0"},
    {ADMINS, "GET", "/v1/users", GUARD_ROLE, SRV_ROLE_VIEWER, 200, "\"users\":[]"},
    {ADMINS, "GET", "/v1/devices", GUARD_ROLE, SRV_ROLE_VIEWER, 200, "\"devices\":["},
    {ADMINS, "GET", "/v1/devices/*", GUARD_ROLE, SRV_ROLE_VIEWER, 404, "\"code\":\"not_found\""},
    {ADMINS, "GET", "/metrics", GUARD_ROLE_OR_LOCAL, SRV_ROLE_VIEWER, 200, "# TYPE"},
    {ADMINS, "GET", "/healthz", GUARD_NONE, 0, 200, "ok"},
    {ADMINS, "GET", "/readyz", GUARD_NONE, 0, 200, "ready"},
    {ADMINS, "POST", "/v1/simulate", GUARD_ROLE, SRV_ROLE_OPERATOR, NOT_JSON},
    {ADMINS, "POST", "/v1/evidence", GUARD_ROLE, SRV_ROLE_PUBLISHER, 501, "unsupported"},
    {ADMINS, "GET", "/v1/audit", GUARD_ROLE, SRV_ROLE_VIEWER, 200, "\"entries\":["},
    {ADMINS, "GET", "/v1/reports.csv", GUARD_ROLE, SRV_ROLE_VIEWER, 200, "\"sid\","},
    {ADMINS, "GET", "/openapi.json", GUARD_NONE, 0, 200, "\"openapi\":"},
};

enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

/* What each asker shows; "" nothing. */
struct crowd {
    char shown[ASK_COUNT][SRV_SECRET_BYTES];
};

static int64_t test_now_s;

static int64_t now_s(void)
{
    return test_now_s;
}

static const char *url_of(const struct place *p, enum srv_door door)
{
    return door == SRV_DOOR_AGENTS ? agents_url(p) : admins_url(p);
}

/* The path of a row, with something in the place of its star. */
static void write_line(const char *method, const char *path, char out[LINE_BYTES])
{
    size_t length = strcspn(path, "*");
    (void)snprintf(out, LINE_BYTES, "%s %.*s%s", method, (int)length, path,
                   path[length] == '*' ? OLD_ID : "");
}

/* ---- everybody ------------------------------------------------------------------------------- */

static void rotate(struct place *p)
{
    static struct answer a;
    char more[160];
    (void)snprintf(more, sizeof more, "X-Device-Token: %s\r\n", p->device_token);
    say(agents_url(p), "POST /v1/enroll", more, "{\"host\":{\"name\":\"PC-1\"}}", &a);
    expect(&a, 201, p->device_id);
    take_member(&a, "device_token", p->device_token, sizeof p->device_token);
}

static void add_one(struct place *p, enum srv_role role, const char *name, struct srv_credential c,
                    char out[SRV_SECRET_BYTES])
{
    c.role = role;
    (void)snprintf(c.name, sizeof c.name, "%s", name);
    place_add_credential(p, &c, out);
}

static void gather(struct place *p, struct crowd *crowd)
{
    static struct answer a;
    uint8_t digest[DIGEST_BYTES];
    *crowd = (struct crowd){0};
    test_now_s = 1000000;
    p->now_s = now_s;
    place_stop(p);
    place_start(p);

    place_enroll(p);
    memcpy(crowd->shown[ASK_DEVICE_RETIRED], p->device_token, SRV_SECRET_BYTES);
    place_retire(p, p->device_id);
    place_enroll(p);
    memcpy(crowd->shown[ASK_DEVICE_LONG_AGO], p->device_token, SRV_SECRET_BYTES);
    rotate(p);
    add_one(p, SRV_ROLE_ENROLL, "expires", (struct srv_credential){.expires_s = test_now_s + 10},
            crowd->shown[ASK_SECRET_EXPIRED]);
    add_one(p, SRV_ROLE_VIEWER, "ends", (struct srv_credential){.expires_s = test_now_s + 10},
            crowd->shown[ASK_TOKEN_EXPIRED]);
    test_now_s += LATER_S;
    memcpy(crowd->shown[ASK_DEVICE_BEFORE], p->device_token, SRV_SECRET_BYTES);
    rotate(p);
    memcpy(crowd->shown[ASK_DEVICE], p->device_token, SRV_SECRET_BYTES);

    add_one(p, SRV_ROLE_ENROLL, "once", (struct srv_credential){.uses = 1},
            crowd->shown[ASK_SECRET_USED_UP]);
    say(agents_url(p), "POST /v1/enroll", bearer(crowd->shown[ASK_SECRET_USED_UP], ""),
        "{\"host\":{\"name\":\"PC-2\"}}", &a);
    expect(&a, 201, "device_token");
    add_one(p, SRV_ROLE_ENROLL, "gone", (struct srv_credential){0},
            crowd->shown[ASK_SECRET_REVOKED]);
    place_revoke(p, SRV_ROLE_ENROLL, "gone");
    add_one(p, SRV_ROLE_PUBLISHER, "left", (struct srv_credential){0},
            crowd->shown[ASK_TOKEN_REVOKED]);
    place_revoke(p, SRV_ROLE_PUBLISHER, "left");

    memcpy(crowd->shown[ASK_SECRET], p->secret, SRV_SECRET_BYTES);
    memcpy(crowd->shown[ASK_VIEWER], p->tokens[SRV_ROLE_VIEWER], SRV_SECRET_BYTES);
    memcpy(crowd->shown[ASK_OPERATOR], p->tokens[SRV_ROLE_OPERATOR], SRV_SECRET_BYTES);
    memcpy(crowd->shown[ASK_PUBLISHER], p->tokens[SRV_ROLE_PUBLISHER], SRV_SECRET_BYTES);
    assert_int_equal(srv_secret_make(crowd->shown[ASK_UNKNOWN], digest, NULL), ST_OK);
    (void)snprintf(crowd->shown[ASK_GARBAGE], SRV_SECRET_BYTES, "%%00'; --");
}

static const char *headers_of(const struct crowd *crowd, enum asker asker)
{
    if (asker == ASK_OTHER_SCHEME) {
        return "Authorization: Basic YTpi\r\n";
    }
    return crowd->shown[asker][0] != '\0' ? bearer(crowd->shown[asker], "") : "";
}

/* ---- who gets in ----------------------------------------------------------------------------- */

static bool is_device(enum asker asker)
{
    return asker == ASK_DEVICE || asker == ASK_DEVICE_BEFORE;
}

static enum srv_role role_of(enum asker asker)
{
    return asker == ASK_VIEWER      ? SRV_ROLE_VIEWER
           : asker == ASK_OPERATOR  ? SRV_ROLE_OPERATOR
           : asker == ASK_PUBLISHER ? SRV_ROLE_PUBLISHER
                                    : SRV_ROLE_ENROLL;
}

/* 0: gets in. */
static int refusal_of(const struct row *row, enum asker asker)
{
    enum srv_role role = role_of(asker);
    switch (row->guard) {
    case GUARD_NONE:
    case GUARD_POLICY: return 0;
    case GUARD_DEVICE: return is_device(asker) ? 0 : 401;
    case GUARD_SECRET: return asker == ASK_SECRET ? 0 : 401;
    case GUARD_ROLE_OR_LOCAL:
        if (asker == ASK_NOBODY) {
            return 0;
        }
        return role == SRV_ROLE_ENROLL ? 401 : role < row->role ? 403 : 0;
    case GUARD_ROLE: return role == SRV_ROLE_ENROLL ? 401 : role < row->role ? 403 : 0;
    }
    return -1;
}

static void check(const struct row *row, enum asker asker, const struct answer *a)
{
    int refusal = refusal_of(row, asker);
    const char *part = refusal == 401   ? "\"code\":\"unauthorized\""
                       : refusal == 403 ? "\"code\":\"forbidden\""
                                        : row->part;
    int status = refusal != 0 ? refusal : row->status;
    if (a->status != status || strstr(a->text, part) == NULL) {
        fail_msg("%s %s by %s: wanted %d with %s, got: %s", row->method, row->path,
                 ASKER_WORDS[asker], status, part, a->text);
    }
    bool asks_for_proof = strstr(a->text, "\r\nWWW-Authenticate: Bearer\r\n") != NULL;
    bool to_enroll = strstr(a->text, "\r\nEnrollment-Required: true\r\n") != NULL;
    assert_int_equal(asks_for_proof, refusal == 401);
    assert_int_equal(to_enroll, row->guard == GUARD_POLICY && !is_device(asker));
}

static const struct row *find_row(enum srv_door door, const char *method, const char *path)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (ROWS[i].door == door && strcmp(ROWS[i].method, method) == 0 &&
            strcmp(ROWS[i].path, path) == 0) {
            return &ROWS[i];
        }
    }
    fail_msg("%s %s: who may ask? It has no row in this test", method, path);
    return NULL;
}

static void tells_no_secret(const struct crowd *crowd, const struct answer *a)
{
    for (int asker = 0; asker < ASK_COUNT; asker++) {
        const char *shown = crowd->shown[asker];
        if (shown[0] != '\0' && strstr(a->text, shown) != NULL) {
            fail_msg("what %s shows is told: %s", ASKER_WORDS[asker], a->text);
        }
    }
}

static void doors__each_route__lets_in_whom_it_should_and_nobody_else(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct crowd crowd;
    const char *method = NULL;
    const char *path = NULL;
    char line[LINE_BYTES];
    size_t seen = 0;
    gather(p, &crowd);
    for (int door = 0; door < SRV_DOOR_COUNT; door++) {
        for (size_t i = 0; srv_routes_name((enum srv_door)door, i, &method, &path); i++) {
            const struct row *row = find_row((enum srv_door)door, method, path);
            write_line(method, path, line);
            for (int asker = 0; asker < ASK_COUNT; asker++) {
                say(url_of(p, row->door), line, headers_of(&crowd, (enum asker)asker), "", &a);
                check(row, (enum asker)asker, &a);
                tells_no_secret(&crowd, &a);
            }
            seen++;
        }
    }
    assert_int_equal(seen, ROW_COUNT); /* nor a row that is no route any more */
}

static void doors__route_of_the_other_door__does_not_exist(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct crowd crowd;
    char line[LINE_BYTES];
    size_t tried = 0;
    gather(p, &crowd);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (ROWS[i].guard == GUARD_NONE && ROWS[i].status == 200) {
            continue; /* health is asked at both */
        }
        write_line(ROWS[i].method, ROWS[i].path, line);
        enum srv_door other = ROWS[i].door == AGENTS ? ADMINS : AGENTS;
        for (int asker = 0; asker < ASK_COUNT; asker++) {
            say(url_of(p, other), line, headers_of(&crowd, (enum asker)asker), "", &a);
            expect(&a, 404, "\"code\":\"not_found\"");
            tried++;
        }
    }
    assert_true(tried > ASK_COUNT * 15);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(doors__each_route__lets_in_whom_it_should_and_nobody_else),
        TEST(doors__route_of_the_other_door__does_not_exist),
    };
    return cmocka_run_group_tests_name("doors", tests, NULL, NULL);
}
