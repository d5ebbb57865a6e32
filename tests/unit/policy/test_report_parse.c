/* test_report_parse.c - pol_report_parse(): docs/protocol.md "The report", what is taken and what not. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "policy/report.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define HEAD                                                                                       \
    "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"00112233445566778899aabbccddeeff\","    \
    "\"run_id\":\"ffeeddccbbaa99887766554433221100\",\"seq\":0,\"part\":1,\"parts\":1,"            \
    "\"full\":true,\"device_id\":\"d\",\"sent_at\":\"2026-12-01T08:00:05Z\","
#define SMALLEST      HEAD "\"agent\":{},\"host\":{\"name\":\"PC\"},\"policy\":{}}"
#define SMALLEST_USER "{\"sid\":\"S-1-5-18\",\"hive\":\"not_loaded\",\"state\":\"pending_logon\"}"

static struct pol_report *parse(struct span text)
{
    struct pol_report *report = NULL;
    struct err err = {0};
    if (pol_report_parse(text, &report, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code != NULL ? err.code : "?", err.pointer, err.text);
    }
    return report;
}

static void check_device(const struct pol_report *r)
{
    assert_string_equal(r->report_id, "00112233445566778899aabbccddeeff");
    assert_string_equal(r->run_id, "ffeeddccbbaa99887766554433221100");
    assert_int_equal(r->seq, 41);
    assert_int_equal(r->part, 1);
    assert_int_equal(r->parts, 1);
    assert_true(r->full);
    assert_string_equal(r->device_id, "d-0042");
    assert_int_equal(r->sent_at_s, 1796112005);
    assert_string_equal(r->agent_version, "1.0.0");
    assert_int_equal(r->agent_started_s, 1796108400);
    assert_int_equal(r->trust_version, 1);
    assert_string_equal(r->host_name, "PC-0042");
    assert_string_equal(r->host_fqdn, "pc-0042.contoso.example");
    assert_string_equal(r->host_domain, "CONTOSO");
    assert_string_equal(r->host_computer_ou, "OU=Clients");
    assert_string_equal(r->host_ad_site, "Berlin");
    assert_int_equal(r->host_multi_session, POL_NO);
    assert_string_equal(r->host_os, "10.0.19045");
    assert_string_equal(r->host_arch, "x64");
    assert_int_equal(r->tag_count, 1);
    assert_string_equal(r->tags[0], "hq");
    assert_string_equal(r->rollout, "mapihttp-2026");
    assert_int_equal(r->received_version, 7002);
    assert_int_equal(r->effective_version, 7002);
    assert_int_equal(strncmp(r->digest, "ba7816bf", 8), 0);
    assert_null(r->failed_code);
    assert_null(r->pending_code);
    assert_false(r->stale);
    assert_true(r->outlook_known);
    assert_int_equal(r->probe_count, 1);
    assert_string_equal(r->probes[0].auth[0], "Negotiate");
}

static void check_user(const struct pol_report_user *u)
{
    assert_string_equal(u->sid, "S-1-5-21-1-2-3-1001");
    assert_string_equal(u->account, "CONTOSO\\alice");
    assert_int_equal(u->group_count, 1);
    assert_string_equal(u->groups[0], "CONTOSO\\MAPI-Pilot");
    assert_true(u->hive_loaded);
    assert_true(u->decided);
    assert_int_equal(u->rule, 1);
    assert_string_equal(u->ring, "pilot");
    assert_int_equal(u->set, POL_SET_ALLOW);
    assert_true(u->ours);
    assert_true(u->value.known);
    assert_false(u->value.present);
    assert_true(u->pre_image.present);
    assert_int_equal(u->pre_image.type, POL_VALUE_DWORD);
    assert_int_equal(u->pre_image.dword, 1);
    assert_int_equal(u->action, POL_ACTION_REMOVED);
    assert_int_equal(u->changed_at_s, 1796111970);
    assert_int_equal(u->state, POL_STATE_PENDING_RESTART);
    assert_int_equal(u->blocked_by, POL_BLOCKED_NOT);
    assert_null(u->error_code);
    assert_true(u->outlook_known);
    assert_true(u->outlook_running);
    assert_int_equal(u->outlook_started_s, 1796109000);
    assert_int_equal(u->observed, POL_OBSERVED_RPC_HTTP);
    assert_int_equal(u->confidence, POL_CONFIDENCE_CONFIGURED);
    assert_int_equal(u->mailbox, POL_MAILBOX_ON_PREMISES);
    assert_int_equal(u->evidence_count, 2);
    assert_string_equal(u->evidence[1], "autodiscover:EXPR");
}

static void report__of_the_documentation__is_read_in_full(void **state)
{
    (void)state;
    struct bytes text = signing_stored("report/full.json");
    struct pol_report *report = parse(bytes_span(&text));
    bytes_wipe(&text); /* the report owns its texts */
    check_device(report);
    assert_int_equal(report->user_count, 1);
    check_user(&report->users[0]);
    pol_report_free(report);
}

