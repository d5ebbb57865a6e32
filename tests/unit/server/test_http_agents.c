/* test_http_agents.c - the agents' listener, by docs/protocol.md "Agents". */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "tests/unit/server/conversation.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { NOT_ANSWERED_MS = 200 };

static void http__wrong_enroll_secret__is_401_with_its_code(void **state)
{
    struct place *p = *state;
    static struct answer a;
    say(agents_url(p), "POST /v1/enroll", bearer(p->tokens[SRV_ROLE_PUBLISHER], ""),
        "{\"host\":{\"name\":\"PC-1\"}}", &a);
    expect(&a, 401, "\"code\":\"unauthorized\"");
    expect(&a, 401, "application/problem+json");
}

static void http__nothing_released__is_204(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, "If-None-Match: \"0\"\r\n"), "",
        &a);
    assert_int_equal(a.status, 204);
    assert_null(strstr(a.text, "Enrollment-Required"));
}

static void http__poll_without_token__is_served_and_told_to_enroll(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_publish(p, 7, "\"0\"");
    place_release(p, "observe", "\"0\"");
    say(agents_url(p), "GET /v1/policy", "Prefer: wait=600\r\n", "", &a);
    expect(&a, 200, "Enrollment-Required: true");
    expect(&a, 200, "ETag: \"7001-");
}

static void http__held_poll__is_answered_by_a_release_and_not_before(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char byte = 0;
    struct timeval short_time = {.tv_usec = NOT_ANSWERED_MS * 1000};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    place_enroll(p);
    place_publish(p, 7, "\"0\"");
    int held = place_hold(p, "600");
    assert_int_equal(setsockopt(held, SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof short_time), 0);
    assert_int_equal(recv(held, &byte, 1, MSG_PEEK), -1);
    assert_int_equal(setsockopt(held, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    place_release(p, "observe", "\"0\"");
    hear(held, &a);
    expect(&a, 200, "ETag: \"7001-");
    expect(&a, 200, "Preference-Applied: wait");
}

static void http__held_poll__is_answered_by_the_brake(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    place_publish(p, 7, "\"0\"");
    int held = place_hold(p, "600");
    place_pull_brake(p);
    hear(held, &a);
    expect(&a, 200, "ETag: \"7999-");
}

static void http__wait_is_over__is_304_with_preference_applied(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char etag[64];
    char more[160];
    place_enroll(p);
    place_publish(p, 7, "\"0\"");
    place_release(p, "observe", "\"0\"");
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, ""), "", &a);
    const char *at = strstr(a.text, "ETag: ");
    assert_non_null(at);
    (void)snprintf(etag, sizeof etag, "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
    (void)snprintf(more, sizeof more, "If-None-Match: %s\r\nPrefer: wait=1\r\n", etag);
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, more), "", &a);
    expect(&a, 304, "Preference-Applied: wait");
    (void)snprintf(more, sizeof more, "If-None-Match: %s\r\n", etag);
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, more), "", &a);
    assert_int_equal(a.status, 304);
    assert_null(strstr(a.text, "Preference-Applied"));
}

static void http__second_poll_of_a_device__ends_the_first(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    int first = place_hold(p, "600");
    place_await_held_poll(p);
    int second = place_hold(p, "600");
    hear(first, &a);
    expect(&a, 204, "Preference-Applied: wait");
    assert_int_equal(close(second), 0); /* a client that leaves must not hold up the stop */
}

static void http__stopped__answers_held_polls(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    int held = place_hold(p, "600");
    place_await_held_poll(p);
    place_stop(p);
    hear(held, &a);
    expect(&a, 204, "Preference-Applied: wait");
}

static void http__reports__are_stored_repeated_and_refused_by_the_book(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char text[2048];
    place_enroll(p);
    place_report(p, '1', "idle", text, sizeof text);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    assert_int_equal(a.status, 204);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    assert_int_equal(a.status, 204);
    place_report(p, '1', "error", text, sizeof text);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    expect(&a, 409, "application/problem+json");
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), "{", &a);
    expect(&a, 400, "json_syntax");
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), "{}", &a);
    expect(&a, 422, "missing_field");
    say(agents_url(p), "POST /v1/reports", "", text, &a);
    expect(&a, 401, "unauthorized");
    say(admins_url(p), "GET /v1/users?state=idle", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"sid\":\"S-1-5-21-1-2-3-1001\"");
    say(admins_url(p), "GET /v1/users?state=error", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"users\":[]");
    say(admins_url(p), "GET /v1/compliance", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"state\":{\"idle\":1}");
}

static void http__report_of_another_device__is_refused(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char text[2048];
    place_enroll(p);
    place_report(p, '1', "idle", text, sizeof text);
    place_enroll(p); /* a second device; its token, the first one's report */
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    expect(&a, 422, "/device_id");
}

static void http__body_is_too_long__is_413(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char text[LIMIT_ENROLL_BYTES + 2];
    place_enroll(p);
    memset(text, ' ', sizeof text - 1);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), text, &a);
    expect(&a, 413, "too_large");
}

static void http__old_token_shown__device_stays_the_same(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char more[160];
    place_enroll(p);
    (void)snprintf(more, sizeof more, "X-Device-Token: %s\r\n", p->device_token);
    say(agents_url(p), "POST /v1/enroll", more, "{\"host\":{\"name\":\"PC-1\"}}", &a);
    expect(&a, 201, p->device_id);
    assert_null(strstr(a.text, p->device_token));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(http__wrong_enroll_secret__is_401_with_its_code),
        TEST(http__nothing_released__is_204),
        TEST(http__poll_without_token__is_served_and_told_to_enroll),
        TEST(http__held_poll__is_answered_by_a_release_and_not_before),
        TEST(http__held_poll__is_answered_by_the_brake),
        TEST(http__wait_is_over__is_304_with_preference_applied),
        TEST(http__second_poll_of_a_device__ends_the_first),
        TEST(http__stopped__answers_held_polls),
        TEST(http__reports__are_stored_repeated_and_refused_by_the_book),
        TEST(http__report_of_another_device__is_refused),
        TEST(http__body_is_too_long__is_413),
        TEST(http__old_token_shown__device_stays_the_same),
    };
    return cmocka_run_group_tests_name("http_agents", tests, NULL, NULL);
}
