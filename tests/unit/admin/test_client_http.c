/* test_client_http.c - adm_client_open(): to whom a token may be sent at all. */
#include "tests/cmocka_all.h"

#include "admin/client_http.h"
#include "admin/options.h"

#include <string.h>

static enum status open_url(const char *url, const char *token, struct err *err)
{
    struct adm_client *client = NULL;
    const struct adm_target target = {.url = url, .token = token, .token_file = "me.token"};
    enum status st = adm_client_open(&target, &client, err);
    adm_client_free(client);
    return st;
}

static void client__server_urls__are_taken(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"https://mapi.example.com:8444", "https://192.0.2.1/base/",
                                       "http://127.0.0.1:8444", "http://localhost:8444",
                                       "http://[::1]:8444"};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        struct err err = {.st = ST_OK};
        if (open_url(GOOD[i], "t", &err) != ST_OK) {
            fail_msg("%s: %s", GOOD[i], err.text);
        }
    }
}

static void client__other_urls__are_usage_errors(void **state)
{
    (void)state;
    static const char *const BAD[] = {"http://mapi.example.com:8444",
                                      "http://127.0.0.1.example.com",
                                      "http://localhost.example.com",
                                      "ftp://127.0.0.1",
                                      "file:///etc/passwd",
                                      "https://mapi.example.com/?x=y",
                                      "https://mapi.example.com/#x",
                                      "mapi.example.com:8444",
                                      "https://",
                                      ""};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct err err = {.st = ST_OK};
        if (open_url(BAD[i], "t", &err) != ST_REFUSED || !adm_is_usage(&err)) {
            fail_msg("taken: %s", BAD[i]);
        }
    }
}

static void client__password_in_url__is_not_repeated(void **state)
{
    (void)state;
    struct err err = {.st = ST_OK};
    assert_int_equal(open_url("https://me:hidden@mapi.example.com", "t", &err), ST_REFUSED);
    assert_null(strstr(err.text, "hidden"));
}

static void client__token_with_a_line_end__starts_no_header(void **state)
{
    (void)state;
    struct err err = {.st = ST_OK};
    assert_int_equal(open_url("https://localhost", "t\r\nX-Other: y", &err), ST_DENIED);
    assert_null(strstr(err.text, "X-Other"));
}

static void loopback__only_this_machine__is_it(void **state)
{
    (void)state;
    assert_true(adm_is_loopback("127.0.0.1"));
    assert_true(adm_is_loopback("127.8.9.10"));
    assert_true(adm_is_loopback("localhost"));
    assert_true(adm_is_loopback("[::1]"));
    assert_false(adm_is_loopback("127.0.0.1.example.com"));
    assert_false(adm_is_loopback("128.0.0.1"));
    assert_false(adm_is_loopback("1270.0.0.1"));
    assert_false(adm_is_loopback(""));
}

static void query__anything_but_plain_letters__is_escaped(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(64);
    assert_int_equal(adm_query_append(&out, "a-Z_0.~ &=%\\\xc3\xb6"), ST_OK);
    assert_string_equal(bytes_text(&out), "a-Z_0.~%20%26%3D%25%5C%C3%B6");
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client__server_urls__are_taken),
        cmocka_unit_test(client__other_urls__are_usage_errors),
        cmocka_unit_test(client__password_in_url__is_not_repeated),
        cmocka_unit_test(client__token_with_a_line_end__starts_no_header),
        cmocka_unit_test(loopback__only_this_machine__is_it),
        cmocka_unit_test(query__anything_but_plain_letters__is_escaped),
    };
    return cmocka_run_group_tests_name("client_http", tests, NULL, NULL);
}
