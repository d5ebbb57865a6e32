/* test_run_refused.c - ag_run(): what is refused changes nothing, is told, and costs no requests. */
#include "tests/unit/agent/one_agent.h"

#include <stdio.h>
#include <string.h>

/* ---- refusals ----------------------------------------------------------------------------- */

static void must_be_refused(struct span envelope, const char *code)
{
    unsigned writes = world.hives.value_writes;
    unsigned asked = world.http.requests[AG_LANE_POLICY];
    fake_world_release(&world, envelope);
    fake_world_run(&world, 3600);
    const struct pol_report *report = fake_world_last_report(&world);
    assert_int_equal(world.hives.value_writes, writes);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_non_null(report->failed_code);
    assert_string_equal(report->failed_code, code);
    assert_string_equal(report->failed_etag, world.etag);
    assert_int_equal(report->effective_version, 7002);
    assert_string_equal(world.last_if_none_match, world.etag);
    assert_true(world.http.requests[AG_LANE_POLICY] - asked < 30);
}

static void run__policy_of_a_stranger__is_refused_and_reported(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    struct bytes envelope = fake_world_envelope(&world, &world.stranger, 8, "pilot");
    must_be_refused(bytes_span(&envelope), "key_unknown");
    bytes_free(&envelope);
}

static void run__one_byte_changed__is_refused_and_reported(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    struct bytes envelope = fake_world_envelope(&world, &world.signer, 8, "pilot");
    char *payload = strstr((char *)envelope.data, "\"payload\":\"");
    assert_non_null(payload);
    payload[40] = payload[40] == 'A' ? 'B' : 'A';
    must_be_refused(bytes_span(&envelope), "signature_invalid");
    bytes_free(&envelope);
}

static void run__older_policy__is_refused_and_reported(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    struct bytes envelope = fake_world_envelope(&world, &world.signer, 7, "observe");
    must_be_refused(bytes_span(&envelope), "version_rollback");
    bytes_free(&envelope);
}

static void run__no_json_at_all__is_refused_and_reported(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    must_be_refused(span_text("<html>proxy login</html>"), "json_syntax");
}

static void run__hostile_server_with_ever_new_etags__does_not_make_the_agent_spin(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    unsigned asked = world.http.requests[AG_LANE_POLICY];
    world.new_etag_each_time = true;
    fake_world_run(&world, 86400);
    assert_true(world.http.requests[AG_LANE_POLICY] - asked < 86400 / 700);
}

static void run__server_without_etags__does_not_make_the_agent_spin(void **state)
{
    (void)state;
    world.no_etag = true;
    world.ignores_wait = true;
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 86400);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(world.http.requests[AG_LANE_POLICY] < 86400 / 700);
}

static void set_clock_right(void *ctx)
{
    struct fake_world *w = ctx;
    w->clock.offset_s = 0;
}

static void run__too_early_a_policy__is_taken_when_its_time_comes(void **state)
{
    (void)state;
    static const char STAGES[] =
        "[{\"name\":\"late\",\"rules\":[],\"otherwise\":\"allow_explicit\","
        "\"not_before\":\"2026-11-18T16:00:00Z\"}]";
    struct fake_plan plan = {.serial = 8, .stages = STAGES};
    fake_world_enforce_hold_back(&world);
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, "late");
    fake_world_release(&world, bytes_span(&envelope));
    fake_world_run(&world, 60);
    const struct pol_report *report = fake_world_last_report(&world);
    assert_string_equal(report->pending_code, "not_yet");
    assert_int_equal(report->pending_version, 8001);
    assert_null(report->failed_code);
    assert_true(fake_hives_has_dword(pilot(), 1));
    fake_world_run(&world, 86400);
    assert_true(fake_hives_has_dword(pilot(), 0));
    assert_null(fake_world_last_report(&world)->pending_code);
    bytes_free(&envelope);
}

static const char *refused_for;

