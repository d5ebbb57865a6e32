/* test_cycle_outlook.c - ag_cycle_run(): what Outlook does decides on guards, rings and states. */
#include "tests/unit/agent/one_pass.h"

#include <string.h>

static const char *sid_of(size_t i)
{
    return world.hives.hives[i].sid;
}

static const struct pol_policy ALLOW = {.rollout = "test",
                                        .version = 7002,
                                        .kind = POL_KIND_STAGE,
                                        .otherwise = POL_SET_ALLOW,
                                        .expect = POL_EXPECT_MAPI_HTTP};

static struct pol_policy block_known_mailboxes(void)
{
    struct pol_policy policy = BLOCK;
    policy.guards.block_mailboxes[POL_MAILBOX_ON_PREMISES] = true;
    return policy;
}

static void pass_by(uint32_t seconds)
{
    world.clock.ms += (uint64_t)seconds * 1000;
}

/* The first user's Outlook starts now. */
static void start_outlook(void)
{
    pass_by(10);
    world.outlook.sid = sid_of(0);
    world.outlook.started_s = fake_clock_now_s(&world.clock);
    pass_by(10);
}

static void end_outlook(void)
{
    world.outlook.sid = NULL;
}

static bool has_evidence(size_t i, const char *text)
{
    for (size_t k = 0; k < row(i)->evidence_count; k++) {
        if (strcmp(row(i)->evidence[k], text) == 0) {
            return true;
        }
    }
    return false;
}

/* As after a restart: only what the vault keeps is left. */
static void restart(void)
{
    assert_int_equal(ag_ledger_save(&ledger, &world.ports.vault, &world.err), ST_OK);
    ag_ledger_done(&ledger);
    assert_int_equal(ag_ledger_load(&ledger, &world.ports.vault, &world.err), ST_OK);
}

/* ---- where the mailbox is ------------------------------------------------------------------ */

static void cycle__mailbox_in_exchange_online__is_never_blocked(void **state)
{
    (void)state;
    struct pol_policy policy = block_known_mailboxes();
    fake_sights_move_online(&world.sights, sid_of(0));
    fake_sights_configure(&world.sights, sid_of(1), POL_OBSERVED_MAPI_HTTP);
    run(&policy);
    assert_int_equal(row(0)->mailbox, POL_MAILBOX_EXCHANGE_ONLINE);
    assert_int_equal(row(0)->state, POL_STATE_BLOCKED);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_MAILBOX);
    assert_false(row(0)->value.present);
    assert_int_equal(row(1)->mailbox, POL_MAILBOX_ON_PREMISES);
    assert_int_equal(row(1)->value.dword, 1);
    assert_int_equal(row(2)->mailbox, POL_MAILBOX_UNKNOWN);
    assert_int_equal(row(2)->value.dword, 1);
}

static void cycle__mailbox_that_moves__takes_the_value_along_and_is_no_drift(void **state)
{
    (void)state;
    struct pol_policy policy = block_known_mailboxes();
    policy.apply.when = POL_WHEN_OUTLOOK_CLOSED;
    policy.apply.deadline_s = 86400;
    run(&policy);
    assert_int_equal(row(0)->value.dword, 1);
    start_outlook(); /* runs: nothing new would be written now */
    fake_sights_move_online(&world.sights, sid_of(0));
    run(&policy);
    assert_false(row(0)->value.present);
    assert_int_equal(row(0)->action, POL_ACTION_RELEASED);
    assert_int_equal(row(0)->corrections, 0);
    run(&policy);
    assert_int_equal(row(0)->state, POL_STATE_BLOCKED);
    end_outlook();
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_RPC_HTTP);
    run(&policy);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(row(0)->corrections, 0);
    assert_int_equal(ledger.records[0].rewritten_at_s[1], -1);
}

static void cycle__mailbox_once_seen__is_remembered_over_restarts_and_looks_that_fail(void **state)
{
    (void)state;
    struct pol_policy policy = block_known_mailboxes();
    fake_sights_move_online(&world.sights, sid_of(0));
    run(&policy);
    restart();
    world.sights.count = 0; /* nobody looked since */
    run(&policy);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_MAILBOX);
    fake_sights_of(&world.sights, sid_of(0))->timed_out = true;
    run(&policy);
    assert_int_equal(row(0)->mailbox, POL_MAILBOX_EXCHANGE_ONLINE);
    assert_int_equal(row(0)->observed, POL_OBSERVED_UNKNOWN);
    assert_true(has_evidence(0, "timeout"));
    world.ports.sights.never = true; /* the machine's policy says so now */
    world.sights.count = 0;
    world.hives.hives[0].loaded = false;
    run(&policy);
    assert_int_equal(row(0)->observed, POL_OBSERVED_UNKNOWN);
    assert_int_equal(row(0)->evidence_count, 0);
    world.hives.hives[0].loaded = true;
    run(&policy);
    assert_int_equal(row(0)->mailbox, POL_MAILBOX_UNKNOWN);
    assert_int_equal(row(0)->value.dword, 1);
}

