/* test_parse.c - parse.h and what plan.h writes for it: policies, signed and read as agents do. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct change {
    const char *from;
    const char *to;
    const char *code;
    const char *pointer;
};

static void assert_refused(const char *text, const char *what, const char *code,
                           const char *pointer)
{
    struct pol_policy *policy = NULL;
    struct err err = {0};
    if (policy_of(text, &policy, &err) != ST_REFUSED || strcmp(err.code, code) != 0 ||
        strcmp(err.pointer, pointer) != 0) {
        fail_msg("%s: %s at \"%s\": %s", what, err.code != NULL ? err.code : "taken", err.pointer,
                 err.text);
    }
    assert_null(policy);
}

static void assert_changes_refused(const char *text, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *changed = with_change(text, changes[i].from, changes[i].to);
        assert_refused(changed, changes[i].to, changes[i].code, changes[i].pointer);
        free(changed);
    }
}
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The policy of a stage of a plan, as it is written. */
static struct bytes written(const char *plan_text, int stage)
{
    struct pol_plan *plan = plan_of(plan_text);
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    assert_int_equal(pol_plan_write_policy(plan, stage, &payload, NULL), ST_OK);
    pol_plan_free(plan);
    return payload;
}

/* ---- stages ------------------------------------------------------------------------------- */

static void parse__of_a_stage_as_small_as_it_may_be__fills_the_defaults(void **state)
{
    (void)state;
    struct pol_policy *p = good_policy_of(EXAMPLE_POLICY);
    assert_string_equal(p->rollout, "mapihttp-2026");
    assert_int_equal(p->version, 7003);
    assert_int_equal(p->kind, POL_KIND_STAGE);
    assert_string_equal(p->stage, "pilot");
    assert_int_equal(p->issued_at_s, 1795341600);
    assert_int_equal(p->expires_at_s, 1803117600);
    assert_int_equal(p->not_before_s, -1);
    assert_int_equal(p->timing.poll_s, 900);
    assert_int_equal(p->timing.wait_s, 240);
    assert_int_equal(p->timing.spread_s, 10);
    assert_int_equal(p->timing.report_s, 86400);
    assert_true(p->guards.block_mailboxes[POL_MAILBOX_ON_PREMISES]);
    assert_true(p->guards.block_mailboxes[POL_MAILBOX_UNKNOWN]);
    assert_false(p->guards.block_mailboxes[POL_MAILBOX_MIXED]);
    assert_false(p->guards.block_mailboxes[POL_MAILBOX_EXCHANGE_ONLINE]);
    assert_int_equal(p->expect, POL_EXPECT_MAPI_HTTP);
    assert_int_equal(p->otherwise, POL_SET_BLOCK);
    assert_int_equal(p->rule_count, 1);
    assert_int_equal(p->rules[0].set, POL_SET_ALLOW);
    assert_string_equal(p->rings[p->rules[0].ring].name, "pilot");
    assert_int_equal(p->draw_count, 0);
    pol_policy_free(p);
    pol_policy_free(NULL);
}

static void parse__of_a_policy__keeps_the_digest_of_its_payload(void **state)
{
    (void)state;
    char digest[DIGEST_HEX_BYTES];
    struct pol_policy *p = good_policy_of(EXAMPLE_POLICY);
    assert_int_equal(pol_digest_hex(span_text(EXAMPLE_POLICY), digest), ST_OK);
    assert_string_equal(p->digest, digest);
    pol_policy_free(p);
}

static void parse__of_the_example_plans_stage__gives_what_the_plan_says(void **state)
{
    (void)state;
    struct bytes payload = written(EXAMPLE_PLAN, 3);
    struct pol_policy *p = good_policy_of(bytes_text(&payload));
    assert_int_equal(p->version, 7004);
    assert_string_equal(p->stage, "quarter");
    assert_int_equal(p->not_before_s, 1796623200);
    assert_int_equal(p->rule_count, 3);
    assert_int_equal(p->ring_count, 3);
    assert_string_equal(p->rings[p->rules[0].ring].name, "exceptions");
    assert_int_equal(p->rules[0].set, POL_SET_LEAVE);
    assert_string_equal(p->rings[p->rules[2].ring].name, "quarter");
    assert_int_equal(p->draw_count, 1);
    assert_int_equal(p->percents[0].threshold_ppm, 250000);
    assert_string_equal(p->draws[0].salt, "mapihttp-2026");
    assert_false(p->draws[0].of_host);
    pol_policy_free(p);
    bytes_free(&payload);
}

