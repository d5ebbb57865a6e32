/* test_store_sqlite.c - the SQLite store keeps the promises of every store, also with an old file. */
#include "tests/cmocka_all.h"

#include "server/schema.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/scratch.h"
#include "tests/unit/server/store_contract.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* A store as a server of the first schema left it, with two users. */
static void make_first(const char *folder)
{
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, srv_schema_step(0), NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA user_version = 1;"
                     "INSERT INTO device (device_id, name, enrolled_s) VALUES ('d', 'PC-1', 1);"
                     "INSERT INTO user_state (device, sid, run_started_s, run_id, seq, reported_s,"
                     " version, state, protocol, confidence, mailbox, outlook, value_dword,"
                     " pre_image_dword, hive_loaded, ours, corrections) VALUES"
                     " (1, 'S-1', 1, 'r', 1, 5, 7002, 'idle', 'unknown', 'none', 'unknown',"
                     " 'unknown', 1, 0, 1, 1, 2);"
                     "INSERT INTO user_state (device, sid, run_started_s, run_id, seq, reported_s,"
                     " version, state, protocol, confidence, mailbox, outlook, value_dword,"
                     " pre_image_dword, hive_loaded, ours, corrections) VALUES"
                     " (1, 'S-2', 1, 'r', 1, 6, 7002, 'error', 'unknown', 'none', 'unknown',"
                     " 'unknown', 1, 0, 1, 1, 2);",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static bool see_user(void *v, const struct srv_user_row *row)
{
    bool *seen = v;
    *seen = strcmp(row->state, "idle") == 0 && row->corrections == 2 &&
            strcmp(row->evidence, "[]") == 0 && row->running == POL_NOT_KNOWN &&
            row->started_s == -1 && row->starts == 0 && row->computer_ou == NULL &&
            row->multi_session == POL_NOT_KNOWN && row->device == 1 && row->older_seen_s == -1;
    return false; /* the first is enough */
}

static bool see_since(void *v, const struct srv_subject_row *row)
{
    *(int64_t *)v = row->failing_since_s;
    return true;
}

/* Who fails already does so since his last report, as far as anybody knows. */
static void check_since(struct srv_store *store)
{
    static const struct srv_subject FAILING = {.device = 1, .user = 2};
    struct srv_write w = {.kind = SRV_WRITE_SUBJECTS, .now_s = 10};
    struct srv_subject_question question = {.version = 7003, .limit = 10};
    int64_t since_s = -1;
    w.u.subjects.gate.version = 7003;
    w.u.subjects.list = &FAILING;
    w.u.subjects.count = 1;
    assert_int_equal(srv_store_write(store, &w, NULL), ST_OK);
    assert_int_equal(store->subjects(store->ctx, &question, see_since, &since_s, NULL), ST_OK);
    assert_int_equal(since_s, 6);
}

static void store__of_the_first_schema__goes_on_with_todays(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_store store;
    struct srv_filter filter = {.limit = 10};
    bool seen = false;
    (void)state;
    scratch_make(folder);
    make_first(folder);
    for (int open = 0; open < 2;
         open++) { /* the second time there is nothing to bring up to date */
        assert_int_equal(srv_store_sqlite_open(folder, &store, NULL), ST_OK);
        seen = false;
        assert_int_equal(store.users(store.ctx, &filter, see_user, &seen, NULL), ST_OK);
        assert_true(seen);
        check_since(&store);
        store.close(store.ctx);
    }
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store__of_the_first_schema__goes_on_with_todays),
    };
    int failures = store_contract_run(srv_store_sqlite_open);
    return failures + cmocka_run_group_tests_name("store: SQLite", tests, NULL, NULL);
}
