/* test_device_list.c - device_list.h: one machine whole, and filters that a server may not know. */
#include "tests/cmocka_all.h"

#include "admin/device_list.h"
#include "tests/unit/admin/answers.h"

#include <string.h>

static const struct adm_look PLAIN = {.columns = 0};

static const char DEVICE[] =
    "{\"device_id\":\"0123456789abcdef0123456789abcdef\",\"name\":\"PC-1\",\"fqdn\":null,"
    "\"domain\":\"CONTOSO\",\"os\":\"10.0.19045\",\"agent\":\"1.0.0\",\"duplicate_of\":null,"
    "\"effective\":7002,\"failed\":\"expired\",\"failed_pointer\":\"/expires_at\",\"stale\":true,"
    "\"outlook\":{\"version\":\"16.0.17328.20162\",\"bitness\":\"x64\",\"install\":\"click_to_run\"},"
    "\"preflight\":[{\"url\":\"https://mail/mapi\",\"for\":\"allow\",\"verdict\":\"unreachable\","
    "\"http\":null,\"server\":null,\"at\":\"2026-11-22T10:00:00Z\"}],"
    "\"enrolled_at\":\"2026-11-01T10:00:00Z\",\"seen_at\":\"2026-11-02T10:00:00Z\","
    "\"retired_at\":null}";

static void check_text(const char *json, const char *expected)
{
    struct adm_answer answer = answer_of(json);
    struct pol_at root = adm_answer_root(&answer);
    struct bytes text = bytes_with_limit(16384);
    assert_int_equal(adm_device_text(&root, &PLAIN, &text), ST_OK);
    assert_string_equal(bytes_text(&text), expected);
    bytes_free(&text);
    adm_answer_done(&answer);
}

static void device__all_is_known__a_line_each(void **state)
{
    (void)state;
    check_text(DEVICE,
               "device     0123456789abcdef0123456789abcdef\n"
               "host       PC-1\n"
               "domain     CONTOSO\n"
               "windows    10.0.19045\n"
               "agent      1.0.0\n"
               "policy     version 7002\n"
               "refused    expired at /expires_at\n"
               "outlook    16.0.17328.20162 x64, click_to_run\n"
               "enrolled   2026-11-01T10:00:00Z\n"
               "last seen  2026-11-02T10:00:00Z\n"
               "remark     stale: not heard from for long\n"
               "\n"
               "PREFLIGHT          FOR    VERDICT      HTTP  SERVER  AT\n"
               "https://mail/mapi  allow  unreachable  -     -       2026-11-22T10:00:00Z\n");
}

static void device__hardly_anything_is_known__says_so(void **state)
{
    (void)state;
    check_text("{\"device_id\":\"0123456789abcdef0123456789abcdef\",\"name\":\"a\\nb\"}",
               "device   0123456789abcdef0123456789abcdef\n"
               "host     a\\x0ab\n"
               "policy   none in force\n"
               "outlook  not known\n");
}

static void device_query__all_of_them__are_joined(void **state)
{
    (void)state;
    const struct adm_device_filter filter = {.host = "PC 1",
                                             .stage = "pilot",
                                             .seen_before = "2026-11-22T10:00:00Z",
                                             .stale = true,
                                             .retired = true};
    struct bytes query = bytes_with_limit(1024);
    assert_int_equal(adm_device_query(&filter, &query), ST_OK);
    assert_string_equal(bytes_text(&query), "host=PC%201&stage=pilot&seen_before=2026-11-22T10%3A"
                                            "00%3A00Z&stale=1&retired=1");
    bytes_free(&query);
}

static enum status check_filter(const struct adm_device_filter *filter, struct err *err)
{
    struct adm_answer answer = answer_of(DEVICE);
    struct pol_at root = adm_answer_root(&answer);
    struct adm_listing listing = adm_device_listing(filter, false);
    enum status st = listing.check(listing.ctx, &root, err);
    adm_answer_done(&answer);
    return st;
}

static void device_filter__who_is_not_meant__shows_an_older_server(void **state)
{
    (void)state;
    struct err err = {.st = ST_OK};
    assert_int_equal(check_filter(&(struct adm_device_filter){.stale = true, .failed = true}, &err),
                     ST_OK);
    assert_int_equal(check_filter(&(struct adm_device_filter){.duplicate = true}, &err),
                     ST_REFUSED);
    assert_non_null(strstr(err.text, "--duplicate"));
    assert_int_equal(check_filter(&(struct adm_device_filter){.retired = true}, &err), ST_REFUSED);
    assert_non_null(strstr(err.text, "--retired"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device__all_is_known__a_line_each),
        cmocka_unit_test(device__hardly_anything_is_known__says_so),
        cmocka_unit_test(device_query__all_of_them__are_joined),
        cmocka_unit_test(device_filter__who_is_not_meant__shows_an_older_server),
    };
    return cmocka_run_group_tests_name("device_list", tests, NULL, NULL);
}