static void report__with_required_fields_only__has_defaults(void **state)
{
    (void)state;
    struct pol_report *report = parse(span_text(SMALLEST));
    assert_int_equal(report->user_count, 0);
    assert_int_equal(report->agent_started_s, -1);
    assert_null(report->agent_version);
    assert_null(report->tags);
    assert_null(report->rollout);
    assert_null(report->digest);
    assert_int_equal(report->received_version, 0);
    assert_int_equal(report->failed_at_s, -1);
    pol_report_free(report);
}

static void user__with_required_fields_only__has_defaults(void **state)
{
    (void)state;
    struct pol_report *report = parse(span_text(
        HEAD "\"agent\":{},\"host\":{\"name\":\"PC\"},\"policy\":{},\"users\":[" SMALLEST_USER
             "]}"));
    const struct pol_report_user *u = &report->users[0];
    assert_int_equal(report->user_count, 1);
    assert_false(u->hive_loaded);
    assert_null(u->groups);
    assert_false(u->decided);
    assert_int_equal(u->rule, -1);
    assert_false(u->value.known);
    assert_int_equal(u->changed_at_s, -1);
    assert_false(u->outlook_known);
    assert_int_equal(u->outlook_started_s, -1);
    assert_int_equal(u->observed, POL_OBSERVED_UNKNOWN);
    assert_int_equal(u->confidence, POL_CONFIDENCE_NONE);
    assert_int_equal(u->mailbox, POL_MAILBOX_UNKNOWN);
    pol_report_free(report);
}

struct change {
    const char *from; /* in the stored report */
    const char *to;
    const char *code;
    const char *pointer;
};

