/* test_http_gates.c - a whole server whose clock the test turns: stages left by themselves, the brake,
 * hold and resume, and what administrators see of it. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/turned_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600, SOAK_S = 2 * HOUR_S };

/* All are blocked, then allowed. One user on one machine is the fleet. */
static const char STAGES[] =
    "{\"name\":\"hold-back\",\"rules\":[],\"otherwise\":\"block\"},"
    "{\"name\":\"pilot\",\"rules\":[],\"otherwise\":\"allow\",\"gate\":{\"advance\":\"auto\","
    "\"on_fail\":\"safe\",\"soak_s\":7200,\"max_failing\":0}},"
    "{\"name\":\"everyone\",\"rules\":[],\"otherwise\":\"allow_explicit\"}";

static void look(struct place *p, struct answer *a)
{
    say(admins_url(p), "GET /v1/rollout", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", a);
    assert_int_equal(a->status, 200);
}

/* Until the server shows it. */
static void await(struct place *p, const char *part, struct answer *a)
{
    do {
        look(p, a);
    } while (strstr(a->text, part) == NULL);
}

static void order(struct place *p, const char *what, const char *if_match, const char *body,
                  struct answer *a)
{
    char line[64];
    char more[128] = "";
    (void)snprintf(line, sizeof line, "POST /v1/rollout/%s", what);
    if (if_match != NULL) {
        (void)snprintf(more, sizeof more, "If-Match: %s\r\n", if_match);
    }
    say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_OPERATOR], more), body, a);
}

static void take_etag(const struct answer *a, char out[64])
{
    char inner[56];
    const char *at = strstr(a->text, "\"policy_etag\":\"\\\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"policy_etag\":\"\\\"%55[^\\]", inner), 1);
    (void)snprintf(out, 64, "\"%s\"", inner);
}

static void tell(struct place *p, char id, const char *user_state)
{
    static struct answer a;
    char body[2048];
    place_report(p, id, user_state, body, sizeof body);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), body, &a);
    assert_int_equal(a.status, 204);
}

/* A machine that reports, and pilot released. */
static void release_pilot(struct place *p)
{
    static struct answer a;
    char etag[64];
    struct bytes bundle = signer_bundle_of(&p->signer, 7, "", STAGES);
    hear(ask(admins_url(p), "PUT /v1/rollout",
             bearer(p->tokens[SRV_ROLE_PUBLISHER], "If-Match: \"0\"\r\n"), bytes_span(&bundle)),
         &a);
    expect(&a, 200, "\"gate\":null,\"hold\":null");
    bytes_free(&bundle);
    place_release(p, "hold-back", "\"0\"");
    place_enroll(p);
    tell(p, 'a', "idle");
    look(p, &a);
    take_etag(&a, etag);
    place_release(p, "pilot", etag);
}

static void http__stage_whose_gate_passes__is_left_by_the_server(void **state)
{
    struct place *p = *state;
    static struct answer a;
    release_pilot(p);
    await(p, "\"gate\":{\"stage\":\"pilot\"", &a);
    expect(&a, 200, "\"verdict\":\"keep\",\"reason\":\"soak\",\"refusal\":null");
    expect(&a, 200, "\"missing\":[\"soak\",\"conclusive\",\"conclusive_percent\"]");
    expect(&a, 200, "\"soak_left_s\":7200,\"failing_since\":null,\"subjects\":1,\"unknown\":0,");
    expect(&a, 200, "\"on_fail\":\"safe\",\"soak_s\":7200,\"min_reporting_percent\":90,");
    tell(p, 'b', "compliant");
    await(p, "\"healthy\":1", &a);
    turned_clock_set(TURNED_START_S + SOAK_S - 1);
    await(p, "\"soak_left_s\":1,", &a);
    expect(&a, 200, "\"stage\":\"pilot\",\"kind\"");
    turned_clock_set(TURNED_START_S + SOAK_S);
    await(p, "\"stage\":\"everyone\",\"kind\"", &a);
    expect(&a, 200, "\"by\":\"gate\",\"reason\":\"the gate of pilot passed");
    say(agents_url(p), "GET /v1/policy", bearer(p->device_token, ""), "", &a);
    expect(&a, 200, "ETag: \"7003-");
}

