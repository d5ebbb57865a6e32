/* test_preflight_known.c - what probing taught: for decisions, for the report, over a restart. */
#include "tests/unit/agent/probed.h"

/* ---- what it means ------------------------------------------------------------------------- */

static void step__says_whether_something_differs(void **state)
{
    struct ag_probe_result result = {
        .verdict = POL_VERDICT_READY, .http = 401, .schemes = 1, .server = "15.1.2507.12"};
    (void)state;
    only(ALLOW);
    (void)step();
    (void)pass_until_due();
    (void)step();
    assert_false(step());
    fake_probing_answer_but(&servers, ALLOW, &result);
    assert_true(step()); /* the first */
    for (int i = 0; i < 4; i++) {
        (void)pass_until_due();
        (void)step();
        fake_probing_answer_but(&servers, ALLOW, &result);
        assert_false(step());
        switch (i) {
        case 0: result.http = 200; break;
        case 1: result.schemes = 3; break;
        case 2: result.server[3] = '2'; break;
        default: result.verdict = POL_VERDICT_UNHEALTHY; break;
        }
        (void)pass_until_due();
        (void)step();
        fake_probing_answer_but(&servers, ALLOW, &result);
        assert_true(step());
    }
}

static void answer__one_ready_is_enough_and_all_must_fail(void **state)
{
    static const struct ag_probe_result DOWN = {.verdict = POL_VERDICT_UNHEALTHY, .http = 503};
    (void)state;
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
    (void)step();
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
    clock_state.ms += SPREAD_S * 1000;
    (void)step();
    fake_probing_answer_but(&servers, ALLOW, &DOWN);
    assert_true(step());
    assert_int_equal(answer_allow(), POL_YES);
    only(ALLOW);
    assert_int_equal(answer_allow(), POL_NO);
    policy.guards.allow = (struct pol_preflight){.urls = {ALLOW, "https://new/"}, .count = 2};
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
    policy.guards.allow.count = 0;
    assert_int_equal(answer_allow(), POL_NOT_KNOWN);
}

static void rows__show_each_url_for_each_use(void **state)
{
    static const struct ag_probe_result OLD = {
        .verdict = POL_VERDICT_TOO_OLD, .http = 401, .schemes = 3, .server = "15.0.516.32"};
    struct pol_report_probe rows[AG_PREFLIGHT_ROWS];
    (void)state;
    (void)step();
    clock_state.ms += SPREAD_S * 1000;
    (void)step();
    fake_probing_answer_but(&servers, BOTH, &OLD);
    (void)step();
    assert_int_equal(ag_preflight_rows(&preflight, rows, AG_PREFLIGHT_ROWS), 4);
    assert_string_equal(rows[0].url, ALLOW);
    assert_false(rows[0].for_block);
    assert_null(rows[0].server);
    assert_int_equal(rows[0].auth_count, 1);
    assert_string_equal(rows[0].auth[0], "Negotiate");
    assert_string_equal(rows[1].url, BOTH);
    assert_false(rows[1].for_block);
    assert_string_equal(rows[2].url, BOTH);
    assert_true(rows[2].for_block);
    assert_int_equal(rows[2].verdict, POL_VERDICT_TOO_OLD);
    assert_int_equal(rows[2].http, 401);
    assert_string_equal(rows[2].server, "15.0.516.32");
    assert_int_equal(rows[2].auth_count, 2);
    assert_int_equal(rows[2].at_s, fake_clock_now_s(&clock_state));
    assert_string_equal(rows[3].url, BLOCK);
    assert_true(rows[3].for_block);
    assert_int_equal(ag_preflight_rows(&preflight, rows, 3), 3);
}

/* ---- policies come and go ------------------------------------------------------------------ */

