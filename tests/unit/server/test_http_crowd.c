/* test_http_crowd.c - a server with more clients than it has room for: who is told to come again. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"
#include "tests/unit/server/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEW = 3, ADMINS = 128 };

#define HELD "If-None-Match: \"0\"\r\nPrefer: wait=600\r\n"

static struct answer a;

static int setup(void **state)
{
    int code = place_setup(state);
    struct place *p = *state;
    place_stop(p);
    p->connections = FEW;
    place_start(p);
    return code;
}

/* Until the server says so: what was answered may take a moment to be closed. */
static void await_metric(const struct place *p, const char *line)
{
    do {
        say(admins_url(p), "GET /metrics", "", "", &a);
        expect(&a, 200, "mapi_rollout_connections");
    } while (strstr(a.text, line) == NULL);
}

/* As many devices as there is room for, whose polls are held. */
static void fill(struct place *p, int held[FEW])
{
    static char tokens[FEW][SRV_SECRET_BYTES];
    for (int i = 0; i < FEW; i++) {
        place_enroll(p);
        memcpy(tokens[i], p->device_token, sizeof tokens[i]);
    }
    await_metric(p, "\nmapi_rollout_connections{listener=\"agents\"} 0\n");
    for (int i = 0; i < FEW; i++) {
        held[i] = ask(agents_url(p), "GET /v1/policy", bearer(tokens[i], HELD), span_text(""));
    }
    await_metric(p, "\nmapi_rollout_held_polls 3\n");
}

static void
crowd__agents_fill_their_door__policies_are_served_and_the_rest_comes_again(void **state)
{
    struct place *p = *state;
    static char report[2048];
    int held[FEW];
    fill(p, held);
    place_report(p, '1', "idle", report, sizeof report);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), report, &a);
    expect(&a, 503, "Retry-After: ");
    expect(&a, 503, "\"code\":\"unavailable\"");
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), "{\"host\":{\"name\":\"PC\"}}",
        &a);
    expect(&a, 503, "Retry-After: ");
    int kept =
        wire_dial(agents_url(p)); /* it would like to stay, and does not wait with its body */
    assert_true(wire_put(kept, "POST /v1/enroll HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"));
    (void)wire_drain(kept, a.text, sizeof a.text);
    assert_non_null(strstr(a.text, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(a.text, "HTTP/1.1 503 "));
    wire_close(kept);
    say(agents_url(p), "GET /healthz", "", "", &a);
    expect(&a, 200, "ok");
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, HELD), "", &a);
    expect(&a, 204, "X-Request-Id: "); /* at once, and the poll that is held goes on */
    place_publish(p, 7, "\"0\"");
    place_pull_brake(p);
    for (int i = 0; i < FEW; i++) {
        hear(held[i], &a);
        expect(&a, 200, "ETag: \"7999-");
    }
    await_metric(p, "\nmapi_rollout_connections{listener=\"agents\"} 0\n");
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), report, &a);
    assert_int_equal(a.status, 204);
}

static void crowd__agents_nearly_fill_their_door__exports_wait_and_nothing_else(void **state)
{
    struct place *p = *state;
    const char *viewer = p->tokens[SRV_ROLE_VIEWER];
    int held[FEW];
    fill(p, held);
    say(admins_url(p), "GET /v1/reports.csv", bearer(viewer, ""), "", &a);
    expect(&a, 503, "Retry-After: ");
    say(admins_url(p), "GET /v1/compliance", bearer(viewer, ""), "", &a);
    assert_int_equal(a.status, 200);
    for (int i = 0; i < FEW; i++) {
        wire_close(held[i]);
    }
}

/* Whoever has a token that may not do much can still be slow. */
static void crowd__viewers_fill_the_administrators_door__the_brake_has_room(void **state)
{
    struct place *p = *state;
    static int slow[ADMINS * 2];
    int count = 0;
    char request[256];
    place_publish(p, 7, "\"0\"");
    (void)snprintf(request, sizeof request,
                   "POST /v1/rollout/release HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                   "Authorization: Bearer %s\r\n\r\n{",
                   p->tokens[SRV_ROLE_VIEWER]);
    /* One whose headers were not read yet may be ended for the next: so more than there is room for. */
    do {
        assert_true(count < ADMINS * 2);
        slow[count] = wire_dial(admins_url(p));
        assert_true(wire_put(slow[count++], request));
        a.status = 0;
        if (count >= ADMINS) {
            say(admins_url(p), "GET /v1/rollout", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
        }
    } while (a.status != 503);
    expect(&a, 503, "Retry-After: ");
    place_pull_brake(p);
    for (int i = 0; i < count; i++) {
        wire_close(slow[i]);
    }
}

/* Connections without a request, however many, keep nobody out. */
static void crowd__silent_connections__make_room(void **state)
{
    struct place *p = *state;
    static int silent[ADMINS * 2];
    place_publish(p, 7, "\"0\"");
    for (int i = 0; i < ADMINS * 2; i++) {
        silent[i] = wire_dial(admins_url(p));
    }
    place_pull_brake(p);
    say(admins_url(p), "GET /v1/rollout", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"safe_released\":true");
    for (int i = 0; i < ADMINS * 2; i++) {
        wire_close(silent[i]);
    }
}

static void crowd__each_problem__names_its_request(void **state)
{
    struct place *p = *state;
    char id[64];
    char want[128];
    say(agents_url(p), "GET /nothing", "X-Request-Id: mine\r\n", "", &a);
    const char *at = strstr(a.text, "X-Request-Id: ");
    assert_non_null(at);
    (void)snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 14, "\r"), at + 14);
    (void)snprintf(want, sizeof want, "\"instance\":\"urn:mapi-rollout:request:%s\"", id);
    expect(&a, 404, want);
    assert_null(strstr(a.text, "mine"));
}

static void crowd__a_request_that_can_be_read_in_two_ways__is_400(void **state)
{
    struct place *p = *state;
    say(admins_url(p), "POST /v1/rollout/safe",
        bearer(p->tokens[SRV_ROLE_OPERATOR], "Content-Length: 99\r\n"),
        "{\"reason\":\"smoke\",\"confirm\":\"test\"}", &a);
    expect(&a, 400, "\"code\":\"malformed_request\"");
    expect(&a, 400, "Connection: close");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(crowd__agents_fill_their_door__policies_are_served_and_the_rest_comes_again),
        TEST(crowd__agents_nearly_fill_their_door__exports_wait_and_nothing_else),
        TEST(crowd__viewers_fill_the_administrators_door__the_brake_has_room),
        TEST(crowd__silent_connections__make_room),
        TEST(crowd__each_problem__names_its_request),
        TEST(crowd__a_request_that_can_be_read_in_two_ways__is_400),
    };
    return cmocka_run_group_tests_name("http_crowd", tests, NULL, NULL);
}