#define LONG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct change CHANGES[] = {
    {"report/1", "report/2", "out_of_range", "/format"},
    {"\"seq\": 41, ", "", "missing_field", "/seq"},
    {"\"seq\": 41", "\"seq\": -1", "out_of_range", "/seq"},
    {"\"seq\": 41", "\"seq\": 4294967296", "out_of_range", "/seq"},
    {"\"seq\": 41", "\"seq\": 41.5", "wrong_type", "/seq"},
    {"\"seq\": 41", "\"seq\": \"41\"", "wrong_type", "/seq"},
    {"\"seq\": 41", "\"seq\": 41, \"seq\": 42", "json_duplicate_key", "/seq"},
    {"\"seq\": 41", "\"seq\": 41, \"colour\": 1", "unknown_field", "/colour"},
    {"\"part\": 1", "\"part\": 2", "out_of_range", "/part"},
    {"\"part\": 1", "\"part\": 0", "out_of_range", "/part"},
    {"\"parts\": 1", "\"parts\": 0", "out_of_range", "/parts"},
    {"\"full\": true", "\"full\": 1", "wrong_type", "/full"},
    {"00112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF", "out_of_range",
     "/report_id"},
    {"00112233445566778899aabbccddeeff", "00", "out_of_range", "/report_id"},
    {"ffeeddccbbaa", "ffeeddccbba", "out_of_range", "/run_id"},
    {"d-0042", LONG64 "0", "too_large", "/device_id"},
    {"2026-12-01T08:00:05Z", "2026-12-01T08:00:05+01:00", "bad_time", "/sent_at"},
    {"\"agent\": {", "\"agent\": {\"extra\": 1, ", "unknown_field", "/agent/extra"},
    {"[\"mapi-rollout/policy/1\"]", "[1]", "wrong_type", "/agent/formats/0"},
    {"[\"mapi-rollout/policy/1\"]", "{}", "wrong_type", "/agent/formats"},
    {"\"trust_version\": 1", "\"trust_version\": true", "wrong_type", "/agent/trust_version"},
    {"\"name\": \"PC-0042\", ", "", "missing_field", "/host/name"},
    {"\"name\": \"PC-0042\"", "\"name\": null", "missing_field", "/host/name"},
    {"\"tags\": [\"hq\"]", "\"tags\": [\"hq\", null]", "wrong_type", "/host/tags/1"},
    {"\"multi_session\": false", "\"multi_session\": 0", "wrong_type", "/host/multi_session"},
    {"\"ad_site\": \"Berlin\"", "\"ad_site\": []", "wrong_type", "/host/ad_site"},
    {"PC-0042", LONG64 LONG64 LONG64 LONG64 "0", "too_large", NULL},
    {"\"received\": 7002", "\"received\": 0", "out_of_range", "/policy/received"},
    {"\"received\": 7002", "\"received\": 9000001000", "out_of_range", "/policy/received"},
    {"ba7816bf", "ba7816b", "out_of_range", "/policy/digest"},
    {"\"failed\": null", "\"failed\": {}", "missing_field", "/policy/failed/code"},
    {"\"failed\": null", "\"failed\": {\"code\": \"expired\", \"why\": 1}", "unknown_field",
     "/policy/failed/why"},
    {"\"pending\": null", "\"pending\": {\"code\": \"not_yet\", \"version\": \"1\"}", "wrong_type",
     "/policy/pending/version"},
    {"click_to_run", "floppy", "out_of_range", "/outlook/install"},
    {"\"bitness\"", "\"bits\"", "unknown_field", "/outlook/bits"},
    {"\"for\": \"allow\"", "\"for\": \"leave\"", "out_of_range", "/preflight/0/for"},
    {"\"http\": 200", "\"http\": \"200\"", "wrong_type", "/preflight/0/http"},
    {"\"NTLM\"", "7", "wrong_type", "/preflight/0/auth/1"},
    {"\"sid\": \"S-1-5-21-1-2-3-1001\", ", "", "missing_field", "/users/0/sid"},
    {"S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1001\\\\x", "out_of_range", "/users/0/sid"},
    {"S-1-5-21-1-2-3-1001", "alice", "out_of_range", "/users/0/sid"},
    {"\"hive\": \"loaded\"", "\"hive\": \"mounted\"", "out_of_range", "/users/0/hive"},
    {"\"hive\": \"loaded\", ", "", "missing_field", "/users/0/hive"},
    {"pending_restart", "happy", "out_of_range", "/users/0/state"},
    {"\"state\": \"pending_restart\", ", "", "missing_field", "/users/0/state"},
    {"\"rule\": 1", "\"rule\": 256", "out_of_range", "/users/0/rule"},
    {"\"set\": \"allow\"", "\"set\": \"permit\"", "out_of_range", "/users/0/set"},
    {"\"ours\": true", "\"ours\": \"yes\"", "wrong_type", "/users/0/ours"},
    {"\"present\": false", "\"present\": false, \"value\": 1", "unknown_field",
     "/users/0/value/value"},
    {"{\"present\": false}", "{}", "missing_field", "/users/0/value/present"},
    {"\"type\": \"dword\", ", "", "missing_field", "/users/0/pre_image/type"},
    {"\"type\": \"dword\"", "\"type\": \"sz\"", "unknown_field", "/users/0/pre_image/value"},
    {"\"type\": \"dword\"", "\"type\": \"word\"", "out_of_range", "/users/0/pre_image/type"},
    {"\"action\": \"removed\"", "\"action\": \"deleted\"", "out_of_range", "/users/0/action"},
    {"\"error\": null", "\"error\": {\"code\": \"denied\", \"os_code\": -5}", "out_of_range",
     "/users/0/error/os_code"},
    {"\"blocked_by\": null", "\"blocked_by\": \"\"", "out_of_range", "/users/0/blocked_by"},
    {"\"running\": true", "\"running\": null", "missing_field", "/users/0/outlook/running"},
    {"rpc_http", "smtp", "out_of_range", "/users/0/protocol/observed"},
    {"\"confidence\": \"configured\"", "\"confidence\": \"sure\"", "out_of_range",
     "/users/0/protocol/confidence"},
    {"\"autodiscover:EXPR\"", "{}", "wrong_type", "/users/0/protocol/evidence/1"},
    {"] }", "], }", "json_syntax", NULL},
};

/* The stored report with the first `from` replaced. */
static struct bytes changed(const char *from, const char *to)
{
    struct bytes text = signing_stored("report/full.json");
    struct bytes out = bytes_with_limit(LIMIT_REPORT_BYTES);
    const char *at = strstr(bytes_text(&text), from);
    if (at == NULL) {
        fail_msg("the stored report has no %s", from);
    }
    size_t before = (size_t)(at - bytes_text(&text));
    assert_int_equal(bytes_append(&out, text.data, before), ST_OK);
    assert_int_equal(bytes_append_text(&out, to), ST_OK);
    assert_int_equal(bytes_append_text(&out, at + strlen(from)), ST_OK);
    bytes_free(&text);
    return out;
}