static void step__other_policy__forgets_what_it_does_not_name(void **state)
{
    (void)state;
    (void)step();
    clock_state.ms += SPREAD_S * 1000;
    (void)step();
    fake_probing_answer(&servers, POL_VERDICT_READY);
    (void)step();
    only(BLOCK);
    assert_false(step());
    assert_int_equal(preflight.count, 1);
    assert_int_equal(row_count(), 1);
    assert_string_equal(row(0).url, BLOCK);
    assert_false(row(0).for_block); /* it is for `allow` now */
    assert_int_equal(servers.starts, 1);
    const char *text = bytes_text(&fake_vault_find(&vault, FILE_NAME)->content);
    assert_non_null(strstr(text, BLOCK));
    assert_null(strstr(text, ALLOW));
    assert_false(ag_preflight_step(&preflight, &probing, &clock_port, NULL));
    assert_int_equal(row_count(), 0);
}

static void step__policy_changes_while_probing__old_answers_are_dropped(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)pass_until_due();
    (void)step();
    only(BLOCK);
    (void)step();
    fake_probing_answer(&servers, POL_VERDICT_READY);
    assert_false(step());
    assert_int_equal(row_count(), 0);
    (void)probe(POL_VERDICT_READY);
    assert_string_equal(row(0).url, BLOCK);
}

static void step__as_many_urls_as_a_policy_can_name__all_fit(void **state)
{
    char names[AG_PREFLIGHT_URLS][40];
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < AG_PREFLIGHT_URLS; i++) {
            (void)snprintf(names[i], sizeof names[i], "https://h%zu.example/%d", i, round);
            struct pol_preflight *list =
                i < LIMIT_PREFLIGHT_URLS ? &policy.guards.allow : &policy.guards.block;
            list->urls[i % LIMIT_PREFLIGHT_URLS] = names[i];
            list->count = LIMIT_PREFLIGHT_URLS;
        }
        (void)step();
        assert_int_equal(preflight.count, AG_PREFLIGHT_URLS);
        clock_state.ms += SPREAD_S * 1000;
        (void)step();
        assert_int_equal(servers.count, AG_PREFLIGHT_URLS);
        fake_probing_answer(&servers, POL_VERDICT_READY);
        assert_true(step());
        assert_int_equal(row_count(), AG_PREFLIGHT_URLS);
    }
}

/* ---- restarts ------------------------------------------------------------------------------ */

static void restart(void)
{
    ag_preflight_done(&preflight);
    assert_int_equal(ag_preflight_open(&preflight, &vault_port, NULL), ST_OK);
}

static void restart__keeps_all_that_was_known(void **state)
{
    static const struct ag_probe_result OLD = {
        .verdict = POL_VERDICT_TOO_OLD, .http = 401, .schemes = 3, .server = "15.0.516.32"};
    (void)state;
    (void)step();
    clock_state.ms += SPREAD_S * 1000;
    (void)step();
    fake_probing_answer_but(&servers, BOTH, &OLD);
    (void)step();
    int64_t at_s = row(0).at_s;
    restart();
    clock_state.ms += MINUTE_MS;
    assert_false(step());
    assert_int_equal(row_count(), 4);
    assert_int_equal(row(0).at_s, at_s);
    assert_int_equal(row(2).verdict, POL_VERDICT_TOO_OLD);
    assert_int_equal(row(2).http, 401);
    assert_string_equal(row(2).server, "15.0.516.32");
    assert_int_equal(row(2).auth_count, 2);
    assert_null(row(0).server);
    assert_int_equal(answer_allow(), POL_YES);
    assert_int_equal(servers.starts, 1); /* nothing is due because of it */
}

static void restart__asks_when_it_would_have_asked(void **state)
{
    (void)state;
    without_chance();
    only(ALLOW);
    (void)step();
    for (int i = 0; i < 3; i++) {
        (void)probe(POL_VERDICT_UNHEALTHY);
    }
    clock_state.ms += 40 * MINUTE_MS;
    restart();
    (void)step();
    assert_true(is_near(ag_preflight_due_ms(&preflight), now_ms() + 20 * MINUTE_MS));
    clock_state.ms += DAY_MS;
    restart();
    (void)step();
    assert_true(ag_preflight_due_ms(&preflight) <= now_ms() + SPREAD_S * 1000);
}

