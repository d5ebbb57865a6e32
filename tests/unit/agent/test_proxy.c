/* test_proxy.c - ag_proxy_*(): lists as Windows, PAC files and hostile machines give them. */
#include "tests/cmocka_all.h"

#include "agent/proxy.h"

#include <stdio.h>
#include <string.h>

/* ---- the setting -------------------------------------------------------------------------- */

static void setting__each_kind__is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ag_proxy_kind kind;
        const char *url;
    } rows[] = {
        {NULL, AG_PROXY_NONE, NULL},
        {"", AG_PROXY_NONE, NULL},
        {"none", AG_PROXY_NONE, NULL},
        {"None", AG_PROXY_NONE, NULL},
        {"AUTO", AG_PROXY_AUTO, NULL},
        {"http://proxy:8080", AG_PROXY_FIXED, "http://proxy:8080"},
        {"http://proxy/", AG_PROXY_FIXED, "http://proxy/"},
        {"http://[fd00::1]:8080", AG_PROXY_FIXED, "http://[fd00::1]:8080"},
        {"pac:http://wpad/proxy.pac", AG_PROXY_PAC, "http://wpad/proxy.pac"},
        {"PAC:https://h/p.pac?a=1", AG_PROXY_PAC, "https://h/p.pac?a=1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum ag_proxy_kind kind = AG_PROXY_PAC;
        const char *url = "?";
        assert_true(ag_proxy_setting_read(rows[i].text, &kind, &url));
        assert_int_equal(kind, rows[i].kind);
        if (rows[i].url == NULL) {
            assert_null(url);
        } else {
            assert_string_equal(url, rows[i].url);
        }
    }
}

static void setting__what_means_nothing__is_said_so(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "proxy:8080",
        "https://proxy:8080",
        "socks5://proxy",
        "http://",
        "http:///",
        "http://u:p@proxy",
        "http://proxy:0",
        "http://proxy:65536",
        "http://proxy:8080/x",
        "http://a:1;b:2",
        "http://a http://b",
        "pac:",
        "pac:file:///c:/x",
        "pac:http://u@h/p",
        "automatic",
        " none",
        "http://proxy:80a",
        "http://[fd00::1",
        "http://pr\xc3\xb6xy",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum ag_proxy_kind kind = AG_PROXY_NONE;
        const char *url = NULL;
        if (ag_proxy_setting_read(rows[i], &kind, &url)) {
            fail_msg("taken: %s", rows[i]);
        }
    }
}

/* ---- lists -------------------------------------------------------------------------------- */

/* One line, entries apart by a bar; "-" is straight on. */
static const char *read(const char *text)
{
    static char line[AG_PROXY_MOST * AG_PROXY_BYTES];
    struct ag_proxy_list list;
    ag_proxy_list_read(text, &list);
    line[0] = '\0';
    for (size_t i = 0; i < list.count; i++) {
        size_t at = strlen(line);
        (void)snprintf(line + at, sizeof line - at, "%s%s", i > 0 ? "|" : "",
                       list.urls[i][0] != '\0' ? list.urls[i] : "-");
    }
    return line;
}

static void list__forms_of_windows_and_of_pac_files__are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"proxy:8080", "http://proxy:8080"},
        {"a:8080;b:8081", "http://a:8080|http://b:8081"},
        {"a:8080 b:8081", "http://a:8080|http://b:8081"},
        {" a ; ;; b ", "http://a:80|http://b:80"},
        {"http=a:1;https=b:2;ftp=c:3;socks=d:4", "http://b:2"},
        {"HTTPS=http://b:2/", "http://b:2"},
        {"https=b", "http://b:80"},
        {"PROXY a:8080; PROXY b:8080; DIRECT", "http://a:8080|http://b:8080|-"},
        {"PROXY a:8080;DIRECT;PROXY b:1", "http://a:8080|-|http://b:1"},
        {"proxy", "http://proxy:80"},
        {"PROXY proxy", "http://proxy:80"},
        {"HTTP a:1; HTTPS b:2; SOCKS5 c:3; SOCKS d:4; direct", "http://a:1|-"},
        {"http://[fd00::1]:3128;[::1]", "http://[fd00::1]:3128|http://[::1]:80"},
        {"10.0.0.1:3128", "http://10.0.0.1:3128"},
        {"DIRECT", "-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(read(rows[i].text), rows[i].expected);
    }
}

static void list__nothing_usable__is_straight_on(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",          ";;",     "   ",       "http=a:1",   "socks=a:1",
        "=",         "https=", "https://a", "a:0",        "a:65536",
        "a:b",       ":8080",  "a:8080:1",  "u:p@a:8080", "a/b",
        "SOCKS a:1", "[::1",   "[]:1",      "[::1]x",     "a:99999999999999999999999",
        "a:-1",      "a\"b",   "\x01",      "\xff\xfe",
    };
    assert_string_equal(read(NULL), "-");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(read(rows[i]), "-");
    }
}

static void list__malformed_among_good_ones__is_left_out(void **state)
{
    (void)state;
    assert_string_equal(read("a:0;b:1;u@c:2;d:3"), "http://b:1|http://d:3");
}

