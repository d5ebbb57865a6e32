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
                     "INSERT INTO audit (at_s, actor, action, detail) VALUES"
                     " (5, 'local uid 0', 'token_add', 'alice'), (6, 'alice', 'hold', 'a\nb'),"
                     " (7, 'gate', 'safe', 'version=7999');"
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

struct older {
    struct pol_audit_head head;
    char whos[64];
    char last[64];
};

static bool see_older(void *v, const struct pol_audit_entry *e, const uint8_t hash[DIGEST_BYTES])
{
    struct older *o = v;
    size_t used = strlen(o->whos);
    assert_int_equal(pol_audit_follow(&o->head, e, hash, NULL), ST_OK);
    assert_int_equal(e->at_s, 4 + e->number);
    (void)snprintf(o->whos + used, sizeof o->whos - used, "%s:%s ", e->who, e->after);
    (void)snprintf(o->last, sizeof o->last, "%s %s", e->name, e->what);
    return true;
}

/* Rows of before the chain are its first entries. */
static void check_chained(struct srv_store *store)
{
    struct older o = {.whos = ""};
    assert_int_equal(store->audit(store->ctx, 0, 100, see_older, &o, NULL), ST_OK);
    assert_int_equal(o.head.number, 3);
    assert_string_equal(o.whos, "local:alice token:a\\x0ab gate:version=7999 ");
    assert_string_equal(o.last, "gate safe");
}

static void run_sql(const char *folder, const char *sql, int expected)
{
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), expected);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Whoever has the file can still do it, but not by mistake. */
static void store__audit__is_neither_changed_nor_removed(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_store store;
    (void)state;
    scratch_make(folder);
    make_first(folder);
    assert_int_equal(srv_store_sqlite_open(folder, &store, NULL), ST_OK);
    store.close(store.ctx);
    run_sql(folder, "UPDATE audit_entry SET what = 'x' WHERE number = 2", SQLITE_CONSTRAINT);
    run_sql(folder, "DELETE FROM audit_entry WHERE number = 3", SQLITE_CONSTRAINT);
    run_sql(folder, "SELECT * FROM audit", SQLITE_ERROR); /* the rows are in one place only */
    run_sql(folder, "SELECT * FROM audit_unchained", SQLITE_ERROR);
    assert_int_equal(srv_store_sqlite_open(folder, &store, NULL), ST_OK);
    check_chained(&store);
    store.close(store.ctx);
    scratch_remove(folder);
}

/* The entry and the change are one: neither is there alone. */
static void store__entry_cannot_be_written__nor_is_the_change(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_store store;
    struct srv_gate_hold hold;
    struct pol_audit_head head;
    struct srv_write w = {.kind = SRV_WRITE_HOLD,
                          .audit = {.who = SRV_WHO_TOKEN, .name = "alice", .what = "hold"}};
    (void)state;
    scratch_make(folder);
    make_first(folder);
    assert_int_equal(srv_store_sqlite_open(folder, &store, NULL), ST_OK);
    run_sql(folder,
            "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN"
            " SELECT RAISE(ABORT, 'full'); END",
            SQLITE_OK);
    w.u.hold.at_s = 5;
    assert_int_equal(srv_store_write(&store, &w, NULL), ST_IO);
    assert_int_equal(store.hold(store.ctx, &hold, NULL), ST_OK);
    assert_int_equal(hold.at_s, -1);
    store.audit_head(store.ctx, &head);
    assert_int_equal(head.number, 3);
    run_sql(folder, "DROP TRIGGER full", SQLITE_OK);
    assert_int_equal(srv_store_write(&store, &w, NULL), ST_OK);
    assert_int_equal(store.hold(store.ctx, &hold, NULL), ST_OK);
    assert_int_equal(hold.at_s, 5);
    store.audit_head(store.ctx, &head);
    assert_int_equal(head.number, 4);
    store.close(store.ctx);
    scratch_remove(folder);
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
        check_chained(&store);
        store.close(store.ctx);
    }
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store__of_the_first_schema__goes_on_with_todays),
        cmocka_unit_test(store__entry_cannot_be_written__nor_is_the_change),
        cmocka_unit_test(store__audit__is_neither_changed_nor_removed),
    };
    int failures = store_contract_run(srv_store_sqlite_open);
    return failures + cmocka_run_group_tests_name("store: SQLite", tests, NULL, NULL);
}
