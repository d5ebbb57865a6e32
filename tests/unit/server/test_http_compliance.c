/* test_http_compliance.c - a whole server asked how many are where. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/turned_place.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, REPORT_BYTES = 2048 };

static void compliance__stages__are_named_and_the_rest_is_other(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_publish(p, 7, "\"0\"");
    turned_report(p, 1, 7002, 3, "\"state\":\"idle\"");
    turned_report(p, 2, 7001, 1, "\"state\":\"compliant\"");
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"users\":3,");
    expect(&a, 200, "\"stage\":{\"observe\":1,\"pilot\":2}");
    expect(&a, 200, "\"stage_state\":{\"observe\":{\"compliant\":1},\"pilot\":{\"idle\":2}}");
    turned_report(p, 3, 6001, 1, "\"state\":\"waiting\"");
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"stage\":{\"pilot\":2,\"other\":1}");
    expect(&a, 200, "\"stage_state\":{\"pilot\":{\"idle\":2},\"other\":{\"waiting\":1}}");
}

static void compliance__nothing_in_force__is_stage_none(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char text[REPORT_BYTES];
    place_report(p, '1', "unmanaged", text, sizeof text);
    char *effective = strstr(text, "\"effective\":7002");
    assert_non_null(effective);
    memcpy(effective, "\"effective\":null", strlen("\"effective\":null"));
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    expect(&a, 204, "");
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"version\":{\"0\":1}");
    expect(&a, 200, "\"stage\":{\"none\":1},\"stage_state\":{\"none\":{\"unmanaged\":1}}");
}

static void compliance__value_1_and_two_restarts__show_whether_the_brake_works(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_report(
        p, 1, 7002, 4,
        "\"state\":\"compliant\",\"value\":{\"present\":true,\"type\":\"dword\",\"value\":1},"
        "\"outlook\":{\"running\":false,\"started_at\":null,\"starts_since_change\":2},"
        "\"protocol\":{\"observed\":\"rpc_http\",\"confidence\":\"configured\","
        "\"mailbox\":\"on_premises\",\"evidence\":[]}");
    turned_report(
        p, 2, 7002, 1,
        "\"state\":\"mismatch\",\"value\":{\"present\":true,\"type\":\"dword\",\"value\":1},"
        "\"outlook\":{\"running\":false,\"started_at\":null,\"starts_since_change\":3},"
        "\"protocol\":{\"observed\":\"mapi_http\",\"confidence\":\"connected\","
        "\"mailbox\":\"on_premises\",\"evidence\":[]}");
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200,
           "\"brake\":[{\"outlook\":\"16.0.17328.20162\",\"users\":4,\"rpc_http\":3,"
           "\"mapi_http\":1,\"other\":0}]");
}

static void compliance__device_silent_for_three_intervals__is_stale(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_report(p, 1, 7002, 1, "\"state\":\"idle\"");
    turned_clock_set(TURNED_START_S + 3 * DAY_S);
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"devices\":1,\"stale_devices\":0,");
    turned_clock_set(TURNED_START_S + 3 * DAY_S + 60);
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"devices\":1,\"stale_devices\":1,");
    say(admins_url(p), "GET /metrics", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\nmapi_rollout_devices_stale 1\n");
    turned_report(p, 2, 7002, 1, "\"state\":\"idle\"");
    turned_look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"stale_devices\":0,");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, turned_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(compliance__stages__are_named_and_the_rest_is_other),
        TEST(compliance__nothing_in_force__is_stage_none),
        TEST(compliance__value_1_and_two_restarts__show_whether_the_brake_works),
        TEST(compliance__device_silent_for_three_intervals__is_stale),
    };
    return cmocka_run_group_tests_name("http_compliance", tests, NULL, NULL);
}
