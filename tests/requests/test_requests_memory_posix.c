/* test_requests_memory_posix.c - no request is answered wrongly, and nothing is lost, where memory runs out. */
#include "tests/cmocka_all.h"

#include "tests/requests/asking.h"

#include <stdio.h>
#include <string.h>

enum {
    BUNDLE_STEP = 97, /* thousands of allocations, which policy's own tests let fail one by one */
    RENEWED_STEP = 13 /* a bundle is signed and stored for each */
};

/* ---- agents ---------------------------------------------------------------------------------- */

static void renew_report(struct asking *a)
{
    char id[POL_ID_BYTES];
    unsigned number = ++a->place->number;
    fake_device_id(FAKE_DEVICE_A, id);
    (void)snprintf(
        a->body, sizeof a->body,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032x\",\"run_id\":\"%032x\","
        "\"seq\":%u,\"part\":1,\"parts\":1,\"full\":true,\"device_id\":\"%s\","
        "\"sent_at\":\"2027-01-15T08:00:00Z\",\"agent\":{\"version\":\"1.0.0\","
        "\"started_at\":\"2027-01-15T07:00:00Z\",\"formats\":[\"mapi-rollout/policy/1\"],"
        "\"trust_version\":1},\"host\":{\"name\":\"PC\",\"tags\":[\"hq\"]},\"policy\":{\"rollout\":"
        "null,\"received\":null,\"effective\":null,\"digest\":null,\"failed\":null,\"stale\":false},"
        "\"users\":[{\"sid\":\"S-1-5-21-1-2-3-1001\",\"hive\":\"loaded\",\"state\":\"%s\","
        "\"groups\":[\"CONTOSO\\\\Pilot\"]}]}",
        number, 1u, number, id, number % 2 == 0 ? "compliant" : "error");
}

static struct asking report_of(struct place *p)
{
    return (struct asking){.place = p,
                           .door = SRV_DOOR_AGENTS,
                           .who = FAKE_DEVICE_A,
                           .method = "POST",
                           .target = "/v1/reports",
                           .good = 204};
}

static void report__nth_allocation_fails__is_taken_later(void **state)
{
    struct asking a = report_of(*state);
    a.renew = renew_report;
    run_out_of_memory(&a);
}

static void report_again__nth_allocation_fails__is_known_later(void **state)
{
    struct asking a = report_of(*state);
    renew_report(&a);
    run_out_of_memory(&a);
}

static void enroll__nth_allocation_fails__enrolls_later(void **state)
{
    struct asking a = {.place = *state,
                       .door = SRV_DOOR_AGENTS,
                       .who = FAKE_ENROLLER,
                       .method = "POST",
                       .target = "/v1/enroll",
                       .good = 201,
                       .body = "{\"host\":{\"name\":\"PC\",\"machine_guid\":\"g\"}}"};
    run_out_of_memory(&a);
}

/* ---- what operators change ------------------------------------------------------------------- */

static void make_bundle(struct place *p)
{
    struct fake_plan plan = {.serial = ++p->serial,
                             .stages =
                                 "[{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\"},"
                                 "{\"name\":\"pilot\",\"rules\":[],\"otherwise\":\"block\"}]"};
    bytes_free(&p->bundle);
    p->bundle = fake_signer_bundle(&p->signer, &plan);
}

static struct asking put_of(struct place *p)
{
    make_bundle(p);
    return (struct asking){.place = p,
                           .door = SRV_DOOR_ADMINS,
                           .who = FAKE_PUBLISHER,
                           .method = "PUT",
                           .target = "/v1/rollout?skip=1",
                           .if_match = "bundle",
                           .step = BUNDLE_STEP,
                           .good = 200,
                           .content = bytes_span(&p->bundle)};
}

static struct asking order_of(struct place *p, const char *target, const char *body)
{
    struct asking a = {.place = p,
                       .door = SRV_DOOR_ADMINS,
                       .who = FAKE_OPERATOR,
                       .method = "POST",
                       .target = target,
                       .if_match = "policy",
                       .good = 200};
    (void)snprintf(a.body, sizeof a.body, "%s", body);
    return a;
}

static void renew_put(struct asking *a)
{
    make_bundle(a->place);
    a->content = bytes_span(&a->place->bundle);
}

/* Another serial is there to be released. */
static void renew_release(struct asking *a)
{
    ask_once(put_of(a->place));
}

static void release_observe(struct place *p)
{
    ask_once(put_of(p));
    ask_once(order_of(p, "/v1/rollout/release", "{\"stage\":\"observe\"}"));
}