/* ---- what is written ---------------------------------------------------------------------- */

static void write_policy__of_a_stage__is_exactly_this(void **state)
{
    (void)state;
    struct bytes payload = written(EXAMPLE_PLAN, 0);
    assert_string_equal(
        bytes_text(&payload),
        "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7001,"
        "\"kind\":\"stage\",\"stage\":\"observe\",\"issued_at\":\"2026-11-22T10:00:00Z\","
        "\"expires_at\":\"2027-02-20T10:00:00Z\",\"not_before\":null,"
        "\"timing\":{\"poll_s\":900,\"wait_s\":240,\"spread_s\":10,\"report_s\":86400},"
        "\"guards\":{\"block_mailboxes\":[\"on_premises\",\"unknown\"],"
        "\"preflight\":{\"allow\":[\"https://mapi.example.com/mapi/healthcheck.htm\"],"
        "\"block\":[\"https://mail.example.com/rpc/rpcproxy.dll\"]},"
        "\"minimum_outlook\":[\"14.0.7147\",\"15.0.4569\",\"16.0\"]},\"rings\":{},\"rules\":[],"
        "\"otherwise\":\"leave\",\"apply\":{\"when\":\"now\",\"deadline_s\":0,\"spread_s\":0},"
        "\"expect\":\"any\",\"gate\":{\"advance\":\"manual\",\"soak_s\":259200,"
        "\"min_reporting_percent\":90,\"min_conclusive_percent\":50,\"min_healthy_percent\":97,"
        "\"max_failing\":5,\"on_fail\":\"hold\"}}");
    bytes_free(&payload);
}

static void write_policy__of_the_safe_one__is_exactly_this(void **state)
{
    (void)state;
    struct bytes payload = written(EXAMPLE_PLAN, POL_PLAN_SAFE);
    assert_string_equal(
        bytes_text(&payload),
        "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7999,"
        "\"kind\":\"safe\",\"stage\":\"safe\",\"issued_at\":\"2026-11-22T10:00:00Z\","
        "\"expires_at\":null,\"not_before\":null,"
        "\"timing\":{\"poll_s\":900,\"wait_s\":240,\"spread_s\":10,\"report_s\":86400},"
        "\"guards\":{\"block_mailboxes\":[\"on_premises\",\"unknown\"],"
        "\"preflight\":{\"allow\":[\"https://mapi.example.com/mapi/healthcheck.htm\"],"
        "\"block\":[\"https://mail.example.com/rpc/rpcproxy.dll\"]},"
        "\"minimum_outlook\":[\"14.0.7147\",\"15.0.4569\",\"16.0\"]},\"rings\":{},\"rules\":[],"
        "\"otherwise\":\"block\",\"expect\":\"any\"}");
    struct pol_policy *p = good_policy_of(bytes_text(&payload));
    assert_int_equal(p->kind, POL_KIND_SAFE);
    assert_int_equal(p->expires_at_s, -1);
    assert_int_equal(p->otherwise, POL_SET_BLOCK);
    pol_policy_free(p);
    bytes_free(&payload);
}

static void
write_policy__with_guards_and_timing_of_the_plan__repeats_them_in_the_safe_one(void **state)
{
    (void)state;
    char *timed = with_change(EXAMPLE_PLAN, "\"poll_s\": 900", "\"poll_s\": 61");
    char *text = with_change(timed, "\"on_premises\", \"unknown\"", "\"on_premises\"");
    struct bytes payload = written(text, POL_PLAN_SAFE);
    struct pol_policy *p = good_policy_of(bytes_text(&payload));
    assert_int_equal(p->timing.poll_s, 61);
    assert_false(p->guards.block_mailboxes[POL_MAILBOX_UNKNOWN]);
    assert_true(p->guards.block_mailboxes[POL_MAILBOX_ON_PREMISES]);
    pol_policy_free(p);
    bytes_free(&payload);
    free(text);
    free(timed);
}

