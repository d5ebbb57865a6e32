/* test_preflight.c - when servers are probed, in virtual time, on the network and off it. */
#include "tests/unit/agent/probed.h"

/* ---- when ---------------------------------------------------------------------------------- */

static void step__without_a_policy__asks_nobody(void **state)
{
    (void)state;
    assert_false(ag_preflight_step(&preflight, &probing, &clock_port, NULL));
    assert_true(ag_preflight_due_ms(&preflight) == UINT64_MAX);
    assert_int_equal(servers.starts, 0);
}

static void step__new_urls__are_asked_within_the_spread_each_once(void **state)
{
    (void)state;
    assert_false(step());
    uint64_t last_ms = 0;
    for (size_t i = 0; i < preflight.count; i++) {
        assert_true(preflight.urls[i].due_ms <= now_ms() + SPREAD_S * 1000);
        last_ms = preflight.urls[i].due_ms > last_ms ? preflight.urls[i].due_ms : last_ms;
    }
    assert_int_equal(preflight.count, 3);
    clock_state.ms += SPREAD_S * 1000;
    assert_false(step());
    assert_int_equal(servers.starts, 1);
    assert_int_equal(servers.count, 3);
    assert_string_equal(servers.asked[0].url, ALLOW);
    assert_string_equal(servers.asked[1].url, BOTH);
    assert_string_equal(servers.asked[2].url, BLOCK);
    assert_true(ag_preflight_due_ms(&preflight) == UINT64_MAX); /* probing wakes us */
    assert_false(step());
    assert_int_equal(servers.starts, 1);
}

static void step__machines__draw_different_times(void **state)
{
    uint64_t first_ms = 0;
    (void)state;
    only(ALLOW);
    (void)step();
    first_ms = ag_preflight_due_ms(&preflight);
    assert_int_equal(ag_preflight_open(&preflight, &vault_port, NULL), ST_OK);
    (void)step();
    assert_true(ag_preflight_due_ms(&preflight) != first_ms);
}

static void step__ready__is_asked_again_after_a_day_more_or_less(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)probe(POL_VERDICT_READY);
    for (int i = 0; i < 50; i++) {
        uint64_t wait_ms = probe(POL_VERDICT_READY);
        assert_in_range(wait_ms, DAY_MS - DAY_MS / 5, DAY_MS + DAY_MS / 5);
    }
}

static void step__not_ready__is_asked_again_sooner_and_then_rarer(void **state)
{
    static const uint64_t MINUTES[] = {15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440};
    (void)state;
    without_chance();
    only(ALLOW);
    (void)step();
    (void)probe(POL_VERDICT_UNHEALTHY);
    for (size_t i = 0; i < sizeof MINUTES / sizeof MINUTES[0]; i++) {
        assert_true(is_near(probe(POL_VERDICT_UNHEALTHY), MINUTES[i] * MINUTE_MS));
    }
    (void)probe(POL_VERDICT_READY);
    assert_true(is_near(probe(POL_VERDICT_TOO_OLD), DAY_MS));
    assert_true(is_near(probe(POL_VERDICT_TOO_OLD), 15 * MINUTE_MS));
}

static void network_changed__asks_again_soon_but_each_quarter_of_an_hour_at_most(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)probe(POL_VERDICT_READY);
    clock_state.ms += HOUR_MS;
    ag_preflight_network_changed(&preflight);
    assert_false(step());
    assert_true(ag_preflight_due_ms(&preflight) <= now_ms() + SPREAD_S * 1000);
    (void)probe(POL_VERDICT_READY);
    uint64_t began_ms = now_ms();
    for (int i = 0; i < 20; i++) { /* a flapping network */
        clock_state.ms += 1000;
        ag_preflight_network_changed(&preflight);
        (void)step();
    }
    assert_true(ag_preflight_due_ms(&preflight) >= began_ms + 15 * MINUTE_MS);
    assert_true(ag_preflight_due_ms(&preflight) <= began_ms + 15 * MINUTE_MS + SPREAD_S * 1000);
}

static void network_changed__while_probing__asks_again_afterwards(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)pass_until_due();
    (void)step();
    ag_preflight_network_changed(&preflight);
    (void)step();
    fake_probing_answer(&servers, POL_VERDICT_READY);
    (void)step();
    assert_true(ag_preflight_due_ms(&preflight) <= now_ms() + 15 * MINUTE_MS + SPREAD_S * 1000);
}

static void network_changed__begins_the_ladder_anew(void **state)
{
    (void)state;
    without_chance();
    only(ALLOW);
    (void)step();
    for (int i = 0; i < 6; i++) {
        (void)probe(POL_VERDICT_UNREACHABLE);
    }
    clock_state.ms += HOUR_MS;
    ag_preflight_network_changed(&preflight);
    (void)step();
    (void)probe(POL_VERDICT_UNREACHABLE);
    assert_true(is_near(probe(POL_VERDICT_UNREACHABLE), 15 * MINUTE_MS));
}