static void put__nth_allocation_fails__is_stored_later(void **state)
{
    struct asking a = put_of(*state);
    a.renew = renew_put;
    run_out_of_memory(&a);
}

static void release__nth_allocation_fails__is_released_later(void **state)
{
    struct asking a = order_of(*state, "/v1/rollout/release", "{\"stage\":\"observe\"}");
    a.renew = renew_release;
    a.step = RENEWED_STEP;
    run_out_of_memory(&a);
}

static void safe__nth_allocation_fails__is_out_later(void **state)
{
    struct asking a =
        order_of(*state, "/v1/rollout/safe", "{\"reason\":\"smoke\",\"confirm\":\"test\"}");
    a.renew = renew_release;
    a.step = RENEWED_STEP;
    run_out_of_memory(&a);
}

static void hold__nth_allocation_fails__holds_later(void **state)
{
    release_observe(*state);
    struct asking a = order_of(*state, "/v1/rollout/hold", "{\"reason\":\"a look\"}");
    run_out_of_memory(&a);
}

static void simulate__nth_allocation_fails__answers_later(void **state)
{
    release_observe(*state);
    struct asking report = report_of(*state);
    renew_report(&report);
    ask_once(report);
    struct asking a = order_of(*state, "/v1/simulate", "{\"stage\":\"pilot\"}");
    run_out_of_memory(&a);
}

/* ---- what is read ---------------------------------------------------------------------------- */

static void policy__nth_allocation_fails__is_served_later(void **state)
{
    release_observe(*state);
    struct asking a = {.place = *state,
                       .door = SRV_DOOR_AGENTS,
                       .who = FAKE_DEVICE_A,
                       .method = "GET",
                       .target = "/v1/policy",
                       .good = 200};
    run_out_of_memory(&a);
}

/* Without memory to hold it, it is answered at once. */
static void poll__nth_allocation_fails__is_answered_or_held(void **state)
{
    release_observe(*state);
    struct asking a = {.place = *state,
                       .door = SRV_DOOR_AGENTS,
                       .who = FAKE_DEVICE_A,
                       .method = "GET",
                       .target = "/v1/policy",
                       .if_match = "policy",
                       .prefer = "wait=600",
                       .good = 304};
    run_out_of_memory(&a);
}

static void lists__nth_allocation_fails__are_read_later(void **state)
{
    static const char *const TARGETS[] = {
        "/v1/rollout",
        "/v1/compliance",
        "/v1/users?q=1001&limit=5",
        "/v1/devices",
        "/v1/devices/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "/v1/audit?limit=5",
        "/v1/reports.csv",
        "/metrics",
        "/readyz",
    };
    release_observe(*state);
    struct asking report = report_of(*state);
    renew_report(&report);
    ask_once(report);
    for (size_t i = 0; i < sizeof TARGETS / sizeof TARGETS[0]; i++) {
        struct asking a = {.place = *state,
                           .door = SRV_DOOR_ADMINS,
                           .who = FAKE_VIEWER,
                           .method = "GET",
                           .target = TARGETS[i],
                           .stays = strncmp(TARGETS[i], "/v1/", 4) == 0,
                           .good = 200};
        run_out_of_memory(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(report__nth_allocation_fails__is_taken_later,
                                        requests_setup, requests_teardown),
        cmocka_unit_test_setup_teardown(report_again__nth_allocation_fails__is_known_later,
                                        requests_setup, requests_teardown),
        cmocka_unit_test_setup_teardown(enroll__nth_allocation_fails__enrolls_later, requests_setup,
                                        requests_teardown),
        cmocka_unit_test_setup_teardown(put__nth_allocation_fails__is_stored_later, requests_setup,
                                        requests_teardown),
        cmocka_unit_test_setup_teardown(release__nth_allocation_fails__is_released_later,
                                        requests_setup, requests_teardown),
        cmocka_unit_test_setup_teardown(safe__nth_allocation_fails__is_out_later, requests_setup,
                                        requests_teardown),
        cmocka_unit_test_setup_teardown(hold__nth_allocation_fails__holds_later, requests_setup,
                                        requests_teardown),
        cmocka_unit_test_setup_teardown(simulate__nth_allocation_fails__answers_later,
                                        requests_setup, requests_teardown),
        cmocka_unit_test_setup_teardown(policy__nth_allocation_fails__is_served_later,
                                        requests_setup, requests_teardown),
        cmocka_unit_test_setup_teardown(poll__nth_allocation_fails__is_answered_or_held,
                                        requests_setup, requests_teardown),
        cmocka_unit_test_setup_teardown(lists__nth_allocation_fails__are_read_later, requests_setup,
                                        requests_teardown),
    };
    requests_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
