/* test_store_sqlite_log.c - the write-ahead log of a store, torn by a power cut or damaged: what was answered is
 * there, or the store is not opened. */
#include "tests/cmocka_all.h"

#include "server/schema.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/damage_place.h"

#include <pthread.h>
#include <string.h>

enum { LOG_HEAD = 32, FRAME = 24 + DAMAGE_PAGE };

static void store__garbage_for_a_log__is_refused(void **state)
{
    struct store_place *p = *state;
    char log[DAMAGE_PATH_BYTES];
    char garbage[3000];
    damage_close_killed(p);
    damage_path_of(p, "store.db-wal", log);
    memset(garbage, 0x5a, sizeof garbage);
    damage_put(log, (struct span){.data = (const uint8_t *)garbage, .size = sizeof garbage});
    damage_expect_refused(p, "store_damaged", "store.db-wal");
}

static void store__head_of_the_log_overwritten__is_refused(void **state)
{
    struct store_place *p = *state;
    char log[DAMAGE_PATH_BYTES];
    damage_close_killed(p);
    damage_path_of(p, "store.db-wal", log);
    struct bytes all = damage_content(log);
    for (off_t at = 0; at < LOG_HEAD; at++) {
        uint8_t other = all.data[at] ^ 0x10;
        damage_put(log, bytes_span(&all));
        damage_overwrite(log, at, &other, 1);
        damage_expect_refused(p, "store_damaged", "store.db-wal");
    }
    bytes_free(&all);
}

/* Answered reports stand behind it: SQLite would forget them without a word. */
static void store__middle_of_the_log_overwritten__is_refused(void **state)
{
    struct store_place *p = *state;
    char log[DAMAGE_PATH_BYTES];
    static const off_t PLACES[] = {LOG_HEAD + 8, LOG_HEAD + 17, LOG_HEAD + 24 + 100,
                                   LOG_HEAD + 3 * FRAME + 2000, LOG_HEAD + 7 * FRAME + 4};
    damage_close_killed(p);
    damage_path_of(p, "store.db-wal", log);
    struct bytes all = damage_content(log);
    assert_true(all.size > LOG_HEAD + 40 * FRAME);
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        uint8_t other = all.data[PLACES[i]] ^ 0x01;
        damage_put(log, bytes_span(&all));
        damage_overwrite(log, PLACES[i], &other, 1);
        damage_expect_refused(p, "store_damaged", "store.db-wal");
    }
    bytes_free(&all);
}

/* A power cut tears the last transaction, which was answered to nobody. */
static void store__end_of_the_log_torn__all_before_it_is_there(void **state)
{
    struct store_place *p = *state;
    char log[DAMAGE_PATH_BYTES];
    char path[DAMAGE_PATH_BYTES];
    damage_close_killed(p);
    damage_path_of(p, "store.db", path);
    damage_path_of(p, "store.db-wal", log);
    struct bytes store = damage_content(path);
    struct bytes all = damage_content(log);
    for (size_t cut = 1; cut < FRAME; cut += 500) {
        damage_put(path, bytes_span(&store));
        damage_put(log, (struct span){.data = all.data, .size = all.size - cut});
        assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
        assert_int_equal(damage_report_count(p), DAMAGE_REPORTS - 1);
        p->store.close(p->store.ctx);
    }
    damage_put(path, bytes_span(&store));
    damage_put(log, bytes_span(&all));
    uint8_t other = all.data[all.size - 5] ^ 0x01;
    damage_overwrite(log, (off_t)all.size - 5, &other, 1);
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    assert_int_equal(damage_report_count(p), DAMAGE_REPORTS - 1);
    p->store.close(p->store.ctx);
    damage_put(path, bytes_span(&store));
    damage_put(log, span_text("")); /* never written to */
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    p->store.close(p->store.ctx);
    bytes_free(&store);
    bytes_free(&all);
}

static void store__killed__opens_with_all_that_was_answered(void **state)
{
    struct store_place *p = *state;
    struct srv_sqlite_check check;
    damage_close_killed(p);
    assert_int_equal(srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &check, NULL), ST_OK);
    assert_int_equal(check.schema, SRV_SCHEMA_STEPS);
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    assert_int_equal(damage_report_count(p), DAMAGE_REPORTS);
    p->store.close(p->store.ctx);
}

/* Looking while a server writes sees no damage that is not there. */
static void *look_on(void *ctx)
{
    struct store_place *p = ctx;
    static const struct srv_sqlite_check_how HOW = {.most_ms = 1};
    size_t bad = 0;
    for (int i = 0; i < 60; i++) {
        struct srv_sqlite_check check;
        bad += srv_store_sqlite_check(p->folder, &HOW, &check, NULL) != ST_OK ? 1 : 0;
    }
    return bad == 0 ? NULL : p;
}

static void store__looked_at_while_it_is_written__is_whole(void **state)
{
    struct store_place *p = *state;
    pthread_t thread;
    void *bad = NULL;
    assert_int_equal(pthread_create(&thread, NULL, look_on, p), 0);
    for (uint32_t i = 1; i <= 150; i++) {
        damage_send_one(p, DAMAGE_REPORTS + i);
    }
    assert_int_equal(pthread_join(thread, &bad), 0);
    assert_null(bad);
    p->store.close(p->store.ctx);
}

static void store__no_time_for_a_check__says_so(void **state)
{
    struct store_place *p = *state;
    static const struct srv_sqlite_check_how HOW = {.most_ms = 1};
    struct srv_sqlite_check all;
    struct srv_sqlite_check some;
    for (uint32_t i = 1; i <= 300; i++) {
        damage_send_one(p, DAMAGE_REPORTS + i);
    }
    p->store.close(p->store.ctx);
    assert_int_equal(srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &all, NULL), ST_OK);
    assert_int_equal(srv_store_sqlite_check(p->folder, &HOW, &some, NULL), ST_OK);
    assert_true(all.complete);
    assert_true(all.tables > 10);
    assert_int_equal(some.complete, some.tables == all.tables);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, damage_setup, damage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__garbage_for_a_log__is_refused),
        TEST(store__head_of_the_log_overwritten__is_refused),
        TEST(store__middle_of_the_log_overwritten__is_refused),
        TEST(store__end_of_the_log_torn__all_before_it_is_there),
        TEST(store__killed__opens_with_all_that_was_answered),
        TEST(store__looked_at_while_it_is_written__is_whole),
        TEST(store__no_time_for_a_check__says_so),
    };
    store_open_it = srv_store_sqlite_open;
    return cmocka_run_group_tests_name("store: SQLite, its log damaged", tests, NULL, NULL);
}
