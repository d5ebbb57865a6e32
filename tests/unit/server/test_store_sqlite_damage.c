/* test_store_sqlite_damage.c - a store's file that is not what it should be: one sentence with a code that says
 * what to do, and nothing is changed. */
#include "tests/cmocka_all.h"

#include "server/schema.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/damage_place.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void store__no_database__is_refused(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    damage_put(path,
               span_text("these are words, and many of them, but they are no database at all"));
    damage_expect_refused(p, "store_damaged", "is not a database");
}

static void store__half_a_file__is_refused(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    struct bytes all = damage_content(path);
    for (size_t part = 1; part < 8; part++) {
        size_t size = all.size * part / 8;
        damage_put(path, (struct span){.data = all.data, .size = size - size % 512});
        damage_expect_refused(p, "store_damaged", "restore BACKUP --data");
    }
    bytes_free(&all);
}

static void store__empty_or_gone_beside_its_log__is_refused(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    damage_close_killed(p);
    damage_path_of(p, "store.db", path);
    damage_put(path, span_text(""));
    damage_expect_refused(p, "store_damaged", "is empty or missing");
    assert_int_equal(unlink(path), 0);
    damage_expect_refused(p, "store_damaged", "is empty or missing");
    assert_false(damage_is_there(path)); /* nor was it made anew */
}

/* In the middle of each page; where nothing is, nobody can see it. */
static void store__page_overwritten__is_noticed_and_never_crashes(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    uint8_t noise[64];
    size_t noticed = 0;
    size_t pages = 0;
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    struct bytes all = damage_content(path);
    memset(noise, 0xa5, sizeof noise);
    for (size_t at = 0; at < all.size; at += DAMAGE_PAGE) {
        struct srv_sqlite_check check;
        struct srv_store store;
        struct err err = {0};
        damage_put(path, bytes_span(&all));
        damage_overwrite(path, (off_t)at, noise, sizeof noise);
        enum status st = srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &check, &err);
        pages++;
        noticed += st != ST_OK ? 1 : 0;
        assert_true(st == ST_OK || strcmp(damage_code_of(st, &err), "store_damaged") == 0);
        if (srv_store_sqlite_open(p->folder, &store, NULL) == ST_OK) {
            store.close(store.ctx);
        }
    }
    assert_true(noticed * 10 >= pages * 9);
    bytes_free(&all);
}

static void store__of_a_newer_server__is_refused(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    char sql[64];
    sqlite3 *db = NULL;
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", SRV_SCHEMA_STEPS + 1);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    struct srv_store store;
    struct srv_sqlite_check check;
    struct err err = {0};
    assert_int_equal(srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &check, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_newer");
    assert_int_equal(srv_store_sqlite_open(p->folder, &store, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_newer");
}

static void store__somebody_elses_database__is_refused(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    sqlite3 *db = NULL;
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE report (x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    struct srv_sqlite_check check;
    struct err err = {0};
    assert_int_equal(srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &check, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_foreign");
}

static void store__a_folder_in_its_place__is_refused(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    struct srv_store store;
    struct err err = {0};
    assert_int_equal(srv_store_sqlite_open(p->folder, &store, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_damaged");
    assert_int_equal(rmdir(path), 0);
}

static void store__locked_by_another_program__is_read_and_not_written(void **state)
{
    struct store_place *p = *state;
    char path[DAMAGE_PATH_BYTES];
    sqlite3 *db = NULL;
    struct err err = {0};
    p->store.close(p->store.ctx);
    damage_path_of(p, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_open_it(p->folder, &p->store, &err), ST_OK);
    struct srv_write w = {.kind = SRV_WRITE_PROBE, .now_s = 1};
    assert_int_equal(srv_store_write(&p->store, &w, &err), ST_BUSY);
    assert_int_equal(p->store.check(p->store.ctx, NULL), ST_BUSY);
    assert_int_equal(damage_report_count(p), DAMAGE_REPORTS);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(srv_store_write(&p->store, &w, &err), ST_OK);
    p->store.close(p->store.ctx);
    /* One that must be brought to today's schema first waits for the lock. */
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1; BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(store_open_it(p->folder, &p->store, &err), ST_REFUSED);
    assert_string_equal(err.code, "store_busy");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, damage_setup, damage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__no_database__is_refused),
        TEST(store__half_a_file__is_refused),
        TEST(store__empty_or_gone_beside_its_log__is_refused),
        TEST(store__page_overwritten__is_noticed_and_never_crashes),
        TEST(store__of_a_newer_server__is_refused),
        TEST(store__somebody_elses_database__is_refused),
        TEST(store__a_folder_in_its_place__is_refused),
        TEST(store__locked_by_another_program__is_read_and_not_written),
    };
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("store: SQLite, its file damaged", tests, NULL, NULL);
}
