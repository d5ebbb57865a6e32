/* watching_win.h - a watch with a folder of its own, for the tests of watch_win.h.
 *
 * Effects: a folder, a thread                     Units:  ms
 * Owns:    both, from start() to stop()           Errors: failed assertions
 * Threads: one thread, and the watch's            Source: agent/watch_win.h
 */
#ifndef TESTS_UNIT_AGENT_WATCHING_WIN_H
#define TESTS_UNIT_AGENT_WATCHING_WIN_H

#include "agent/watch_win.h"
#include "tests/unit/agent/scratch_folder_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#define SID "S-1-5-21-91-92-93-1001"

enum { PATIENCE_MS = 20000 }; /* how long a broken watch may keep a test; never what is measured */

static struct err err;
static HANDLE woken;
static char folder[SCRATCH_PATH_BYTES];

static inline void wake(void *ctx)
{
    (void)ctx;
    (void)SetEvent(woken);
}

static inline int start(void **state)
{
    struct ag_watch *watch = NULL;
    woken = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_non_null(woken);
    scratch_folder_name("watch", folder);
    assert_true(CreateDirectoryA(folder, NULL));
    assert_int_equal(ag_watch_start(wake, NULL, folder, &watch, &err), ST_OK);
    *state = watch;
    return 0;
}

static inline int stop(void **state)
{
    ag_watch_stop(*state);
    (void)CloseHandle(woken);
    scratch_folder_remove(folder);
    return 0;
}

/* Wait until the flag is set: a call may be of something else that was told before. */
static inline void expect(struct ag_watch *watch, bool (*take)(struct ag_watch *watch))
{
    while (!take(watch)) {
        assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
    }
}

static inline void expect_change(struct ag_watch *watch)
{
    expect(watch, ag_watch_take_change);
}

/* Wait until nothing more is told of what was done so far. */
static inline void settle(struct ag_watch *watch)
{
    while (WaitForSingleObject(woken, 100) == WAIT_OBJECT_0) {
    }
    (void)ag_watch_take_change(watch);
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, start, stop)

#endif
