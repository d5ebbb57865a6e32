/* test_cycle_gone.c - a hive that goes between any two calls is a logoff, not a failure. */
#include "tests/cmocka_all.h"

#include "agent/cycle.h"
#include "tests/fakes/fake_world.h"

static const struct pol_policy BLOCK = {.rollout = "test",
                                        .version = 7002,
                                        .kind = POL_KIND_STAGE,
                                        .otherwise = POL_SET_BLOCK,
                                        .expect = POL_EXPECT_ANY,
                                        .guards.block_mailboxes = {[POL_MAILBOX_UNKNOWN] = true}};
enum { CALLS_MOST = 40 };

static struct fake_world world;
static struct ag_ledger ledger;
static struct ag_setting real;
static unsigned calls_left; /* of the first user's hive, then it goes */

/* A call into a hive that went fails as on Windows: the key is deleted, or was never right. */
static enum status pass_on(struct ag_hive *hive, enum status how, struct err *err)
{
    if (hive == &world.hives.hives[0]) {
        hive->loaded = hive->loaded && calls_left > 0;
        calls_left -= calls_left > 0;
    }
    return hive->loaded ? ST_OK : err_set(err, how, 1018, "gone");
}

static enum status read_value(void *ctx, struct ag_hive *hive, struct ag_value *out,
                              struct err *err)
{
    enum status st = pass_on(hive, ST_NOT_FOUND, err);
    return st == ST_OK ? real.read(ctx, hive, out, err) : st;
}

static enum status write_value(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                               struct err *err)
{
    enum status st = pass_on(hive, ST_DENIED, err);
    return st == ST_OK ? real.write(ctx, hive, value, err) : st;
}

static enum status read_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                               struct ag_value *out, struct err *err)
{
    enum status st = pass_on(hive, ST_IO, err);
    return st == ST_OK ? real.read_marker(ctx, hive, part, out, err) : st;
}

static enum status write_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                                const struct ag_value *value, struct err *err)
{
    enum status st = pass_on(hive, ST_NOT_FOUND, err);
    return st == ST_OK ? real.write_marker(ctx, hive, part, value, err) : st;
}

static enum status flush(void *ctx, struct ag_hive *hive, struct err *err)
{
    enum status st = pass_on(hive, ST_IO, err);
    return st == ST_OK ? real.flush(ctx, hive, err) : st;
}

static int set_up(void **state)
{
    (void)state;
    fake_world_init(&world);
    ledger = (struct ag_ledger){0};
    real = world.ports.setting;
    world.ports.setting.read = read_value;
    world.ports.setting.write = write_value;
    world.ports.setting.read_marker = read_marker;
    world.ports.setting.write_marker = write_marker;
    world.ports.setting.flush = flush;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_ledger_done(&ledger);
    fake_world_done(&world);
    return 0;
}

static struct ag_pass *run(void)
{
    const struct ag_cycle cycle = {.ports = &world.ports,
                                   .host = &world.host,
                                   .policy = &BLOCK,
                                   .accepted_at_s = FAKE_CLOCK_START_S,
                                   .ledger = &ledger};
    struct ag_pass *pass = NULL;
    assert_int_equal(ag_cycle_run(&cycle, &pass, &world.err), ST_OK);
    return pass;
}

static void cycle__hive_goes_between_any_two_calls__counts_as_logged_off(void **state)
{
    unsigned calls = 0;
    (void)state;
    for (bool whole = false; !whole; calls++) {
        assert_in_range(calls, 0, CALLS_MOST);
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        calls_left = calls;
        struct ag_pass *pass = run();
        whole = world.hives.hives[0].loaded;
        assert_null(pass->outcomes[0].row.error_code);
        assert_int_equal(pass->outcomes[0].row.hive_loaded, whole);
        assert_int_equal(pass->outcomes[0].row.state,
                         whole ? POL_STATE_IDLE : POL_STATE_PENDING_LOGON);
        assert_int_equal(world.hives.hives[0].opened, 0);
        assert_true(fake_hives_has_dword(&world.hives.hives[1], 1));
        ag_pass_free(pass);
    }
    assert_in_range(calls, 8, CALLS_MOST); /* it was tried at each of them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            cycle__hive_goes_between_any_two_calls__counts_as_logged_off, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("cycle, a hive that goes", tests, NULL, NULL);
}