static void http__release__is_looked_at_at_once(void **state)
{
    struct place *p = *state;
    static struct answer a;
    place_stop(p);
    p->gate_pause_ms = 3600000;
    place_start(p);
    release_pilot(p);
    await(p, "\"gate\":{\"stage\":\"pilot\"", &a);
}

static void http__fleet_fails__brake_after_two_looks_and_a_restart(void **state)
{
    struct place *p = *state;
    static struct answer a;
    release_pilot(p);
    tell(p, 'b', "mismatch");
    await(p, "\"reporting\":1", &a);
    expect(&a, 200, "\"failing\":0,");
    turned_clock_set(TURNED_START_S + 4 * HOUR_S);
    await(p, "\"verdict\":\"hold\",\"reason\":\"failing\"", &a);
    expect(&a, 200, "\"failing_devices\":1");
    place_stop(p);
    place_start(p);
    turned_clock_set(TURNED_START_S + 4 * HOUR_S + 899);
    await(p, "\"verdict\":\"hold\",\"reason\":\"failing\"", &a);
    expect(&a, 200, "\"safe_released\":false");
    turned_clock_set(TURNED_START_S + 4 * HOUR_S + 900);
    await(p, "\"safe_released\":true", &a);
    expect(&a, 200,
           "\"by\":\"gate\",\"reason\":\"the gate of pilot failed: 1 of 1 devices failing");
    await(p, "\"gate\":null", &a);
}

static void http__held__nothing_moves_until_it_is_resumed(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char etag[64];
    release_pilot(p);
    tell(p, 'b', "compliant");
    look(p, &a);
    take_etag(&a, etag);
    order(p, "hold", NULL, "{\"reason\":\"lunch\"}", &a);
    expect(&a, 428, "precondition_required");
    order(p, "hold", "\"0\"", "{\"reason\":\"lunch\"}", &a);
    expect(&a, 412, "precondition_failed");
    order(p, "hold", etag, "{}", &a);
    expect(&a, 422, "missing_field");
    order(p, "hold", etag, "{\"reason\":\"lunch\"}", &a);
    expect(&a, 200, "\"hold\":{\"reason\":\"lunch\",\"by\":\"operator\",\"at\":\"");
    turned_clock_set(TURNED_START_S + 100 * HOUR_S);
    await(p, "\"verdict\":\"hold\",\"reason\":\"held\"", &a);
    order(p, "resume", "\"0\"", "", &a);
    expect(&a, 412, "precondition_failed");
    order(p, "resume", etag, "{\"reason\":\"\"}", &a);
    expect(&a, 422, "unknown_field");
    order(p, "resume", etag, "", &a);
    expect(&a, 200, "\"hold\":null");
    await(p, "\"stage\":\"everyone\",\"kind\"", &a);
}

static void http__safe_is_out__hold_resume_and_advance_say_so_before_anything_else(void **state)
{
    struct place *p = *state;
    static struct answer a;
    release_pilot(p);
    place_pull_brake(p);
    order(p, "hold", NULL, "{", &a);
    expect(&a, 409, "safe_released");
    order(p, "resume", "\"0\"", "{", &a);
    expect(&a, 409, "safe_released");
    order(p, "advance", NULL, "{", &a);
    expect(&a, 409, "safe_released");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, turned_start, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(http__stage_whose_gate_passes__is_left_by_the_server),
        TEST(http__release__is_looked_at_at_once),
        TEST(http__fleet_fails__brake_after_two_looks_and_a_restart),
        TEST(http__held__nothing_moves_until_it_is_resumed),
        TEST(http__safe_is_out__hold_resume_and_advance_say_so_before_anything_else),
    };
    return cmocka_run_group_tests_name("http_gates", tests, NULL, NULL);
}
