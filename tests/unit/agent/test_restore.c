/* test_restore.c - ag_restore_all(): every user who can be reached, and what is said of the others. */
#include "tests/cmocka_all.h"

#include "agent/restore.h"
#include "tests/fakes/fake_hives.h"

#include <string.h>

enum { USERS = 4 };

static const char *const SIDS[USERS] = {"S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002",
                                        "S-1-5-21-1-2-3-1003", "S-1-5-21-1-2-3-1004"};

static struct fake_hives hives;
static struct ag_restored rows[USERS];
static size_t row_count;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_hives_init(&hives);
    for (size_t i = 0; i < USERS; i++) {
        (void)fake_hives_add(&hives, SIDS[i]);
    }
    return 0;
}

static struct ag_hive *hive(size_t i)
{
    return &hives.hives[i];
}

/* As a policy left it: blocked, with what was there before in the marker. */
static void block(size_t i)
{
    struct ag_setting setting = fake_hives_setting(&hives);
    struct pol_policy policy = {.rollout = "test", .kind = POL_KIND_STAGE};
    struct pol_decision decision = {.set = POL_SET_BLOCK, .rule = -1};
    struct ag_applied applied = {0};
    assert_int_equal(ag_apply(&setting, hive(i), &policy, &decision, true, &applied, &err), ST_OK);
}

static void visit(void *ctx, const struct ag_restored *row)
{
    (void)ctx;
    assert_string_equal(row->user->sid, SIDS[row_count]);
    rows[row_count] = *row;
    rows[row_count++].user = NULL; /* it does not live that long */
}

static void restore(enum ag_restore_how how)
{
    struct ag_users users = fake_hives_users(&hives);
    struct ag_setting setting = fake_hives_setting(&hives);
    row_count = 0;
    assert_int_equal(ag_restore_all(&users, &setting, how, visit, NULL, &err), ST_OK);
    assert_int_equal(row_count, USERS);
    assert_int_equal(hives.rash_writes, 0);
}

static void restore__pre_images__come_back_and_nothing_else_is_touched(void **state)
{
    (void)state;
    fake_hives_set_dword(hive(0), 0);
    block(0);
    block(1);
    fake_hives_set_dword(hive(2), 1); /* never ours */
    block(3);
    fake_hives_set_dword(hive(3), 0); /* somebody else's since */
    restore(AG_RESTORE_PRE_IMAGE);
    assert_true(fake_hives_has_dword(hive(0), 0));
    assert_false(hive(1)->value.present);
    assert_true(fake_hives_has_dword(hive(2), 1));
    assert_true(fake_hives_has_dword(hive(3), 0));
    assert_int_equal(rows[0].after.action, POL_ACTION_RESTORED);
    assert_int_equal(rows[1].after.action, POL_ACTION_RESTORED);
    assert_int_equal(rows[2].after.action, POL_ACTION_NONE);
    assert_false(rows[2].marked);
    assert_int_equal(rows[3].after.blocked_by, POL_BLOCKED_FOREIGN);
    for (size_t i = 0; i < USERS; i++) {
        assert_false(fake_hives_has_marker(hive(i)));
        assert_int_equal(hive(i)->opened, 0);
    }
}

static void restore__allow__removes_every_value_and_marker(void **state)
{
    (void)state;
    fake_hives_set_dword(hive(0), 0);
    block(0);
    fake_hives_set_dword(hive(1), 1);
    hive(2)->value =
        (struct ag_value){.present = true, .type = AG_TYPE_SZ, .size = 3, .data = "yes"};
    restore(AG_RESTORE_ALLOW);
    for (size_t i = 0; i < USERS; i++) {
        assert_false(hive(i)->value.present);
        assert_false(fake_hives_has_marker(hive(i)));
    }
    assert_int_equal(rows[0].after.action, POL_ACTION_REMOVED);
    assert_int_equal(rows[1].after.action, POL_ACTION_REMOVED);
    assert_int_equal(rows[2].after.action, POL_ACTION_REMOVED);
    assert_int_equal(rows[3].after.action, POL_ACTION_NONE);
}

static void restore__not_logged_on__is_said_and_not_looked_at(void **state)
{
    (void)state;
    block(1);
    hive(1)->loaded = false;
    restore(AG_RESTORE_PRE_IMAGE);
    assert_false(rows[1].reached);
    assert_int_equal(rows[1].err.st, ST_OK);
    assert_true(fake_hives_has_dword(hive(1), 1));
}

static void restore__one_fails__the_others_are_served(void **state)
{
    (void)state;
    for (size_t i = 0; i < USERS; i++) {
        block(i);
    }
    hive(1)->broken = true;
    restore(AG_RESTORE_PRE_IMAGE);
    assert_true(rows[1].reached);
    assert_int_equal(rows[1].err.st, ST_DENIED);
    assert_false(hive(0)->value.present);
    assert_false(hive(2)->value.present);
    assert_false(hive(3)->value.present);
}

/* Killed at any call and run again: the same end, whatever the pre-image was. */
static void restore__killed_at_any_call__the_next_one_finishes(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 2; how++) {
        for (unsigned n = 1; n < 40; n++) {
            (void)set_up(NULL);
            fake_hives_set_dword(hive(0), 0);
            block(0);
            hives.calls = 0;
            hives.dies_after = n;
            struct ag_users users = fake_hives_users(&hives);
            struct ag_setting setting = fake_hives_setting(&hives);
            row_count = 0;
            assert_int_equal(
                ag_restore_all(&users, &setting, (enum ag_restore_how)how, visit, NULL, &err),
                ST_OK);
            hives.dies_after = 0;
            restore((enum ag_restore_how)how);
            assert_int_equal(hive(0)->value.present, how == AG_RESTORE_PRE_IMAGE);
            assert_false(fake_hives_has_marker(hive(0)));
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(restore__pre_images__come_back_and_nothing_else_is_touched),
        TEST(restore__allow__removes_every_value_and_marker),
        TEST(restore__not_logged_on__is_said_and_not_looked_at),
        TEST(restore__one_fails__the_others_are_served),
        TEST(restore__killed_at_any_call__the_next_one_finishes),
    };
    return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
