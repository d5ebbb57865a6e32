#include "tests/threads/crowd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES = 2048, STAGES = 3 };

/* ---- asking ---------------------------------------------------------------------------------- */

struct question {
    enum srv_door door;
    const char *method;
    const char *target;
    const char *token;
    struct fake_header more; /* name NULL: none */
    struct fake_header prefer;
    const char *body;
    size_t body_size; /* 0: to its NUL */
};

static struct fake_request request_of(const struct question *q, char bearer[FAKE_BEARER_BYTES])
{
    struct fake_request rq = {.method = q->method, .target = q->target, .address = 1};
    const char *body = q->body != NULL ? q->body : "";
    rq.body = (struct span){(const uint8_t *)body, q->body_size > 0 ? q->body_size : strlen(body)};
    (void)snprintf(bearer, FAKE_BEARER_BYTES, "Bearer %s", q->token);
    rq.headers[rq.header_count++] = (struct fake_header){"Authorization", bearer};
    if (q->more.name != NULL) {
        rq.headers[rq.header_count++] = q->more;
    }
    if (q->prefer.name != NULL) {
        rq.headers[rq.header_count++] = q->prefer;
    }
    return rq;
}

/* The answer must have one of the statuses, "200 204"; while the server stops, 503 is as good. */
static void ask(struct crowd *c, const struct question *q, const char *statuses,
                struct fake_answer *out)
{
    char status[16];
    char bearer[FAKE_BEARER_BYTES];
    struct fake_request rq = request_of(q, bearer);
    fake_ask(&c->server->doors[q->door], &rq, out);
    (void)snprintf(status, sizeof status, "%03u", out->status);
    bool good =
        strstr(statuses, status) != NULL || (out->status == 503 && atomic_load(&c->stopping));
    if (!good) {
        (void)fprintf(stderr, "%s %s gives %s, not %s: %s\n", q->method, q->target, status,
                      statuses, bytes_text(&out->body));
    }
    MUST(good);
}

static unsigned ask_status(struct crowd *c, const struct question *q, const char *statuses)
{
    struct fake_answer answer;
    ask(c, q, statuses, &answer);
    fake_answer_done(&answer);
    return answer.status;
}

/* The client leaves before it is answered. */
static void ask_and_leave(struct crowd *c, const struct question *q)
{
    char bearer[FAKE_BEARER_BYTES];
    struct fake_request rq = request_of(q, bearer);
    fake_ask(&c->server->doors[q->door], &rq, NULL);
}

static void copy_member(const struct fake_answer *a, const char *key, char *out, size_t size)
{
    char want[64];
    (void)snprintf(want, sizeof want, "\"%s\":\"", key);
    const char *at = strstr(bytes_text(&a->body), want);
    MUST(at != NULL);
    (void)snprintf(out, size, "%.*s", (int)strcspn(at + strlen(want), "\""), at + strlen(want));
}

/* ---- agents ---------------------------------------------------------------------------------- */

struct crowd_device *crowd_add_device(struct crowd *c)
{
    char secret[SRV_SECRET_BYTES];
    char body[BODY_BYTES];
    struct fake_answer answer;
    MUST(c->device_count < CROWD_DEVICES);
    struct crowd_device *d = &c->devices[c->device_count];
    fake_secret(FAKE_ENROLLER, secret);
    (void)snprintf(body, sizeof body, "{\"host\":{\"name\":\"PC-%zu\"}}", c->device_count++);
    ask(c,
        &(struct question){.door = SRV_DOOR_AGENTS,
                           .method = "POST",
                           .target = "/v1/enroll",
                           .token = secret,
                           .body = body},
        "201", &answer);
    copy_member(&answer, "device_id", d->device_id, sizeof d->device_id);
    copy_member(&answer, "device_token", d->token, sizeof d->token);
    fake_answer_done(&answer);
    return d;
}

