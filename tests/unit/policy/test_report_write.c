/* test_report_write.c - pol_report_write(): what is written is read back the same. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "policy/report.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const GROUPS[] = {"CONTOSO\\MAPI-Pilot", "S-1-5-32-545"};
static const char *const EVIDENCE[] = {"profile:001f6622"};
static const char *const TAGS[] = {"hq", "lab \"7\"\n"};

static const char *const AUTH[] = {"Negotiate", "NTLM"};

static const struct pol_report_probe PROBES[] = {
    {.url = "https://mapi.example.com/mapi/healthcheck.htm",
     .verdict = POL_VERDICT_TOO_OLD,
     .http = 401,
     .server = "15.0.516.32",
     .auth = AUTH,
     .auth_count = COUNT(AUTH),
     .at_s = 1796111000},
    {.url = "https://mail.example.com/rpc/rpcproxy.dll",
     .for_block = true,
     .verdict = POL_VERDICT_UNREACHABLE,
     .at_s = -1},
};

static const struct pol_report_user USERS[] = {
    {.sid = "S-1-5-21-1-2-3-1001",
     .account = "CONTOSO\\alice",
     .groups = GROUPS,
     .group_count = COUNT(GROUPS),
     .hive_loaded = true,
     .rule = 1,
     .ring = "pilot",
     .decided = true,
     .set = POL_SET_ALLOW,
     .ours = true,
     .value = {.known = true},
     .pre_image = {.known = true, .present = true, .type = POL_VALUE_DWORD, .dword = 0xffffffff},
     .action = POL_ACTION_REMOVED,
     .changed_at_s = 1796111970,
     .corrections = 2,
     .state = POL_STATE_PENDING_RESTART,
     .blocked_by = POL_BLOCKED_NOT,
     .outlook_known = true,
     .outlook_running = true,
     .outlook_started_s = 1796109000,
     .starts_since_change = 3,
     .observed = POL_OBSERVED_RPC_HTTP,
     .confidence = POL_CONFIDENCE_CONFIGURED,
     .mailbox = POL_MAILBOX_ON_PREMISES,
     .evidence = EVIDENCE,
     .evidence_count = COUNT(EVIDENCE)},
    {.sid = "S-1-5-21-1-2-3-1002",
     .rule = -1,
     .decided = true,
     .set = POL_SET_BLOCK,
     .value = {.known = true, .present = true, .type = POL_VALUE_SZ},
     .pre_image = {.known = true, .present = true, .type = 4711},
     .changed_at_s = -1,
     .state = POL_STATE_ERROR,
     .blocked_by = POL_BLOCKED_FOREIGN,
     .error_code = "denied",
     .error_os_code = 5,
     .outlook_started_s = -1,
     .observed = POL_OBSERVED_UNKNOWN,
     .confidence = POL_CONFIDENCE_NONE,
     .mailbox = POL_MAILBOX_UNKNOWN},
    {.sid = "S-1-5-21-1-2-3-1003",
     .rule = -1,
     .changed_at_s = -1,
     .state = POL_STATE_UNMANAGED,
     .outlook_known = true,
     .outlook_started_s = -1,
     .observed = POL_OBSERVED_MIXED,
     .confidence = POL_CONFIDENCE_OFFERED,
     .mailbox = POL_MAILBOX_MIXED},
};

static const struct pol_report REPORT = {
    .report_id = "00112233445566778899aabbccddeeff",
    .run_id = "ffeeddccbbaa99887766554433221100",
    .seq = 41,
    .part = 2,
    .parts = 3,
    .device_id = "d-0042",
    .sent_at_s = 1796112005,
    .agent_version = "1.0.0",
    .agent_started_s = 1796108400,
    .trust_version = 7,
    .host_name = "PC-0042",
    .host_domain = "CONTOSO",
    .host_computer_ou = "CN=PC-0042,OU=Clients,DC=contoso,DC=example",
    .host_multi_session = POL_YES,
    .tags = TAGS,
    .tag_count = COUNT(TAGS),
    .rollout = "mapihttp-2026",
    .received_version = 7003,
    .effective_version = 7002,
    .digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    .stale = true,
    .failed_code = "signature_invalid",
    .failed_pointer = "/signatures/0",
    .failed_at_s = 1796111999,
    .pending_code = "not_yet",
    .pending_version = 7004,
    .pending_not_before_s = 1796623200,
    .outlook_known = true,
    .outlook_version = "15.0.4420.1017",
    .outlook_bitness = "x86",
    .outlook_install = POL_INSTALL_MSI,
    .outlook_minimum = POL_NO,
    .dotnet_release = 533320,
    .probes = PROBES,
    .probe_count = COUNT(PROBES),
    .users = USERS,
    .user_count = COUNT(USERS),
};

static struct bytes write_report(const struct pol_report *report)
{
    struct bytes out = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct err err = {0};
    if (pol_report_write(report, &out, &err) != ST_OK) {
        fail_msg("%s: %s", status_name(err.st), err.text);
    }
    return out;
}

static struct pol_report *read_report(const struct bytes *text)
{
    struct pol_report *report = NULL;
    struct err err = {0};
    if (pol_report_parse(bytes_span(text), &report, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code != NULL ? err.code : "?", err.pointer, err.text);
    }
    return report;
}

static void report__written_and_read__writes_the_same_again(void **state)
{
    (void)state;
    struct bytes text = write_report(&REPORT);
    struct pol_report *report = read_report(&text);
    struct bytes again = write_report(report);
    assert_string_equal(bytes_text(&again), bytes_text(&text));
    bytes_free(&again);
    pol_report_free(report);
    bytes_free(&text);
}

static void report__written_and_read__keeps_what_json_does_not_show_twice(void **state)
{
    (void)state;
    struct bytes text = write_report(&REPORT);
    struct pol_report *report = read_report(&text);
    assert_false(report->full);
    assert_int_equal(report->part, 2);
    assert_int_equal(report->trust_version, 7);
    assert_string_equal(report->tags[1], "lab \"7\"\n");
    assert_null(report->host_fqdn);
    assert_string_equal(report->host_computer_ou, "CN=PC-0042,OU=Clients,DC=contoso,DC=example");
    assert_null(report->host_ad_site);
    assert_int_equal(report->host_multi_session, POL_YES);
    assert_null(report->failed_etag);
    assert_int_equal(report->pending_version, 7004);
    assert_int_equal(report->user_count, 3);
    const struct pol_report_user *u = report->users;
    assert_int_equal(u[0].pre_image.dword, 0xffffffff);
    assert_int_equal(u[0].starts_since_change, 3);
    assert_true(u[1].decided);
    assert_int_equal(u[1].rule, -1);
    assert_int_equal(u[1].value.type, POL_VALUE_SZ);
    assert_int_equal(u[1].pre_image.type, POL_VALUE_OTHER);
    assert_int_equal(u[1].blocked_by, POL_BLOCKED_FOREIGN);
    assert_string_equal(u[1].error_code, "denied");
    assert_int_equal(u[1].error_os_code, 5);
    assert_false(u[1].outlook_known);
    assert_false(u[2].decided);
    assert_false(u[2].value.known);
    assert_true(u[2].outlook_known);
    assert_false(u[2].outlook_running);
    assert_int_equal(u[2].outlook_started_s, -1);
    pol_report_free(report);
    bytes_free(&text);
}

static void report__of_a_machine__keeps_its_outlook_and_its_probes(void **state)
{
    (void)state;
    struct bytes text = write_report(&REPORT);
    struct pol_report *report = read_report(&text);
    assert_true(report->outlook_known);
    assert_string_equal(report->outlook_version, "15.0.4420.1017");
    assert_string_equal(report->outlook_bitness, "x86");
    assert_int_equal(report->outlook_install, POL_INSTALL_MSI);
    assert_int_equal(report->outlook_minimum, POL_NO);
    assert_int_equal(report->dotnet_release, 533320);
    assert_int_equal(report->probe_count, 2);
    const struct pol_report_probe *p = report->probes;
    assert_string_equal(p[0].url, PROBES[0].url);
    assert_false(p[0].for_block);
    assert_int_equal(p[0].verdict, POL_VERDICT_TOO_OLD);
    assert_int_equal(p[0].http, 401);
    assert_string_equal(p[0].server, "15.0.516.32");
    assert_int_equal(p[0].auth_count, 2);
    assert_string_equal(p[0].auth[1], "NTLM");
    assert_int_equal(p[0].at_s, 1796111000);
    assert_true(p[1].for_block);
    assert_int_equal(p[1].verdict, POL_VERDICT_UNREACHABLE);
    assert_int_equal(p[1].http, 0);
    assert_null(p[1].server);
    assert_int_equal(p[1].at_s, -1);
    pol_report_free(report);
    bytes_free(&text);
}

static void report__of_a_machine_nobody_looked_at__says_null(void **state)
{
    (void)state;
    struct pol_report blind = REPORT;
    blind.outlook_known = false;
    blind.probe_count = 0;
    struct bytes text = write_report(&blind);
    assert_non_null(strstr(bytes_text(&text), "\"outlook\":null,\"preflight\":null"));
    struct pol_report *report = read_report(&text);
    assert_false(report->outlook_known);
    assert_int_equal(report->outlook_install, POL_INSTALL_UNKNOWN);
    assert_null(report->probes);
    pol_report_free(report);
    bytes_free(&text);
}

static void report__before_the_first_policy__has_null_for_it(void **state)
{
    (void)state;
    struct pol_report first = REPORT;
    first.rollout = NULL;
    first.received_version = 0;
    first.effective_version = 0;
    first.digest = NULL;
    first.failed_code = NULL;
    first.pending_code = NULL;
    first.user_count = 0;
    struct bytes text = write_report(&first);
    assert_non_null(strstr(bytes_text(&text),
                           "\"policy\":{\"rollout\":null,\"received\":null,\"effective\":null,"
                           "\"digest\":null,\"failed\":null,\"pending\":null,\"stale\":true}"));
    struct pol_report *report = read_report(&text);
    assert_null(report->rollout);
    assert_int_equal(report->effective_version, 0);
    pol_report_free(report);
    bytes_free(&text);
}

static void report__of_users_of_every_state__is_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < POL_STATE_COUNT; i++) {
        struct pol_report_user user = USERS[0];
        struct pol_report one = REPORT;
        user.state = (enum pol_state)i;
        user.set = (enum pol_set)(i % POL_SET_COUNT);
        user.blocked_by = (enum pol_blocked)(i % POL_BLOCKED_COUNT);
        user.action = (enum pol_action)(i % POL_ACTION_COUNT);
        one.users = &user;
        one.user_count = 1;
        struct bytes text = write_report(&one);
        struct pol_report *report = read_report(&text);
        assert_int_equal(report->users[0].state, user.state);
        assert_int_equal(report->users[0].set, user.set);
        assert_int_equal(report->users[0].blocked_by, user.blocked_by);
        assert_int_equal(report->users[0].action, user.action);
        pol_report_free(report);
        bytes_free(&text);
    }
}

static void report__of_too_many_users__is_too_large_and_out_stays_empty(void **state)
{
    (void)state;
    static struct pol_report_user many[LIMIT_REPORT_USERS + 1];
    struct pol_report report = REPORT;
    struct bytes out = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct err err = {0};
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i] = USERS[1];
    }
    report.users = many;
    report.user_count = COUNT(many);
    assert_int_equal(pol_report_write(&report, &out, &err), ST_TOO_LARGE);
    assert_int_equal(err.st, ST_TOO_LARGE);
    assert_int_equal(out.size, 0);
}

static void report__beyond_its_size__is_too_large_and_out_stays_empty(void **state)
{
    (void)state;
    static const char *groups[6000];
    struct pol_report_user user = USERS[0];
    struct pol_report report = REPORT;
    struct bytes out = bytes_with_limit((size_t)2 * LIMIT_REPORT_BYTES);
    for (size_t i = 0; i < COUNT(groups); i++) {
        groups[i] = "CONTOSO\\a group with a name of fifty characters.....";
    }
    user.groups = groups;
    user.group_count = COUNT(groups);
    report.users = &user;
    report.user_count = 1;
    assert_int_equal(pol_report_write(&report, &out, NULL), ST_TOO_LARGE);
    assert_int_equal(out.size, 0);
}

static void report__with_a_text_that_would_be_refused__is_not_written(void **state)
{
    (void)state;
    char name[LIMIT_STRING_BYTES + 2];
    struct pol_report report = REPORT;
    struct bytes out = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct err err = {0};
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    report.host_name = name;
    assert_int_equal(pol_report_write(&report, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    report.host_name = "\xff";
    assert_int_equal(pol_report_write(&report, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "json_syntax");
    assert_int_equal(out.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report__written_and_read__writes_the_same_again),
        cmocka_unit_test(report__written_and_read__keeps_what_json_does_not_show_twice),
        cmocka_unit_test(report__of_a_machine__keeps_its_outlook_and_its_probes),
        cmocka_unit_test(report__of_a_machine_nobody_looked_at__says_null),
        cmocka_unit_test(report__before_the_first_policy__has_null_for_it),
        cmocka_unit_test(report__of_users_of_every_state__is_read_back),
        cmocka_unit_test(report__of_too_many_users__is_too_large_and_out_stays_empty),
        cmocka_unit_test(report__beyond_its_size__is_too_large_and_out_stays_empty),
        cmocka_unit_test(report__with_a_text_that_would_be_refused__is_not_written),
    };
    return cmocka_run_group_tests_name("report_write", tests, NULL, NULL);
}
