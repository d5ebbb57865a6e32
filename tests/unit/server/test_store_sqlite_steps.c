/* test_store_sqlite_steps.c - a store of each schema before the counters of today has them when it is opened. */
#include "tests/cmocka_all.h"

#include "server/schema.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/store_recount.h"

#include <psa/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* Three users and one who left, on a machine in service and one that is not; Outlooks as devices wrote
 * them. */
static const char ROWS[] =
    "INSERT INTO device (device_id, name, enrolled_s, seen_s, retired_s) VALUES"
    " ('d1', 'PC-1', 1, 70000, NULL), ('d2', 'PC-2', 2, 50000, 60000), ('d3', 'PC-3', 3, NULL, NULL);"
    "INSERT INTO user_state (device, sid, retired_s, run_started_s, run_id, seq, reported_s, version,"
    " ring, \"set\", state, protocol, confidence, mailbox, outlook, value_type, value_dword,"
    " pre_image_dword, hive_loaded, ours, corrections) VALUES"
    " (1, 'S-1', NULL, 1, 'r', 1, 5, 7002, 'pilot', 'block', 'idle', 'rpc_http', 'configured',"
    "  'unknown', '16.0.17328.20162', 4, 1, 0, 1, 1, 2),"
    " (1, 'S-2', NULL, 1, 'r', 1, 5, 7001, NULL, NULL, 'error', 'unknown', 'none',"
    "  'unknown', '016.0', NULL, 0, 0, 1, 1, 2),"
    " (1, 'S-3', NULL, 1, 'r', 1, 5, 0, 'x', 'allow', 'idle', 'unknown', 'none',"
    "  'unknown', '=no build', NULL, 0, 0, 1, 1, 2),"
    " (1, 'S-4', 9, 1, 'r', 1, 5, 7002, 'gone', 'allow', 'idle', 'unknown', 'none',"
    "  'unknown', 'none', NULL, 0, 0, 1, 1, 2);";

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s", sqlite3_errmsg(db));
    }
}

/* As a server left it that knew so many steps. */
static void make(const char *folder, int steps)
{
    char text[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    (void)snprintf(text, sizeof text, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(text, &db), SQLITE_OK);
    run(db, srv_schema_step(0));
    run(db, ROWS);
    for (int step = 1; step < steps; step++) {
        run(db, srv_schema_step(step));
    }
    if (steps > SRV_SCHEMA_CHAIN) {
        run(db, "DROP TABLE audit_unchained"); /* as chaining leaves it */
    }
    (void)snprintf(text, sizeof text, "PRAGMA user_version = %d", steps);
    run(db, text);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void store__of_each_step_before_counters__has_them_as_a_recount_says(void **state)
{
    (void)state;
    for (int steps = 1; steps <= SRV_SCHEMA_COUNTS; steps++) {
        struct store_place p;
        scratch_make(p.folder);
        make(p.folder, steps);
        for (int open = 0; open < 2; open++) { /* and nothing is counted twice */
            assert_int_equal(srv_store_sqlite_open(p.folder, &p.store, NULL), ST_OK);
            assert_true(store_recount(&p) > 0);
            assert_int_equal(store_count(&p, "total", "users"), 3);
            assert_int_equal(store_count(&p, "total", "devices"), 2);
            assert_int_equal(store_count(&p, "outlook", "16.0.0.0"), 1);
            assert_int_equal(store_count(&p, "outlook", "invalid"), 1);
            assert_int_equal(store_count(&p, "ring", "gone"), 0);
            p.store.close(p.store.ctx);
        }
        scratch_remove(p.folder);
    }
}

/* Whoever has not the functions of the counters cannot change what is counted, and leave them behind. */
static void store__rows_changed_by_hand__are_refused(void **state)
{
    static const char *const CHANGES[] = {
        "UPDATE user_state SET state = 'compliant'", "DELETE FROM user_state",
        "UPDATE device SET retired_s = 1",           "DELETE FROM device",
        "UPDATE user_state SET retired_s = 1",       "UPDATE user_state SET ring = 'x'"};
    struct store_place p;
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    (void)state;
    scratch_make(p.folder);
    make(p.folder, 1);
    assert_int_equal(srv_store_sqlite_open(p.folder, &p.store, NULL), ST_OK);
    (void)snprintf(path, sizeof path, "%s/store.db", p.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        assert_int_equal(sqlite3_exec(db, CHANGES[i], NULL, NULL, NULL), SQLITE_ERROR);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(store_recount(&p) > 0);
    assert_int_equal(store_count(&p, "total", "users"), 3);
    p.store.close(p.store.ctx);
    scratch_remove(p.folder);
}

/* Their digests are no more looked at. */
static void store__reports_of_older_servers__are_told_from_others_by_their_bodies(void **state)
{
    static const char REPORTS[] =
        "INSERT INTO report (device, report_id, digest, received_s, body) VALUES (1, "
        "CAST('0123456789abcdef0123456789abcdef' AS BLOB), zeroblob(32), 4, CAST('{}' AS BLOB))";
    struct store_place p;
    struct pol_report r = store_report("0123456789abcdef0123456789abcdef", '1', 1, NULL, 0);
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    bool repeated = false;
    (void)state;
    scratch_make(p.folder);
    make(p.folder, 1);
    assert_int_equal(srv_store_sqlite_open(p.folder, &p.store, NULL), ST_OK);
    p.store.close(p.store.ctx);
    (void)snprintf(path, sizeof path, "%s/store.db", p.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, REPORTS);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(srv_store_sqlite_open(p.folder, &p.store, NULL), ST_OK);
    assert_int_equal(store_send(&p, 1, &r, "{}", &repeated), ST_OK);
    assert_true(repeated);
    assert_int_equal(store_send(&p, 1, &r, "{ }", NULL), ST_EXISTS);
    p.store.close(p.store.ctx);
    scratch_remove(p.folder);
}

static int count_rows(void *v, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(int *)v = atoi(values[0]);
    return 0;
}

static void store__everybody_gone__no_counter_is_left(void **state)
{
    static char ids[][4] = {"d1", "d3"};
    struct store_place p;
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    int rows = -1;
    (void)state;
    scratch_make(p.folder);
    make(p.folder, 1);
    assert_int_equal(srv_store_sqlite_open(p.folder, &p.store, NULL), ST_OK);
    for (size_t i = 0; i < 2; i++) {
        struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
        retire.u.device_id = ids[i];
        assert_int_equal(srv_store_write(&p.store, &retire, NULL), ST_OK);
    }
    (void)snprintf(path, sizeof path, "%s/store.db", p.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT count(*) FROM counter", count_rows, &rows, NULL),
                     SQLITE_OK);
    assert_int_equal(rows, 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    p.store.close(p.store.ctx);
    scratch_remove(p.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store__of_each_step_before_counters__has_them_as_a_recount_says),
        cmocka_unit_test(store__rows_changed_by_hand__are_refused),
        cmocka_unit_test(store__reports_of_older_servers__are_told_from_others_by_their_bodies),
        cmocka_unit_test(store__everybody_gone__no_counter_is_left),
    };
    if (psa_crypto_init() != PSA_SUCCESS) {
        return 1;
    }
    return cmocka_run_group_tests_name("store: steps to counters", tests, NULL, NULL);
}
