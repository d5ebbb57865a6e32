#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <stdlib.h>

static void store__report_written__is_there_after_reopening(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    (void)store_enrolled_with(p, &r);
    store_reopen(p);
    struct store_seen seen = store_look_at_all(p);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.state, "idle");
    assert_true(seen.value.present);
    assert_int_equal(seen.value.dword, 1);
    assert_int_equal(seen.corrections, 3);
}

static void store__report_of_what_outlook_does__keeps_all_of_it(void **state)
{
    struct store_place *p = *state;
    static const char *const EVIDENCE[] = {"profile:001f6652", "autodiscover:\"x\""};
    struct pol_report_user u = store_user("S-1", POL_STATE_COMPLIANT);
    u.evidence = EVIDENCE;
    u.evidence_count = 2;
    u.outlook_known = true;
    u.outlook_running = true;
    u.outlook_started_s = 4711;
    u.starts_since_change = 2;
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    r.outlook_known = true;
    r.outlook_version = "16.0.17328.20162";
    int64_t device = store_enrolled_with(p, &r);
    struct store_seen seen = store_look_at_all(p);
    assert_string_equal(seen.outlook, "16.0.17328.20162");
    assert_string_equal(seen.evidence, "[\"profile:001f6652\",\"autodiscover:\\\"x\\\"\"]");
    assert_int_equal(seen.running, POL_YES);
    assert_int_equal(seen.started_s, 4711);
    assert_int_equal(seen.starts, 2);
    assert_int_equal(store_count(p, "outlook", "16.0.17328.20162"), 1);

    u.outlook_known = false;
    u.outlook_running = false;
    u.evidence_count = 0;
    struct pol_report gone = store_report("b", 'r', 2, &u, 1);
    gone.outlook_known = true;
    gone.outlook_version = "";
    assert_int_equal(store_send(p, device, &gone, "2", NULL), ST_OK);
    seen = store_look_at_all(p);
    assert_string_equal(seen.outlook, "none");
    assert_string_equal(seen.evidence, "[]");
    assert_int_equal(seen.running, POL_NOT_KNOWN);
    assert_int_equal(seen.started_s, -1);
    assert_int_equal(store_count(p, "outlook", "16.0.17328.20162"), 0);
    assert_int_equal(store_count(p, "outlook", "none"), 1);
}

static void store__report_that_names_nobody__says_which_outlook_all_have(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report first = store_report("a", 'r', 1, &u, 1);
    struct pol_report later = store_report("b", 'r', 3, NULL, 0);
    struct pol_report older = store_report("c", 'r', 2, NULL, 0);
    later.outlook_known = true;
    later.outlook_version = "16.0.17328.20162";
    older.outlook_known = true;
    older.outlook_version = "15.0.4569.1503";
    int64_t device = store_enrolled_with(p, &first);
    assert_string_equal(store_look_at_all(p).outlook, "unknown");
    assert_int_equal(store_send(p, device, &later, "2", NULL), ST_OK);
    assert_string_equal(store_look_at_all(p).outlook, "16.0.17328.20162");
    assert_int_equal(store_count(p, "outlook", "16.0.17328.20162"), 1);
    assert_int_equal(store_count(p, "outlook", "unknown"), 0);
    assert_int_equal(store_send(p, device, &older, "3", NULL), ST_OK);
    assert_string_equal(store_look_at_all(p).outlook, "16.0.17328.20162");
    assert_string_equal(store_look_at_all(p).state, "idle");
}

struct machine_seen {
    char outlook[256];
    char preflight[512];
};

static bool see_machine(void *v, const struct srv_device_row *row)
{
    struct machine_seen *seen = v;
    (void)snprintf(seen->outlook, sizeof seen->outlook, "%s",
                   row->outlook != NULL ? row->outlook : "-");
    (void)snprintf(seen->preflight, sizeof seen->preflight, "%s",
                   row->preflight != NULL ? row->preflight : "-");
    return true;
}

