/* test_users_memory_posix.c - users, groups and names when memory runs out at any place. */
#include "tests/cmocka_all.h"

#include "agent/users.h"
#include "tests/fakes/fake_vault.h"
#include "tests/fakes/nth_allocation.h"

#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"
#define PILOT "S-1-5-21-1-2-3-512"

static const char *const LIST[] = {PILOT, "S-1-5-32-545"};

struct trial {
    struct ag_groups groups;
    struct ag_names names;
    struct ag_sid_list loaded;
    struct ag_sid_list profiles;
    struct ag_user *users;
    size_t count;
    struct fake_vault vault;
    struct ag_vault port;
};

static struct trial trial;

/* The fake's own would end the test where there is no memory. */
static enum status read_file(void *ctx, const char *name, size_t limit, struct bytes *out,
                             struct err *err)
{
    struct fake_file *file = fake_vault_find(ctx, name);
    assert_non_null(file);
    *out = bytes_with_limit(limit);
    enum status st = bytes_append(out, file->content.data, file->content.size);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "reading");
}

static int set_up(void **state)
{
    struct err err = {0};
    (void)state;
    memset(&trial, 0, sizeof trial);
    fake_vault_init(&trial.vault);
    trial.port = fake_vault_port(&trial.vault);
    trial.port.read = read_file;
    assert_int_equal(ag_sid_list_take(&trial.loaded, text_copy(BOB)), ST_OK);
    assert_int_equal(ag_sid_list_take(&trial.loaded, text_copy(ALICE)), ST_OK);
    assert_int_equal(ag_groups_keep(&trial.groups, ALICE, LIST, 2), ST_OK);
    static const char *const KEYS[] = {ALICE, BOB, PILOT, "S-1-5-32-545"};
    ag_names_begin(&trial.names);
    for (size_t i = 0; i < 4; i++) {
        (void)ag_names_find(&trial.names, KEYS[i]);
        assert_true(ag_names_answer(&trial.names, KEYS[i], "CONTOSO\\somebody", 0));
    }
    assert_int_equal(ag_groups_save(&trial.groups, &trial.port, &err), ST_OK);
    assert_int_equal(ag_names_save(&trial.names, &trial.port, &err), ST_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_sid_list_done(&trial.loaded);
    ag_groups_done(&trial.groups);
    ag_names_done(&trial.names);
    fake_vault_done(&trial.vault);
    return 0;
}

static enum status compose(void *ctx, struct err *err)
{
    struct trial *t = ctx;
    const struct ag_known known = {.groups = &t->groups, .names = &t->names};
    return ag_users_compose(&t->loaded, &t->profiles, &known, &t->users, &t->count, err);
}

static void after_compose(void *ctx, bool good)
{
    struct trial *t = ctx;
    assert_int_equal(t->users != NULL, good);
    ag_users_free(t->users, t->count);
    t->users = NULL;
    t->count = 0;
}

static void compose__memory_runs_out__gives_no_list(void **state)
{
    (void)state;
    const struct nth_call call = {.ctx = &trial, .call = compose, .after = after_compose};
    assert_true(nth_allocation_each(&call) >= 10);
}

static enum status keep(void *ctx, struct err *err)
{
    struct trial *t = ctx;
    enum status st = ag_groups_keep(&t->groups, BOB, LIST, 2);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "keeping");
}

/* What was known stays known. */
static void after_keep(void *ctx, bool good)
{
    struct trial *t = ctx;
    assert_int_equal(ag_groups_find(&t->groups, BOB) != NULL, good);
    assert_non_null(ag_groups_find(&t->groups, ALICE));
    ag_groups_done(&t->groups);
    assert_int_equal(ag_groups_keep(&t->groups, ALICE, LIST, 2), ST_OK);
}

static void keep__memory_runs_out__keeps_what_was_there(void **state)
{
    (void)state;
    /* `after` makes the table anew, in other memory than before: a table to begin with. */
    after_keep(&trial, false);
    const struct nth_call call = {.ctx = &trial, .call = keep, .after = after_keep};
    assert_true(nth_allocation_each(&call) >= 4);
}

static enum status load(void *ctx, struct err *err)
{
    struct trial *t = ctx;
    ag_groups_done(&t->groups);
    ag_names_done(&t->names);
    enum status st = ag_groups_load(&t->groups, &t->port, err);
    return st == ST_OK ? ag_names_load(&t->names, &t->port, 0, err) : st;
}

static void after_load(void *ctx, bool good)
{
    struct trial *t = ctx;
    assert_int_equal(ag_groups_find(&t->groups, ALICE) != NULL && t->names.count == 4, good);
    ag_groups_done(&t->groups);
    ag_names_done(&t->names);
}

static void load__memory_runs_out__is_an_empty_table(void **state)
{
    (void)state;
    after_load(&trial, true);
    /* A line for which there is no memory looks like one that is no good. */
    const struct nth_call call = {
        .ctx = &trial, .call = load, .after = after_load, .also = {ST_IO, ST_NO_MEMORY}};
    assert_true(nth_allocation_each(&call) >= 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(compose__memory_runs_out__gives_no_list),
        TEST(keep__memory_runs_out__keeps_what_was_there),
        TEST(load__memory_runs_out__is_an_empty_table),
    };
    return cmocka_run_group_tests_name("users (memory)", tests, NULL, NULL);
}
