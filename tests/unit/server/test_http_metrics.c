/* test_http_metrics.c - GET /metrics of a whole server: who may ask, and that what happens is counted. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void look(struct place *p, struct answer *a)
{
    say(admins_url(p), "GET /metrics", "", "", a);
    assert_int_equal(a->status, 200);
}

/* A request is counted when all of it is over, which its client may see a moment before. */
static void await(struct place *p, const char *line, struct answer *a)
{
    do {
        look(p, a);
    } while (strstr(a->text, line) == NULL);
}

static void http__metrics_from_this_machine__need_no_token(void **state)
{
    struct place *p = *state;
    static struct answer a;
    look(p, &a);
    expect(&a, 200, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    expect(&a, 200, "\nmapi_rollout_released_version 0\n");
}

static void http__metrics_with_a_token__ask_for_its_role(void **state)
{
    struct place *p = *state;
    static struct answer a;
    for (int role = SRV_ROLE_VIEWER; role < SRV_ROLE_COUNT; role++) {
        say(admins_url(p), "GET /metrics", bearer(p->tokens[role], ""), "", &a);
        expect(&a, 200, "\nmapi_rollout_users 0\n");
    }
    say(admins_url(p), "GET /metrics", bearer(p->secret, ""), "", &a);
    expect(&a, 401, "\"code\":\"unauthorized\"");
    say(admins_url(p), "GET /metrics", "Authorization: Basic dXNlcjp4\r\n", "", &a);
    expect(&a, 401, "WWW-Authenticate: Bearer");
}

static void http__metrics_passed_on_by_a_proxy__need_a_token(void **state)
{
    static const char *const MARKS[] = {"X-Forwarded-For: 127.0.0.1\r\n", "x-forwarded-for:\r\n",
                                        "Forwarded: for=10.1.1.1\r\n", "Via: 1.1 front\r\n"};
    struct place *p = *state;
    static struct answer a;
    for (size_t i = 0; i < sizeof MARKS / sizeof MARKS[0]; i++) {
        say(admins_url(p), "GET /metrics", MARKS[i], "", &a);
        expect(&a, 401, "\"code\":\"unauthorized\"");
        say(admins_url(p), "GET /metrics", bearer(p->tokens[SRV_ROLE_VIEWER], MARKS[i]), "", &a);
        assert_int_equal(a.status, 200);
    }
}

static void http__other_routes_from_this_machine__still_need_a_token(void **state)
{
    struct place *p = *state;
    static struct answer a;
    say(admins_url(p), "GET /v1/users", "", "", &a);
    assert_int_equal(a.status, 401);
    say(agents_url(p), "GET /metrics", "", "", &a);
    assert_int_equal(a.status, 404);
}

static void http__held_poll__is_a_gauge_and_has_no_duration(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    place_publish(p, 7, "\"0\"");
    int held = place_hold(p, "600");
    await(p, "\nmapi_rollout_held_polls 1\n", &a);
    expect(&a, 200, "\nmapi_rollout_connections{listener=\"agents\"} 1\n");
    expect(&a, 200, "\nmapi_rollout_requests_running{listener=\"agents\"} 1\n");
    place_release(p, "observe", "\"0\"");
    hear(held, &a);
    expect(&a, 200, "ETag: \"7001-");
    await(p,
          "\nmapi_rollout_http_requests_total{listener=\"agents\",method=\"GET\","
          "route=\"/v1/policy\",status=\"2xx\"} 1\n",
          &a);
    expect(&a, 200,
           "\nmapi_rollout_http_request_duration_seconds_count{listener=\"agents\","
           "method=\"GET\",route=\"/v1/policy\"} 0\n");
    expect(&a, 200, "\nmapi_rollout_held_polls 0\n");
}

static void http__client_leaves_a_held_poll__is_counted_as_none(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    int held = place_hold(p, "1");
    await(p, "\nmapi_rollout_held_polls 1\n", &a);
    assert_int_equal(close(held), 0);
    await(p, "\nmapi_rollout_requests_running{listener=\"agents\"} 0\n", &a);
    await(p, "\nmapi_rollout_connections{listener=\"agents\"} 0\n", &a);
    expect(&a, 200, "\nmapi_rollout_held_polls 0\n");
}

static void http__reports__are_counted_by_what_became_of_them(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char body[2048];
    place_enroll(p);
    place_report(p, 'a', "error", body, sizeof body);
    for (int i = 0; i < 3; i++) {
        say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), body, &a);
        assert_int_equal(a.status, 204);
    }
    place_report(p, 'a', "idle", body, sizeof body);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), body, &a);
    assert_int_equal(a.status, 409);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), "{}", &a);
    assert_int_equal(a.status, 422);
    await(p, "\nmapi_rollout_reports_refused_total{reason=\"not_acceptable\"} 1\n", &a);
    await(p, "\nmapi_rollout_reports_refused_total{reason=\"conflict\"} 1\n", &a);
    expect(&a, 200, "\nmapi_rollout_reports_taken_total{kind=\"new\"} 1\n");
    expect(&a, 200, "\nmapi_rollout_reports_taken_total{kind=\"repeated\"} 2\n");
    expect(&a, 200, "\nmapi_rollout_users_by_state{state=\"error\"} 1\n");
    expect(&a, 200, "\nmapi_rollout_store_queue_writes 0\n");
    expect(&a, 200, "\nmapi_rollout_devices 1\n");
}