/* Rings in use, also through others, stand in the policy; the rest does not leave the plan. */
static void write_policy__with_nested_rings__carries_those_in_use_only(void **state)
{
    (void)state;
    char *text = with_change(EXAMPLE_PLAN, "{ \"host\": [\"HQ-IT-*\"] }",
                             "{ \"not\": { \"ring\": \"z-last\" } }");
    char *whole =
        with_change(text, "\"quarter\": {",
                    "\"z-last\": { \"any\": [ { \"ring\": \"quarter\" } ], \"ticket\": \"T\" }, "
                    "\"unused\": { \"tag\": [\"x\"] }, \"quarter\": {");
    struct bytes payload = written(whole, 2);
    assert_non_null(strstr(bytes_text(&payload), "\"z-last\":{\"any\":[{\"ring\":\"quarter\"}],"
                                                 "\"ticket\":\"T\"}"));
    assert_non_null(strstr(bytes_text(&payload), "\"quarter\":{\"percent\":25,\"of\":\"user\","
                                                 "\"salt\":\"mapihttp-2026\"}"));
    assert_null(strstr(bytes_text(&payload), "unused"));
    struct pol_policy *p = good_policy_of(bytes_text(&payload));
    assert_int_equal(p->ring_count, 4);
    pol_policy_free(p);
    bytes_free(&payload);
    free(whole);
    free(text);
    payload = written(EXAMPLE_PLAN, 1);
    assert_non_null(strstr(bytes_text(&payload), "exceptions"));
    assert_null(strstr(bytes_text(&payload), "pilot"));
    assert_null(strstr(bytes_text(&payload), "quarter"));
    bytes_free(&payload);
}