/* Nobody is ever served less than before. */
static void see_version(struct crowd_member *m, const struct fake_answer *a)
{
    const char *etag = fake_answer_header(a, "ETag");
    if (etag != NULL) {
        int64_t version = strtoll(etag + 1, NULL, 10);
        MUST(version >= m->served);
        m->served = version;
    }
}

void crowd_poll(struct crowd_member *m)
{
    struct fake_answer answer;
    char seen[SRV_ETAG_BYTES] = "\"0\"";
    int64_t least = atomic_load(&m->crowd->released);
    struct question q = {.door = SRV_DOOR_AGENTS,
                         .method = "GET",
                         .target = "/v1/policy",
                         .token = m->device->token,
                         .more = {"If-None-Match", seen}};
    ask(m->crowd, &q, "200 204", &answer);
    see_version(m, &answer);
    MUST(m->served >= least);
    const char *etag = fake_answer_header(&answer, "ETag");
    (void)snprintf(seen, sizeof seen, "%s", etag != NULL ? etag : "\"0\"");
    fake_answer_done(&answer);

    q.prefer = (struct fake_header){"Prefer", "wait=1"};
    if (crowd_chance(m, 4) == 0) {
        ask_and_leave(m->crowd, &q);
        return;
    }
    ask(m->crowd, &q, "200 204 304", &answer);
    see_version(m, &answer);
    fake_answer_done(&answer);
}

static const char *const STATES[] = {"compliant", "error", "unmanaged", "pending_restart"};

static void write_report(const struct crowd_device *d, unsigned seq, const char *state,
                         char out[BODY_BYTES])
{
    int length = snprintf(
        out, BODY_BYTES,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032x\",\"run_id\":\"%032x\","
        "\"seq\":%u,\"part\":1,\"parts\":1,\"full\":%s,\"device_id\":\"%s\","
        "\"sent_at\":\"2027-01-15T08:00:00Z\",\"agent\":{\"version\":\"1.0.0\","
        "\"started_at\":\"2027-01-15T07:00:00Z\",\"formats\":[\"mapi-rollout/policy/1\"],"
        "\"trust_version\":1},\"host\":{\"name\":\"PC\"},\"policy\":{\"rollout\":null,"
        "\"received\":null,\"effective\":null,\"digest\":null,\"failed\":null,\"stale\":false},"
        "\"users\":[{\"sid\":\"S-1-5-21-1-2-3-1001\",\"hive\":\"loaded\",\"state\":\"%s\"}]}",
        seq, 1, seq, seq % 5 == 0 ? "true" : "false", d->device_id, state);
    MUST(length > 0 && length < BODY_BYTES);
}

/* A new report; or the last one again; or one from before, under a new id. */
void crowd_report(struct crowd_member *m)
{
    char body[BODY_BYTES];
    struct crowd_device *d = m->device;
    const char *state = STATES[crowd_chance(m, sizeof STATES / sizeof STATES[0])];
    struct question q = {.door = SRV_DOOR_AGENTS,
                         .method = "POST",
                         .target = "/v1/reports",
                         .token = d->token,
                         .body = body};
    write_report(d, d->seq + 1, state, body);
    (void)ask_status(m->crowd, &q, "204");
    d->seq++;
    (void)snprintf(d->state, sizeof d->state, "%s", state);
    if (crowd_chance(m, 3) == 0) {
        (void)ask_status(m->crowd, &q, "204");
        write_report(d, d->seq, strcmp(state, "error") == 0 ? "compliant" : "error", body);
        (void)ask_status(m->crowd, &q, "409");
    }
}

