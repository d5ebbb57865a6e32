/* test_preflight_print.c - the checklist as people read it, and as JSON. */
#include "tests/cmocka_all.h"

#include "agent/preflight_print.h"

#include <string.h>

static struct bytes out;

static int start(void **state)
{
    (void)state;
    out = bytes_with_limit(16 * 1024);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    bytes_free(&out);
    return 0;
}

static struct ag_preflight_shown shown_of(struct ag_probe_answer page,
                                          struct ag_probe_answer endpoint, const char *proxy)
{
    struct ag_preflight_shown shown = {.url = "https://mapi.contoso.example/mapi/",
                                       .for_allow = true};
    struct ag_probe probe = {.page = page, .endpoint = endpoint};
    assert_true(ag_probe_target_of(shown.url, &probe.target));
    memcpy(probe.proxy, proxy, strlen(proxy) + 1);
    ag_probe_classify(&probe, &shown.result);
    ag_probe_explain(&probe, &shown.result, &shown.list);
    return shown;
}

static struct ag_preflight_shown old_server(void)
{
    return shown_of((struct ag_probe_answer){.reach = AG_REACH_ANSWERED,
                                             .http = 200,
                                             .body = span_text("200 OK<br/>EX1")},
                    (struct ag_probe_answer){
                        .reach = AG_REACH_ANSWERED,
                        .http = 401,
                        .headers = span_text(
                            "HTTP/1.1 401\r\nWWW-Authenticate: Negotiate, Basic realm=\"x\"\r\n"
                            "X-OWA-Version: 15.0.516.32\r\n")},
                    "");
}

static struct ag_preflight_shown dead_proxy(void)
{
    return shown_of((struct ag_probe_answer){.reach = AG_REACH_NO_CONNECTION, .os_code = 12029},
                    (struct ag_probe_answer){.reach = AG_REACH_NOT_ASKED},
                    "http://proxy.example:8080");
}

static void text__all_steps__are_those_of_the_guide(void **state)
{
    struct ag_preflight_shown shown = old_server();
    (void)state;
    assert_int_equal(ag_preflight_text(&shown, &out), ST_OK);
    assert_string_equal(
        bytes_text(&out),
        "https://mapi.contoso.example/mapi/ (for allow): too_old\n"
        "  passed       namespace          the name mapi.contoso.example is found\n"
        "  passed       certificate        the certificate is trusted, for mapi.contoso.example and "
        "within its time; revocation is not looked at\n"
        "  passed       connectivity       mapi.contoso.example port 443 answers\n"
        "  passed       authentication     Negotiate, Basic are offered: Basic or Digest beside the "
        "others lets clients send passwords\n"
        "  passed       virtual directory  /mapi/emsmdb/ answers (401), healthcheck.htm says 200 OK\n"
        "  failed       server version     Exchange 15.0.516.32 is older than 2013 SP1 "
        "(15.0.847.32), the first with MAPI/HTTP\n"
        "  next: update Exchange to 2013 SP1 or later before Outlook is sent there\n");
}

static void text__stopped_early__says_what_was_not_reached(void **state)
{
    struct ag_preflight_shown shown = dead_proxy();
    (void)state;
    shown.for_block = true;
    assert_int_equal(ag_preflight_text(&shown, &out), ST_OK);
    const char *text = bytes_text(&out);
    assert_non_null(strstr(text, " (for allow and block): unreachable\n"));
    assert_non_null(strstr(text,
                           "  not reached  namespace          mapi.contoso.example is looked up "
                           "by the proxy http://proxy.example:8080\n"));
    assert_non_null(strstr(text, "  failed       connectivity       mapi.contoso.example port 443 "
                                 "cannot be reached by the proxy http://proxy.example:8080 "
                                 "(Windows error 12029)\n"));
    assert_non_null(strstr(text, "  not reached  server version     "));
}

static void text__of_the_command_line__names_no_use(void **state)
{
    struct ag_preflight_shown shown = old_server();
    (void)state;
    shown.for_allow = false;
    assert_int_equal(ag_preflight_text(&shown, &out), ST_OK);
    assert_non_null(strstr(bytes_text(&out), "/mapi/: too_old\n"));
}

static void json__is_one_line_of_documented_members(void **state)
{
    struct ag_preflight_shown shown = old_server();
    (void)state;
    assert_int_equal(ag_preflight_json(&shown, &out), ST_OK);
    const char *text = bytes_text(&out);
    assert_ptr_equal(strchr(text, '\n'), text + out.size - 1);
    assert_non_null(strstr(text, "\"url\":\"https://mapi.contoso.example/mapi/\""));
    assert_non_null(strstr(text, "\"for\":[\"allow\"],\"verdict\":\"too_old\",\"http\":401,"
                                 "\"server\":\"15.0.516.32\",\"auth\":[\"Negotiate\",\"Basic\"]"));
    assert_non_null(
        strstr(text, "{\"step\":\"virtual_directory\",\"state\":\"passed\",\"says\":\""));
    assert_non_null(strstr(text, "\"next\":\"update Exchange"));
}

static void json__without_an_answer__has_nulls(void **state)
{
    struct ag_preflight_shown shown = dead_proxy();
    (void)state;
    assert_int_equal(ag_preflight_json(&shown, &out), ST_OK);
    assert_non_null(strstr(bytes_text(&out), "\"http\":null,\"server\":null,\"auth\":[]"));
}

static void both__no_room__say_so(void **state)
{
    struct ag_preflight_shown shown = old_server();
    struct bytes small = bytes_with_limit(100);
    (void)state;
    assert_int_equal(ag_preflight_text(&shown, &small), ST_TOO_LARGE);
    bytes_clear(&small);
    assert_int_equal(ag_preflight_json(&shown, &small), ST_TOO_LARGE);
    bytes_free(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text__all_steps__are_those_of_the_guide),
        TEST(text__stopped_early__says_what_was_not_reached),
        TEST(text__of_the_command_line__names_no_use),
        TEST(json__is_one_line_of_documented_members),
        TEST(json__without_an_answer__has_nulls),
        TEST(both__no_room__say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
