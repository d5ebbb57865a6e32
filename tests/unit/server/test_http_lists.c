/* test_http_lists.c - a whole server asked for users and devices: filters, pages, one device. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/turned_place.h"

#include <stdio.h>
#include <string.h>

static void refused(struct place *p, const char *line, const char *why)
{
    static struct answer a;
    turned_look(p, line, &a);
    if (a.status != 400 || strstr(a.text, why) == NULL) {
        fail_msg("%s: wanted 400 with %s, got: %s", line, why, a.text);
    }
}

static void lists__filter_that_is_not_known__is_refused_with_those_there_are(void **state)
{
    struct place *p = *state;
    refused(p, "GET /v1/users?colour=red", "\"code\":\"filter_unknown\"");
    refused(p, "GET /v1/users?colour=red", "there is no colour here; there are state, ring, set,");
    refused(p, "GET /v1/users?colour", "filter_unknown");
    refused(p, "GET /v1/users?retired=1", "filter_unknown"); /* of devices only */
    refused(p, "GET /v1/devices?state=idle", "there are stage, version, device, host,");
}

static void lists__value_that_is_not_possible__is_refused_with_what_is(void **state)
{
    struct place *p = *state;
    refused(p, "GET /v1/users?state=green", "\"code\":\"filter_value\"");
    refused(p, "GET /v1/users?state=green", "state may be error, contested, paused, unmanaged,");
    refused(p, "GET /v1/users?set=on", "set may be block, allow, allow_explicit, leave,");
    refused(p, "GET /v1/users?protocol=http", "protocol may be mapi_http, rpc_http, rpc_tcp,");
    refused(p, "GET /v1/users?confidence=1", "confidence may be connected, configured,");
    refused(p, "GET /v1/users?mailbox=x", "mailbox may be on_premises, exchange_online,");
    refused(p, "GET /v1/users?blocked_by=x", "blocked_by may be unknown_fact, mailbox,");
    refused(p, "GET /v1/users?outlook=16.x", "outlook may be a build such as");
    refused(p, "GET /v1/users?value=4294967296", "value may be a number, absent, other, unknown");
    refused(p, "GET /v1/users?value=-1", "value may be a number");
    refused(p, "GET /v1/users?stale=yes", "stale may be 0, 1");
    refused(p, "GET /v1/users?seen_before=yesterday", "seen_before may be a time such as");
    refused(p, "GET /v1/users?version=x", "version may be the number of a policy");
    refused(p, "GET /v1/users?limit=501", "limit may be a number from 1 to 500");
    refused(p, "GET /v1/users?limit=0", "limit may be a number from 1 to 500");
    refused(p, "GET /v1/users?cursor=-1", "cursor may be what the page before has as next");
    refused(p, "GET /v1/users?cursor=9223372036854775808", "cursor may be");
    refused(p, "GET /v1/users?state=idle&state=error", "state is given twice");
    refused(p, "GET /v1/users?stage=pilot", "stage may be none, other");
    place_publish(p, 7, "\"0\"");
    refused(p, "GET /v1/users?stage=gold", "stage may be observe, pilot, ");
    refused(p, "GET /v1/users?stage=gold", "safe, none, other\"");
    refused(p, "GET /v1/users?stage=pilot&version=7002", "stage and version do not go together");
}

static void lists__users_of_a_stage__are_those_under_its_version(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_publish(p, 7, "\"0\"");
    turned_report(p, 1, 6001, 3, "\"state\":\"idle\"");
    turned_report(p, 2, 7002, 1, "\"state\":\"error\"");
    turned_look(p, "GET /v1/users?stage=pilot", &a);
    expect(&a, 200, "-1001\"");
    assert_null(strstr(a.text, "-1002\""));
    turned_look(p, "GET /v1/users?stage=other", &a);
    expect(&a, 200, "-1002\"");
    assert_null(strstr(a.text, "-1001\""));
    turned_look(p, "GET /v1/users?stage=none", &a);
    expect(&a, 200, "\"users\":[],\"next\":null");
    turned_look(p, "GET /v1/users?stage=&state=error&value=unknown&q=-1001", &a);
    expect(&a, 200, "-1001\""); /* nothing behind a name is no filter */
}

