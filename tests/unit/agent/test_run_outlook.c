/* test_run_outlook.c - ag_run(): what is seen of Outlook comes late, changes decisions and is reported. */
#include "tests/unit/agent/one_agent.h"

#include <string.h>

static void see_online(void *ctx)
{
    struct fake_world *w = ctx;
    fake_sights_move_online(&w->sights, FAKE_OTHER);
    w->changed = true;
}

static void find_client(void *ctx)
{
    struct fake_world *w = ctx;
    w->sights.client = (struct ag_client){.known = true, .version = "16.0.17328.20162"};
    w->changed = true;
}

static void run__users_to_look_at__are_named_after_they_were_looked_after(void **state)
{
    (void)state;
    world.hives.hives[1].loaded = false;
    fake_world_enforce_hold_back(&world);
    assert_true(world.sights.wanted > 0);
    assert_int_equal(world.sights.wanted_loaded, 2);
}

static void run__mailbox_found_online_later__is_freed_and_reported_at_once(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    assert_true(
        fake_hives_has_dword(&world.hives.hives[2], 1)); /* unknown is in the guard's list */
    unsigned reports = world.report_count;
    fake_world_after(&world, 5, see_online);
    fake_world_run(&world, 20);
    assert_false(world.hives.hives[2].value.present);
    assert_true(world.report_count > reports);
    const struct pol_report_user *user = fake_world_reported(&world, FAKE_OTHER);
    assert_int_equal(user->mailbox, POL_MAILBOX_EXCHANGE_ONLINE);
    assert_int_equal(user->blocked_by, POL_BLOCKED_MAILBOX);
    assert_int_equal(user->state, POL_STATE_BLOCKED);
    assert_int_equal(user->action, POL_ACTION_RELEASED);
}

static void run__client_found__is_reported_once(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    assert_false(fake_world_last_report(&world)->outlook_known);
    unsigned reports = world.report_count;
    fake_world_after(&world, 5, find_client);
    fake_world_run(&world, 300);
    assert_int_equal(world.report_count, reports + 2); /* the first of this start, and the news */
    assert_true(fake_world_last_report(&world)->outlook_known);
    assert_string_equal(fake_world_last_report(&world)->outlook_version, "16.0.17328.20162");
    assert_int_equal(fake_world_last_report(&world)->outlook_minimum, POL_YES);
}

static void find_old_client(void *ctx)
{
    struct fake_world *w = ctx;
    w->sights.client = (struct ag_client){.known = true, .version = "15.0.4420.1017"};
    w->changed = true;
}

static void run__client_found_too_old__is_told_of_each_user(void **state)
{
    (void)state;
    const struct fake_plan plan = {.serial = 7,
                                   .guards = "{\"minimum_outlook\":[\"15.0.4569\"]}",
                                   .stages =
                                       "[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"allow\"}]"};
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, "all");
    fake_world_release(&world, bytes_span(&envelope));
    bytes_free(&envelope);
    fake_world_after(&world, 5, find_old_client);
    fake_world_run(&world, 20);
    assert_int_equal(fake_world_reported(&world, FAKE_OTHER)->blocked_by,
                     POL_BLOCKED_CLIENT_VERSION);
    assert_int_equal(fake_world_last_report(&world)->outlook_minimum, POL_NO);
}

static void run__nothing_changes_for_a_day__says_nothing_of_outlook(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_sights_configure(&world.sights, FAKE_OTHER, POL_OBSERVED_RPC_HTTP);
    find_client(&world);
    fake_world_run(&world, 600);
    unsigned reports = world.report_count;
    unsigned writes = world.hives.value_writes + world.hives.marker_writes;
    fake_world_run(&world, 20000);
    assert_true(world.report_count <= reports + 1); /* the first of this start */
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, writes);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__users_to_look_at__are_named_after_they_were_looked_after),
        TEST(run__mailbox_found_online_later__is_freed_and_reported_at_once),
        TEST(run__client_found__is_reported_once),
        TEST(run__client_found_too_old__is_told_of_each_user),
        TEST(run__nothing_changes_for_a_day__says_nothing_of_outlook),
    };
    return cmocka_run_group_tests_name("run: Outlook", tests, NULL, NULL);
}
