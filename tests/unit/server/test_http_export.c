/* test_http_export.c - a whole server asked for all users as CSV. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/turned_place.h"

#include <stdio.h>
#include <string.h>

static const char HEAD[] =
    "\xef\xbb\xbf\"sid\",\"account\",\"host\",\"device_id\",\"ring\",\"set\",\"value\",\"pre_image\","
    "\"ours\",\"state\",\"blocked_by\",\"error\",\"hive\",\"protocol\",\"confidence\",\"mailbox\","
    "\"evidence\",\"outlook.version\",\"outlook.running\",\"outlook.started_at\","
    "\"outlook.starts_since_change\",\"version\",\"changed_at\",\"corrections\",\"reported_at\"\r\n";

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++) {
        n++;
    }
    return n;
}

static void export__empty_store__is_the_head_alone(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_look(p, "GET /v1/reports.csv", &a);
    expect(&a, 200, "Content-Type: text/csv; charset=utf-8");
    expect(&a, 200, "Transfer-Encoding: chunked");
    expect(&a, 200, "Content-Disposition: attachment; filename=\"reports.csv\"");
    expect(&a, 200, HEAD);
    expect(&a, 200, "\r\n0\r\n\r\n"); /* whole */
    assert_int_equal(count(a.text, "\r\n\"S-1"), 0);
}

static void export__one_user__has_a_field_for_each_name(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char line[512];
    turned_report(
        p, 1, 7002, 1,
        "\"account\":\"CONTOSO\\\\alice\",\"rule\":1,\"ring\":\"pilot\",\"set\":\"block\","
        "\"ours\":true,\"state\":\"compliant\",\"corrections\":2,"
        "\"value\":{\"present\":true,\"type\":\"dword\",\"value\":1},"
        "\"pre_image\":{\"present\":false},"
        "\"outlook\":{\"running\":true,\"started_at\":\"2026-01-01T00:00:00Z\","
        "\"starts_since_change\":2},"
        "\"protocol\":{\"observed\":\"rpc_http\",\"confidence\":\"configured\","
        "\"mailbox\":\"on_premises\",\"evidence\":[\"profile:001f6622\"]}");
    turned_look(p, "GET /v1/reports.csv", &a);
    (void)snprintf(line, sizeof line,
                   "\r\n\"S-1-5-21-1-2-3-1001\",\"CONTOSO\\alice\",\"PC-1\",\"%s\",\"pilot\","
                   "\"block\",1,\"absent\",true,\"compliant\",,,\"loaded\",\"rpc_http\","
                   "\"configured\",\"on_premises\",\"[\"\"profile:001f6622\"\"]\","
                   "\"16.0.17328.20162\",true,2026-01-01T00:00:00Z,2,7002,,2,"
                   "2027-01-15T08:00:00Z\r\n",
                   p->device_id);
    expect(&a, 200, line);
}

static void export__names_of_a_hostile_device__are_no_formulas(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_report(p, 1, 7002, 1,
                  "\"account\":\"=cmd|'/c calc'!A1\",\"ring\":\"a;=1+1\",\"state\":\"idle\","
                  "\"protocol\":{\"observed\":\"unknown\",\"confidence\":\"none\","
                  "\"mailbox\":\"unknown\",\"evidence\":[\"=1,\\\"-2\"]}");
    turned_look(p, "GET /v1/reports.csv", &a);
    expect(&a, 200, ",\"'=cmd|'/c calc'!A1\",");
    expect(&a, 200, ",\"a;'=1+1\",");
    expect(&a, 200, ",\"[\"\"'=1,\\\"\"'-2\"\"]\",");
}

static void export__filters__are_those_of_users_without_pages(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_report(p, 1, 7002, 3, "\"state\":\"idle\"");
    turned_report(p, 2, 7002, 1, "\"state\":\"error\"");
    turned_look(p, "GET /v1/reports.csv?state=idle&host=pc-1", &a);
    expect(&a, 200, HEAD);
    assert_int_equal(count(a.text, "\r\n\"S-1"), 2);
    turned_look(p, "GET /v1/reports.csv?state=green", &a);
    expect(&a, 400, "filter_value");
    turned_look(p, "GET /v1/reports.csv?limit=5", &a);
    expect(&a, 400, "filter_unknown");
    turned_look(p, "GET /v1/reports.csv?cursor=5", &a);
    expect(&a, 400, "filter_unknown");
}

/* More than a piece holds; and as often as exports may run, and more: each gives its place back. */
static void export__many_users__each_has_one_line(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_report(p, 1, 7002, 200, "\"state\":\"idle\"");
    for (int i = 0; i < 5; i++) {
        turned_look(p, "GET /v1/reports.csv", &a);
        assert_int_equal(count(a.text, "\r\n\"S-1"), 200);
        expect(&a, 200, "\r\n0\r\n\r\n");
    }
    do { /* the last one ends when its client has left */
        say(admins_url(p), "GET /metrics", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
        assert_int_equal(a.status, 200);
    } while (strstr(a.text, "\nmapi_rollout_exports_running 0\n") == NULL);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, turned_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(export__empty_store__is_the_head_alone),
        TEST(export__one_user__has_a_field_for_each_name),
        TEST(export__names_of_a_hostile_device__are_no_formulas),
        TEST(export__filters__are_those_of_users_without_pages),
        TEST(export__many_users__each_has_one_line),
    };
    return cmocka_run_group_tests_name("http_export", tests, NULL, NULL);
}