static void must_still_be_refused(void *ctx)
{
    const struct fake_world *w = ctx;
    assert_string_equal(fake_world_last_report(w)->failed_code, refused_for);
    assert_true(fake_hives_has_dword(pilot(), 1));
}

/* The server says 304 from then on: nobody brings these bytes again. */
static void refused_until_the_clock_is_right(int64_t offset_s, const char *code)
{
    fake_world_enforce_hold_back(&world);
    struct fake_plan plan = {
        .serial = 8,
        .issued_at = "2026-11-18T10:00:00Z",
        .expires_at = "2027-02-20T10:00:00Z",
        .stages = "[{\"name\":\"next\",\"rules\":[],\"otherwise\":\"allow_explicit\"}]"};
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, "next");
    world.clock.offset_s = offset_s;
    refused_for = code;
    fake_world_after(&world, 50, must_still_be_refused);
    fake_world_after(&world, 60, set_clock_right);
    fake_world_release(&world, bytes_span(&envelope));
    bytes_free(&envelope);
    fake_world_run(&world, 150);
    assert_true(fake_hives_has_dword(pilot(), 0));
    assert_null(fake_world_last_report(&world)->failed_code);
}

static void run__clock_years_behind__takes_the_policy_once_it_is_right(void **state)
{
    (void)state;
    refused_until_the_clock_is_right(-INT64_C(315360000), "issued_in_future");
}

static void run__clock_years_ahead__takes_the_policy_once_it_is_right(void **state)
{
    (void)state;
    refused_until_the_clock_is_right(INT64_C(315360000), "expired");
}

static void release_a_stranger(void *ctx)
{
    struct fake_world *w = ctx;
    struct bytes envelope = fake_world_envelope(w, &w->stranger, 9, "hold-back");
    w->clock.constant = 1;
    w->clock.chance = UINT32_MAX; /* the longest delay there is */
    fake_world_release(w, bytes_span(&envelope));
    bytes_free(&envelope);
}

static void must_not_have_told(void *ctx)
{
    assert_null(fake_world_last_report(ctx)->failed_code);
    refused_for = NULL;
}

static void run__refused_by_all_at_once__is_reported_within_the_spread(void **state)
{
    (void)state;
    struct fake_plan plan = {
        .serial = 7,
        .stages = "[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"allow\"}]",
        .timing = "{\"poll_s\":900,\"wait_s\":240,\"spread_s\":10,\"report_s\":86400}"};
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, "all");
    fake_world_release(&world, bytes_span(&envelope));
    bytes_free(&envelope);
    refused_for = "";
    fake_world_after(&world, 60, release_a_stranger);
    fake_world_after(&world, 69, must_not_have_told);
    fake_world_run(&world, 80);
    assert_null(refused_for); /* it was looked at */
    assert_string_equal(fake_world_last_report(&world)->failed_code, "key_unknown");
}

/* ---- files -------------------------------------------------------------------------------- */

static void run__no_server__files_alone_do(void **state)
{
    (void)state;
    struct bytes envelope = fake_world_envelope(&world, &world.signer, 7, "hold-back");
    char *url = world.config.server_url;
    world.config.server_url = NULL;
    fake_world_drop_file(&world, bytes_span(&envelope));
    fake_world_run(&world, 5);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_null(fake_vault_find(&world.vault, "policy.jws"));
    assert_int_equal(world.http.requests[AG_LANE_POLICY] + world.http.requests[AG_LANE_ENROLL], 0);
    world.config.server_url = url;
    bytes_free(&envelope);
}

