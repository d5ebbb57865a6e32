/* test_http_simulate.c - POST /v1/simulate at a whole server: plans, stages, and what is refused. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"

#include <stdio.h>
#include <string.h>

/* Pilots are blocked, all others allowed. */
static const char PLAN[] =
    "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"test\",\"serial\":8,"
    "\"issued_at\":\"2020-01-01T00:00:00Z\",\"expires_at\":\"2199-01-01T00:00:00Z\","
    "\"rings\":{\"pilot\":{\"user\":[\"S-1-5-21-1-2-3-1001\"]}},"
    "\"stages\":[{\"name\":\"turned\",\"rules\":[{\"ring\":\"pilot\",\"set\":\"block\"}],"
    "\"otherwise\":\"allow\"}],\"safe\":{\"set\":\"restore\"}}";

static struct answer a;

static void simulate(struct place *p, const char *body)
{
    say(admins_url(p), "POST /v1/simulate", bearer(p->tokens[SRV_ROLE_OPERATOR], ""), body, &a);
}

/* The pilot reports, and the stage pilot is released. */
static void release_pilot(struct place *p)
{
    static char report[2048];
    place_enroll(p);
    place_publish(p, 7, "\"0\"");
    place_report(p, '1', "unmanaged", report, sizeof report);
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), report, &a);
    expect(&a, 204, "");
    place_release(p, "pilot", "\"0\"");
}

static void simulate__plan__says_who_changes_from_what_is_released(void **state)
{
    struct place *p = *state;
    release_pilot(p);
    simulate(p, PLAN);
    expect(&a, 200, "\"released\":{\"stage\":\"pilot\",\"version\":7002,\"kind\":\"stage\"}");
    expect(&a, 200, "\"rollout\":\"test\",\"serial\":8,\"users\":1");
    expect(&a, 200,
           "{\"stage\":\"turned\",\"version\":8001,\"outcomes\":{\"block\":1},\"blocked_by\":{},"
           "\"unknown_facts\":{},\"changes\":[{\"from\":\"leave\",\"to\":\"block\",\"users\":1}],"
           "\"from_released\":[{\"from\":\"allow\",\"to\":\"block\",\"users\":1}],"
           "\"regressing\":1}");
    expect(&a, 200,
           "\"safe\":{\"stage\":\"safe\",\"version\":8999,\"outcomes\":{\"restore\":1},"
           "\"blocked_by\":{},\"unknown_facts\":{},"
           "\"from_released\":[{\"from\":\"allow\",\"to\":\"restore\",\"users\":1}],"
           "\"regressing\":0}");
    expect(&a, 200, "\"warnings\":[");
}

static void simulate__stage__says_what_releasing_it_would_change(void **state)
{
    struct place *p = *state;
    release_pilot(p);
    simulate(p, "{\"stage\":\"back\"}");
    expect(&a, 200, "\"from\":{\"stage\":\"pilot\",\"version\":7002,\"kind\":\"stage\"}");
    expect(&a, 200, "\"to\":{\"stage\":\"back\",\"version\":7003,\"kind\":\"stage\"}");
    expect(&a, 200,
           "\"users\":1,\"changes\":[{\"from\":\"allow\",\"to\":\"block\",\"users\":1}],"
           "\"unchanged\":0,\"regressing\":1,\"unknown\":0");
    expect(&a, 200, "\"refusal\":null");
    simulate(p, "{\"advance\":true}");
    expect(&a, 200, "\"to\":{\"stage\":\"back\"");
}

static void simulate__stage_whose_time_has_not_come__says_that_it_would_be_refused(void **state)
{
    struct place *p = *state;
    release_pilot(p);
    simulate(p, "{\"stage\":\"later\"}");
    expect(&a, 200, "\"refusal\":{\"code\":\"not_yet\",");
    expect(&a, 200, "\"changes\":[],\"unchanged\":1"); /* counted all the same */
    simulate(p, "{\"stage\":\"observe\"}");
    expect(&a, 200, "\"refusal\":{\"code\":\"version_rollback\",");
}

