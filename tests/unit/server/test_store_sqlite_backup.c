/* test_store_sqlite_backup.c - a copy of a store that is in use, and what comes of putting it in its place. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "tests/unit/server/damage_place.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sender {
    struct store_place *p;
    atomic_uint answered;
    atomic_bool stop;
};

static void *send_on(void *ctx)
{
    struct sender *s = ctx;
    for (uint32_t i = DAMAGE_REPORTS + 1; !atomic_load(&s->stop); i++) {
        damage_send_one(s->p, i);
        atomic_store(&s->answered, i);
    }
    return NULL;
}

static void store__backup_under_load__has_all_that_was_answered_before(void **state)
{
    struct store_place *p = *state;
    struct sender s = {.p = p, .answered = DAMAGE_REPORTS};
    struct store_place other = {.folder = ""};
    struct srv_store second;
    char copy[DAMAGE_PATH_BYTES];
    char aside[SRV_ASIDE_BYTES];
    pthread_t thread;
    damage_path_of(p, "copy.db", copy);
    assert_int_equal(pthread_create(&thread, NULL, send_on, &s), 0);
    while (atomic_load(&s.answered) < DAMAGE_REPORTS + 5) {
    }
    unsigned before = atomic_load(&s.answered);
    assert_int_equal(store_open_it(p->folder, &second, NULL), ST_OK); /* as the command does */
    assert_int_equal(second.backup(second.ctx, copy, NULL), ST_OK);
    assert_int_equal(second.backup(second.ctx, copy, NULL), ST_EXISTS);
    second.close(second.ctx);
    atomic_store(&s.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    scratch_make(other.folder);
    assert_int_equal(srv_store_sqlite_restore(other.folder, copy, 0, aside, NULL), ST_OK);
    assert_string_equal(aside, "");
    assert_int_equal(store_open_it(other.folder, &other.store, NULL), ST_OK);
    assert_true(damage_report_count(&other) >= before);
    assert_int_equal(store_count(&other, "total", "users"), damage_report_count(&other));
    damage_send_one(&other, 90000);
    other.store.close(other.store.ctx);
    scratch_remove(other.folder);
    p->store.close(p->store.ctx);
}

/* A copy of the store as it is now, and where both are. */
struct copying {
    char copy[DAMAGE_PATH_BYTES];
    char path[DAMAGE_PATH_BYTES];
    char aside[SRV_ASIDE_BYTES];
};

static void back_up(struct store_place *p, struct copying *c)
{
    damage_path_of(p, "copy.db", c->copy);
    damage_path_of(p, "store.db", c->path);
    assert_int_equal(p->store.backup(p->store.ctx, c->copy, NULL), ST_OK);
}

/* After a report that the copy does not have. */
static void back_up_then_kill(struct store_place *p, struct copying *c)
{
    back_up(p, c);
    damage_send_one(p, 777);
    damage_close_killed(p);
}

static void restore(struct store_place *p, struct copying *c)
{
    assert_int_equal(srv_store_sqlite_restore(p->folder, c->copy, 86400, c->aside, NULL), ST_OK);
}

static void expect_as_copied(struct store_place *p)
{
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    assert_int_equal(damage_report_count(p), DAMAGE_REPORTS);
    p->store.close(p->store.ctx);
}

static void store__damaged_then_restored__is_that_of_the_backup(void **state)
{
    struct store_place *p = *state;
    struct copying c;
    char kept[DAMAGE_PATH_BYTES];
    back_up_then_kill(p, &c);
    damage_put(c.path, span_text("no database"));
    damage_expect_refused(p, "store_damaged", "restore");
    restore(p, &c);
    assert_string_equal(c.aside, "store.db.before-1970-01-02T00:00:00Z");
    damage_path_of(p, c.aside, kept);
    struct bytes old = damage_content(kept);
    assert_int_equal(old.size, strlen("no database"));
    bytes_free(&old);
    (void)strcat(kept, "-wal"); /* its log with it: it must not get into the restored one */
    assert_true(damage_is_there(kept));
    expect_as_copied(p);
}

/* What is left of a store is its log: it must not be taken for the restored one's. */
static void store__gone_then_restored__its_log_is_out_of_the_way(void **state)
{
    struct store_place *p = *state;
    struct copying c;
    back_up_then_kill(p, &c);
    assert_int_equal(unlink(c.path), 0);
    restore(p, &c);
    assert_string_not_equal(c.aside, "");
    expect_as_copied(p);
}

static void store__restored_twice_in_a_second__keeps_what_was_first(void **state)
{
    struct store_place *p = *state;
    struct copying c;
    struct err err = {0};
    char kept[DAMAGE_PATH_BYTES];
    back_up_then_kill(p, &c);
    damage_put(c.path, span_text("no database"));
    restore(p, &c);
    damage_path_of(p, c.aside, kept);
    assert_int_equal(srv_store_sqlite_restore(p->folder, c.copy, 86400, c.aside, &err), ST_EXISTS);
    assert_string_equal(c.aside, "");
    struct bytes old = damage_content(kept);
    assert_int_equal(old.size, strlen("no database"));
    bytes_free(&old);
    expect_as_copied(p);
}

static void store__bad_backup__is_not_restored(void **state)
{
    struct store_place *p = *state;
    struct copying c;
    struct err err = {0};
    back_up(p, &c);
    p->store.close(p->store.ctx);
    struct bytes all = damage_content(c.copy);
    struct bytes before = damage_content(c.path);
    damage_put(c.copy,
               (struct span){.data = all.data, .size = all.size / 2 - all.size / 2 % DAMAGE_PAGE});
    assert_int_equal(srv_store_sqlite_restore(p->folder, c.copy, 0, c.aside, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_damaged");
    damage_put(c.copy, span_text("no database either"));
    assert_int_equal(srv_store_sqlite_restore(p->folder, c.copy, 0, c.aside, &err), ST_REFUSED);
    damage_put(c.copy, span_text(""));
    assert_int_equal(srv_store_sqlite_restore(p->folder, c.copy, 0, c.aside, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_foreign");
    assert_int_equal(unlink(c.copy), 0);
    assert_int_equal(srv_store_sqlite_restore(p->folder, c.copy, 0, c.aside, &err), ST_NOT_FOUND);
    assert_false(damage_is_there(c.copy));
    assert_int_equal(srv_store_sqlite_restore(p->folder, p->folder, 0, c.aside, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_foreign");
    struct bytes after = damage_content(c.path);
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, after.size);
    bytes_free(&all);
    bytes_free(&before);
    bytes_free(&after);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, damage_setup, damage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__backup_under_load__has_all_that_was_answered_before),
        TEST(store__damaged_then_restored__is_that_of_the_backup),
        TEST(store__gone_then_restored__its_log_is_out_of_the_way),
        TEST(store__restored_twice_in_a_second__keeps_what_was_first),
        TEST(store__bad_backup__is_not_restored),
    };
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("store: SQLite, backup and restore", tests, NULL, NULL);
}
