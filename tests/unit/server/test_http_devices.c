/* test_http_devices.c - machines come, change their tokens, are copied and go; limits by address. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "tests/unit/server/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, HEADERS_BYTES = 512 };

static const char HOST[] = "{\"host\":{\"name\":\"PC-1\",\"machine_guid\":\"guid\","
                           "\"computer_sid\":\"S-1-5-21-1-2-3\"}}";

static int64_t test_now_s;

static int64_t now_s(void)
{
    return test_now_s;
}

static int setup(void **state)
{
    int failed = place_setup(state);
    struct place *p = *state;
    test_now_s = clock_wall_s(); /* bundles are signed now */
    p->now_s = now_s;
    place_stop(p);
    place_start(p);
    return failed;
}

static void restart(struct place *p, const char *proxies, uint32_t new_devices)
{
    p->proxies = proxies;
    p->new_devices = new_devices;
    place_stop(p);
    place_start(p);
}

/* ---- small words ----------------------------------------------------------------------------- */

struct device {
    char id[POL_ID_BYTES];
    char token[SRV_SECRET_BYTES];
};

static void enroll(const struct place *p, const char *headers, struct device *out)
{
    static struct answer a;
    say(agents_url(p), "POST /v1/enroll", headers, HOST, &a);
    expect(&a, 201, "device_token");
    take_member(&a, "device_id", out->id, sizeof out->id);
    take_member(&a, "device_token", out->token, sizeof out->token);
}

static const char *old_token(const char *token)
{
    static char headers[HEADERS_BYTES];
    (void)snprintf(headers, sizeof headers, "X-Device-Token: %s\r\n", token);
    return headers;
}

static int report_status(const struct place *p, const struct device *d, char id)
{
    static struct answer a;
    static char text[2048];
    struct place as = *p;
    memcpy(as.device_id, d->id, sizeof d->id);
    place_report(&as, id, "idle", text, sizeof text);
    say(agents_url(p), "POST /v1/reports", bearer(d->token, ""), text, &a);
    return a.status;
}

static bool is_stranger(const struct place *p, const char *token)
{
    static struct answer a;
    say(agents_url(p), "GET /v1/policy", bearer(token, ""), "", &a);
    expect(&a, 204, "");
    return strstr(a.text, "Enrollment-Required: true") != NULL;
}

static void show_device(const struct place *p, const char *id, struct answer *out)
{
    char line[128];
    (void)snprintf(line, sizeof line, "GET /v1/devices/%s", id);
    say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", out);
    assert_int_equal(out->status, 200);
}

/* ---- tokens of devices ----------------------------------------------------------------------- */

static void device__rotated__its_old_token_is_good_for_a_day(void **state)
{
    struct place *p = *state;
    struct device first;
    struct device again;
    static struct answer a;
    enroll(p, bearer(p->secret, ""), &first);
    enroll(p, old_token(first.token), &again);
    assert_string_equal(again.id, first.id);
    test_now_s += DAY_S - 1;
    assert_int_equal(report_status(p, &first, '1'), 204);
    assert_false(is_stranger(p, first.token));
    test_now_s += 1;
    assert_int_equal(report_status(p, &first, '2'), 401);
    assert_true(is_stranger(p, first.token));
    say(agents_url(p), "POST /v1/enroll", old_token(first.token), HOST, &a);
    expect(&a, 401, "unauthorized");
    assert_int_equal(report_status(p, &again, '3'), 204);
}

/* The answer was lost, or the machine before it had written the token: it comes with the old one. */
static void device__crashed_before_it_had_its_new_token__comes_back_as_itself(void **state)
{
    struct place *p = *state;
    struct device first;
    struct device lost;
    struct device again;
    enroll(p, bearer(p->secret, ""), &first);
    enroll(p, old_token(first.token), &lost);
    restart(p, NULL, 0);
    test_now_s += DAY_S - 1;
    enroll(p, old_token(first.token), &again);
    assert_string_equal(again.id, first.id);
    test_now_s += DAY_S + 1;
    assert_int_equal(report_status(p, &lost, '1'), 401); /* nobody has it: it must not live on */
    assert_int_equal(report_status(p, &again, '2'), 204);
    restart(p, NULL, 0);
    assert_int_equal(report_status(p, &lost, '3'), 401);
    assert_int_equal(report_status(p, &again, '4'), 204);
}