/* Machines that enroll: twins, and one whose token is rotated. */
void crowd_enroll(struct crowd_member *m)
{
    char secret[SRV_SECRET_BYTES];
    char token[SRV_SECRET_BYTES];
    struct fake_answer answer;
    fake_secret(FAKE_ENROLLER, secret);
    struct question q = {.door = SRV_DOOR_AGENTS,
                         .method = "POST",
                         .target = "/v1/enroll",
                         .token = secret,
                         .body = "{\"host\":{\"name\":\"PC-X\",\"machine_guid\":\"g\"}}"};
    ask(m->crowd, &q, "201", &answer);
    copy_member(&answer, "device_token", token, sizeof token);
    fake_answer_done(&answer);
    q.more = (struct fake_header){"X-Device-Token", token};
    (void)ask_status(m->crowd, &q, "201");
    q = (struct question){
        .door = SRV_DOOR_AGENTS, .method = "GET", .target = "/v1/policy", .token = token};
    (void)ask_status(m->crowd, &q, "200 204");
    q.token = "nobody's";
    (void)ask_status(m->crowd, &q, "200 204");
}

/* ---- administrators -------------------------------------------------------------------------- */

static void policy_etag(struct crowd *c, char out[SRV_ETAG_BYTES])
{
    struct srv_rollout_view view;
    srv_rollout_look(c->server->app.rollout, &view);
    memcpy(out, view.policy_etag, SRV_ETAG_BYTES);
    srv_rollout_view_done(&view);
}

static unsigned order(struct crowd *c, const char *target, const char *if_match, const char *body)
{
    char token[SRV_SECRET_BYTES];
    struct question q = {.door = SRV_DOOR_ADMINS,
                         .method = "POST",
                         .target = target,
                         .token = token,
                         .more = {"If-Match", if_match},
                         .body = body};
    fake_secret(FAKE_OPERATOR, token);
    /* Somebody else, or the gate, may be quicker. */
    return ask_status(c, &q, "200 409 412");
}

static bool publish(struct crowd_member *m, uint32_t serial)
{
    char token[SRV_SECRET_BYTES];
    struct srv_rollout_view view;
    struct fake_plan plan = {.serial = serial,
                             .stages =
                                 "[{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\","
                                 "\"gate\":{\"advance\":\"auto\",\"soak_s\":1}},"
                                 "{\"name\":\"pilot\",\"rules\":[],\"otherwise\":\"block\"},"
                                 "{\"name\":\"back\",\"rules\":[],\"otherwise\":\"restore\"}]"};
    struct bytes bundle = fake_signer_bundle(m->crowd->signer, &plan);
    fake_secret(FAKE_PUBLISHER, token);
    srv_rollout_look(m->crowd->server->app.rollout, &view);
    struct question q = {.door = SRV_DOOR_ADMINS,
                         .method = "PUT",
                         .target = "/v1/rollout?skip=1",
                         .token = token,
                         .more = {"If-Match", view.bundle_etag},
                         .body = bytes_text(&bundle),
                         .body_size = bundle.size};
    bool good = ask_status(m->crowd, &q, "200") == 200;
    srv_rollout_view_done(&view);
    bytes_free(&bundle);
    return good;
}

/* What was answered with 200 is out: from here on nobody may be served less. */
static void note_released(struct crowd *c, int64_t version)
{
    int64_t before = atomic_load(&c->released);
    while (before < version && !atomic_compare_exchange_weak(&c->released, &before, version)) {
    }
}

/* A whole serial: publish, observe, on as far as another operator and the gate leave room, brake. */
void crowd_operate(struct crowd_member *m)
{
    char etag[SRV_ETAG_BYTES];
    struct crowd *c = m->crowd;
    uint32_t serial = c->first_serial + (uint32_t)atomic_load(&m->times);
    if (!publish(m, serial)) {
        return;
    }
    policy_etag(c, etag);
    if (order(c, "/v1/rollout/release", etag,
              "{\"stage\":\"observe\",\"confirm_regression\":true}") == 200) {
        note_released(c, (int64_t)serial * VERSION_STEP + 1);
    }
    for (int i = 0; i < STAGES; i++) {
        policy_etag(c, etag);
        (void)order(c, "/v1/rollout/advance", etag, "{\"confirm_regression\":true}");
    }
    policy_etag(c, etag);
    (void)order(c, "/v1/rollout/hold", etag, "{\"reason\":\"a look\"}");
    (void)order(c, "/v1/rollout/resume", etag, "");
    MUST(order(c, "/v1/rollout/safe", "", "{\"reason\":\"smoke\",\"confirm\":\"test\"}") == 200);
    note_released(c, (int64_t)serial * VERSION_STEP + VERSION_SAFE_POSITION);
}