static void store__report_of_a_machine__shows_its_outlook_and_probes(void **state)
{
    struct store_place *p = *state;
    static const struct pol_report_probe PROBE = {.url = "https://mapi.example.com/mapi/",
                                                  .verdict = POL_VERDICT_TOO_OLD,
                                                  .http = 401,
                                                  .server = "15.0.516.32",
                                                  .at_s = -1};
    struct machine_seen seen;
    struct srv_filter filter = {.limit = 500};
    int64_t device = store_enrolled(p);
    assert_int_equal(p->store.devices(p->store.ctx, &filter, see_machine, &seen, NULL), ST_OK);
    assert_string_equal(seen.outlook, "-");
    struct pol_report r = store_report("a", 'r', 1, NULL, 0);
    r.outlook_known = true;
    r.outlook_version = "15.0.4420.1017";
    r.outlook_install = POL_INSTALL_MSI;
    r.outlook_minimum = POL_NO;
    r.probes = &PROBE;
    r.probe_count = 1;
    assert_int_equal(store_send(p, device, &r, "1", NULL), ST_OK);
    assert_int_equal(p->store.devices(p->store.ctx, &filter, see_machine, &seen, NULL), ST_OK);
    assert_string_equal(seen.outlook,
                        "{\"version\":\"15.0.4420.1017\",\"bitness\":null,\"install\":\"msi\","
                        "\"minimum\":false,\"dotnet_release\":null}");
    assert_string_equal(seen.preflight,
                        "[{\"url\":\"https://mapi.example.com/mapi/\",\"for\":\"allow\","
                        "\"verdict\":\"too_old\",\"http\":401,\"server\":\"15.0.516.32\","
                        "\"auth\":[],\"at\":null}]");
}

static bool see_name(void *v, const struct srv_device_row *row)
{
    (void)snprintf(v, SRV_NAME_BYTES, "%s", row->name);
    return true;
}

static void assert_named(struct store_place *p, const char *expected)
{
    const struct srv_filter filter = {.limit = 10};
    char name[SRV_NAME_BYTES] = "";
    assert_int_equal(p->store.devices(p->store.ctx, &filter, see_name, name, NULL), ST_OK);
    assert_string_equal(name, expected);
}

/* What is said again need not be written, unless somebody else wrote meanwhile. */
static void store__the_same_is_said_again__holds_whatever_was_written_between(void **state)
{
    struct store_place *p = *state;
    struct srv_write again;
    struct pol_report_user u = store_user("S-1", POL_STATE_ERROR);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    r.host_name = "PC-2";
    r.outlook_known = true;
    r.outlook_version = "16.0.17328.20162";
    int64_t device = store_enrolled_with(p, &r);
    assert_named(p, "PC-2");
    assert_int_equal(store_enroll_again(p, 1, 2, &again), ST_OK);
    assert_named(p, "PC-1");

    struct pol_report named = r;
    named.report_id[0] = 'n';
    named.seq = 2;
    assert_int_equal(store_send(p, device, &named, "1", NULL), ST_OK);
    assert_named(p, "PC-2");

    struct pol_report other = store_report("b", 'r', 3, NULL, 0);
    other.host_name = "PC-2";
    other.outlook_known = true;
    other.outlook_version = "15.0.4569.1503";
    assert_int_equal(store_send(p, device, &other, "2", NULL), ST_OK);
    assert_string_equal(store_look_at_all(p).outlook, "15.0.4569.1503");

    struct pol_report same = store_report("c", 'r', 4, &u, 1);
    same.host_name = "PC-2";
    same.outlook_known = true;
    same.outlook_version = "16.0.17328.20162";
    assert_int_equal(store_send(p, device, &same, "3", NULL), ST_OK);
    assert_string_equal(store_look_at_all(p).outlook, "16.0.17328.20162");
    assert_int_equal(store_count(p, "state", "error"), 1);
    assert_int_equal(store_count(p, "outlook", "16.0.17328.20162"), 1);
}

