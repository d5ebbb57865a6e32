/* one_pass.h - a world of three users, and single passes over them, for tests of the cycle.
 *
 * Each test program has its own: these are definitions.
 */
#ifndef TESTS_UNIT_AGENT_ONE_PASS_H
#define TESTS_UNIT_AGENT_ONE_PASS_H

#include "tests/cmocka_all.h"

#include "agent/cycle.h"
#include "tests/fakes/fake_world.h"

static const struct pol_policy BLOCK = {.rollout = "test",
                                        .version = 7002,
                                        .kind = POL_KIND_STAGE,
                                        .otherwise = POL_SET_BLOCK,
                                        .expect = POL_EXPECT_ANY,
                                        .guards.block_mailboxes = {[POL_MAILBOX_UNKNOWN] = true}};

static struct fake_world world;
static struct ag_ledger ledger;
static struct ag_pass *pass;
static int64_t pause_until_s;
static const struct ag_client *client;
static enum pol_answer preflight_allow;
static enum pol_answer preflight_block;

static inline int set_up(void **state)
{
    (void)state;
    pause_until_s = 0;
    client = NULL;
    preflight_allow = POL_NOT_KNOWN;
    preflight_block = POL_NOT_KNOWN;
    fake_world_init(&world);
    ledger = (struct ag_ledger){0};
    pass = NULL;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    ag_pass_free(pass);
    ag_ledger_done(&ledger);
    fake_world_done(&world);
    return 0;
}

static inline void run(const struct pol_policy *policy)
{
    struct ag_cycle cycle = {.ports = &world.ports,
                             .host = &world.host,
                             .client = client,
                             .preflight_allow = preflight_allow,
                             .preflight_block = preflight_block,
                             .policy = policy,
                             .accepted_at_s = FAKE_CLOCK_START_S,
                             .pause_until_s = pause_until_s,
                             .ledger = &ledger};
    ag_pass_free(pass);
    pass = NULL;
    assert_int_equal(ag_cycle_run(&cycle, &pass, &world.err), ST_OK);
}

static inline const struct pol_report_user *row(size_t i)
{
    return &pass->outcomes[i].row;
}

#endif
