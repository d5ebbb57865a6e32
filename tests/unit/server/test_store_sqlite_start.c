/* test_store_sqlite_start.c - a start on a store that is there: it is looked at, and then opened. A process of its own,
 * for what is set up before SQLite is used holds until the process ends. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "tests/unit/server/scratch.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

static bool opens(const char *folder)
{
    struct srv_store store;
    bool good = srv_store_sqlite_open(folder, &store, NULL) == ST_OK;
    if (good) {
        store.close(store.ctx);
    }
    return good;
}

static void make_store_elsewhere(const char *folder)
{
    int ended = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(opens(folder) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
}

/* What it counts it counts under a lock, at each allocation. */
static void start__store_was_looked_at_before__sqlite_counts_no_memory(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_sqlite_check found;
    struct srv_store store;
    (void)state;
    scratch_make(folder);
    make_store_elsewhere(folder);
    assert_int_equal(srv_store_sqlite_check(folder, &SRV_CHECK_ALL, &found, NULL), ST_OK);
    assert_true(found.tables > 0);
    assert_int_equal(srv_store_sqlite_open(folder, &store, NULL), ST_OK);
    assert_int_equal(sqlite3_memory_used(), 0);
    store.close(store.ctx);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start__store_was_looked_at_before__sqlite_counts_no_memory)};
    return cmocka_run_group_tests_name("store: SQLite, a start", tests, NULL, NULL);
}