static void list__more_than_there_is_room_for__keeps_the_first(void **state)
{
    (void)state;
    char text[1024] = "";
    char host[AG_PROXY_HOST_BYTES + 2];
    struct ag_proxy_list list;
    for (int i = 0; i < 20; i++) {
        size_t at = strlen(text);
        (void)snprintf(text + at, sizeof text - at, "p%d:1;", i);
    }
    ag_proxy_list_read(text, &list);
    assert_int_equal(list.count, AG_PROXY_MOST);
    assert_string_equal(list.urls[AG_PROXY_MOST - 1], "http://p7:1");

    memset(host, 'a', sizeof host);
    host[AG_PROXY_HOST_BYTES - 1] = '\0'; /* the longest that fits */
    ag_proxy_list_read(host, &list);
    assert_int_equal(strlen(list.urls[0]), 7 + AG_PROXY_HOST_BYTES - 1 + 3);
    host[AG_PROXY_HOST_BYTES - 1] = 'a';
    host[AG_PROXY_HOST_BYTES] = '\0';
    assert_string_equal(read(host), "-");
}

/* ---- bypass ------------------------------------------------------------------------------- */

static void bypass__entries__fit_or_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *bypass;
        const char *host;
        bool expected;
    } rows[] = {
        {NULL, "a", false},
        {"", "a", false},
        {"<local>", "rollout", true},
        {"<local>", "rollout.contoso.com", false},
        {"<local>", "fd00::1", false},
        {"*.contoso.com", "rollout.contoso.com", true},
        {"*.contoso.com", "contoso.com", false},
        {"*.CONTOSO.com", "rollout.contoso.COM", true},
        {"10.*; *.corp <local>", "10.1.2.3", true},
        {"10.*; *.corp <local>", "x.corp", true},
        {"10.*; *.corp <local>", "x.other", false},
        {"*", "anything.at.all", true},
        {"https://*.corp", "x.corp", true},
        {"http://*.corp", "x.corp", false},
        {"x.corp:8443", "x.corp", true},
        {"x.corp:443", "x.corp", false},
        {"x.corp:99999", "x.corp", false},
        {"fd00::1", "fd00::1", true},
        {";;; ;", "a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (ag_proxy_is_bypassed(rows[i].bypass, rows[i].host, 8443) != rows[i].expected) {
            fail_msg("%s %s", rows[i].bypass, rows[i].host);
        }
    }
}

static void server_of__urls__give_host_and_port(void **state)
{
    (void)state;
    char host[AG_PROXY_HOST_BYTES];
    uint16_t port = 0;
    assert_true(ag_proxy_server_of("https://rollout.contoso.com", host, &port));
    assert_string_equal(host, "rollout.contoso.com");
    assert_int_equal(port, 443);
    assert_true(ag_proxy_server_of("HTTPS://[::1]:8443/x/", host, &port));
    assert_string_equal(host, "::1");
    assert_int_equal(port, 8443);
    assert_false(ag_proxy_server_of("http://a", host, &port));
    assert_false(ag_proxy_server_of("https://", host, &port));
    assert_false(ag_proxy_server_of("https://a:x", host, &port));
}

/* ---- which one to try --------------------------------------------------------------------- */

static void route__first_leads_nowhere__the_next_is_tried_and_remembered(void **state)
{
    (void)state;
    struct ag_proxy_list list;
    struct ag_proxy_route route;
    struct ag_proxy_memory memory = {.has_good = false};
    ag_proxy_list_read("a:1;b:2;DIRECT", &list);
    ag_proxy_route_start(&route, &list, &memory, 1000);
    assert_string_equal(ag_proxy_route_url(&route), "http://a:1");
    assert_true(ag_proxy_route_next(&route));
    assert_string_equal(ag_proxy_route_url(&route), "http://b:2");
    ag_proxy_route_done(&route, &memory, 1000);

    ag_proxy_route_start(&route, &list, &memory, 1000 + 1799999);
    assert_string_equal(ag_proxy_route_url(&route), "http://b:2");
    ag_proxy_route_done(&route, &memory,
                        1000 + 1799999); /* that it still works says nothing of a */
    assert_true(ag_proxy_route_next(&route));
    assert_string_equal(ag_proxy_route_url(&route), "");
    assert_true(ag_proxy_route_next(&route));
    assert_string_equal(ag_proxy_route_url(&route), "http://a:1");
    assert_false(ag_proxy_route_next(&route));

    ag_proxy_route_start(&route, &list, &memory, 1000 + 1800000);
    assert_string_equal(ag_proxy_route_url(&route), "http://a:1");
}

static void route__list_changed__what_was_remembered_does_not_bind(void **state)
{
    (void)state;
    struct ag_proxy_list list;
    struct ag_proxy_route route;
    struct ag_proxy_memory memory = {.has_good = true, .good = "http://gone:1", .good_ms = 1};
    ag_proxy_list_read("a:1;b:2", &list);
    ag_proxy_route_start(&route, &list, &memory, 2);
    assert_string_equal(ag_proxy_route_url(&route), "http://a:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting__each_kind__is_told_apart),
        cmocka_unit_test(setting__what_means_nothing__is_said_so),
        cmocka_unit_test(list__forms_of_windows_and_of_pac_files__are_read),
        cmocka_unit_test(list__nothing_usable__is_straight_on),
        cmocka_unit_test(list__malformed_among_good_ones__is_left_out),
        cmocka_unit_test(list__more_than_there_is_room_for__keeps_the_first),
        cmocka_unit_test(bypass__entries__fit_or_do_not),
        cmocka_unit_test(server_of__urls__give_host_and_port),
        cmocka_unit_test(route__first_leads_nowhere__the_next_is_tried_and_remembered),
        cmocka_unit_test(route__list_changed__what_was_remembered_does_not_bind),
    };
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
