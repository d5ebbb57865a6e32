/* test_door_bounds.c - how much a request may bring: at the bound, one byte more, and lies about it. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "server/routes.h"
#include "tests/unit/server/conversation.h"
#include "tests/unit/server/raw_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ORDER_BYTES = 16 * 1024, HEAD_BYTES = 1024, LINE_BYTES = 256, AGENT_HEADERS = 2048 };

struct row {
    enum srv_door door;
    const char *method;
    const char *path;
    size_t limit;
};

static const struct row ROWS[] = {
    {SRV_DOOR_AGENTS, "POST", "/v1/reports", LIMIT_REPORT_BYTES},
    {SRV_DOOR_AGENTS, "POST", "/v1/enroll", LIMIT_ENROLL_BYTES},
    {SRV_DOOR_ADMINS, "PUT", "/v1/rollout", LIMIT_BUNDLE_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/rollout/release", ORDER_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/rollout/advance", ORDER_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/rollout/hold", ORDER_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/rollout/resume", ORDER_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/rollout/safe", ORDER_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/simulate", LIMIT_PLAN_BYTES},
    {SRV_DOOR_ADMINS, "POST", "/v1/evidence", LIMIT_PLAN_BYTES},
};

enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

/* Of a route that takes a body; a route that is new must have a row. GET takes none. */
static const struct row *find_row(enum srv_door door, const char *method, const char *path)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (ROWS[i].door == door && strcmp(ROWS[i].method, method) == 0 &&
            strcmp(ROWS[i].path, path) == 0) {
            return &ROWS[i];
        }
    }
    if (strcmp(method, "GET") != 0) {
        fail_msg("%s %s: how much may it bring? It has no row in this test", method, path);
    }
    return NULL;
}

static const char *url_of(const struct place *p, enum srv_door door)
{
    return door == SRV_DOOR_AGENTS ? agents_url(p) : admins_url(p);
}

/* Whoever may enter everywhere at that door. */
static const char *pass(const struct place *p, const char *path, const char *more)
{
    if (strcmp(path, "/v1/enroll") == 0) {
        return bearer(p->secret, more);
    }
    bool agents = strcmp(path, "/v1/reports") == 0 || strcmp(path, "/v1/policy") == 0;
    return bearer(agents ? p->device_token : p->tokens[SRV_ROLE_PUBLISHER], more);
}

static void write_line(const char *method, const char *path, char out[LINE_BYTES])
{
    (void)snprintf(out, LINE_BYTES, "%s %.*s%s", method, (int)strcspn(path, "*"), path,
                   strchr(path, '*') != NULL ? "0" : "");
}

static void is_well(const struct place *p)
{
    static struct answer a;
    say(agents_url(p), "GET /healthz", "", "", &a);
    assert_int_equal(a.status, 200);
    say(admins_url(p), "GET /healthz", "", "", &a);
    assert_int_equal(a.status, 200);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static char *blanks(size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, ' ', size);
    text[size] = '\0';
    return text;
}

/* In chunks of 4 KiB, without saying before how many there will be. */
static void say_chunked(const char *url, const char *line, const char *headers, const char *body,
                        struct answer *out)
{
    char head[HEAD_BYTES];
    size_t size = strlen(body);
    int fd = connect_to(url);
    int length = snprintf(head, sizeof head,
                          "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                          "Transfer-Encoding: chunked\r\n%s\r\n",
                          line, headers);
    assert_true(length > 0 && (size_t)length < sizeof head);
    bool open = try_send(fd, head, (size_t)length);
    while (size > 0 && open) {
        size_t part = size < 4096 ? size : 4096;
        length = snprintf(head, sizeof head, "%zx\r\n", part);
        open = try_send(fd, head, (size_t)length) && try_send(fd, body, part) &&
               try_send(fd, "\r\n", 2);
        body += part;
        size -= part;
    }
    (void)(open && try_send(fd, "0\r\n\r\n", 5)); /* a server that has refused may be gone */
    hear(fd, out);
}