static void simulate__nothing_released__compares_with_leaving_alone(void **state)
{
    struct place *p = *state;
    place_publish(p, 7, "\"0\"");
    simulate(p, "{\"stage\":\"pilot\"}");
    expect(&a, 200, "\"from\":null");
    expect(&a, 200, "\"users\":0,\"changes\":[],\"unchanged\":0");
    simulate(p, "{\"advance\":true}");
    expect(&a, 409, "\"code\":\"stage_unknown\"");
    simulate(p, PLAN);
    expect(&a, 200, "\"released\":null");
    expect(&a, 200, "\"from_released\":[],\"regressing\":0"); /* of nobody, too */
}

static void simulate__stage_that_is_not_there__is_404(void **state)
{
    struct place *p = *state;
    simulate(p, "{\"stage\":\"pilot\"}");
    expect(&a, 404, "no bundle is stored");
    place_publish(p, 7, "\"0\"");
    simulate(p, "{\"stage\":\"nowhere\"}");
    expect(&a, 404, "\"code\":\"stage_unknown\"");
}

static void simulate__brake_is_on__advance_is_safe_released(void **state)
{
    struct place *p = *state;
    release_pilot(p);
    place_pull_brake(p);
    simulate(p, "{\"advance\":true}");
    expect(&a, 409, "\"code\":\"safe_released\"");
    simulate(p, "{\"stage\":\"back\"}");
    expect(&a, 200, "\"from\":{\"stage\":\"safe\",\"version\":7999,\"kind\":\"safe\"}");
    expect(&a, 200, "\"refusal\":{\"code\":\"safe_released\",");
}

static void simulate__document_that_is_none__names_all_problems(void **state)
{
    struct place *p = *state;
    simulate(p, "{\"format\":\"mapi-rollout/plan/1\",\"stage\":\"x\"}");
    expect(&a, 422, "\"problems\":[{\"code\":\"unknown_field\",\"pointer\":\"/stage\"");
    expect(&a, 422, "\"code\":\"missing_field\"");
    expect(&a, 422, "\"problems_found\":");
    simulate(p, "{");
    expect(&a, 400, "\"code\":\"json_syntax\"");
    simulate(p, "");
    expect(&a, 400, "\"code\":\"json_syntax\"");
    simulate(p, "[]");
    expect(&a, 422, "\"code\":\"wrong_type\"");
    simulate(p, "{}");
    expect(&a, 422, "\"code\":\"missing_field\"");
}

static void simulate__as_long_as_a_plan_may_be__is_read(void **state)
{
    struct place *p = *state;
    struct bytes body = bytes_with_limit(LIMIT_PLAN_BYTES);
    assert_int_equal(bytes_reserve(&body, LIMIT_PLAN_BYTES), ST_OK);
    memset(body.data, ' ', LIMIT_PLAN_BYTES);
    body.size = LIMIT_PLAN_BYTES;
    hear(ask(admins_url(p), "POST /v1/simulate", bearer(p->tokens[SRV_ROLE_OPERATOR], ""),
             bytes_span(&body)),
         &a);
    expect(&a, 400, "\"code\":\"json_syntax\"");
    bytes_free(&body);
}

static void simulate__viewer__may_not(void **state)
{
    struct place *p = *state;
    say(admins_url(p), "POST /v1/simulate", bearer(p->tokens[SRV_ROLE_VIEWER], ""), PLAN, &a);
    expect(&a, 403, "forbidden");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(simulate__plan__says_who_changes_from_what_is_released),
        TEST(simulate__stage__says_what_releasing_it_would_change),
        TEST(simulate__stage_whose_time_has_not_come__says_that_it_would_be_refused),
        TEST(simulate__nothing_released__compares_with_leaving_alone),
        TEST(simulate__stage_that_is_not_there__is_404),
        TEST(simulate__brake_is_on__advance_is_safe_released),
        TEST(simulate__document_that_is_none__names_all_problems),
        TEST(simulate__as_long_as_a_plan_may_be__is_read),
        TEST(simulate__viewer__may_not),
    };
    return cmocka_run_group_tests_name("http_simulate", tests, NULL, NULL);
}
