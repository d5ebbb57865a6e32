/* test_mark.c - mark.h: who was looked after when the agent came down. */
#include "tests/cmocka_all.h"

#include "agent/mark.h"
#include "tests/fakes/fake_vault.h"

#include <stdio.h>

static const char SID[] = "S-1-5-21-1-2-3-1001";
static struct fake_vault store;
static struct ag_vault vault;
static struct ag_ledger ledger;
static struct err err;
static char sid[AG_SID_BYTES];
static bool found;

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    ledger = (struct ag_ledger){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_ledger_done(&ledger);
    fake_vault_done(&store);
    return 0;
}

static void crash_under(int64_t version)
{
    assert_int_equal(ag_mark_set(&vault, SID, version, &err), ST_OK);
    assert_int_equal(ag_mark_take(&vault, &ledger, &found, sid, &err), ST_OK);
    assert_true(found);
    assert_string_equal(sid, SID);
    assert_string_equal(store.mark, "");
}

static bool is_skipped(int64_t version)
{
    return ag_mark_is_skipped(ag_ledger_find(&ledger, SID), version);
}

static void take__no_mark__is_nobody(void **state)
{
    (void)state;
    assert_int_equal(ag_mark_set(&vault, SID, 7001, &err), ST_OK);
    assert_int_equal(ag_mark_clear(&vault, &err), ST_OK);
    assert_int_equal(ag_mark_take(&vault, &ledger, &found, sid, &err), ST_OK);
    assert_false(found);
    assert_int_equal(ledger.count, 0);
}

static void take__second_crash_in_a_row__skips_until_another_version(void **state)
{
    (void)state;
    crash_under(7001);
    assert_false(is_skipped(7001));
    crash_under(7001);
    assert_true(is_skipped(7001));
    assert_false(is_skipped(7002));
    crash_under(7002); /* the count begins anew */
    assert_false(is_skipped(7002));
    assert_true(ledger.changed);
}

static void take__without_a_policy__counts_as_well(void **state)
{
    (void)state;
    crash_under(0);
    crash_under(0);
    assert_true(is_skipped(0));
    assert_false(is_skipped(7001));
}

static void take__nonsense__is_cleared_away(void **state)
{
    (void)state;
    static const char *const MARKS[] = {" ", "X-1-5-21-1 7001", "S-1-5-21-1", "S-1-5-21-1 x",
                                        "S-1-5-21-1 7001 more"};
    for (size_t i = 0; i < sizeof MARKS / sizeof MARKS[0]; i++) {
        (void)snprintf(store.mark, sizeof store.mark, "%s", MARKS[i]);
        assert_int_equal(ag_mark_take(&vault, &ledger, &found, sid, &err), ST_OK);
        assert_false(found);
        assert_string_equal(store.mark, "");
    }
    assert_int_equal(ledger.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(take__no_mark__is_nobody),
        TEST(take__second_crash_in_a_row__skips_until_another_version),
        TEST(take__without_a_policy__counts_as_well),
        TEST(take__nonsense__is_cleared_away),
    };
    return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
