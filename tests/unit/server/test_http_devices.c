/* test_http_devices.c - machines come, change their tokens, are copied and go. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/machines.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, HEADERS_BYTES = 512 };

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
    struct machine first;
    struct machine again;
    static struct answer a;
    machine_enroll(p, bearer(p->secret, ""), &first);
    machine_enroll(p, old_token(first.token), &again);
    assert_string_equal(again.id, first.id);
    machines_now_s += DAY_S - 1;
    assert_int_equal(machine_report(p, &first, '1'), 204);
    assert_false(is_stranger(p, first.token));
    machines_now_s += 1;
    assert_int_equal(machine_report(p, &first, '2'), 401);
    assert_true(is_stranger(p, first.token));
    say(agents_url(p), "POST /v1/enroll", old_token(first.token), MACHINE_HOST, &a);
    expect(&a, 401, "unauthorized");
    assert_int_equal(machine_report(p, &again, '3'), 204);
}

/* The answer was lost, or the machine before it had written the token: it comes with the old one. */
static void device__crashed_before_it_had_its_new_token__comes_back_as_itself(void **state)
{
    struct place *p = *state;
    struct machine first;
    struct machine lost;
    struct machine again;
    machine_enroll(p, bearer(p->secret, ""), &first);
    machine_enroll(p, old_token(first.token), &lost);
    machines_restart(p, NULL, 0);
    machines_now_s += DAY_S - 1;
    machine_enroll(p, old_token(first.token), &again);
    assert_string_equal(again.id, first.id);
    machines_now_s += DAY_S + 1;
    assert_int_equal(machine_report(p, &lost, '1'), 401); /* nobody has it: it must not live on */
    assert_int_equal(machine_report(p, &again, '2'), 204);
    machines_restart(p, NULL, 0);
    assert_int_equal(machine_report(p, &lost, '3'), 401);
    assert_int_equal(machine_report(p, &again, '4'), 204);
}

/* After the day only the secret is left; the copy is known for one. */
static void device__away_for_longer__comes_back_as_a_duplicate(void **state)
{
    struct place *p = *state;
    struct machine first;
    struct machine lost;
    struct machine again;
    static struct answer a;
    char wanted[128];
    machine_enroll(p, bearer(p->secret, ""), &first);
    machine_enroll(p, old_token(first.token), &lost);
    machines_now_s += DAY_S;
    machine_enroll(p, bearer(p->secret, ""), &again);
    assert_string_not_equal(again.id, first.id);
    show_device(p, again.id, &a);
    (void)snprintf(wanted, sizeof wanted, "\"duplicate_of\":\"%s\"", first.id);
    expect(&a, 200, wanted);
}

static void device__retired__is_out_at_once_with_its_held_poll(void **state)
{
    struct place *p = *state;
    struct machine d;
    struct machine again;
    static struct answer a;
    static struct answer held_answer;
    machine_enroll(p, bearer(p->secret, ""), &d);
    int held = ask(agents_url(p), "GET /v1/policy",
                   bearer(d.token, "If-None-Match: \"0\"\r\nPrefer: wait=600\r\n"), span_text(""));
    place_await_held_poll(p);
    place_retire(p, d.id);
    hear(held, &held_answer);
    expect(&held_answer, 204, "Enrollment-Required: true");
    assert_int_equal(machine_report(p, &d, '1'), 401);
    assert_true(is_stranger(p, d.token));
    say(agents_url(p), "POST /v1/enroll", old_token(d.token), MACHINE_HOST, &a);
    expect(&a, 401, "unauthorized");
    machine_enroll(p, bearer(p->secret, ""), &again);
    assert_string_not_equal(again.id, d.id);
    show_device(p, again.id, &a);
    expect(&a, 200, "\"duplicate_of\":null"); /* nobody is there any more whose copy it could be */
}

/* The server's memory is not the last word: what waits for the store is asked there again. */
static void device__retired_and_the_server_does_not_know_yet__is_refused_by_the_store(void **state)
{
    struct place *p = *state;
    struct machine d;
    static struct answer a;
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = machines_now_s};
    machine_enroll(p, bearer(p->secret, ""), &d);
    w.u.device_id = d.id;
    assert_int_equal(place_write_untold(p, &w), ST_OK);
    assert_false(is_stranger(p, d.token));
    assert_int_equal(machine_report(p, &d, '1'), 401);
    say(agents_url(p), "POST /v1/enroll", old_token(d.token), MACHINE_HOST, &a);
    expect(&a, 401, "unauthorized");
    w = (struct srv_write){.kind = SRV_WRITE_REVOKE, .now_s = machines_now_s};
    w.u.credential.role = SRV_ROLE_ENROLL;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "enroll");
    assert_int_equal(place_write_untold(p, &w), ST_OK);
    say(agents_url(p), "POST /v1/enroll", bearer(p->secret, ""), MACHINE_HOST, &a);
    expect(&a, 401, "unauthorized");
    say(admins_url(p), "GET /v1/users", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"users\":[]");
}

