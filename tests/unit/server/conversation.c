#include "tests/cmocka_all.h"

#include "base/file.h"
#include "server/control.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/conversation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- talking --------------------------------------------------------------------------------- */

int connect_to(const char *url)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *colon = strrchr(url, ':');
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = send(fd, data, size, MSG_NOSIGNAL);
        assert_true(put > 0);
        data += put;
        size -= (size_t)put;
    }
}

/* headers: each with its line end. */
int ask(const char *url, const char *line, const char *headers, struct span body)
{
    char head[2048];
    int fd = connect_to(url);
    int length = snprintf(head, sizeof head,
                          "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                          "Content-Length: %zu\r\n%s\r\n",
                          line, body.size, headers);
    assert_true(length > 0 && (size_t)length < sizeof head);
    send_all(fd, head, (size_t)length);
    send_all(fd, (const char *)body.data, body.size);
    return fd;
}

void hear(int fd, struct answer *out)
{
    size_t used = 0;
    ssize_t got = 0;
    while (used < sizeof out->text - 1 &&
           (got = recv(fd, out->text + used, sizeof out->text - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    assert_true(got == 0);
    out->text[used] = '\0';
    assert_int_equal(close(fd), 0);
    assert_int_equal(sscanf(out->text, "HTTP/1.1 %d", &out->status), 1);
}

void say(const char *url, const char *line, const char *headers, const char *body,
         struct answer *out)
{
    hear(ask(url, line, headers, span_text(body)), out);
}

const char *bearer(const char *token, const char *more)
{
    static char headers[512];
    (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n%s", token, more);
    return headers;
}

void take_member(const struct answer *a, const char *key, char *out, size_t size)
{
    char want[64];
    (void)snprintf(want, sizeof want, "\"%s\":\"", key);
    const char *at = strstr(a->text, want);
    assert_non_null(at);
    at += strlen(want);
    size_t length = strcspn(at, "\"");
    assert_true(length < size);
    memcpy(out, at, length);
    out[length] = '\0';
}

void expect(const struct answer *a, int status, const char *part)
{
    if (a->status != status || strstr(a->text, part) == NULL) {
        fail_msg("wanted %d with %s, got: %s", status, part, a->text);
    }
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void add_credential(struct srv_store *store, enum srv_role role, char out[SRV_SECRET_BYTES])
{
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    w.u.credential.role = role;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "%s", SRV_ROLE_WORDS[role]);
    assert_int_equal(srv_secret_make(out, w.u.credential.digest, NULL), ST_OK);
    assert_int_equal(srv_store_write(store, &w, NULL), ST_OK);
}

void place_start(struct place *p)
{
    struct err err = {0};
    struct srv_settings settings = {
        .folder = p->folder,
        .listen = "127.0.0.1:0",
        .admin_listen = "127.0.0.1:0",
        .trust_file = p->trust_file,
        .now_s = p->now_s,
        .proxies = p->proxies,
        .new_devices = p->new_devices,
        .gate_pause_ms = p->gate_pause_ms,
        .connections = p->connections,
        .cert_file = p->cert_file,
        .key_file = p->key_file,
        .bounds = p->bounds,
        .simulate_ms = p->simulate_ms,
    };
    if (srv_daemon_start(&settings, &p->daemon, &err) != ST_OK) {
        fail_msg("the server does not start: %s", err.text);
    }
}

void place_stop(struct place *p)
{
    srv_daemon_stop(p->daemon);
    p->daemon = NULL;
}

const char *agents_url(const struct place *p)
{
    return srv_daemon_agents_url(p->daemon);
}

const char *admins_url(const struct place *p)
{
    return srv_daemon_admins_url(p->daemon);
}

void place_enroll(struct place *p)
{
    struct answer *a = malloc(sizeof *a);
    assert_non_null(a);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), "{\"host\":{\"name\":\"PC-1\"}}",
        a);
    expect(a, 201, "device_token");
    take_member(a, "device_token", p->device_token, sizeof p->device_token);
    take_member(a, "device_id", p->device_id, sizeof p->device_id);
    free(a);
}

int place_setup(void **state)
{
    struct srv_store store;
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    signer_make(&p->signer);
    scratch_make(p->folder);
    (void)snprintf(p->trust_file, sizeof p->trust_file, "%s/trust.json", p->folder);
    assert_int_equal(
        file_write(p->trust_file, bytes_span(&p->signer.trust_text), FILE_FOR_OWNER, NULL), ST_OK);
    assert_int_equal(srv_store_sqlite_open(p->folder, &store, NULL), ST_OK);
    add_credential(&store, SRV_ROLE_ENROLL, p->secret);
    for (int role = SRV_ROLE_VIEWER; role < SRV_ROLE_COUNT; role++) {
        add_credential(&store, (enum srv_role)role, p->tokens[role]);
    }
    store.close(store.ctx);
    place_start(p);
    *state = p;
    return 0;
}

int place_teardown(void **state)
{
    struct place *p = *state;
    place_stop(p);
    signer_done(&p->signer);
    scratch_remove(p->folder);
    free(p);
    return 0;
}

void place_publish(struct place *p, uint32_t serial, const char *if_match)
{
    char more[128];
    struct answer *a = malloc(sizeof *a);
    struct bytes bundle = signer_bundle(&p->signer, serial);
    assert_non_null(a);
    (void)snprintf(more, sizeof more, "If-Match: %s\r\n", if_match);
    hear(ask(admins_url(p), "PUT /v1/rollout", bearer(p->tokens[SRV_ROLE_PUBLISHER], more),
             bytes_span(&bundle)),
         a);
    expect(a, 200, "\"stored\":{");
    bytes_free(&bundle);
    free(a);
}

void place_release(struct place *p, const char *stage, const char *if_match)
{
    char more[128];
    char body[128];
    struct answer *a = malloc(sizeof *a);
    assert_non_null(a);
    (void)snprintf(more, sizeof more, "If-Match: %s\r\n", if_match);
    (void)snprintf(body, sizeof body, "{\"stage\":\"%s\"}", stage);
    say(admins_url(p), "POST /v1/rollout/release", bearer(p->tokens[SRV_ROLE_OPERATOR], more), body,
        a);
    expect(a, 200, stage);
    free(a);
}

void place_pull_brake(struct place *p)
{
    struct answer *a = malloc(sizeof *a);
    assert_non_null(a);
    say(admins_url(p), "POST /v1/rollout/safe", bearer(p->tokens[SRV_ROLE_OPERATOR], ""),
        "{\"reason\":\"smoke\",\"confirm\":\"test\"}", a);
    expect(a, 200, "\"safe_released\":true");
    free(a);
}

enum status place_write_untold(struct place *p, struct srv_write *w)
{
    struct srv_store store;
    struct err err = {0};
    if (srv_store_sqlite_open(p->folder, &store, &err) != ST_OK) {
        fail_msg("the store does not open beside the server: %s", err.text);
    }
    enum status st = srv_store_write(&store, w, NULL);
    store.close(store.ctx);
    return st;
}

enum status place_write(struct place *p, struct srv_write *w)
{
    struct err err = {0};
    enum status st = place_write_untold(p, w);
    if (srv_control_reload(p->folder, &err) != ST_OK) {
        fail_msg("the server does not read again: %s", err.text);
    }
    return st;
}

void place_add_credential(struct place *p, struct srv_credential *c, char out[SRV_SECRET_BYTES])
{
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    assert_int_equal(srv_secret_make(out, c->digest, NULL), ST_OK);
    w.u.credential = *c;
    assert_int_equal(place_write(p, &w), ST_OK);
}

void place_revoke(struct place *p, enum srv_role role, const char *name)
{
    struct srv_write w = {.kind = SRV_WRITE_REVOKE, .now_s = 2};
    w.u.credential.role = role;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "%s", name);
    assert_int_equal(place_write(p, &w), ST_OK);
}

void place_retire(struct place *p, const char *device_id)
{
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = 3};
    w.u.device_id = device_id;
    assert_int_equal(place_write(p, &w), ST_OK);
}

