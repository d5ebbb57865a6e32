/* test_store_sqlite_machines.c - whether a machine is known is found out without looking through all that are like it. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "server/store_sqlite_parts.h"
#include "tests/unit/server/scratch.h"

#include <psa/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum {
    STEPS_MOST = 100
}; /* of SQLite's machine; a look at each of 5,000 rows takes more than that many thousands */

/* Clones of one image, and desktops that are made anew each day. */
static const char ROWS[] =
    "DROP TRIGGER device_counted;" /* it asks a function of the server */
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
    " INSERT INTO device (device_id, name, machine_guid, enrolled_s)"
    " SELECT 'clone-' || i, 'PC-' || i, 'golden', 1 FROM n"
    " UNION ALL SELECT 'desktop-' || i, 'DESKTOP', 'guid-' || i, 1 FROM n"
    " UNION ALL SELECT 'nobody-' || i, 'NOBODY', NULL, 1 FROM n";

static void make(const char *folder, sqlite3 **out)
{
    char path[SCRATCH_PATH_BYTES + 16];
    struct srv_store store;
    assert_int_equal(srv_store_sqlite_open(folder, &store, NULL), ST_OK);
    store.close(store.ctx);
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(path, out), SQLITE_OK);
    if (sqlite3_exec(*out, ROWS, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s", sqlite3_errmsg(*out));
    }
}

/* The device's id, or "none". */
static void find(sqlite3 *db, const char *guid, const char *name, const char *expected)
{
    struct srv_sqlite s = {.writer = db};
    struct err err = {0};
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    assert_int_equal(sql_start(&s, SQL_MACHINE_FIND, &stmt, &err), ST_OK);
    assert_int_equal(sql_bind(db, stmt, &err, "ttt", guid, NULL, name), ST_OK);
    assert_int_equal(sql_step(db, stmt, &found, &err), ST_OK);
    assert_string_equal(found ? sql_text(stmt, 0) : "none", expected);
    assert_true(sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0) < STEPS_MOST);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

static void machine__among_thousands_with_its_number_or_its_name__is_found_at_once(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    sqlite3 *db = NULL;
    (void)state;
    scratch_make(folder);
    make(folder, &db);
    find(db, "golden", "pc-4711", "clone-4711");
    find(db, "golden", "PC-0", "none");
    find(db, "guid-4711", "desktop", "desktop-4711");
    find(db, "guid-0", "DESKTOP", "none");
    find(db, NULL, "NOBODY", "none");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine__among_thousands_with_its_number_or_its_name__is_found_at_once),
    };
    if (psa_crypto_init() != PSA_SUCCESS) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