/* After the day only the secret is left; the copy is known for one. */
static void device__away_for_longer__comes_back_as_a_duplicate(void **state)
{
    struct place *p = *state;
    struct device first;
    struct device lost;
    struct device again;
    static struct answer a;
    char wanted[128];
    enroll(p, bearer(p->secret, ""), &first);
    enroll(p, old_token(first.token), &lost);
    test_now_s += DAY_S;
    enroll(p, bearer(p->secret, ""), &again);
    assert_string_not_equal(again.id, first.id);
    show_device(p, again.id, &a);
    (void)snprintf(wanted, sizeof wanted, "\"duplicate_of\":\"%s\"", first.id);
    expect(&a, 200, wanted);
}

static void device__retired__is_out_at_once_with_its_held_poll(void **state)
{
    struct place *p = *state;
    struct device d;
    struct device again;
    static struct answer a;
    static struct answer held_answer;
    enroll(p, bearer(p->secret, ""), &d);
    int held = ask(agents_url(p), "GET /v1/policy",
                   bearer(d.token, "If-None-Match: \"0\"\r\nPrefer: wait=600\r\n"), span_text(""));
    place_await_held_poll(p);
    place_retire(p, d.id);
    hear(held, &held_answer);
    expect(&held_answer, 204, "Enrollment-Required: true");
    assert_int_equal(report_status(p, &d, '1'), 401);
    assert_true(is_stranger(p, d.token));
    say(agents_url(p), "POST /v1/enroll", old_token(d.token), HOST, &a);
    expect(&a, 401, "unauthorized");
    enroll(p, bearer(p->secret, ""), &again);
    assert_string_not_equal(again.id, d.id);
    show_device(p, again.id, &a);
    expect(&a, 200, "\"duplicate_of\":null"); /* nobody is there any more whose copy it could be */
}

/* Who is not meant keeps his poll. */
static void device__another_one_is_retired__its_poll_stays(void **state)
{
    struct place *p = *state;
    struct device staying;
    struct device going;
    static struct answer a;
    enroll(p, bearer(p->secret, ""), &staying);
    enroll(p, bearer(p->secret, ""), &going);
    int held =
        ask(agents_url(p), "GET /v1/policy",
            bearer(staying.token, "If-None-Match: \"0\"\r\nPrefer: wait=600\r\n"), span_text(""));
    place_await_held_poll(p);
    place_retire(p, going.id);
    place_await_held_poll(p);
    place_publish(p, 7, "\"0\"");
    place_release(p, "observe", "\"0\"");
    hear(held, &a);
    expect(&a, 200, "ETag: \"7001-");
    assert_null(strstr(a.text, "Enrollment-Required"));
}

static void device__token_ends_while_its_poll_is_held__is_told_to_enroll(void **state)
{
    struct place *p = *state;
    struct device first;
    struct device again;
    static struct answer a;
    enroll(p, bearer(p->secret, ""), &first);
    enroll(p, old_token(first.token), &again);
    int held =
        ask(agents_url(p), "GET /v1/policy",
            bearer(first.token, "If-None-Match: \"0\"\r\nPrefer: wait=600\r\n"), span_text(""));
    place_await_held_poll(p);
    test_now_s += DAY_S;
    place_publish(p, 7, "\"0\"");
    place_pull_brake(p);
    hear(held, &a);
    expect(&a, 200, "ETag: \"7999-"); /* the brake reaches it all the same */
    expect(&a, 200, "Enrollment-Required: true");
}

/* ---- enroll secrets -------------------------------------------------------------------------- */

/* The body of a refusal without what differs with each request. */
static void write_refusal(const struct answer *a, char *out, size_t size)
{
    const char *body = strstr(a->text, "\r\n\r\n");
    assert_non_null(body);
    (void)snprintf(out, size, "%.*s", (int)strcspn(body, "I"), body);
    char *instance = strstr(out, "\"instance\"");
    if (instance != NULL) {
        *instance = '\0';
    }
}