static void bounds__body_at_the_limit__is_taken_and_one_byte_more_is_not(void **state)
{
    struct place *p = *state;
    static struct answer a;
    const char *method = NULL;
    const char *path = NULL;
    char line[LINE_BYTES];
    size_t seen = 0;
    place_enroll(p);
    for (int door = 0; door < SRV_DOOR_COUNT; door++) {
        for (size_t i = 0; srv_routes_name((enum srv_door)door, i, &method, &path); i++) {
            const struct row *row = find_row((enum srv_door)door, method, path);
            size_t limit = row != NULL ? row->limit : 0;
            const char *url = url_of(p, (enum srv_door)door);
            char *body = blanks(limit + 1);
            seen += row != NULL ? 1 : 0;
            write_line(method, path, line);
            if (limit < 65536) { /* with more the connection is cut: see below */
                say(url, line, pass(p, path, ""), body, &a);
                expect(&a, 413, "\"code\":\"too_large\"");
            }
            say_chunked(url, line, pass(p, path, ""), body, &a);
            expect(&a, 413, "\"code\":\"too_large\"");
            body[limit] = '\0';
            say(url, line, pass(p, path, ""), body, &a);
            assert_int_not_equal(a.status, 413);
            say_chunked(url, line, pass(p, path, ""), body, &a);
            assert_int_not_equal(a.status, 413);
            free(body);
        }
    }
    assert_int_equal(seen, ROW_COUNT);
    is_well(p);
}

/* The answer comes before the body: a client that only announces it reads why. */
static void bounds__more_is_announced__is_refused_before_it_is_sent(void **state)
{
    static const char *const LENGTHS[] = {"99999999", "18446744073709551615"};
    struct place *p = *state;
    static struct answer a;
    char more[LINE_BYTES];
    char line[LINE_BYTES];
    place_enroll(p);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        for (size_t n = 0; n < sizeof LENGTHS / sizeof LENGTHS[0]; n++) {
            write_line(ROWS[i].method, ROWS[i].path, line);
            (void)snprintf(more, sizeof more, "Content-Length: %s\r\n", LENGTHS[n]);
            say_raw(url_of(p, ROWS[i].door), line, pass(p, ROWS[i].path, more), "", &a);
            expect(&a, 413, "\"code\":\"too_large\"");
        }
    }
    is_well(p);
}

/* Who may not come in does not get his body read either, and is told so. */
static void bounds__stranger_with_a_large_body__is_refused_at_once(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char line[LINE_BYTES];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(ROWS[i].path, "/v1/enroll") == 0) {
            continue; /* its body is small, and read before its secret is looked at */
        }
        write_line(ROWS[i].method, ROWS[i].path, line);
        say_raw(url_of(p, ROWS[i].door), line, "Content-Length: 200000\r\n", "", &a);
        expect(&a, 401, "unauthorized");
    }
    is_well(p);
}

static void bounds__lengths_that_lie__change_nothing(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char text[4096];
    char more[LINE_BYTES];
    place_enroll(p);
    place_report(p, '1', "idle", text, sizeof text);

    /* less than announced, then gone: no report */
    (void)snprintf(more, sizeof more, "Content-Length: %zu\r\n", strlen(text) + 10);
    cut_raw(agents_url(p), "POST /v1/reports", bearer(p->device_token, more), text);
    /* more than announced: the report is cut, and the rest is no request */
    (void)snprintf(more, sizeof more, "Content-Length: %zu\r\n", strlen(text) - 10);
    say_raw(agents_url(p), "POST /v1/reports", bearer(p->device_token, more), text, &a);
    expect(&a, 400, "json_syntax");
    /* what is no length, and two of them */
    const char *const LIES[] = {"Content-Length: -1\r\n",
                                "Content-Length: 1x\r\n",
                                "Content-Length: \r\n",
                                "Content-Length: 0x10\r\n",
                                "Content-Length: +5\r\n",
                                "Content-Length: 5, 5\r\n",
                                "Content-Length: 99999999999999999999999\r\n",
                                "Content-Length: 5\r\nContent-Length: 6\r\n",
                                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                "Transfer-Encoding: chunked, chunked\r\n",
                                "Transfer-Encoding: gzip\r\n"};
    for (size_t i = 0; i < sizeof LIES / sizeof LIES[0]; i++) {
        if (say_raw_or_cut(agents_url(p), "POST /v1/reports", bearer(p->device_token, LIES[i]),
                           text, &a)) {
            if (a.status != 400 && a.status != 413) {
                fail_msg("%s: %s", LIES[i], a.text);
            }
        }
    }
    is_well(p);
    say(admins_url(p), "GET /v1/users", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"users\":[]");
}