/* Somebody who is a moment late, or early. */
void crowd_race(struct crowd_member *m)
{
    static const char *const TARGETS[] = {"/v1/rollout/advance", "/v1/rollout/hold",
                                          "/v1/rollout/resume"};
    static const char *const BODIES[] = {"{\"confirm_regression\":true}", "{\"reason\":\"race\"}",
                                         ""};
    char etag[SRV_ETAG_BYTES];
    unsigned which = crowd_chance(m, sizeof TARGETS / sizeof TARGETS[0]);
    policy_etag(m->crowd, etag);
    (void)order(m->crowd, TARGETS[which], etag, BODIES[which]);
}

/* What a stage would change: one question at a time. */
static void simulate(struct crowd_member *m)
{
    char token[SRV_SECRET_BYTES];
    struct question q = {.door = SRV_DOOR_ADMINS,
                         .method = "POST",
                         .target = "/v1/simulate",
                         .token = token,
                         .body = "{\"stage\":\"pilot\"}"};
    fake_secret(FAKE_OPERATOR, token);
    (void)ask_status(m->crowd, &q, "200 404 409 429");
}

void crowd_look(struct crowd_member *m)
{
    static const char *const TARGETS[] = {
        "/v1/rollout",           "/v1/compliance", "/v1/users?limit=3",
        "/v1/users?state=error", "/v1/devices",    "/v1/audit?limit=9",
        "/v1/reports.csv",       "/metrics",       "/readyz"};
    char token[SRV_SECRET_BYTES];
    fake_secret(FAKE_VIEWER, token);
    for (size_t i = 0; i < sizeof TARGETS / sizeof TARGETS[0]; i++) {
        struct question q = {
            .door = SRV_DOOR_ADMINS, .method = "GET", .target = TARGETS[i], .token = token};
        (void)ask_status(m->crowd, &q, "200");
    }
    simulate(m);
}

/* ---- other programs -------------------------------------------------------------------------- */

static void add_and_revoke(struct crowd_member *m)
{
    struct err err = {0};
    struct crowd *c = m->crowd;
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    char secret[SRV_SECRET_BYTES];
    w.u.credential.role = SRV_ROLE_VIEWER;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "passing-%zu-%" PRIu64, m->index,
                   (uint64_t)m->chance);
    MUST(srv_secret_make(secret, w.u.credential.digest, &err) == ST_OK);
    MUST(srv_store_write(&c->server->app.store, &w, &err) == ST_OK);
    MUST(srv_auth_reload(c->server->app.auth, &err) == ST_OK);
    struct question q = {
        .door = SRV_DOOR_ADMINS, .method = "GET", .target = "/v1/rollout", .token = secret};
    (void)ask_status(c, &q, "200");
    w.kind = SRV_WRITE_REVOKE;
    MUST(srv_store_write(&c->server->app.store, &w, &err) == ST_OK);
    MUST(srv_auth_reload(c->server->app.auth, &err) == ST_OK);
    (void)ask_status(c, &q, "401");
}

void crowd_meddle(struct crowd_member *m)
{
    char path[FAKE_FOLDER_BYTES + 64];
    struct err err = {0};
    struct srv_store *store = &m->crowd->server->app.store;
    add_and_revoke(m);
    (void)snprintf(path, sizeof path, "%s/copy-%zu.db", m->crowd->folder, m->index);
    MUST(store->backup(store->ctx, path, &err) == ST_OK);
    MUST(unlink(path) == 0);
    srv_keeper_wake(m->crowd->server->app.keeper);
}
