/* test_run_preflight.c - ag_run(): who waits for a server to answer, and what the report says of it. */
#include "tests/cmocka_all.h"

#include "tests/fakes/fake_world.h"

#include <stdlib.h>
#include <string.h>

static const char URL[] = "https://mapi.example.com/mapi/healthcheck.htm";

static struct fake_world world;

static int set_up(void **state)
{
    (void)state;
    fake_world_init(&world);
    fake_hives_set_dword(&world.hives.hives[0], 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_world_done(&world);
    return 0;
}

/* "allow" for everybody, once the server answers; "block" as the brake. */
static void release(const char *stage)
{
    const struct fake_plan plan = {
        .serial = 7,
        .guards = "{\"preflight\":{\"allow\":[\"https://mapi.example.com/mapi/healthcheck.htm\"],"
                  "\"block\":[\"https://mail.example.com/rpc/rpcproxy.dll\"]}}",
        .stages = "[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"allow\"}]"};
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, stage);
    fake_world_release(&world, bytes_span(&envelope));
    bytes_free(&envelope);
}

static void answer_ready(void *ctx)
{
    struct fake_world *w = ctx;
    fake_probing_answer(&w->probing, POL_VERDICT_READY);
}

static void answer_not_published(void *ctx)
{
    struct fake_world *w = ctx;
    fake_probing_answer(&w->probing, POL_VERDICT_NOT_PUBLISHED);
}

static void change_network(void *ctx)
{
    struct fake_world *w = ctx;
    w->network = true;
}

static void run__policy_with_urls__holds_back_until_one_answers(void **state)
{
    (void)state;
    release("all");
    fake_world_run(&world, 30);
    assert_int_equal(world.probing.starts, 1);
    assert_int_equal(world.probing.count, 2);
    assert_true(fake_hives_has_dword(&world.hives.hives[0], 1));
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->blocked_by,
                     POL_BLOCKED_PREFLIGHT_PENDING);
    assert_int_equal(fake_world_last_report(&world)->probe_count, 0);

    world.probing.running = false; /* that process is gone */
    fake_world_after(&world, 10, answer_ready);
    fake_world_run(&world, 30);
    assert_false(world.hives.hives[0].value.present);
    const struct pol_report *report = fake_world_last_report(&world);
    assert_int_equal(report->probe_count, 2);
    assert_string_equal(report->probes[0].url, URL);
    assert_int_equal(report->probes[0].verdict, POL_VERDICT_READY);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->blocked_by, POL_BLOCKED_NOT);
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->corrections, 0);
}

static void run__answers_known_from_before__hold_nobody_back(void **state)
{
    (void)state;
    release("all");
    fake_world_after(&world, 10, answer_ready);
    fake_world_run(&world, 30);
    fake_hives_set_dword(&world.hives.hives[1], 1); /* while the agent was away */
    fake_world_run(&world, 5);
    assert_false(world.hives.hives[1].value.present);
    assert_int_equal(world.probing.starts, 1);
}

static void run__refused_everywhere__says_so_and_writes_nothing(void **state)
{
    (void)state;
    release("all");
    fake_world_after(&world, 10, answer_not_published);
    fake_world_run(&world, 60);
    assert_true(fake_hives_has_dword(&world.hives.hives[0], 1));
    assert_int_equal(fake_world_reported(&world, FAKE_PILOT)->blocked_by, POL_BLOCKED_PREFLIGHT);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, 0);
    release("safe"); /* the brake asks nobody */
    fake_world_run(&world, 10);
    assert_true(fake_hives_has_dword(&world.hives.hives[2], 1));
}

/* Only where somebody is blocked is of no use. */
static void answer_but_rpc(void *ctx)
{
    static const struct ag_probe_result GONE = {.verdict = POL_VERDICT_NOT_PUBLISHED, .http = 404};
    struct fake_world *w = ctx;
    fake_probing_answer_but(&w->probing, "https://mail.example.com/rpc/rpcproxy.dll", &GONE);
}

static void run__other_url_refused__is_news_and_holds_back_nobody_who_is_allowed(void **state)
{
    (void)state;
    release("all");
    fake_world_after(&world, 1, answer_but_rpc);
    fake_world_run(&world, 30);
    assert_false(world.hives.hives[0].value.present);
    assert_int_equal(fake_world_last_report(&world)->probes[1].verdict, POL_VERDICT_NOT_PUBLISHED);
    unsigned reports = world.report_count;
    fake_world_after(&world, 900, change_network);
    fake_world_after(&world, 930, answer_ready);
    fake_world_run(&world, 1100);
    assert_true(world.report_count > reports + 1); /* the first of this start, and the news */
    assert_int_equal(fake_world_last_report(&world)->probes[1].verdict, POL_VERDICT_READY);
}

static void run__spread_over_seconds__begins_in_time_for_nobodys_sake(void **state)
{
    (void)state;
    const struct fake_plan plan = {
        .serial = 7,
        .timing = "{\"poll_s\":900,\"wait_s\":240,\"spread_s\":1,\"report_s\":86400}",
        .guards = "{\"preflight\":{\"allow\":[\"https://mapi.example.com/mapi/\"]}}",
        .stages = "[{\"name\":\"all\",\"rules\":[],\"otherwise\":\"allow\"}]"};
    struct bytes envelope = fake_signer_envelope(&world.signer, &plan, "all");
    free(world.config.server_url);
    world.config.server_url = NULL; /* nothing else wakes the loop so soon */
    world.clock.constant = true;
    world.clock.chance = UINT32_MAX / 10; /* of half a minute: 3 s */
    fake_world_drop_file(&world, bytes_span(&envelope));
    bytes_free(&envelope);
    fake_world_run(&world, 2);
    assert_int_equal(world.probing.starts, 0);
    fake_world_run(&world, 5);
    assert_int_equal(world.probing.starts, 1);
}

static void run__another_network__probes_again(void **state)
{
    (void)state;
    release("all");
    fake_world_after(&world, 1, answer_ready);
    fake_world_after(&world, 1000, change_network);
    fake_world_run(&world, 1100);
    assert_int_equal(world.probing.starts, 2);
}

static void run__without_a_server__another_network_is_noticed_all_the_same(void **state)
{
    (void)state;
    release("all");
    fake_world_after(&world, 1, answer_ready);
    fake_world_run(&world, 10);
    free(world.config.server_url);
    world.config.server_url = NULL;
    fake_world_after(&world, 1000, change_network);
    fake_world_run(&world, 1100);
    assert_int_equal(world.probing.starts, 2);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(run__policy_with_urls__holds_back_until_one_answers),
        TEST(run__answers_known_from_before__hold_nobody_back),
        TEST(run__refused_everywhere__says_so_and_writes_nothing),
        TEST(run__other_url_refused__is_news_and_holds_back_nobody_who_is_allowed),
        TEST(run__spread_over_seconds__begins_in_time_for_nobodys_sake),
        TEST(run__another_network__probes_again),
        TEST(run__without_a_server__another_network_is_noticed_all_the_same),
    };
    return cmocka_run_group_tests_name("run: preflight", tests, NULL, NULL);
}