static void secret__revoked_expired_used_up_or_unknown__is_refused_alike(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct device d;
    char secrets[4][SRV_SECRET_BYTES];
    char texts[4][1024];
    uint8_t digest[DIGEST_BYTES];
    struct srv_credential expiring = {
        .name = "expiring", .role = SRV_ROLE_ENROLL, .expires_s = test_now_s + 1};
    struct srv_credential once = {.name = "once", .role = SRV_ROLE_ENROLL, .uses = 1};
    struct srv_credential gone = {.name = "gone", .role = SRV_ROLE_ENROLL};
    place_add_credential(p, &expiring, secrets[0]);
    place_add_credential(p, &once, secrets[1]);
    place_add_credential(p, &gone, secrets[2]);
    assert_int_equal(srv_secret_make(secrets[3], digest, NULL), ST_OK);
    for (int i = 0; i < 3; i++) {
        enroll(p, bearer(secrets[i], ""), &d);
    }
    test_now_s += 1;
    place_revoke(p, SRV_ROLE_ENROLL, "gone");
    for (int i = 0; i < 4; i++) {
        say(agents_url(p), "POST /v1/enroll", bearer(secrets[i], ""), HOST, &a);
        expect(&a, 401, "\"code\":\"unauthorized\"");
        write_refusal(&a, texts[i], sizeof texts[i]);
        assert_string_equal(texts[i], texts[0]);
    }
    assert_int_equal(report_status(p, &d, '1'), 204); /* who came in by it stays */
}

enum { CROWD = 24, USES = 5 };

static void secret__many_at_once__no_more_than_its_uses_come_in(void **state)
{
    struct place *p = *state;
    static struct answer a;
    int sockets[CROWD];
    int in = 0;
    char secret[SRV_SECRET_BYTES];
    struct srv_credential c = {.name = "few", .role = SRV_ROLE_ENROLL, .uses = USES};
    place_add_credential(p, &c, secret);
    for (int i = 0; i < CROWD; i++) {
        sockets[i] = ask(agents_url(p), "POST /v1/enroll", bearer(secret, ""), span_text(HOST));
    }
    for (int i = 0; i < CROWD; i++) {
        hear(sockets[i], &a);
        assert_true(a.status == 201 || a.status == 401);
        in += a.status == 201 ? 1 : 0;
    }
    assert_int_equal(in, USES);
    restart(p, NULL, 0);
    say(agents_url(p), "POST /v1/enroll", bearer(secret, ""), HOST, &a);
    expect(&a, 401, "unauthorized");
}

/* A machine that shows its token uses up nothing. */
static void secret__machine_comes_by_its_token__leaves_the_secret_alone(void **state)
{
    struct place *p = *state;
    struct device d;
    struct device again;
    char headers[HEADERS_BYTES];
    char secret[SRV_SECRET_BYTES];
    struct srv_credential c = {.name = "two", .role = SRV_ROLE_ENROLL, .uses = 2};
    place_add_credential(p, &c, secret);
    enroll(p, bearer(secret, ""), &d);
    (void)snprintf(headers, sizeof headers, "%s", bearer(secret, old_token(d.token)));
    enroll(p, headers, &again);
    assert_string_equal(again.id, d.id);
    enroll(p, bearer(secret, ""), &again);
    assert_string_not_equal(again.id, d.id);
}

/* ---- limits ---------------------------------------------------------------------------------- */

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
    struct device d;
    struct device again;
    restart(p, NULL, 3);
    for (int i = 0; i < 3; i++) {
        enroll(p, bearer(p->secret, "X-Forwarded-For: 192.0.2.1\r\n"), &d);
    }
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, "X-Forwarded-For: 192.0.2.2\r\n"), HOST,
        &a);
    expect(&a, 429, "\"code\":\"rate_limited\"");
    assert_in_range(retry_after_s(&a), 1100, 1200); /* three an hour */
    enroll(p, old_token(d.token), &again);          /* is no new one */
    assert_string_equal(again.id, d.id);
}

