/* test_store_sqlite_history.c - pruning touches nothing but the history, and gives the disk back. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "server/schema.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/store_place.h"

#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    BODY_MOST = 200000,
    MANY = 400,
    NO_BOUND = INT32_MAX,
    DUMP_BYTES = 4 * 1024 * 1024,
    SMALL_BYTES = 2 * 1024 * 1024
};

/* ---- small words ----------------------------------------------------------------------------- */

static void keep_quiet(struct srv_write *w)
{
    (void)w;
}

static int64_t enrolled(struct store_place *p)
{
    struct srv_write w;
    assert_int_equal(store_enroll(p, "guid", 1, &w), ST_OK);
    return w.u.enroll.device;
}

/* count reports of size bytes; they share commits. */
static void send_many(struct store_place *p, int64_t device, uint32_t first, uint32_t count,
                      size_t size)
{
    static struct srv_write writes[MANY];
    static struct pol_report reports[MANY];
    static char body[BODY_MOST];
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    memset(body, 'x', size);
    for (uint32_t i = 0; i < count; i++) {
        char id[POL_ID_BYTES];
        (void)snprintf(id, sizeof id, "%032u", first + i);
        reports[i] = store_report(id, 'r', first + i + 1, &u, 1);
        writes[i] = (struct srv_write){
            .kind = SRV_WRITE_REPORT, .now_s = 1000 + first + i, .done = keep_quiet};
        writes[i].u.report.device = device;
        writes[i].u.report.report = &reports[i];
        writes[i].u.report.body = (struct span){.data = (const uint8_t *)body, .size = size};
        if (i + 1 < count) {
            p->store.submit(p->store.ctx, &writes[i]);
        }
    }
    assert_int_equal(srv_store_write(&p->store, &writes[count - 1], NULL), ST_OK);
}

static struct srv_history history(struct store_place *p)
{
    struct srv_history h;
    assert_int_equal(p->store.history(p->store.ctx, &h, NULL), ST_OK);
    return h;
}

static void prune(struct store_place *p, int64_t most_bytes)
{
    struct srv_write w;
    do {
        w = (struct srv_write){.kind = SRV_WRITE_PRUNE, .now_s = 90000};
        w.u.prune.before_s = -1;
        w.u.prune.most_bytes = most_bytes;
        assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    } while (w.u.prune.more);
}

static sqlite3 *look_in(const char *folder)
{
    char path[SCRATCH_PATH_BYTES + 16];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static int64_t number(const char *folder, const char *sql)
{
    sqlite3 *db = look_in(folder);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t out = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return out;
}

static int64_t disk_bytes(const struct store_place *p)
{
    char path[SCRATCH_PATH_BYTES + 16];
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/store.db", p->folder);
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

/* As it is after all of the log was moved into it. */
static int64_t file_bytes(struct store_place *p)
{
    store_reopen(p);
    return disk_bytes(p);
}

/* ---- nothing else ---------------------------------------------------------------------------- */

/* Every row of every table but the history's two, as text. */
static char *dump(const char *folder)
{
    char *out = calloc(1, DUMP_BYTES);
    size_t used = 0;
    size_t tables = 0;
    sqlite3 *db = look_in(folder);
    sqlite3_stmt *names = NULL;
    assert_non_null(out);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                                        "name NOT IN ('report', 'history') ORDER BY name",
                                        -1, &names, NULL),
                     SQLITE_OK);
    while (sqlite3_step(names) == SQLITE_ROW) {
        sqlite3_stmt *rows = NULL;
        char *sql = sqlite3_mprintf("SELECT * FROM %Q ORDER BY 1", sqlite3_column_text(names, 0));
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
        tables++;
        used += (size_t)snprintf(out + used, DUMP_BYTES - used, "%s\n", sql);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(rows); i++) {
                char *cell =
                    sqlite3_mprintf("%d:%.*s|", sqlite3_column_type(rows, i),
                                    sqlite3_column_bytes(rows, i), sqlite3_column_text(rows, i));
                used += (size_t)snprintf(out + used, DUMP_BYTES - used, "%s", cell);
                sqlite3_free(cell);
            }
        }
        assert_int_equal(sqlite3_finalize(rows), SQLITE_OK);
        sqlite3_free(sql);
        assert_true(used < DUMP_BYTES);
    }
    assert_int_equal(sqlite3_finalize(names), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(tables >= 10);
    return out;
}