static void cycle__hive_not_loaded__is_not_judged_by_an_old_look(void **state)
{
    (void)state;
    world.hives.hives[0].loaded = false;
    fake_sights_move_online(&world.sights, sid_of(0));
    run(&BLOCK);
    assert_int_equal(row(0)->mailbox, POL_MAILBOX_UNKNOWN);
}

/* ---- what is installed, and what answered -------------------------------------------------- */

static void cycle__old_client__is_allowed_and_told(void **state)
{
    (void)state;
    static const struct ag_client OLD = {.known = true, .version = "15.0.4420.1017"};
    struct pol_policy policy = ALLOW;
    policy.guards.minimum_outlook[0] = (uint64_t)15 << 48 | (uint64_t)4569 << 16;
    policy.guards.minimum_texts[0] = "15.0.4569";
    policy.guards.minimum_count = 1;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    run(&policy);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_NOT); /* nobody knows which client */
    client = &OLD;
    run(&policy);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_CLIENT_VERSION);
    assert_int_equal(row(0)->state, POL_STATE_BLOCKED);
    assert_false(row(0)->value.present);
}

static void cycle__waiting_for_a_probe__writes_nothing_until_it_passes(void **state)
{
    (void)state;
    struct pol_policy policy = ALLOW;
    policy.guards.allow.urls[0] = "https://mapi.example.com/mapi/healthcheck.htm";
    policy.guards.allow.count = 1;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    run(&policy);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_PREFLIGHT_PENDING);
    assert_int_equal(row(0)->state, POL_STATE_BLOCKED);
    preflight_allow = POL_NO;
    run(&policy);
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_PREFLIGHT);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(world.hives.value_writes + world.hives.marker_writes, 0);
    preflight_allow = POL_YES;
    run(&policy);
    assert_false(row(0)->value.present);
    assert_int_equal(row(0)->action, POL_ACTION_REMOVED);
    assert_int_equal(row(0)->corrections, 0); /* what waited was no drift */
    assert_false(pass->outcomes[0].corrected);
}

static void cycle__safe_policy__waits_for_no_probe(void **state)
{
    (void)state;
    struct pol_policy safe = BLOCK;
    safe.kind = POL_KIND_SAFE;
    safe.guards.block.urls[0] = "https://mail.example.com/rpc/rpcproxy.dll";
    safe.guards.block.count = 1;
    preflight_block = POL_NO;
    run(&safe);
    assert_int_equal(row(0)->value.dword, 1);
}

/* ---- states -------------------------------------------------------------------------------- */

static void cycle__configured_as_decided__is_compliant(void **state)
{
    (void)state;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_RPC_HTTP);
    start_outlook();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_PENDING_RESTART);
    assert_int_equal(row(0)->observed, POL_OBSERVED_RPC_HTTP);
    end_outlook();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_IDLE);
    start_outlook();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_CONVERGING);
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_MAPI_HTTP);
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_COMPLIANT);
    assert_int_equal(row(0)->confidence, POL_CONFIDENCE_CONFIGURED);
    assert_true(has_evidence(0, "profile:001f6653"));
}

static void cycle__contradicted_after_two_starts__is_a_mismatch_with_a_hint(void **state)
{
    (void)state;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    run(&ALLOW);
    start_outlook();
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_RPC_HTTP);
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_CONVERGING);
    end_outlook();
    run(&ALLOW);
    restart(); /* of the agent: starts are counted on */
    start_outlook();
    fake_sights_offer(&world.sights, sid_of(0), POL_OBSERVED_MAPI_HTTP,
                      fake_clock_now_s(&world.clock));
    run(&ALLOW);
    assert_int_equal(row(0)->starts_since_change, 2);
    assert_int_equal(row(0)->state, POL_STATE_MISMATCH);
    assert_true(has_evidence(0, "hint:recreate_profile"));
}