static void store__same_report_again__is_a_repeat_and_changes_nothing(void **state)
{
    struct store_place *p = *state;
    bool repeated = false;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    int64_t device = store_enrolled(p);
    assert_int_equal(store_send(p, device, &r, "{}", &repeated), ST_OK);
    assert_false(repeated);
    assert_int_equal(store_send(p, device, &r, "{}", &repeated), ST_OK);
    assert_true(repeated);
    assert_int_equal(store_count(p, "total", "users"), 1);
}

static void store__same_id_with_other_content__exists(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    int64_t device = store_enrolled_with(p, &r);
    u.state = POL_STATE_ERROR;
    r.seq = 2;
    assert_int_equal(store_send(p, device, &r, "{ }", NULL), ST_EXISTS);
    assert_string_equal(store_look_at_all(p).state, "idle");
}

/* The user is compliant by the newer report and in error by the older one, which comes last. */
static void send_newer_first(struct store_place *p, struct pol_report newer,
                             struct pol_report older)
{
    const struct pol_report_user then = store_user("S-1", POL_STATE_ERROR);
    const struct pol_report_user now = store_user("S-1", POL_STATE_COMPLIANT);
    newer.users = &now;
    older.users = &then;
    newer.user_count = older.user_count = 1;
    int64_t device = store_enrolled_with(p, &newer);
    assert_string_equal(store_look_at_all(p).state, "compliant");
    assert_int_equal(store_send(p, device, &older, "2", NULL), ST_OK);
}

static void store__older_seq_arrives_later__newer_state_stays(void **state)
{
    send_newer_first(*state, store_report("b", 'r', 2, NULL, 0),
                     store_report("a", 'r', 1, NULL, 0));
    assert_string_equal(store_look_at_all(*state).state, "compliant");
}

static void store__earlier_start_of_the_agent_arrives_later__newer_state_stays(void **state)
{
    send_newer_first(*state, store_report("b", 's', 1, NULL, 0),
                     store_report("a", 'r', 900, NULL, 0));
    assert_string_equal(store_look_at_all(*state).state, "compliant");
}

static void store__full_set_without_a_user__retires_him(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user two[] = {store_user("S-1", POL_STATE_IDLE),
                                    store_user("S-2", POL_STATE_IDLE)};
    struct pol_report r = store_report("a", 'r', 1, two, 2);
    int64_t device = store_enrolled_with(p, &r);
    struct pol_report full = store_report("b", 'r', 2, two, 1);
    full.full = true;
    assert_int_equal(store_send(p, device, &full, "2", NULL), ST_OK);
    struct store_seen seen = store_look_at_all(p);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.sid, "S-1");
    assert_int_equal(store_count(p, "total", "users"), 1);
    assert_int_equal(store_count(p, "state", "idle"), 1);
}

static void store__full_set_misses_a_part__retires_nobody_before_it_is_complete(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user three[] = {store_user("S-1", POL_STATE_IDLE),
                                      store_user("S-2", POL_STATE_IDLE),
                                      store_user("S-3", POL_STATE_IDLE)};
    struct pol_report r = store_report("a", 'r', 1, three, 3);
    struct pol_report first = store_report("b", 'r', 2, &three[0], 1);
    struct pol_report second = store_report("c", 'r', 3, &three[1], 1);
    first.full = second.full = true;
    first.parts = second.parts = 2;
    second.part = 2;
    int64_t device = store_enrolled_with(p, &r);
    assert_int_equal(store_send(p, device, &second, "3", NULL), ST_OK);
    assert_int_equal(store_look_at_all(p).count, 3);
    assert_int_equal(store_send(p, device, &first, "2", NULL), ST_OK);
    assert_int_equal(store_look_at_all(p).count, 2);
}