/* Who is not meant keeps his poll. */
static void device__another_one_is_retired__its_poll_stays(void **state)
{
    struct place *p = *state;
    struct machine staying;
    struct machine going;
    static struct answer a;
    machine_enroll(p, bearer(p->secret, ""), &staying);
    machine_enroll(p, bearer(p->secret, ""), &going);
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
    struct machine first;
    struct machine again;
    static struct answer a;
    machine_enroll(p, bearer(p->secret, ""), &first);
    machine_enroll(p, old_token(first.token), &again);
    int held =
        ask(agents_url(p), "GET /v1/policy",
            bearer(first.token, "If-None-Match: \"0\"\r\nPrefer: wait=600\r\n"), span_text(""));
    place_await_held_poll(p);
    machines_now_s += DAY_S;
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
    struct machine d;
    char secrets[4][SRV_SECRET_BYTES];
    char texts[4][1024];
    uint8_t digest[DIGEST_BYTES];
    struct srv_credential expiring = {
        .name = "expiring", .role = SRV_ROLE_ENROLL, .expires_s = machines_now_s + 1};
    struct srv_credential once = {.name = "once", .role = SRV_ROLE_ENROLL, .uses = 1};
    struct srv_credential gone = {.name = "gone", .role = SRV_ROLE_ENROLL};
    place_add_credential(p, &expiring, secrets[0]);
    place_add_credential(p, &once, secrets[1]);
    place_add_credential(p, &gone, secrets[2]);
    assert_int_equal(srv_secret_make(secrets[3], digest, NULL), ST_OK);
    for (int i = 0; i < 3; i++) {
        machine_enroll(p, bearer(secrets[i], ""), &d);
    }
    machines_now_s += 1;
    place_revoke(p, SRV_ROLE_ENROLL, "gone");
    for (int i = 0; i < 4; i++) {
        say(agents_url(p), "POST /v1/enroll", bearer(secrets[i], ""), MACHINE_HOST, &a);
        expect(&a, 401, "\"code\":\"unauthorized\"");
        write_refusal(&a, texts[i], sizeof texts[i]);
        assert_string_equal(texts[i], texts[0]);
    }
    assert_int_equal(machine_report(p, &d, '1'), 204); /* who came in by it stays */
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
        sockets[i] =
            ask(agents_url(p), "POST /v1/enroll", bearer(secret, ""), span_text(MACHINE_HOST));
    }
    for (int i = 0; i < CROWD; i++) {
        hear(sockets[i], &a);
        assert_true(a.status == 201 || a.status == 401);
        in += a.status == 201 ? 1 : 0;
    }
    assert_int_equal(in, USES);
    machines_restart(p, NULL, 0);
    say(agents_url(p), "POST /v1/enroll", bearer(secret, ""), MACHINE_HOST, &a);
    expect(&a, 401, "unauthorized");
}

/* A machine that shows its token uses up nothing. */
static void secret__machine_comes_by_its_token__leaves_the_secret_alone(void **state)
{
    struct place *p = *state;
    struct machine d;
    struct machine again;
    char headers[HEADERS_BYTES];
    char secret[SRV_SECRET_BYTES];
    struct srv_credential c = {.name = "two", .role = SRV_ROLE_ENROLL, .uses = 2};
    place_add_credential(p, &c, secret);
    machine_enroll(p, bearer(secret, ""), &d);
    (void)snprintf(headers, sizeof headers, "%s", bearer(secret, old_token(d.token)));
    machine_enroll(p, headers, &again);
    assert_string_equal(again.id, d.id);
    machine_enroll(p, bearer(secret, ""), &again);
    assert_string_not_equal(again.id, d.id);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, machines_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(device__rotated__its_old_token_is_good_for_a_day),
        TEST(device__crashed_before_it_had_its_new_token__comes_back_as_itself),
        TEST(device__away_for_longer__comes_back_as_a_duplicate),
        TEST(device__retired__is_out_at_once_with_its_held_poll),
        TEST(device__retired_and_the_server_does_not_know_yet__is_refused_by_the_store),
        TEST(device__another_one_is_retired__its_poll_stays),
        TEST(device__token_ends_while_its_poll_is_held__is_told_to_enroll),
        TEST(secret__revoked_expired_used_up_or_unknown__is_refused_alike),
        TEST(secret__many_at_once__no_more_than_its_uses_come_in),
        TEST(secret__machine_comes_by_its_token__leaves_the_secret_alone),
    };
    return cmocka_run_group_tests_name("http_devices", tests, NULL, NULL);
}
