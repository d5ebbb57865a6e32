/* test_http_limits.c - how often an address and a device may do what, behind proxies, too. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "tests/unit/server/machines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_BYTES = 400 };

static long retry_after_s(const struct answer *a)
{
    const char *at = strstr(a->text, "\r\nRetry-After: ");
    assert_non_null(at);
    return strtol(at + strlen("\r\nRetry-After: "), NULL, 10);
}

static void limits__new_devices_of_an_address__are_capped_and_others_are_not(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct machine d;
    struct machine again;
    machines_restart(p, NULL, 3);
    for (int i = 0; i < 3; i++) {
        machine_enroll(p, bearer(p->secret, "X-Forwarded-For: 192.0.2.1\r\n"), &d);
    }
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, "X-Forwarded-For: 192.0.2.2\r\n"),
        MACHINE_HOST, &a);
    expect(&a, 429, "\"code\":\"rate_limited\"");
    assert_in_range(retry_after_s(&a), 1100, 1200); /* three an hour */
    machine_enroll(p, old_token(d.token), &again);  /* is no new one */
    assert_string_equal(again.id, d.id);
}

static void limits__behind_a_trusted_proxy__go_by_the_client(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct machine d;
    machines_restart(p, "127.0.0.0/8", 2);
    for (int i = 0; i < 2; i++) {
        machine_enroll(p, bearer(p->secret, "X-Forwarded-For: 203.0.113.5, 192.0.2.1\r\n"), &d);
    }
    say(agents_url(p), "POST /v1/enroll",
        bearer(p->secret, "X-Forwarded-For: 203.0.113.6, 192.0.2.1\r\n"), MACHINE_HOST, &a);
    expect(&a, 429, "rate_limited"); /* what he writes himself does not help him */
    machine_enroll(p, bearer(p->secret, "X-Forwarded-For: 203.0.113.6, 192.0.2.2\r\n"), &d);
    say(agents_url(p), "POST /v1/enroll",
        bearer(p->secret, "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 192.0.2.1\r\n"),
        MACHINE_HOST, &a);
    expect(&a, 429, "rate_limited"); /* nor when the proxy adds a line of its own */
    say(admins_url(p), "GET /v1/audit", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"address\":\"192.0.2.1\"");
    expect(&a, 200, "\"address\":\"192.0.2.2\"");
    assert_null(strstr(a.text, "203.0.113."));
    say(admins_url(p), "GET /metrics", "X-Forwarded-For: 127.0.0.1\r\n", "", &a);
    assert_int_equal(a.status, 401); /* nobody is local by a header */
}

/* Of lines without end the last ones count. */
static void limits__client_sends_the_header_many_times__is_known_by_the_last(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct machine d;
    char lines[HEADERS_BYTES] = "";
    machines_restart(p, "127.0.0.0/8", 1);
    for (int i = 0; i < 10; i++) {
        (void)strcat(lines, "X-Forwarded-For: 203.0.113.9\r\n");
    }
    (void)strcat(lines, "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 127.0.0.2\r\n");
    machine_enroll(p, bearer(p->secret, "X-Forwarded-For: 192.0.2.1\r\n"), &d);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, lines), MACHINE_HOST, &a);
    expect(&a, 429, "rate_limited");
}

static void limits__guesses__are_limited_and_good_tokens_are_not(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct machine d;
    int refused = 0;
    machine_enroll(p, bearer(p->secret, ""), &d);
    for (int i = 0; i < 700 && refused == 0; i++) {
        bool agents = i % 2 == 0;
        say(agents ? agents_url(p) : admins_url(p), agents ? "POST /v1/reports" : "GET /v1/users",
            bearer("guess", ""), "", &a);
        assert_true(a.status == 401 || a.status == 429);
        refused = a.status == 429 ? i : 0;
    }
    assert_in_range(refused, 600, 699); /* both doors count together */
    assert_in_range(retry_after_s(&a), 1, 10);
    say(agents_url(p), "POST /v1/enroll", bearer("guess", ""), MACHINE_HOST, &a);
    assert_true(a.status == 401 || a.status == 429); /* a token may have come back meanwhile */
    assert_int_equal(machine_report(p, &d, '1'), 204);
    say(admins_url(p), "GET /v1/users", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    assert_int_equal(a.status, 200);
    machine_enroll(p, bearer(p->secret, ""), &d);
}

static void limits__device_changes_its_token_all_the_time__is_stopped(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct machine d;
    struct machine other;
    machine_enroll(p, bearer(p->secret, ""), &other);
    machine_enroll(p, bearer(p->secret, ""), &d);
    for (int i = 0; i < 10; i++) {
        machine_enroll(p, old_token(d.token), &d);
    }
    say(agents_url(p), "POST /v1/enroll", old_token(d.token), MACHINE_HOST, &a);
    expect(&a, 429, "rate_limited");
    assert_in_range(retry_after_s(&a), 300, 360);
    assert_int_equal(machine_report(p, &d, '1'), 204);
    machine_enroll(p, old_token(other.token), &other);
}

/* 17 of the 1,000 each. */
static void limits__device_sends_large_reports__is_stopped_sooner(void **state)
{
    struct place *p = *state;
    static struct answer a;
    static char text[LIMIT_REPORT_BYTES + 1];
    struct machine d;
    int sent = 0;
    machine_enroll(p, bearer(p->secret, ""), &d);
    memset(text, ' ', sizeof text - 1);
    do {
        say(agents_url(p), "POST /v1/reports", bearer(d.token, ""), text, &a);
        sent++;
    } while (a.status == 400 && sent < 500);
    expect(&a, 429, "rate_limited");
    assert_in_range(sent, 1000 / 17, 400); /* some flows back meanwhile */
    assert_in_range(retry_after_s(&a), 1, 1);
}

static void limits__device_fetches_the_policy_all_the_time__is_stopped(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct machine d;
    char etag[64];
    char more[128];
    int fetched = 0;
    place_publish(p, 7, "\"0\"");
    place_release(p, "observe", "\"0\"");
    machine_enroll(p, bearer(p->secret, ""), &d);
    say(agents_url(p), "GET /v1/policy", bearer(d.token, ""), "", &a);
    const char *at = strstr(a.text, "ETag: ");
    assert_non_null(at);
    (void)snprintf(etag, sizeof etag, "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
    for (; fetched < 200 && a.status == 200; fetched++) {
        say(agents_url(p), "GET /v1/policy", bearer(d.token, ""), "", &a);
    }
    expect(&a, 429, "rate_limited");
    assert_in_range(fetched, 120, 190);
    assert_in_range(retry_after_s(&a), 1, 2);
    (void)snprintf(more, sizeof more, "If-None-Match: %s\r\n", etag);
    say(agents_url(p), "GET /v1/policy", bearer(d.token, more), "", &a);
    assert_int_equal(a.status, 304); /* asking costs nothing */
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, machines_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(limits__new_devices_of_an_address__are_capped_and_others_are_not),
        TEST(limits__behind_a_trusted_proxy__go_by_the_client),
        TEST(limits__client_sends_the_header_many_times__is_known_by_the_last),
        TEST(limits__guesses__are_limited_and_good_tokens_are_not),
        TEST(limits__device_changes_its_token_all_the_time__is_stopped),
        TEST(limits__device_sends_large_reports__is_stopped_sooner),
        TEST(limits__device_fetches_the_policy_all_the_time__is_stopped),
    };
    return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