static void cycle__contradicted_for_a_day__is_a_mismatch(void **state)
{
    (void)state;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    run(&ALLOW);
    start_outlook();
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_RPC_HTTP);
    run(&ALLOW);
    pass_by(86400 - 60);
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_CONVERGING);
    pass_by(120);
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_MISMATCH);
    end_outlook(); /* what a day has shown, the evening does not take back */
    restart();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_MISMATCH);
    fake_hives_set_dword(&world.hives.hives[0], 1); /* written anew: all begins anew */
    run(&ALLOW);
    start_outlook();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_CONVERGING);
}

static void cycle__server_offers_the_other_alone__is_blocked_by_the_server(void **state)
{
    (void)state;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    run(&ALLOW);
    for (int starts = 0; starts < 2; starts++) {
        start_outlook();
        fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_RPC_HTTP);
        fake_sights_offer(&world.sights, sid_of(0), POL_OBSERVED_RPC_HTTP,
                          fake_clock_now_s(&world.clock));
        run(&ALLOW);
        end_outlook();
    }
    assert_int_equal(row(0)->blocked_by, POL_BLOCKED_SERVER);
    assert_int_equal(row(0)->state, POL_STATE_BLOCKED);
    assert_false(row(0)->value.present); /* said, not undone */
}

static void cycle__own_value__is_never_evidence(void **state)
{
    (void)state;
    fake_hives_set_dword(&world.hives.hives[0], 1);
    start_outlook();
    run(&BLOCK);
    assert_int_equal(row(0)->value.dword, 1);
    assert_int_equal(row(0)->observed, POL_OBSERVED_UNKNOWN);
    assert_int_equal(row(0)->confidence, POL_CONFIDENCE_NONE);
    assert_int_equal(row(0)->state, POL_STATE_UNVERIFIED);
}

static void cycle__logged_off__keeps_the_state_until_another_version(void **state)
{
    (void)state;
    struct pol_policy next = ALLOW;
    next.version++;
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_MAPI_HTTP);
    start_outlook();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_COMPLIANT);
    end_outlook();
    run(&ALLOW);
    world.hives.hives[0].loaded = false;
    restart();
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_COMPLIANT);
    assert_int_equal(row(0)->observed, POL_OBSERVED_MAPI_HTTP);
    assert_true(has_evidence(0, "remembered"));
    pause_until_s = fake_clock_now_s(&world.clock) + 10;
    run(&ALLOW);
    assert_int_equal(row(0)->state, POL_STATE_PAUSED);
    pause_until_s = 0;
    run(&next);
    assert_int_equal(row(0)->state, POL_STATE_PENDING_LOGON);
}

static void cycle__other_evidence__is_news(void **state)
{
    (void)state;
    fake_sights_configure(&world.sights, sid_of(0), POL_OBSERVED_MAPI_HTTP);
    run(&ALLOW);
    struct ag_pass *before = pass;
    pass = NULL;
    run(&ALLOW);
    assert_true(ag_outcome_same(&pass->outcomes[0], &before->outcomes[0]));
    fake_sights_of(&world.sights, sid_of(0))->policy_value = true;
    run(&ALLOW);
    assert_false(ag_outcome_same(&pass->outcomes[0], &before->outcomes[0]));
    ag_pass_free(before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(cycle__mailbox_in_exchange_online__is_never_blocked),
        TEST(cycle__mailbox_that_moves__takes_the_value_along_and_is_no_drift),
        TEST(cycle__mailbox_once_seen__is_remembered_over_restarts_and_looks_that_fail),
        TEST(cycle__hive_not_loaded__is_not_judged_by_an_old_look),
        TEST(cycle__old_client__is_allowed_and_told),
        TEST(cycle__waiting_for_a_probe__writes_nothing_until_it_passes),
        TEST(cycle__safe_policy__waits_for_no_probe),
        TEST(cycle__configured_as_decided__is_compliant),
        TEST(cycle__contradicted_after_two_starts__is_a_mismatch_with_a_hint),
        TEST(cycle__contradicted_for_a_day__is_a_mismatch),
        TEST(cycle__server_offers_the_other_alone__is_blocked_by_the_server),
        TEST(cycle__own_value__is_never_evidence),
        TEST(cycle__logged_off__keeps_the_state_until_another_version),
        TEST(cycle__other_evidence__is_news),
    };
    return cmocka_run_group_tests_name("cycle: Outlook", tests, NULL, NULL);
}
