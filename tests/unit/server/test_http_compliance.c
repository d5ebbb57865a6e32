/* test_http_compliance.c - a whole server asked how many are where. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { START_S = 1800000000, DAY_S = 86400, PAUSE_MS = 5, REPORT_BYTES = 2048 };

static atomic_llong clock_s; /* turned here, read by the server's threads */

static int64_t tell_time(void)
{
    return (int64_t)atomic_load(&clock_s);
}

static int compliance_setup(void **state)
{
    atomic_store(&clock_s, START_S);
    if (place_setup(state) != 0) {
        return -1;
    }
    struct place *p = *state;
    place_stop(p);
    p->now_s = tell_time;
    p->gate_pause_ms = PAUSE_MS;
    place_start(p);
    place_enroll(p);
    return 0;
}

static void look(struct place *p, const char *line, struct answer *a)
{
    say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", a);
}

/* A report of the device about so many users, who differ in their SIDs; rest: more of each user. */
static void report(struct place *p, unsigned number, int64_t version, size_t users,
                   const char *rest)
{
    static struct answer a;
    static char text[REPORT_BYTES * 4];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032x\","
        "\"run_id\":\"00000000000000000000000000000001\",\"seq\":%u,\"part\":1,\"parts\":1,"
        "\"full\":false,\"device_id\":\"%s\",\"sent_at\":\"2026-01-01T00:00:00Z\","
        "\"agent\":{\"version\":\"1.0.0\",\"started_at\":\"2026-01-01T00:00:00Z\","
        "\"formats\":[\"mapi-rollout/policy/1\"],\"trust_version\":1},"
        "\"host\":{\"name\":\"PC-1\"},\"outlook\":{\"version\":\"16.0.17328.20162\"},"
        "\"policy\":{\"rollout\":\"test\",\"received\":%lld,\"effective\":%lld,"
        "\"digest\":null,\"failed\":null,\"stale\":false},\"users\":[",
        number, number, p->device_id, (long long)version, (long long)version);
    for (size_t i = 0; i < users; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"sid\":\"S-1-5-21-1-2-3-%zu\",\"hive\":\"loaded\",%s}",
                                 i > 0 ? "," : "", 1001 + i, rest);
    }
    (void)snprintf(text + used, sizeof text - used, "]}");
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    expect(&a, 204, "");
}

static void compliance__stages__are_named_and_the_rest_is_other(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_publish(p, 7, "\"0\"");
    report(p, 1, 7002, 3, "\"state\":\"idle\"");
    report(p, 2, 7001, 1, "\"state\":\"compliant\"");
    look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"users\":3,");
    expect(&a, 200, "\"stage\":{\"observe\":1,\"pilot\":2}");
    expect(&a, 200, "\"stage_state\":{\"observe\":{\"compliant\":1},\"pilot\":{\"idle\":2}}");
    report(p, 3, 6001, 1, "\"state\":\"waiting\"");
    look(p, "GET /v1/compliance", &a);
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
    look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"version\":{\"0\":1}");
    expect(&a, 200, "\"stage\":{\"none\":1},\"stage_state\":{\"none\":{\"unmanaged\":1}}");
}

static void compliance__value_1_and_two_restarts__show_whether_the_brake_works(void **state)
{
    struct place *p = *state;
    static struct answer a;
    report(p, 1, 7002, 4,
           "\"state\":\"compliant\",\"value\":{\"present\":true,\"type\":\"dword\",\"value\":1},"
           "\"outlook\":{\"running\":false,\"started_at\":null,\"starts_since_change\":2},"
           "\"protocol\":{\"observed\":\"rpc_http\",\"confidence\":\"configured\","
           "\"mailbox\":\"on_premises\",\"evidence\":[]}");
    report(p, 2, 7002, 1,
           "\"state\":\"mismatch\",\"value\":{\"present\":true,\"type\":\"dword\",\"value\":1},"
           "\"outlook\":{\"running\":false,\"started_at\":null,\"starts_since_change\":3},"
           "\"protocol\":{\"observed\":\"mapi_http\",\"confidence\":\"connected\","
           "\"mailbox\":\"on_premises\",\"evidence\":[]}");
    look(p, "GET /v1/compliance", &a);
    expect(&a, 200,
           "\"brake\":[{\"outlook\":\"16.0.17328.20162\",\"users\":4,\"rpc_http\":3,"
           "\"mapi_http\":1,\"other\":0}]");
}

static void compliance__device_silent_for_three_intervals__is_stale(void **state)
{
    struct place *p = *state;
    static struct answer a;
    report(p, 1, 7002, 1, "\"state\":\"idle\"");
    atomic_store(&clock_s, START_S + 3 * DAY_S);
    look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"devices\":1,\"stale_devices\":0,");
    atomic_store(&clock_s, START_S + 3 * DAY_S + 60);
    look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"devices\":1,\"stale_devices\":1,");
    say(admins_url(p), "GET /metrics", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\nmapi_rollout_devices_stale 1\n");
    report(p, 2, 7002, 1, "\"state\":\"idle\"");
    look(p, "GET /v1/compliance", &a);
    expect(&a, 200, "\"stale_devices\":0,");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, compliance_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(compliance__stages__are_named_and_the_rest_is_other),
        TEST(compliance__nothing_in_force__is_stage_none),
        TEST(compliance__value_1_and_two_restarts__show_whether_the_brake_works),
        TEST(compliance__device_silent_for_three_intervals__is_stale),
    };
    return cmocka_run_group_tests_name("http_compliance", tests, NULL, NULL);
}