static void write_policy__over_its_bound__is_too_large_and_leaves_out_alone(void **state)
{
    (void)state;
    char group[300];
    struct bytes groups = bytes_with_limit(LIMIT_PLAN_BYTES);
    struct bytes payload = bytes_with_limit(LIMIT_PLAN_BYTES);
    struct err err = {0};
    (void)snprintf(group, sizeof group, "\"%0250d\"", 0);
    for (int i = 0; i < 1100; i++) {
        assert_int_equal(bytes_append_format(&groups, "%s, ", group), ST_OK);
    }
    assert_int_equal(bytes_append_text(&groups, "\"HQ-IT-*\""), ST_OK);
    char *text = with_change(EXAMPLE_PLAN, "\"HQ-IT-*\"", bytes_text(&groups));
    struct pol_plan *plan = plan_of(text);
    assert_int_equal(pol_plan_write_policy(plan, 1, &payload, &err), ST_OK);
    size_t before = payload.size;
    assert_int_equal(pol_plan_write_policy(plan, 2, &payload, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_int_equal(payload.size, before);
    pol_plan_free(plan);
    free(text);
    bytes_free(&payload);
    bytes_free(&groups);
}

/* ---- refusals ----------------------------------------------------------------------------- */

static void parse__of_a_version_that_is_not_of_its_kind__is_a_kind_mismatch(void **state)
{
    (void)state;
    static const struct change STAGE[] = {
        {"\"version\":7003", "\"version\":7000", "kind_mismatch", ""},
        {"\"version\":7003", "\"version\":7051", "kind_mismatch", ""},
        {"\"version\":7003", "\"version\":7998", "kind_mismatch", ""},
        {"\"version\":7003", "\"version\":7999", "kind_mismatch", ""},
        {"\"stage\":\"pilot\"", "\"stage\":\"safe\"", "kind_mismatch", ""},
        {"\"kind\":\"stage\"", "\"kind\":\"safe\"", "kind_mismatch", ""},
    };
    static const struct change SAFE[] = {
        {"\"version\":7999", "\"version\":7001", "kind_mismatch", ""},
        {"\"version\":7999", "\"version\":7998", "kind_mismatch", ""},
        {"\"stage\":\"safe\"", "\"stage\":\"pilot\"", "kind_mismatch", ""},
        {"\"expires_at\":null", "\"expires_at\":\"2027-02-20T10:00:00Z\"", "kind_mismatch", ""},
        {"\"not_before\":null", "\"not_before\":\"2026-11-22T10:00:00Z\"", "kind_mismatch", ""},
        {"\"rings\":{}", "\"rings\":{\"a\":{\"tag\":[\"x\"]}}", "kind_mismatch", ""},
        {"\"rings\":{},\"rules\":[]",
         "\"rings\":{\"a\":{\"tag\":[\"x\"]}},\"rules\":[{\"ring\":\"a\",\"set\":\"allow\"}]",
         "kind_mismatch", ""},
        {"\"expect\":\"any\"", "\"expect\":\"any\",\"apply\":{\"when\":\"now\"}", "kind_mismatch",
         ""},
        {"\"expect\":\"any\"", "\"expect\":\"any\",\"gate\":{\"advance\":\"manual\"}",
         "kind_mismatch", ""},
        {"\"expect\":\"any\"", "\"expect\":\"mapi_http\"", "kind_mismatch", ""},
        {"\"otherwise\":\"block\"", "\"otherwise\":\"release\"", "kind_mismatch", ""},
    };
    assert_changes_refused(EXAMPLE_POLICY, STAGE, COUNT(STAGE));
    assert_changes_refused(EXAMPLE_SAFE, SAFE, COUNT(SAFE));
    pol_policy_free(good_policy_of(EXAMPLE_SAFE));
}

static void parse__of_the_outermost_versions__takes_them(void **state)
{
    (void)state;
    static const char *const VERSIONS[] = {"\"version\":1001", "\"version\":1050"};
    for (size_t i = 0; i < COUNT(VERSIONS); i++) {
        char *text = with_change(EXAMPLE_POLICY, "\"version\":7003", VERSIONS[i]);
        pol_policy_free(good_policy_of(text));
        free(text);
    }
    char most[32];
    (void)snprintf(most, sizeof most, "\"version\":%d999", LIMIT_SERIAL);
    char *text = with_change(EXAMPLE_SAFE, "\"version\":7999", most);
    struct pol_policy *p = good_policy_of(text);
    assert_true(p->version == VERSION_MOST);
    pol_policy_free(p);
    free(text);
    (void)snprintf(most, sizeof most, "\"version\":%d001", LIMIT_SERIAL + 1);
    text = with_change(EXAMPLE_POLICY, "\"version\":7003", most);
    assert_refused(text, "a serial too high", "out_of_range", "/version");
    free(text);
}

static void parse__of_anything_else_amiss__names_code_and_place(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"mapi-rollout/policy/1", "mapi-rollout/policy/2", "out_of_range", "/format"},
        {"mapi-rollout/policy/1", "mapi-rollout/plan/1", "out_of_range", "/format"},
        {"\"format\":\"mapi-rollout/policy/1\",", "", "missing_field", "/format"},
        {"\"rollout\":\"mapihttp-2026\",", "", "missing_field", "/rollout"},
        {"\"version\":7003,", "", "missing_field", "/version"},
        {"\"version\":7003", "\"version\":999", "out_of_range", "/version"},
        {"\"version\":7003", "\"version\":-7003", "out_of_range", "/version"},
        {"\"version\":7003", "\"version\":\"7003\"", "wrong_type", "/version"},
        {"\"version\":7003", "\"version\":7003.0", "wrong_type", "/version"},
        {"\"kind\":\"stage\",", "", "missing_field", "/kind"},
        {"\"kind\":\"stage\"", "\"kind\":\"Stage\"", "out_of_range", "/kind"},
        {"\"stage\":\"pilot\",", "", "missing_field", "/stage"},
        {"\"issued_at\":\"2026-11-22T10:00:00Z\",", "", "missing_field", "/issued_at"},
        {"\"expires_at\":\"2027-02-20T10:00:00Z\"", "\"expires_at\":null", "missing_field",
         "/expires_at"},
        {"\"not_before\":null", "\"not_before\":0", "wrong_type", "/not_before"},
        {"\"rings\":{\"pilot\":{\"host\":[\"HQ-IT-*\"]}},", "", "missing_field", "/rings"},
        {"{\"pilot\":{\"host\":[\"HQ-IT-*\"]}}", "[]", "wrong_type", "/rings"},
        {"{\"host\":[\"HQ-IT-*\"]}", "{\"ring\":\"pilot\"}", "ring_circle", "/rings/pilot/ring"},
        {"{\"host\":[\"HQ-IT-*\"]}", "{\"domain\":\"X\"}", "wrong_type", "/rings/pilot/domain"},
        {"\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"}],", "", "missing_field", "/rules"},
        {"{\"ring\":\"pilot\",\"set\"", "{\"ring\":\"half\",\"set\"", "unknown_ring",
         "/rules/0/ring"},
        {",\"otherwise\":\"block\"", "", "missing_field", "/otherwise"},
        {"\"otherwise\":\"block\"", "\"otherwise\":\"block\",\"serial\":7", "unknown_field",
         "/serial"},
        {"\"otherwise\":\"block\"", "\"otherwise\":\"block\",\"otherwise\":\"allow\"",
         "json_duplicate_key", "/otherwise"},
        {"\"otherwise\":\"block\"", "\"otherwise\":\"block\",\"apply\":{\"when\":\"closed\"}",
         "out_of_range", "/apply/when"},
        {"\"otherwise\":\"block\"", "\"otherwise\":\"block\",\"guards\":{\"preflight\":[]}",
         "wrong_type", "/guards/preflight"},
        {"\"otherwise\":\"block\"", "\"otherwise\":\"block\",\"gate\":{\"advance\":\"now\"}",
         "out_of_range", "/gate/advance"},
    };
    assert_changes_refused(EXAMPLE_POLICY, CHANGES, COUNT(CHANGES));
    assert_refused("\xef\xbb\xbf{}", "a byte order mark", "json_syntax", "");
    assert_refused("[]", "a list", "wrong_type", "");
}

