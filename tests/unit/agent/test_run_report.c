/* test_run_report.c - ag_run(): enrolling, reports, and what they must never hold up. */
#include "tests/cmocka_all.h"

#include "agent/spool.h"
#include "tests/unit/agent/one_agent.h"

#include <stdio.h>
#include <string.h>

static void revoke(void *ctx)
{
    struct fake_world *w = ctx;
    (void)snprintf(w->token, sizeof w->token, "revoked");
    w->hives.hives[0].value.present = false;
    w->changed = true;
}

static void run__token_revoked__enrolls_again_and_reports_in_full(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    assert_int_equal(world.enrolled, 1);
    fake_world_after(&world, 5, revoke);
    fake_world_run(&world, 120);
    assert_int_equal(world.enrolled, 2);
    assert_string_equal(fake_world_last_report(&world)->device_id, "device-2");
    assert_int_equal(fake_world_last_report(&world)->user_count, 3);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->corrections, 1);
}

static void run__copied_to_another_machine__starts_as_a_new_device(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.host.machine_guid[0] = 'G';
    fake_world_run(&world, 20);
    assert_int_equal(world.enrolled, 2);
    assert_string_equal(fake_world_last_report(&world)->device_id, "device-2");
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7002);
}

static void run__restart__keeps_its_device(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_run(&world, 20);
    assert_int_equal(world.enrolled, 1);
}

static void run__no_secret__policy_is_fetched_all_the_same(void **state)
{
    (void)state;
    fake_vault_drop(&world.vault, "enroll.sealed");
    fake_world_release_hold_back(&world);
    fake_world_run(&world, 20);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_int_equal(world.enrolled, 0);
    assert_int_equal(world.report_count, 0);
}

static void run__report_refused_for_good__is_dropped(void **state)
{
    (void)state;
    world.report_code = 422;
    fake_world_enforce_hold_back(&world);
    assert_int_equal(fake_vault_count(&world.vault, "report-"), 0);
    assert_int_equal(world.report_count, 0);
    assert_true(world.http.requests[AG_LANE_REPORT] < 10);
}

static void run__reports_put_off__neither_spin_nor_delay_policies(void **state)
{
    (void)state;
    world.reports_down = true;
    fake_world_enforce_hold_back(&world);
    fake_world_after(&world, 100, fake_world_release_pilot);
    fake_world_run(&world, 3600);
    assert_false(pilot()->value.present);
    assert_true(world.http.requests[AG_LANE_REPORT] <= 3600 / 30);
}

static void run__disk_full__policy_is_not_used_and_agent_goes_on(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.vault.broken_name = "accepted.jws";
    unsigned asked = world.http.requests[AG_LANE_POLICY];
    fake_world_after(&world, 1, fake_world_release_pilot);
    fake_world_run(&world, 3600);
    assert_true(fake_hives_has_dword(pilot(), 1));
    assert_true(world.http.requests[AG_LANE_POLICY] - asked < 60);
    world.vault.broken_name = NULL;
    fake_world_run(&world, 3600);
    assert_false(pilot()->value.present);
}

static void lose_a_report(void *ctx)
{
    struct fake_world *w = ctx;
    for (size_t i = 0; i < w->vault.count; i++) {
        if (strncmp(w->vault.files[i].name, "report-", 7) == 0) {
            fake_vault_drop(&w->vault, w->vault.files[i].name);
            break;
        }
    }
    w->reports_down = false;
}

static void run__spooled_report_is_lost__others_still_arrive(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.reports_down = true;
    fake_world_after(&world, 10, fake_world_release_pilot);
    fake_world_after(&world, 25, lose_a_report);
    fake_world_after(&world, 26, fake_world_release_safe);
    fake_world_run(&world, 300);
    assert_int_equal(fake_vault_count(&world.vault, "report-"), 0);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7999);
}

static void run__reports_cannot_be_spooled__does_not_spin_and_reports_later(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    world.vault.broken_name = "report-";
    fake_world_after(&world, 10, fake_world_release_pilot);
    world.http.waits = 0;
    fake_world_run(&world, 600);
    assert_false(pilot()->value.present);
    assert_true(world.http.waits < 600 * 2);
    world.vault.broken_name = NULL;
    fake_world_run(&world, 120);
    assert_int_equal(fake_world_last_report(&world)->effective_version, 7003);
}

static void run__server_comes_and_goes__stays_bounded(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    unsigned asked = world.http.requests[AG_LANE_POLICY];
    fake_world_after(&world, 600, fake_world_go_down);
    fake_world_after(&world, 1200, fake_world_come_up);
    fake_world_after(&world, 3000, fake_world_release_pilot);
    fake_world_run(&world, 3100);
    assert_false(pilot()->value.present);
    assert_true(world.http.requests[AG_LANE_POLICY] - asked < 60);
}

static void run__enrolled_while_a_poll_is_on_its_way__asks_again_with_the_token(void **state)
{
    (void)state;
    world.slow_ms = 500; /* and nothing is released: the answer alone would mean a minute's pause */
    fake_world_run(&world, 20);
    assert_int_equal(world.enrolled, 1);
    assert_string_equal(world.last_bearer, "token-1");
}

static void run__spool_is_full__one_full_report_replaces_it(void **state)
{
    (void)state;
    char name[32];
    fake_world_enforce_hold_back(&world);
    unsigned before = world.report_count;
    for (unsigned i = 1; i <= AG_SPOOL_REPORTS; i++) {
        (void)snprintf(name, sizeof name, "report-%010u.json", i);
        fake_vault_put(&world.vault, name, span_text("{}"));
    }
    world.reports_down = true;
    fake_world_run(&world, 20);
    size_t waiting = fake_vault_count(&world.vault, "report-");
    assert_true(waiting > 0 && waiting < 5);
    world.reports_down = false;
    fake_world_run(&world, 120);
    assert_true(world.report_count > before);
    assert_true(world.reports[before]->full);
    assert_int_equal(world.reports[before]->user_count, 3);
    assert_int_equal(fake_vault_count(&world.vault, "report-"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__token_revoked__enrolls_again_and_reports_in_full),
        TEST(run__copied_to_another_machine__starts_as_a_new_device),
        TEST(run__restart__keeps_its_device),
        TEST(run__no_secret__policy_is_fetched_all_the_same),
        TEST(run__report_refused_for_good__is_dropped),
        TEST(run__reports_put_off__neither_spin_nor_delay_policies),
        TEST(run__disk_full__policy_is_not_used_and_agent_goes_on),
        TEST(run__enrolled_while_a_poll_is_on_its_way__asks_again_with_the_token),
        TEST(run__spool_is_full__one_full_report_replaces_it),
        TEST(run__spooled_report_is_lost__others_still_arrive),
        TEST(run__reports_cannot_be_spooled__does_not_spin_and_reports_later),
        TEST(run__server_comes_and_goes__stays_bounded),
    };
    return cmocka_run_group_tests_name("run_report", tests, NULL, NULL);
}
