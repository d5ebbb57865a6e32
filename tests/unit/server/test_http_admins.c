/* test_http_admins.c - the administrators' listener: roles, preconditions, starting anew. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"

#include <string.h>

static void http__each_route__asks_for_its_role(void **state)
{
    static const struct {
        const char *line;
        enum srv_role least;
    } ROUTES[] = {
        {"GET /v1/rollout", SRV_ROLE_VIEWER},
        {"GET /v1/compliance", SRV_ROLE_VIEWER},
        {"GET /v1/users", SRV_ROLE_VIEWER},
        {"GET /v1/devices", SRV_ROLE_VIEWER},
        {"GET /v1/audit", SRV_ROLE_VIEWER},
        {"POST /v1/rollout/release", SRV_ROLE_OPERATOR},
        {"POST /v1/rollout/advance", SRV_ROLE_OPERATOR},
        {"POST /v1/rollout/safe", SRV_ROLE_OPERATOR},
        {"POST /v1/rollout/hold", SRV_ROLE_OPERATOR},
        {"POST /v1/rollout/resume", SRV_ROLE_OPERATOR},
        {"POST /v1/simulate", SRV_ROLE_OPERATOR},
        {"PUT /v1/rollout", SRV_ROLE_PUBLISHER},
    };
    struct place *p = *state;
    static struct answer a;
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        say(admins_url(p), ROUTES[i].line, "", "", &a);
        assert_int_equal(a.status, 401);
        say(admins_url(p), ROUTES[i].line, bearer(p->secret, ""), "", &a);
        assert_int_equal(a.status, 401);
        for (int role = SRV_ROLE_VIEWER; role < SRV_ROLE_COUNT; role++) {
            say(admins_url(p), ROUTES[i].line, bearer(p->tokens[role], ""), "", &a);
            assert_int_equal(a.status == 403, role < (int)ROUTES[i].least);
            assert_int_not_equal(a.status, 401);
        }
    }
}

static void http__unbuilt_routes__say_unsupported(void **state)
{
    struct place *p = *state;
    static struct answer a;
    say(admins_url(p), "POST /v1/evidence", bearer(p->tokens[SRV_ROLE_PUBLISHER], ""), "{}", &a);
    expect(&a, 501, "\"code\":\"unsupported\"");
}

static void http__unknown_path_and_method__are_404_and_405(void **state)
{
    struct place *p = *state;
    static struct answer a;
    say(admins_url(p), "GET /v1/nothing", "", "", &a);
    expect(&a, 404, "not_found");
    say(admins_url(p), "POST /v1/users", "", "", &a);
    expect(&a, 405, "method_not_allowed");
    say(agents_url(p), "GET /v1/rollout", bearer(p->tokens[SRV_ROLE_PUBLISHER], ""), "", &a);
    expect(&a, 404, "not_found"); /* administrators have a listener of their own */
}

static void http__if_match_is_missing_or_stale__is_428_or_412(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_publish(p, 7, "\"0\"");
    say(admins_url(p), "POST /v1/rollout/release", bearer(p->tokens[SRV_ROLE_OPERATOR], ""),
        "{\"stage\":\"observe\"}", &a);
    expect(&a, 428, "precondition_required");
    say(admins_url(p), "POST /v1/rollout/release",
        bearer(p->tokens[SRV_ROLE_OPERATOR], "If-Match: \"7001-0\"\r\n"), "{\"stage\":\"observe\"}",
        &a);
    expect(&a, 412, "precondition_failed");
}

static void http__health__needs_no_token(void **state)
{
    struct place *p = *state;
    static struct answer a;
    say(agents_url(p), "GET /healthz", "", "", &a);
    expect(&a, 200, "ok");
    say(admins_url(p), "GET /readyz", "", "", &a);
    expect(&a, 200, "ready");
}

static void http__restarted__serves_the_released_policy_again(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_enroll(p);
    place_publish(p, 7, "\"0\"");
    place_pull_brake(p);
    place_stop(p);
    place_start(p);
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, ""), "", &a);
    expect(&a, 200, "ETag: \"7999-");
    assert_null(strstr(a.text, "Enrollment-Required"));
}

static void http__second_server_on_the_same_directory__is_refused(void **state)
{
    struct place *p = *state;
    struct srv_daemon *second = NULL;
    struct srv_settings settings = {
        .folder = p->folder,
        .listen = "127.0.0.1:0",
        .admin_listen = "127.0.0.1:0",
        .trust_file = p->trust_file,
    };
    assert_int_equal(srv_daemon_start(&settings, &second, NULL), ST_BUSY);
    assert_null(second);
}

static void http__plain_on_a_public_address__is_refused(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    struct srv_settings settings = {
        .folder = p->folder,
        .listen = "0.0.0.0:0",
        .admin_listen = "127.0.0.1:0",
        .trust_file = p->trust_file,
    };
    place_stop(p);
    assert_int_equal(srv_daemon_start(&settings, &p->daemon, &err), ST_REFUSED);
    assert_non_null(strstr(err.text, "--tls-cert"));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(http__each_route__asks_for_its_role),
        TEST(http__unbuilt_routes__say_unsupported),
        TEST(http__unknown_path_and_method__are_404_and_405),
        TEST(http__if_match_is_missing_or_stale__is_428_or_412),
        TEST(http__health__needs_no_token),
        TEST(http__restarted__serves_the_released_policy_again),
        TEST(http__second_server_on_the_same_directory__is_refused),
        TEST(http__plain_on_a_public_address__is_refused),
    };
    return cmocka_run_group_tests_name("http_admins", tests, NULL, NULL);
}
