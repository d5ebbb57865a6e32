/* test_http_compliance.c - a whole server asked how many are where. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
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

static void await(struct place *p, const char *line, const char *part, struct answer *a)
{
    uint64_t until_ms = clock_monotonic_ms() + PATIENCE_S * 1000;
    do {
        turned_look(p, line, a);
        assert_int_equal(a->status, 200);
    } while (strstr(a->text, part) == NULL && clock_monotonic_ms() < until_ms);
    expect(a, 200, part);
}

static size_t samples(const struct answer *a)
{
    size_t count = 0;
    const char *at = strstr(a->text, "\"series\":[");
    assert_non_null(at);
    while ((at = strstr(at, "{\"at\":")) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* The server samples in its own time: the test waits for each. */
static void compliance__series__has_what_was_seen_and_gaps_where_nobody_looked(void **state)
{
    struct place *p = *state;
    static struct answer a;
    await(p, "GET /v1/compliance?series=hour&from=2027-01-01T00:00:00Z",
          "\"series\":[{\"at\":\"2027-01-15T08:00:00Z\",\"users\":", &a);
    expect(&a, 200, "\"series_step_s\":3600");
    turned_report(p, 1, 7002, 2, "\"state\":\"idle\"");
    turned_clock_set(TURNED_START_S + 3600 + 1800);
    await(p, "GET /v1/compliance?series=hour&from=2027-01-01T00:00:00Z",
          "{\"at\":\"2027-01-15T09:30:00Z\",\"users\":", &a);
    expect(&a, 200,
           "{\"at\":\"2027-01-15T09:30:00Z\",\"users\":2,\"devices\":1,\"state\":{\"idle\":2},"
           "\"set\":{},\"protocol\":{\"unknown\":2},\"version\":{\"7002\":2}}");
    place_stop(p); /* for five hours */
    turned_clock_set(TURNED_START_S + 6 * 3600);
    place_start(p);
    await(p, "GET /v1/compliance?series=hour&from=2027-01-01T00:00:00Z",
          "{\"at\":\"2027-01-15T14:00:00Z\",\"users\":", &a);
    assert_int_equal(samples(&a), 3);
    turned_look(
        p, "GET /v1/compliance?series=hour&from=2027-01-15T09:00:00Z&to=2027-01-15T13:00:00Z", &a);
    assert_int_equal(samples(&a), 1);
    turned_look(p, "GET /v1/compliance?series=day&from=2027-01-01T00:00:00Z", &a);
    assert_int_equal(samples(&a), 1);
    expect(&a, 200, "\"series_step_s\":86400");
    turned_look(p, "GET /v1/compliance", &a);
    assert_null(strstr(a.text, "series"));
}

static void compliance__clock_set_back__takes_no_second_sample_of_an_hour(void **state)
{
    struct place *p = *state;
    static struct answer a;
    await(p, "GET /v1/compliance?series=hour&from=2027-01-01T00:00:00Z",
          "{\"at\":\"2027-01-15T08:00:00Z\",\"users\":", &a);
    turned_clock_set(TURNED_START_S - 3600);
    await(p, "GET /v1/compliance?series=hour&from=2027-01-01T00:00:00Z",
          "{\"at\":\"2027-01-15T07:00:00Z\",\"users\":", &a);
    turned_clock_set(TURNED_START_S + 60);
    turned_report(p, 1, 7002, 2, "\"state\":\"idle\"");
    turned_clock_set(TURNED_START_S + 3600);
    await(p, "GET /v1/compliance?series=hour&from=2027-01-01T00:00:00Z",
          "{\"at\":\"2027-01-15T09:00:00Z\",\"users\":", &a);
    assert_int_equal(samples(&a), 3);
    expect(&a, 200, "{\"at\":\"2027-01-15T08:00:00Z\",\"users\":0,");
}

static void compliance__question_that_is_none__is_refused(void **state)
{
    static const struct {
        const char *line;
        const char *why;
    } CASES[] = {
        {"GET /v1/compliance?series=week", "series may be hour, day"},
        {"GET /v1/compliance?colour=red", "there are series, from, to"},
        {"GET /v1/compliance?series=day&from=monday", "from may be a time such as"},
        {"GET /v1/compliance?from=2027-01-15T09:00:00Z", "from and to belong to series"},
        {"GET /v1/compliance?series=day&series=hour&from=2027-01-01T00:00:00Z", "given twice"},
    };
    struct place *p = *state;
    static struct answer a;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        turned_look(p, CASES[i].line, &a);
        expect(&a, 400, CASES[i].why);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, turned_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(compliance__stages__are_named_and_the_rest_is_other),
        TEST(compliance__nothing_in_force__is_stage_none),
        TEST(compliance__value_1_and_two_restarts__show_whether_the_brake_works),
        TEST(compliance__device_silent_for_three_intervals__is_stale),
        TEST(compliance__series__has_what_was_seen_and_gaps_where_nobody_looked),
        TEST(compliance__clock_set_back__takes_no_second_sample_of_an_hour),
        TEST(compliance__question_that_is_none__is_refused),
    };
    return cmocka_run_group_tests_name("http_compliance", tests, NULL, NULL);
}