static void store__user_changes_state__counts_follow(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    int64_t device = store_enrolled_with(p, &r);
    assert_int_equal(store_count(p, "state", "idle"), 1);
    assert_int_equal(store_count(p, "ring", "pilot"), 1);
    assert_int_equal(store_count(p, "version", "7002"), 1);
    u.state = POL_STATE_COMPLIANT;
    u.ring = NULL;
    r = store_report("b", 'r', 2, &u, 1);
    assert_int_equal(store_send(p, device, &r, "2", NULL), ST_OK);
    assert_int_equal(store_count(p, "state", "idle"), 0);
    assert_int_equal(store_count(p, "state", "compliant"), 1);
    assert_int_equal(store_count(p, "ring", "pilot"), 0);
    assert_int_equal(store_count(p, "total", "users"), 1);
}

static void store__filters__leave_out_who_does_not_fit(void **state)
{
    struct store_place *p = *state;
    struct pol_report_user two[] = {store_user("S-1", POL_STATE_IDLE),
                                    store_user("S-2", POL_STATE_ERROR)};
    struct pol_report r = store_report("a", 'r', 1, two, 2);
    (void)store_enrolled_with(p, &r);
    const struct srv_filter by_state = {.state = "error", .limit = 10};
    const struct srv_filter by_host = {.host = "pc-1", .limit = 10};
    const struct srv_filter by_text = {.text = "s-2", .limit = 10};
    const struct srv_filter by_other_host = {.host = "pc-2", .limit = 10};
    const struct srv_filter one_row = {.limit = 1};
    assert_string_equal(store_look(p, &by_state).sid, "S-2");
    assert_int_equal(store_look(p, &by_host).count, 2);
    assert_int_equal(store_look(p, &by_text).count, 1);
    assert_int_equal(store_look(p, &by_other_host).count, 0);
    assert_int_equal(store_look(p, &one_row).count, 1);
}

/* ---- many at a time -------------------------------------------------------------------------- */

enum { MANY = 500 };

static void count_done(struct srv_write *w)
{
    (*(size_t *)w->ctx)++; /* one thread calls all of them, and close() waits for it */
}

static void store__closed_with_writes_waiting__carries_them_all_out(void **state)
{
    struct store_place *p = *state;
    size_t done = 0;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct srv_write *writes = calloc(MANY, sizeof *writes);
    struct pol_report *reports = calloc(MANY, sizeof *reports);
    assert_true(writes != NULL && reports != NULL);
    int64_t device = store_enrolled(p);
    for (uint32_t i = 0; i < MANY; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", i);
        reports[i] = store_report(id, 'r', i + 1, &u, 1);
        writes[i] = (struct srv_write){
            .kind = SRV_WRITE_REPORT, .now_s = 5000, .done = count_done, .ctx = &done};
        writes[i].u.report.device = device;
        writes[i].u.report.report = &reports[i];
        writes[i].u.report.body = span_text("{}");
        p->store.submit(p->store.ctx, &writes[i]);
    }
    store_reopen(p);
    assert_int_equal(done, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(writes[i].st, ST_OK);
    }
    assert_int_equal(store_count(p, "total", "users"), 1);
    free(writes);
    free(reports);
}

int store_contract_reports(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__report_written__is_there_after_reopening),
        TEST(store__report_of_what_outlook_does__keeps_all_of_it),
        TEST(store__report_that_names_nobody__says_which_outlook_all_have),
        TEST(store__report_of_a_machine__shows_its_outlook_and_probes),
        TEST(store__the_same_is_said_again__holds_whatever_was_written_between),
        TEST(store__same_report_again__is_a_repeat_and_changes_nothing),
        TEST(store__same_id_with_other_content__exists),
        TEST(store__older_seq_arrives_later__newer_state_stays),
        TEST(store__earlier_start_of_the_agent_arrives_later__newer_state_stays),
        TEST(store__full_set_without_a_user__retires_him),
        TEST(store__full_set_misses_a_part__retires_nobody_before_it_is_complete),
        TEST(store__user_changes_state__counts_follow),
        TEST(store__filters__leave_out_who_does_not_fit),
        TEST(store__closed_with_writes_waiting__carries_them_all_out),
    };
    return cmocka_run_group_tests_name("store: reports", tests, NULL, NULL);
}