static void store__pruned_to_nothing__every_other_table_is_as_before(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    struct srv_write w = {.kind = SRV_WRITE_RELEASE,
                          .now_s = 5,
                          .audit = {.who = SRV_WHO_TOKEN, .name = "alice", .what = "release"}};
    struct srv_subject subject = {.device = device, .user = 1};
    w.u.release = (struct srv_release){.version = 7002, .rollout = "test", .stage = "pilot"};
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    send_many(p, device, 0, MANY, 900);
    w = (struct srv_write){.kind = SRV_WRITE_SUBJECTS, .now_s = 10};
    w.u.subjects.gate.version = 7002;
    w.u.subjects.list = &subject;
    w.u.subjects.count = 1;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    char *before = dump(p->folder);
    prune(p, history(p).bytes / 2);
    char *half = dump(p->folder);
    prune(p, 0);
    char *after = dump(p->folder);
    assert_int_equal(history(p).reports, 0);
    assert_int_equal(number(p->folder, "SELECT count(*) FROM report"), 0);
    assert_string_equal(half, before);
    assert_string_equal(after, before);
    free(before);
    free(half);
    free(after);
}

/* ---- the disk -------------------------------------------------------------------------------- */

/* What it says of itself is what the file grows by, whatever the size of the reports. */
static void store__history__knows_what_it_takes(void **state)
{
    struct store_place *p = *state;
    static const size_t SIZES[] = {300, 900, 1300, 2500, 5000, 20000};
    int64_t device = enrolled(p);
    uint32_t sent = 0;
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        int64_t before = file_bytes(p);
        int64_t said = history(p).bytes;
        send_many(p, device, sent, MANY, SIZES[i]);
        sent += MANY;
        said = history(p).bytes - said;
        int64_t grown = file_bytes(p) - before;
        assert_true(said > grown * 4 / 5);
        assert_true(said < grown * 6 / 5);
    }
    int64_t kept = history(p).bytes;
    assert_int_equal(number(p->folder, "SELECT bytes FROM history"), kept);
}

static void store__pruned__the_file_is_smaller(void **state)
{
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_many(p, device, 0, MANY, 20000);
    int64_t full = file_bytes(p);
    prune(p, 1000000);
    assert_true(file_bytes(p) < full / 3);
    prune(p, 0);
    assert_true(file_bytes(p) < SMALL_BYTES);
    send_many(p, device, MANY, MANY, 20000);
    assert_true(file_bytes(p) < full * 11 / 10);
}

/* Nothing comes that would make the log long enough to be moved for its own sake. */
static void store__pruned_and_idle__the_disk_gets_it_back(void **state)
{
    enum { FEW = 250, PATIENCE_MS = 20000 };
    struct store_place *p = *state;
    int64_t device = enrolled(p);
    send_many(p, device, 0, FEW, 20000);
    int64_t full = file_bytes(p);
    prune(p, full / 2);
    uint64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (disk_bytes(p) > full * 7 / 8 && clock_monotonic_ms() < end_ms) {
        (void)sched_yield(); /* the answer comes before the log is moved */
    }
    assert_true(disk_bytes(p) <= full * 7 / 8);
}

/* A store that was made before files could shrink. */
static void store__of_an_older_step__shrinks_from_then_on(void **state)
{
    struct store_place *p = *state;
    p->store.close(p->store.ctx);
    scratch_remove(p->folder);
    scratch_make(p->folder);
    sqlite3 *db = look_in(p->folder);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, srv_schema_step(0), NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA user_version = 1;"
                     "INSERT INTO device (device_id, name, enrolled_s) VALUES ('d', 'PC-1', 1);"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
                     " INSERT INTO report (device, report_id, digest, received_s, body)"
                     " SELECT 1, CAST(i AS BLOB), zeroblob(32), i, zeroblob(20000) FROM n",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    assert_int_equal(history(p).reports, 400);
    assert_int_equal(number(p->folder, "PRAGMA auto_vacuum"), 2);
    int64_t full = file_bytes(p);
    assert_true(history(p).bytes > full * 4 / 5 && history(p).bytes < full * 6 / 5);
    prune(p, 1000000);
    assert_true(file_bytes(p) < full / 3);
    assert_int_equal(store_count(p, "total", "devices"), 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__pruned_to_nothing__every_other_table_is_as_before),
        TEST(store__history__knows_what_it_takes),
        TEST(store__pruned__the_file_is_smaller),
        TEST(store__pruned_and_idle__the_disk_gets_it_back),
        TEST(store__of_an_older_step__shrinks_from_then_on),
    };
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("store: SQLite, its history", tests, NULL, NULL);
}