static void report__not_as_documented__is_refused_with_code_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CHANGES); i++) {
        const struct change *c = &CHANGES[i];
        struct bytes text = changed(c->from, c->to);
        struct pol_report *report = NULL;
        struct err err = {0};
        if (pol_report_parse(bytes_span(&text), &report, &err) != ST_REFUSED) {
            fail_msg("taken: %s for %s", c->to, c->from);
        }
        if (strcmp(err.code, c->code) != 0 ||
            (c->pointer != NULL && strcmp(err.pointer, c->pointer) != 0)) {
            fail_msg("%s at \"%s\" (%s) for %s", err.code, err.pointer, err.text, c->to);
        }
        assert_null(report);
        bytes_free(&text);
    }
}

static void report__with_failure_and_pending__carries_both(void **state)
{
    (void)state;
    struct bytes text = changed(
        "\"failed\": null, \"pending\": null",
        "\"failed\": {\"code\": \"version_rollback\", \"pointer\": \"/version\", \"etag\": \"\\\"7-ab\\\"\","
        " \"at\": \"2026-12-01T07:59:59Z\"}, \"pending\": {\"version\": 7004, \"code\": \"not_yet\","
        " \"not_before\": \"2026-12-07T06:00:00Z\"}");
    struct pol_report *report = parse(bytes_span(&text));
    assert_string_equal(report->failed_code, "version_rollback");
    assert_string_equal(report->failed_pointer, "/version");
    assert_string_equal(report->failed_etag, "\"7-ab\"");
    assert_int_equal(report->failed_at_s, 1796111999);
    assert_string_equal(report->pending_code, "not_yet");
    assert_int_equal(report->pending_version, 7004);
    assert_int_equal(report->pending_not_before_s, 1796623200);
    pol_report_free(report);
    bytes_free(&text);
}

/* A report of so many users with different SIDs; `twice` adds the first once more. */
static struct bytes crowd(size_t count, bool twice)
{
    struct bytes out = bytes_with_limit(LIMIT_REPORT_BYTES);
    assert_int_equal(
        bytes_append_text(&out,
                          HEAD "\"agent\":{},\"host\":{\"name\":\"PC\"},\"policy\":{},\"users\":["),
        ST_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(bytes_append_format(&out,
                                             "%s{\"sid\":\"S-1-5-21-%zu\",\"hive\":\"loaded\","
                                             "\"state\":\"idle\",\"groups\":[]}",
                                             i > 0 ? "," : "", twice && i == count - 1 ? 0 : i),
                         ST_OK);
    }
    assert_int_equal(bytes_append_text(&out, "]}"), ST_OK);
    return out;
}

static void report__of_200_users__is_taken_and_of_201_refused(void **state)
{
    (void)state;
    struct bytes text = crowd(200, false);
    struct pol_report *report = parse(bytes_span(&text));
    assert_int_equal(report->user_count, 200);
    assert_string_equal(report->users[199].sid, "S-1-5-21-199");
    assert_non_null(report->users[199].groups); /* known, and empty */
    assert_int_equal(report->users[199].group_count, 0);
    pol_report_free(report);
    bytes_free(&text);

    struct err err = {0};
    text = crowd(201, false);
    assert_int_equal(pol_report_parse(bytes_span(&text), &report, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_string_equal(err.pointer, "/users");
    bytes_free(&text);
}

static void report__with_a_user_twice__is_refused(void **state)
{
    (void)state;
    struct pol_report *report = NULL;
    struct err err = {0};
    struct bytes text = crowd(3, true);
    assert_int_equal(pol_report_parse(bytes_span(&text), &report, &err), ST_REFUSED);
    assert_string_equal(err.code, "duplicate_name");
    assert_string_equal(err.pointer, "/users/2/sid");
    bytes_free(&text);
}

static void report__beyond_its_size__is_too_large(void **state)
{
    (void)state;
    struct bytes text = bytes_with_limit(LIMIT_REPORT_BYTES + 1);
    struct pol_report *report = NULL;
    struct err err = {0};
    assert_int_equal(bytes_append_text(&text, SMALLEST), ST_OK);
    while (text.size <= LIMIT_REPORT_BYTES) {
        assert_int_equal(bytes_append(&text, " ", 1), ST_OK);
    }
    assert_int_equal(pol_report_parse(bytes_span(&text), &report, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    bytes_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report__of_the_documentation__is_read_in_full),
        cmocka_unit_test(report__with_required_fields_only__has_defaults),
        cmocka_unit_test(user__with_required_fields_only__has_defaults),
        cmocka_unit_test(report__not_as_documented__is_refused_with_code_and_place),
        cmocka_unit_test(report__with_failure_and_pending__carries_both),
        cmocka_unit_test(report__of_200_users__is_taken_and_of_201_refused),
        cmocka_unit_test(report__with_a_user_twice__is_refused),
        cmocka_unit_test(report__beyond_its_size__is_too_large),
    };
    return cmocka_run_group_tests_name("report_parse", tests, NULL, NULL);
}