static void parse__of_a_verified_bundle__is_a_type_mismatch(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct pol_trust *trust = signing_trust(keys, 1, 1);
    struct bytes envelope = signing_envelope(EXAMPLE_POLICY, POL_DOCUMENT_BUNDLE, keys, 1);
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    struct err err = {0};
    assert_int_equal(pol_verify(trust, bytes_span(&envelope), POL_DOCUMENT_BUNDLE, &verified, NULL),
                     ST_OK);
    assert_int_equal(pol_parse(verified, &policy, &err), ST_REFUSED);
    assert_string_equal(err.code, "type_mismatch");
    assert_null(policy);
    pol_verified_free(verified);
    bytes_free(&envelope);
    pol_trust_free(trust);
    pol_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__of_a_stage_as_small_as_it_may_be__fills_the_defaults),
        cmocka_unit_test(parse__of_a_policy__keeps_the_digest_of_its_payload),
        cmocka_unit_test(parse__of_the_example_plans_stage__gives_what_the_plan_says),
        cmocka_unit_test(write_policy__of_a_stage__is_exactly_this),
        cmocka_unit_test(write_policy__of_the_safe_one__is_exactly_this),
        cmocka_unit_test(
            write_policy__with_guards_and_timing_of_the_plan__repeats_them_in_the_safe_one),
        cmocka_unit_test(write_policy__with_nested_rings__carries_those_in_use_only),
        cmocka_unit_test(write_policy__over_its_bound__is_too_large_and_leaves_out_alone),
        cmocka_unit_test(parse__of_a_version_that_is_not_of_its_kind__is_a_kind_mismatch),
        cmocka_unit_test(parse__of_the_outermost_versions__takes_them),
        cmocka_unit_test(parse__of_anything_else_amiss__names_code_and_place),
        cmocka_unit_test(parse__of_a_verified_bundle__is_a_type_mismatch),
    };
    return cmocka_run_group_tests_name("parse", tests, signing_start, NULL);
}