static void http__enrolled_in_each_way__is_counted_by_kind(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char more[160];
    place_enroll(p);
    const char *machine = "{\"host\":{\"name\":\"PC-1\",\"machine_guid\":\"g-1\"}}";
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), machine, &a);
    expect(&a, 201, "device_token");
    take_member(&a, "device_token", p->device_token, sizeof p->device_token);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), machine, &a);
    assert_int_equal(a.status, 201);
    (void)snprintf(more, sizeof more, "X-Device-Token: %s\r\n", p->device_token);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, more), machine, &a);
    assert_int_equal(a.status, 201);
    look(p, &a);
    expect(&a, 200, "\nmapi_rollout_enrollments_total{kind=\"new\"} 2\n");
    expect(&a, 200, "\nmapi_rollout_enrollments_total{kind=\"kept\"} 1\n");
    expect(&a, 200, "\nmapi_rollout_enrollments_total{kind=\"duplicate\"} 1\n");
}

static void http__too_many_polls_of_a_stranger__are_counted_as_limited(void **state)
{
    struct place *p = *state;
    static struct answer a;
    do {
        say(agents_url(p), "GET /v1/policy", "", "", &a);
    } while (a.status != 429);
    await(p, "\nmapi_rollout_rate_limited_total{route=\"/v1/policy\"} 1\n", &a);
    expect(&a, 200, "\nmapi_rollout_rate_limited_total{route=\"/v1/reports\"} 0\n");
}

static void http__invented_paths_and_methods__make_no_label(void **state)
{
    struct place *p = *state;
    static struct answer a;
    say(admins_url(p), "GET /v1/devices/invented-device", bearer(p->tokens[SRV_ROLE_VIEWER], ""),
        "", &a);
    say(admins_url(p), "GET /invented-path", "", "", &a);
    say(admins_url(p), "INVENTED /v1/users", "", "", &a);
    await(p,
          "\nmapi_rollout_http_requests_total{listener=\"admins\",method=\"other\","
          "route=\"other\",status=\"4xx\"} 2\n",
          &a);
    expect(&a, 200, "route=\"/v1/devices/*\",status=\"4xx\"} 1\n");
    assert_null(strstr(a.text, "nvented"));
    assert_null(strstr(a.text, "NVENTED"));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(http__metrics_from_this_machine__need_no_token),
        TEST(http__metrics_with_a_token__ask_for_its_role),
        TEST(http__metrics_passed_on_by_a_proxy__need_a_token),
        TEST(http__other_routes_from_this_machine__still_need_a_token),
        TEST(http__held_poll__is_a_gauge_and_has_no_duration),
        TEST(http__client_leaves_a_held_poll__is_counted_as_none),
        TEST(http__reports__are_counted_by_what_became_of_them),
        TEST(http__enrolled_in_each_way__is_counted_by_kind),
        TEST(http__too_many_polls_of_a_stranger__are_counted_as_limited),
        TEST(http__invented_paths_and_methods__make_no_label),
    };
    return cmocka_run_group_tests_name("http_metrics", tests, NULL, NULL);
}
