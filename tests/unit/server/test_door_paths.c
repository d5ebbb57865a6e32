/* test_door_paths.c - one spelling for each path, and the methods that it takes. */
#include "tests/cmocka_all.h"

#include "server/routes.h"
#include "tests/unit/server/conversation.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 256 };

static const char *url_of(const struct place *p, enum srv_door door)
{
    return door == SRV_DOOR_AGENTS ? agents_url(p) : admins_url(p);
}

/* The path of a route, with something in the place of its star. */
static void write_line(const char *method, const char *path, char out[LINE_BYTES])
{
    size_t length = strcspn(path, "*");
    (void)snprintf(out, LINE_BYTES, "%s %.*s%s", method, (int)length, path,
                   path[length] == '*' ? "0" : "");
}

static bool is_route(enum srv_door door, const char *method, const char *path)
{
    const char *route_method = NULL;
    const char *route_path = NULL;
    for (size_t i = 0; srv_routes_name(door, i, &route_method, &route_path); i++) {
        bool same = strcmp(route_method, method) == 0 ||
                    (strcmp(route_method, "GET") == 0 && strcmp(method, "HEAD") == 0);
        if (same && strcmp(route_path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* What the answer says that there is. */
static void write_allowed(const struct answer *a, char out[LINE_BYTES])
{
    const char *at = strstr(a->text, "\r\nAllow: ");
    assert_non_null(at);
    (void)snprintf(out, LINE_BYTES, "%s", at + strlen("\r\nAllow: "));
    out[strcspn(out, "\r")] = '\0';
}

static void paths__other_methods__are_405_and_told_which_there_are(void **state)
{
    static const char *const METHODS[] = {"GET",     "HEAD",     "POST",  "PUT",
                                          "DELETE",  "PATCH",    "TRACE", "OPTIONS",
                                          "CONNECT", "PROPFIND", "get",   "X"};
    struct place *p = *state;
    static struct answer a;
    const char *method = NULL;
    const char *path = NULL;
    char line[LINE_BYTES];
    char allowed[LINE_BYTES];
    for (int door = 0; door < SRV_DOOR_COUNT; door++) {
        for (size_t i = 0; srv_routes_name((enum srv_door)door, i, &method, &path); i++) {
            for (size_t m = 0; m < sizeof METHODS / sizeof METHODS[0]; m++) {
                if (is_route((enum srv_door)door, METHODS[m], path)) {
                    continue;
                }
                write_line(METHODS[m], path, line);
                say(url_of(p, (enum srv_door)door), line, bearer(p->tokens[SRV_ROLE_PUBLISHER], ""),
                    "", &a);
                assert_int_equal(a.status, 405);
                write_allowed(&a, allowed);
                assert_non_null(strstr(allowed, method));
                assert_null(strstr(allowed, METHODS[m]));
            }
        }
    }
}

static void paths__head__is_get_without_the_content(void **state)
{
    struct place *p = *state;
    static struct answer a;
    const char *end = NULL;
    const char *lines[] = {"HEAD /healthz", "HEAD /readyz"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        say(agents_url(p), lines[i], "", "", &a);
        expect(&a, 200, "\r\nContent-Type: text/plain; charset=utf-8\r\n");
        end = strstr(a.text, "\r\n\r\n");
        assert_non_null(end);
        assert_string_equal(end, "\r\n\r\n");
    }
    say(admins_url(p), "HEAD /v1/rollout", "", "", &a);
    assert_int_equal(a.status, 401);
    say(admins_url(p), "HEAD /v1/rollout", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    assert_int_equal(a.status, 200);
    assert_null(strstr(a.text, "policy_etag"));
    say(agents_url(p), "HEAD /v1/policy", "Prefer: wait=600\r\nIf-None-Match: \"0\"\r\n", "", &a);
    assert_int_equal(a.status, 204);
}

static void paths__other_spellings_of_a_path__are_nobodys(void **state)
{
    static const char *const PATHS[] = {
        "/v1/rollout/",
        "//v1/rollout",
        "/v1//rollout",
        "/V1/rollout",
        "/v1/Rollout",
        "/v1/./rollout",
        "/v1/x/../rollout",
        "/x/../v1/rollout",
        "/v1/rollout;x=1",
        "/v1/rollout%2f",
        "/v1%2Frollout",
        "/v1%2frollout",
        "/v1/%72ollout",
        "/v1/r%6Fllout",
        "/%76%31/%72%6f%6c%6c%6f%75%74",
        "/v1/rollout%00",
        "/v1/rollout%00x",
        "/v1/rollout%20",
        "/v1/rollout%",
        "/v1/rollout%7",
        "/v1/rollout%zz",
        "/v1/rollout%c0%af",
        "/v1/rollout%252f",
        "/v1\\rollout",
        "\\v1\\rollout",
        "/",
        "*",
        "v1/rollout",
        "http://localhost/v1/rollout",
        "localhost:443",
        "/v1/rollout/release/",
        "/v1/rollout/x",
        "/v1",
        "/v1/",
        "/v1/devices/",
        "/v1/devices/a/b",
        "/v1/devices/a%2fb",
        "/v1/devices/%2e%2e",
        "/v1/devices//",
        "/metrics/",
        "/metrics%3f",
        "/healthz/..",
        "/healthz%00",
        "/healthz#x",
    };
    struct place *p = *state;
    static struct answer a;
    char line[LINE_BYTES];
    for (int door = 0; door < SRV_DOOR_COUNT; door++) {
        for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
            write_line("GET", PATHS[i], line);
            (void)snprintf(line, sizeof line, "GET %s", PATHS[i]);
            say(url_of(p, (enum srv_door)door), line, bearer(p->tokens[SRV_ROLE_PUBLISHER], ""), "",
                &a);
            if (a.status != 404 || strstr(a.text, "\"code\":\"not_found\"") == NULL) {
                fail_msg("%s: %s", PATHS[i], a.text);
            }
        }
    }
}

static void paths__query__does_not_make_another_path(void **state)
{
    struct place *p = *state;
    static struct answer a;
    const char *viewer = bearer(p->tokens[SRV_ROLE_VIEWER], "");
    say(admins_url(p), "GET /v1/rollout?a=%2f&b", viewer, "", &a);
    expect(&a, 200, "policy_etag");
    say(admins_url(p), "GET /v1/users?q=%25", viewer, "", &a);
    expect(&a, 200, "\"users\":[]");
    say(admins_url(p), "GET /v1/rollout?", viewer, "", &a);
    expect(&a, 200, "policy_etag");
    say(admins_url(p), "GET /v1/rollout?token=x", "", "", &a);
    assert_int_equal(a.status, 401);
}

static void paths__long_path__is_refused_and_the_server_goes_on(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char line[1600];
    memset(line, 'a', sizeof line);
    memcpy(line, "GET /v1/devices/", strlen("GET /v1/devices/"));
    line[sizeof line - 1] = '\0';
    say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 404, "there is no device");
    say(agents_url(p), line, "", "", &a);
    expect(&a, 404, "not_found");
    say(agents_url(p), "GET /healthz", "", "", &a);
    assert_int_equal(a.status, 200);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(paths__other_methods__are_405_and_told_which_there_are),
        TEST(paths__head__is_get_without_the_content),
        TEST(paths__other_spellings_of_a_path__are_nobodys),
        TEST(paths__query__does_not_make_another_path),
        TEST(paths__long_path__is_refused_and_the_server_goes_on),
    };
    return cmocka_run_group_tests_name("door_paths", tests, NULL, NULL);
}