void place_report(const struct place *p, char id, const char *user_state, char *out, size_t size)
{
    char report_id[POL_ID_BYTES];
    memset(report_id, id, sizeof report_id - 1);
    report_id[sizeof report_id - 1] = '\0';
    int length = snprintf(
        out, size,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%s\","
        "\"run_id\":\"00000000000000000000000000000001\",\"seq\":%d,\"part\":1,\"parts\":1,"
        "\"full\":false,\"device_id\":\"%s\",\"sent_at\":\"2026-01-01T00:00:00Z\","
        "\"agent\":{\"version\":\"1.0.0\",\"started_at\":\"2026-01-01T00:00:00Z\","
        "\"formats\":[\"mapi-rollout/policy/1\"],\"trust_version\":1},"
        "\"host\":{\"name\":\"PC-1\"},\"policy\":{\"rollout\":\"test\",\"received\":7002,"
        "\"effective\":7002,\"digest\":null,\"failed\":null,\"stale\":false},"
        "\"users\":[{\"sid\":\"S-1-5-21-1-2-3-1001\",\"hive\":\"loaded\",\"state\":\"%s\"}]}",
        report_id, id, p->device_id, user_state);
    assert_true(length > 0 && (size_t)length < size);
}

int place_hold(const struct place *p, const char *wait)
{
    char headers[64];
    (void)snprintf(headers, sizeof headers, "If-None-Match: \"0\"\r\nPrefer: wait=%s\r\n", wait);
    return ask(agents_url(p), "GET /v1/policy", bearer(p->device_token, headers), span_text(""));
}

void place_await_held_poll(struct place *p)
{
    static struct answer a;
    do {
        say(admins_url(p), "GET /v1/rollout", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
        expect(&a, 200, "\"held_polls\":");
    } while (strstr(a.text, "\"held_polls\":1") == NULL);
}