static void limits__behind_a_trusted_proxy__go_by_the_client(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct device d;
    restart(p, "127.0.0.0/8", 2);
    for (int i = 0; i < 2; i++) {
        enroll(p, bearer(p->secret, "X-Forwarded-For: 203.0.113.5, 192.0.2.1\r\n"), &d);
    }
    say(agents_url(p), "POST /v1/enroll",
        bearer(p->secret, "X-Forwarded-For: 203.0.113.6, 192.0.2.1\r\n"), HOST, &a);
    expect(&a, 429, "rate_limited"); /* what he writes himself does not help him */
    enroll(p, bearer(p->secret, "X-Forwarded-For: 203.0.113.6, 192.0.2.2\r\n"), &d);
    say(admins_url(p), "GET /v1/audit", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"address\":\"192.0.2.1\"");
    expect(&a, 200, "\"address\":\"192.0.2.2\"");
    assert_null(strstr(a.text, "203.0.113."));
    say(admins_url(p), "GET /metrics", "X-Forwarded-For: 127.0.0.1\r\n", "", &a);
    assert_int_equal(a.status, 401); /* nobody is local by a header */
}

static void limits__guesses__are_limited_and_good_tokens_are_not(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct device d;
    int refused = 0;
    enroll(p, bearer(p->secret, ""), &d);
    for (int i = 0; i < 700 && refused == 0; i++) {
        bool agents = i % 2 == 0;
        say(agents ? agents_url(p) : admins_url(p), agents ? "POST /v1/reports" : "GET /v1/users",
            bearer("guess", ""), "", &a);
        assert_true(a.status == 401 || a.status == 429);
        refused = a.status == 429 ? i : 0;
    }
    assert_in_range(refused, 600, 699); /* both doors count together */
    assert_in_range(retry_after_s(&a), 1, 10);
    say(agents_url(p), "POST /v1/enroll", bearer("guess", ""), HOST, &a);
    assert_true(a.status == 401 || a.status == 429); /* a token may have come back meanwhile */
    assert_int_equal(report_status(p, &d, '1'), 204);
    say(admins_url(p), "GET /v1/users", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    assert_int_equal(a.status, 200);
    enroll(p, bearer(p->secret, ""), &d);
}

static void limits__device_changes_its_token_all_the_time__is_stopped(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct device d;
    struct device other;
    enroll(p, bearer(p->secret, ""), &other);
    enroll(p, bearer(p->secret, ""), &d);
    for (int i = 0; i < 10; i++) {
        enroll(p, old_token(d.token), &d);
    }
    say(agents_url(p), "POST /v1/enroll", old_token(d.token), HOST, &a);
    expect(&a, 429, "rate_limited");
    assert_in_range(retry_after_s(&a), 300, 360);
    assert_int_equal(report_status(p, &d, '1'), 204);
    enroll(p, old_token(other.token), &other);
}

static void limits__device_fetches_the_policy_all_the_time__is_stopped(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct device d;
    char etag[64];
    char more[128];
    int fetched = 0;
    place_publish(p, 7, "\"0\"");
    place_release(p, "observe", "\"0\"");
    enroll(p, bearer(p->secret, ""), &d);
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
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(device__rotated__its_old_token_is_good_for_a_day),
        TEST(device__crashed_before_it_had_its_new_token__comes_back_as_itself),
        TEST(device__away_for_longer__comes_back_as_a_duplicate),
        TEST(device__retired__is_out_at_once_with_its_held_poll),
        TEST(device__another_one_is_retired__its_poll_stays),
        TEST(device__token_ends_while_its_poll_is_held__is_told_to_enroll),
        TEST(secret__revoked_expired_used_up_or_unknown__is_refused_alike),
        TEST(secret__many_at_once__no_more_than_its_uses_come_in),
        TEST(secret__machine_comes_by_its_token__leaves_the_secret_alone),
        TEST(limits__new_devices_of_an_address__are_capped_and_others_are_not),
        TEST(limits__behind_a_trusted_proxy__go_by_the_client),
        TEST(limits__guesses__are_limited_and_good_tokens_are_not),
        TEST(limits__device_changes_its_token_all_the_time__is_stopped),
        TEST(limits__device_fetches_the_policy_all_the_time__is_stopped),
    };
    return cmocka_run_group_tests_name("http_devices", tests, NULL, NULL);
}
