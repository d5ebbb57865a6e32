#include "tests/cmocka_all.h"

#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>
#include <string.h>

const char EXAMPLE_PLAN[] =
    "{\n"
    "  \"format\": \"mapi-rollout/plan/1\",\n"
    "  \"rollout\": \"mapihttp-2026\", \"serial\": 7,\n"
    "  \"description\": \"MAPI/HTTP for all sites\", \"ticket\": \"CHG0042\",\n"
    "  \"issued_at\": \"2026-11-22T10:00:00Z\", \"expires_at\": \"2027-02-20T10:00:00Z\",\n"
    "  \"timing\": { \"poll_s\": 900, \"wait_s\": 240, \"spread_s\": 10, \"report_s\": 86400 },\n"
    "  \"guards\": { \"block_mailboxes\": [\"on_premises\", \"unknown\"],\n"
    "    \"preflight\": { \"allow\": [\"https://mapi.example.com/mapi/healthcheck.htm\"],\n"
    "                   \"block\": [\"https://mail.example.com/rpc/rpcproxy.dll\"] },\n"
    "    \"minimum_outlook\": [\"14.0.7147\", \"15.0.4569\", \"16.0\"] },\n"
    "  \"rings\": {\n"
    "    \"exceptions\": { \"any\": [ { \"group\": [\"CONTOSO\\\\MAPI-Exceptions\"] },\n"
    "                             { \"tag\": [\"mapi-exception\"] } ] },\n"
    "    \"pilot\": { \"any\": [ { \"group\": [\"CONTOSO\\\\MAPI-Pilot\"] }, { \"host\": [\"HQ-IT-*\"] } ] },\n"
    "    \"quarter\": { \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }\n"
    "  },\n"
    "  \"stages\": [\n"
    "    { \"name\": \"observe\", \"rules\": [], \"otherwise\": \"leave\", \"expect\": \"any\" },\n"
    "    { \"name\": \"hold-back\", \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" } ],\n"
    "      \"otherwise\": \"block\", \"expect\": \"any\" },\n"
    "    { \"name\": \"pilot\",\n"
    "      \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" }, { \"ring\": \"pilot\", \"set\": \"allow\" } ],\n"
    "      \"otherwise\": \"block\",\n"
    "      \"apply\": { \"when\": \"outlook_closed\", \"deadline_s\": 259200, \"spread_s\": 3600 },\n"
    "      \"gate\": { \"advance\": \"auto\", \"soak_s\": 259200, \"min_reporting_percent\": 90,\n"
    "                \"min_conclusive_percent\": 50, \"min_healthy_percent\": 97, \"max_failing\": 5,\n"
    "                \"on_fail\": \"hold\" } },\n"
    "    { \"name\": \"quarter\",\n"
    "      \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" }, { \"ring\": \"pilot\", \"set\": \"allow\" },\n"
    "                 { \"ring\": \"quarter\", \"set\": \"allow\" } ],\n"
    "      \"otherwise\": \"block\", \"not_before\": \"2026-12-07T06:00:00Z\" },\n"
    "    { \"name\": \"everyone\", \"rules\": [ { \"ring\": \"exceptions\", \"set\": \"leave\" } ], \"otherwise\": \"allow\" },\n"
    "    { \"name\": \"finish\", \"rules\": [], \"otherwise\": \"release\" }\n"
    "  ],\n"
    "  \"safe\": { \"set\": \"block\" }\n"
    "}\n";

const char EXAMPLE_POLICY[] =
    "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7003,"
    "\"kind\":\"stage\",\"stage\":\"pilot\",\"issued_at\":\"2026-11-22T10:00:00Z\","
    "\"expires_at\":\"2027-02-20T10:00:00Z\",\"not_before\":null,"
    "\"rings\":{\"pilot\":{\"host\":[\"HQ-IT-*\"]}},"
    "\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"}],\"otherwise\":\"block\"}";

const char EXAMPLE_SAFE[] =
    "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7999,"
    "\"kind\":\"safe\",\"stage\":\"safe\",\"issued_at\":\"2026-11-22T10:00:00Z\","
    "\"expires_at\":null,\"not_before\":null,\"rings\":{},\"rules\":[],\"otherwise\":\"block\","
    "\"expect\":\"any\"}";

char *with_change(const char *text, const char *from, const char *to)
{
    const char *found = strstr(text, from);
    if (found == NULL || strstr(found + 1, from) != NULL) {
        fail_msg("%s is not there exactly once", from);
    }
    struct bytes out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_int_equal(bytes_append(&out, text, (size_t)(found - text)), ST_OK);
    assert_int_equal(bytes_append_text(&out, to), ST_OK);
    assert_int_equal(bytes_append_text(&out, found + strlen(from)), ST_OK);
    return (char *)out.data;
}

struct pol_plan *plan_of(const char *text)
{
    struct pol_problems problems = {0};
    struct pol_problems warnings = {0};
    struct pol_plan *plan = NULL;
    struct err err = {0};
    if (pol_plan_parse(span_text(text), &plan, &problems, &warnings, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    return plan;
}

bool has_problem(const struct pol_problems *problems, const char *code, const char *pointer)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (strcmp(problems->items[i].code, code) == 0 &&
            strcmp(problems->items[i].pointer, pointer) == 0) {
            return true;
        }
    }
    return false;
}

void assert_plan_refused(const char *text, const char *what, const char *code, const char *pointer)
{
    struct pol_problems problems = {0};
    struct pol_problems warnings = {0};
    struct pol_plan *plan = NULL;
    struct err err = {0};
    enum status st = pol_plan_parse(span_text(text), &plan, &problems, &warnings, &err);
    if (st != ST_REFUSED || problems.found != 1 || !has_problem(&problems, code, pointer)) {
        fail_msg("%s: %zu problems, first %s at \"%s\" (%s); wanted %s at \"%s\"", what,
                 problems.found, problems.count > 0 ? problems.items[0].code : "-",
                 problems.count > 0 ? problems.items[0].pointer : "",
                 problems.count > 0 ? problems.items[0].text : "", code, pointer);
    }
    assert_null(plan);
    assert_string_equal(err.code, code);
    assert_string_equal(err.pointer, pointer);
    assert_int_equal(warnings.found, 0);
}

enum status policy_of(const char *payload, struct pol_policy **out, struct err *err)
{
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct pol_trust *trust = signing_trust(keys, 1, 1);
    struct bytes envelope = signing_envelope(payload, POL_DOCUMENT_POLICY, keys, 1);
    struct pol_verified *verified = NULL;
    assert_int_equal(pol_verify(trust, bytes_span(&envelope), POL_DOCUMENT_POLICY, &verified, NULL),
                     ST_OK);
    enum status st = pol_parse(verified, out, err);
    pol_verified_free(verified);
    bytes_free(&envelope);
    pol_trust_free(trust);
    pol_key_free(key);
    return st;
}

struct pol_policy *good_policy_of(const char *payload)
{
    struct pol_policy *policy = NULL;
    struct err err = {0};
    if (policy_of(payload, &policy, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    return policy;
}