static void run__file_of_a_stranger__is_put_aside(void **state)
{
    (void)state;
    struct bytes envelope = fake_world_envelope(&world, &world.stranger, 9, "pilot");
    fake_world_enforce_hold_back(&world);
    fake_world_drop_file(&world, bytes_span(&envelope));
    fake_world_run(&world, 10);
    assert_null(fake_vault_find(&world.vault, "policy.jws"));
    assert_non_null(fake_vault_find(&world.vault, "policy.jws.refused"));
    assert_string_equal(fake_world_last_report(&world)->failed_code, "key_unknown");
    assert_null(fake_world_last_report(&world)->failed_etag);
    assert_true(fake_hives_has_dword(pilot(), 1));
    bytes_free(&envelope);
}

static unsigned reports_before;

static void fill_the_disk_and_release(void *ctx)
{
    struct fake_world *w = ctx;
    w->vault.broken_name = "accepted.jws";
    fake_world_release_pilot(w);
}

static void look_and_make_room(void *ctx)
{
    struct fake_world *w = ctx;
    const struct pol_report *report = fake_world_last_report(w);
    assert_string_equal(report->failed_code, "no_space");
    assert_int_equal(report->effective_version, 7002);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_in_range(w->report_count - reports_before, 1, 3); /* not one for each attempt */
    w->vault.broken_name = NULL;
}

static void run__disk_full__is_reported_and_taken_when_there_is_room(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    reports_before = world.report_count;
    fake_world_after(&world, 10, fill_the_disk_and_release);
    fake_world_after(&world, 7200, look_and_make_room);
    fake_world_run(&world, 7200 + 1000);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7003);
    assert_null(fake_world_last_report(&world)->failed_code);
    assert_false(pilot()->value.present);
}

static void run__trust_file_not_taken__is_reported_and_policies_go_on(void **state)
{
    (void)state;
    (void)err_refuse(&world.trust_refused, "trust_rollback", "/version", "version 1 after 2");
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    bool told = false;
    for (unsigned i = 0; i < world.report_count; i++) {
        const char *code = world.reports[i]->failed_code;
        told = told || (code != NULL && strcmp(code, "trust_rollback") == 0);
    }
    assert_true(told);
}

static enum status run_once(void)
{
    const struct ag_trust trust = {.trust = world.signer.trust, .refused = {.st = ST_OK}};
    return ag_run_once(&world.config, &world.host, &world.ports, &trust, &world.err);
}

static void run_once__file_there__brings_it_to_the_users(void **state)
{
    (void)state;
    struct bytes envelope = fake_world_envelope(&world, &world.signer, 7, "hold-back");
    fake_world_drop_file(&world, bytes_span(&envelope));
    assert_int_equal(run_once(), ST_OK);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_int_equal(world.http.requests[AG_LANE_POLICY], 0);
    bytes_free(&envelope);
}

static void run_once__user_fails__says_so(void **state)
{
    (void)state;
    pilot()->broken = true;
    assert_int_equal(run_once(), ST_DENIED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__policy_of_a_stranger__is_refused_and_reported),
        TEST(run__one_byte_changed__is_refused_and_reported),
        TEST(run__older_policy__is_refused_and_reported),
        TEST(run__no_json_at_all__is_refused_and_reported),
        TEST(run__hostile_server_with_ever_new_etags__does_not_make_the_agent_spin),
        TEST(run__server_without_etags__does_not_make_the_agent_spin),
        TEST(run__too_early_a_policy__is_taken_when_its_time_comes),
        TEST(run__clock_years_behind__takes_the_policy_once_it_is_right),
        TEST(run__clock_years_ahead__takes_the_policy_once_it_is_right),
        TEST(run__refused_by_all_at_once__is_reported_within_the_spread),
        TEST(run__no_server__files_alone_do),
        TEST(run__file_of_a_stranger__is_put_aside),
        TEST(run__disk_full__is_reported_and_taken_when_there_is_room),
        TEST(run__trust_file_not_taken__is_reported_and_policies_go_on),
        TEST(run_once__file_there__brings_it_to_the_users),
        TEST(run_once__user_fails__says_so),
    };
    return cmocka_run_group_tests_name("run_refused", tests, NULL, NULL);
}