/* ---- headers --------------------------------------------------------------------------------- */

static void bounds__headers__are_taken_up_to_some_size(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char headers[64 * 1024];
    static const size_t SIZES[] = {20 * 1024, 60 * 1024};
    memcpy(headers, "X-A: ", 5);
    memset(headers + 5, 'a', AGENT_HEADERS);
    memcpy(headers + 5 + AGENT_HEADERS, "\r\n", 3);
    say_raw(agents_url(p), "GET /healthz", headers, "", &a);
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        memset(headers + 5, 'a', SIZES[i]);
        memcpy(headers + 5 + SIZES[i], "\r\n", 3);
        for (int door = 0; door < SRV_DOOR_COUNT; door++) {
            if (say_raw_or_cut(url_of(p, (enum srv_door)door), "GET /healthz", headers, "", &a)) {
                assert_int_equal(a.status / 100, 4);
            }
        }
    }
    is_well(p);
}

static void bounds__many_headers__are_taken_up_to_some_size(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char headers[64 * 1024];
    size_t used = 0;
    while (used < sizeof headers - 16) {
        used += (size_t)snprintf(headers + used, sizeof headers - used, "A: b\r\n");
    }
    for (int door = 0; door < SRV_DOOR_COUNT; door++) {
        if (say_raw_or_cut(url_of(p, (enum srv_door)door), "GET /healthz", headers, "", &a)) {
            assert_int_equal(a.status / 100, 4);
        }
    }
    is_well(p);
}

/* Tokens of any length and content prove nothing, and cost nothing. */
static void bounds__odd_tokens__prove_nothing(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char long_one[1024];
    char upper[SRV_SECRET_BYTES];
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    place_enroll(p);
    for (size_t i = 0; i < sizeof upper; i++) {
        char c = p->tokens[SRV_ROLE_VIEWER][i];
        upper[i] = c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
    }
    const char *const TOKENS[] = {"", " ", long_one, "\"", "\xff\xfe", "a b", upper, p->device_id};
    for (size_t i = 0; i < sizeof TOKENS / sizeof TOKENS[0]; i++) {
        char headers[1200];
        (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", TOKENS[i]);
        say_raw(admins_url(p), "GET /v1/rollout", headers, "", &a);
        assert_int_equal(a.status, 401);
        say_raw(agents_url(p), "POST /v1/reports", headers, "", &a);
        assert_int_equal(a.status, 401);
        (void)snprintf(headers, sizeof headers, "X-Device-Token: %s\r\n", TOKENS[i]);
        say_raw(agents_url(p), "POST /v1/enroll", headers, "", &a);
        assert_int_equal(a.status, 401);
    }
    /* two of them: the first one counts, and it is not ours */
    char two[512];
    (void)snprintf(two, sizeof two, "Authorization: Bearer x\r\nAuthorization: Bearer %s\r\n",
                   p->tokens[SRV_ROLE_VIEWER]);
    say_raw(admins_url(p), "GET /v1/rollout", two, "", &a);
    assert_int_equal(a.status, 401);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(bounds__body_at_the_limit__is_taken_and_one_byte_more_is_not),
        TEST(bounds__more_is_announced__is_refused_before_it_is_sent),
        TEST(bounds__stranger_with_a_large_body__is_refused_at_once),
        TEST(bounds__lengths_that_lie__change_nothing),
        TEST(bounds__headers__are_taken_up_to_some_size),
        TEST(bounds__many_headers__are_taken_up_to_some_size),
        TEST(bounds__odd_tokens__prove_nothing),
    };
    return cmocka_run_group_tests_name("door_bounds", tests, NULL, NULL);
}