static void step__nobody_can_probe__is_never_due(void **state)
{
    (void)state;
    probing = (struct ag_probing){.ctx = NULL};
    assert_false(step());
    assert_true(ag_preflight_due_ms(&preflight) == UINT64_MAX);
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
}

static void step__probing_refuses__is_tried_again_later(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)pass_until_due();
    servers.refuses = ST_BUSY;
    assert_false(step());
    assert_int_equal(ag_preflight_due_ms(&preflight), now_ms() + 10 * 1000);
    (void)pass_until_due();
    servers.refuses = ST_NO_MEMORY;
    assert_false(step());
    assert_int_equal(preflight.probe_trouble.st, ST_NO_MEMORY);
    assert_int_equal(ag_preflight_due_ms(&preflight), now_ms() + 15 * MINUTE_MS);
    servers.refuses = ST_OK;
    (void)probe(POL_VERDICT_READY);
    assert_int_equal(preflight.probe_trouble.st, ST_OK);
    assert_int_equal(answer_allow(), POL_YES);
}

static void step__url_that_was_not_answered_for__is_asked_again_later(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)pass_until_due();
    (void)step();
    servers.count = 0;
    fake_probing_answer(&servers, POL_VERDICT_READY);
    assert_false(step());
    assert_int_equal(servers.starts, 1);
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
    assert_in_range(ag_preflight_due_ms(&preflight), now_ms() + 12 * MINUTE_MS,
                    now_ms() + 18 * MINUTE_MS);
}

/* ---- off the network ----------------------------------------------------------------------- */

static void off_network__when_due__nobody_is_asked_and_what_was_known_stays(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)probe(POL_VERDICT_READY);
    int64_t at_s = row(0).at_s;
    (void)pass_until_due();
    servers.off_network = true;
    assert_false(step());
    assert_int_equal(servers.starts, 1);
    assert_true(preflight.urls[0].aged);
    assert_int_equal(row(0).verdict, POL_VERDICT_READY);
    assert_int_equal(row(0).at_s, at_s);
    assert_int_equal(answer_allow(), POL_YES);
    assert_in_range(ag_preflight_due_ms(&preflight), now_ms() + 12 * MINUTE_MS,
                    now_ms() + 18 * MINUTE_MS);
    servers.off_network = false;
    ag_preflight_network_changed(&preflight);
    (void)step();
    assert_true(ag_preflight_due_ms(&preflight) <= now_ms() + SPREAD_S * 1000);
    (void)probe(POL_VERDICT_READY);
    assert_false(preflight.urls[0].aged);
    assert_true(row(0).at_s > at_s);
}

static void off_network__while_probing__only_a_real_answer_counts(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)probe(POL_VERDICT_READY);
    int64_t at_s = row(0).at_s;
    for (int i = 0; i < 2; i++) {
        servers.off_network = false;
        (void)pass_until_due();
        (void)step();
        servers.off_network = true;
        fake_probing_answer(&servers, i == 0 ? POL_VERDICT_UNREACHABLE : POL_VERDICT_PROXY_UNKNOWN);
        assert_false(step());
        assert_int_equal(row(0).verdict, POL_VERDICT_READY);
        assert_int_equal(row(0).at_s, at_s);
        assert_true(preflight.urls[0].aged);
    }
    servers.off_network = false;
    (void)pass_until_due();
    (void)step();
    servers.off_network = true;
    fake_probing_answer(&servers, POL_VERDICT_UNHEALTHY);
    assert_true(step());
    assert_int_equal(row(0).verdict, POL_VERDICT_UNHEALTHY);
}

static void off_network__before_the_first_probe__nothing_is_known(void **state)
{
    (void)state;
    only(ALLOW);
    servers.off_network = true;
    (void)step();
    (void)pass_until_due();
    assert_false(step());
    assert_int_equal(servers.starts, 0);
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
    assert_int_equal(row_count(), 0);
    assert_false(preflight.urls[0].aged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(step__without_a_policy__asks_nobody),
        TEST(step__new_urls__are_asked_within_the_spread_each_once),
        TEST(step__machines__draw_different_times),
        TEST(step__ready__is_asked_again_after_a_day_more_or_less),
        TEST(step__not_ready__is_asked_again_sooner_and_then_rarer),
        TEST(network_changed__asks_again_soon_but_each_quarter_of_an_hour_at_most),
        TEST(network_changed__while_probing__asks_again_afterwards),
        TEST(network_changed__begins_the_ladder_anew),
        TEST(step__nobody_can_probe__is_never_due),
        TEST(step__probing_refuses__is_tried_again_later),
        TEST(step__url_that_was_not_answered_for__is_asked_again_later),
        TEST(off_network__when_due__nobody_is_asked_and_what_was_known_stays),
        TEST(off_network__while_probing__only_a_real_answer_counts),
        TEST(off_network__before_the_first_probe__nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