static void lists__pages__lead_to_each_row(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char line[64] = "GET /v1/users?limit=2";
    char next[32] = "";
    size_t pages = 0;
    size_t rows = 0;
    turned_report(p, 1, 7002, 5, "\"state\":\"idle\"");
    for (; pages < 9; pages++) {
        turned_look(p, line, &a);
        expect(&a, 200, "\"users\":[");
        for (const char *at = a.text; (at = strstr(at, "{\"sid\":")) != NULL; at++) {
            rows++;
        }
        if (strstr(a.text, "\"next\":null") != NULL) {
            break;
        }
        take_member(&a, "next", next, sizeof next);
        (void)snprintf(line, sizeof line, "GET /v1/users?limit=2&cursor=%s", next);
    }
    assert_int_equal(rows, 5);
    assert_int_equal(pages, 2);
}

static void lists__silent_device__is_stale_and_found_so(void **state)
{
    struct place *p = *state;
    static struct answer a;
    turned_report(p, 1, 7002, 1, "\"state\":\"idle\"");
    turned_look(p, "GET /v1/devices?stale=1", &a);
    expect(&a, 200, "\"devices\":[],\"next\":null");
    turned_look(p, "GET /v1/devices?stale=0", &a);
    expect(&a, 200, "\"stale\":false");
    turned_clock_set(TURNED_START_S + 3 * 86400 + 60);
    turned_look(p, "GET /v1/devices?stale=1", &a);
    expect(&a, 200, "\"stale\":true");
    turned_look(p, "GET /v1/users?stale=1", &a);
    expect(&a, 200, "-1001\"");
    turned_look(
        p, "GET /v1/devices?seen_after=2027-01-15T07:59:59Z&seen_before=2027-01-15T08:00:01Z", &a);
    expect(&a, 200, "\"seen_at\":\"2027-01-15T08:00:00Z\"");
}

static void lists__one_device__comes_with_users_copies_and_reports(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char line[96];
    char copy[POL_ID_BYTES];
    static const char MACHINE[] = "{\"host\":{\"name\":\"PC-1\",\"machine_guid\":"
                                  "\"11111111-2222-3333-4444-555555555555\"}}";
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), MACHINE, &a);
    expect(&a, 201, "device_token");
    take_member(&a, "device_token", p->device_token, sizeof p->device_token);
    take_member(&a, "device_id", p->device_id, sizeof p->device_id);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), MACHINE, &a);
    expect(&a, 201, "device_token");
    take_member(&a, "device_id", copy, sizeof copy);
    turned_report(p, 1, 7002, 2, "\"state\":\"idle\"");
    turned_report(p, 2, 7002, 1, "\"state\":\"error\"");
    (void)snprintf(line, sizeof line, "GET /v1/devices/%s", p->device_id);
    turned_look(p, line, &a);
    expect(&a, 200, "\"name\":\"PC-1\"");
    expect(&a, 200, "\"effective\":7002");
    expect(&a, 200, "\"users\":[{\"sid\":\"S-1-5-21-1-2-3-1001\"");
    expect(&a, 200, "{\"sid\":\"S-1-5-21-1-2-3-1002\"");
    expect(&a, 200, "\"more_users\":false");
    (void)snprintf(line, sizeof line, "\"duplicates\":[\"%s\"]", copy);
    expect(&a, 200, line);
    expect(&a, 200,
           "\"reports\":[{\"report_id\":\"00000000000000000000000000000002\","
           "\"received_at\":\"2027-01-15T08:00:00Z\",\"bytes\":");
    turned_look(p, "GET /v1/devices/00000000000000000000000000000000", &a);
    expect(&a, 404, "not_found");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, turned_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(lists__filter_that_is_not_known__is_refused_with_those_there_are),
        TEST(lists__value_that_is_not_possible__is_refused_with_what_is),
        TEST(lists__users_of_a_stage__are_those_under_its_version),
        TEST(lists__pages__lead_to_each_row),
        TEST(lists__silent_device__is_stale_and_found_so),
        TEST(lists__one_device__comes_with_users_copies_and_reports),
    };
    return cmocka_run_group_tests_name("http_lists", tests, NULL, NULL);
}