static void restart__clock_went_back__asks_soon(void **state)
{
    (void)state;
    only(ALLOW);
    (void)step();
    (void)probe(POL_VERDICT_READY);
    clock_state.offset_s = -90 * 86400;
    restart();
    (void)step();
    assert_true(ag_preflight_due_ms(&preflight) <= now_ms() + SPREAD_S * 1000);
}

static void restart__damaged_file__is_forgotten(void **state)
{
    static const char *const BAD[] = {
        "",
        "mapi-rollout/preflight/1\n",
        "mapi-rollout/preflight/2\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 3 0 - " ALLOW "\n",
        "mapi-rollout/preflight/1\n1795000000 splendid 401 3 0 - " ALLOW "\nend\n",
        "mapi-rollout/preflight/1\n-1 ready 401 3 0 - " ALLOW "\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 1000 3 0 - " ALLOW "\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 128 0 - " ALLOW "\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 3 1001 - " ALLOW "\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 3 0 x " ALLOW "\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 3 0 - http://h/\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 3 0 - " ALLOW " x\nend\n",
        "mapi-rollout/preflight/1\n1795000000 ready 401 3 0 - " ALLOW
        "\n1795000000 ready 401 3 0 - " ALLOW "\nend\n",
    };
    (void)state;
    only(ALLOW);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct err err = {.st = ST_OK};
        fake_vault_put(&vault, FILE_NAME, span_text(BAD[i]));
        assert_int_equal(ag_preflight_open(&preflight, &vault_port, &err), ST_IO);
        (void)step();
        assert_int_equal(row_count(), 0);
    }
    fake_vault_put(
        &vault, FILE_NAME,
        span_text("mapi-rollout/preflight/1\n1795000000 ready 401 3 0 - " ALLOW "\nend\n"));
    restart();
    (void)step();
    assert_int_equal(row_count(), 1);
}

static void restart__more_urls_than_there_can_be__is_forgotten(void **state)
{
    struct bytes text = bytes_with_limit(16 * 1024);
    (void)state;
    assert_int_equal(bytes_append_text(&text, "mapi-rollout/preflight/1\n"), ST_OK);
    for (size_t i = 0; i <= AG_PREFLIGHT_URLS; i++) {
        assert_int_equal(bytes_append_format(&text, "1 ready 401 3 0 - https://h%zu/\n", i), ST_OK);
    }
    assert_int_equal(bytes_append_text(&text, "end\n"), ST_OK);
    fake_vault_put(&vault, FILE_NAME, bytes_span(&text));
    bytes_free(&text);
    assert_int_equal(ag_preflight_open(&preflight, &vault_port, NULL), ST_IO);
    assert_int_equal(preflight.count, 0);
}

static void save__disk_is_full__is_told_and_nothing_else_is_lost(void **state)
{
    (void)state;
    only(ALLOW);
    vault.broken_name = FILE_NAME;
    (void)step();
    (void)probe(POL_VERDICT_READY);
    assert_int_equal(preflight.file_trouble.st, ST_NO_SPACE);
    assert_int_equal(answer_allow(), POL_YES);
    vault.broken_name = NULL;
    (void)probe(POL_VERDICT_READY);
    assert_int_equal(preflight.file_trouble.st, ST_OK);
    assert_non_null(fake_vault_find(&vault, FILE_NAME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(step__says_whether_something_differs),
        TEST(answer__one_ready_is_enough_and_all_must_fail),
        TEST(rows__show_each_url_for_each_use),
        TEST(step__other_policy__forgets_what_it_does_not_name),
        TEST(step__policy_changes_while_probing__old_answers_are_dropped),
        TEST(step__as_many_urls_as_a_policy_can_name__all_fit),
        TEST(restart__keeps_all_that_was_known),
        TEST(restart__asks_when_it_would_have_asked),
        TEST(restart__clock_went_back__asks_soon),
        TEST(restart__damaged_file__is_forgotten),
        TEST(restart__more_urls_than_there_can_be__is_forgotten),
        TEST(save__disk_is_full__is_told_and_nothing_else_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
