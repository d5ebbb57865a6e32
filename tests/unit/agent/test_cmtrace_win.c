/* test_cmtrace_win.c - cmtrace.h with viewers that let nobody rename what they have open. */
#include "tests/cmocka_all.h"

#include "agent/cmtrace.h"
#include "tests/unit/agent/scratch_folder_win.h"

#include <string.h>

enum { FILE_BYTES = 2000 };

static char folder[SCRATCH_PATH_BYTES];
static char path[SCRATCH_PATH_BYTES + 16];
static struct ag_cmtrace *trace;
static struct err err;

static int start(void **state)
{
    (void)state;
    scratch_folder_name("cmtrace", folder);
    (void)snprintf(path, sizeof path, "%s\\agent.log", folder);
    return CreateDirectoryA(folder, NULL) &&
                   ag_cmtrace_open(path, FILE_BYTES, &trace, &err) == ST_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    ag_cmtrace_close(trace);
    scratch_folder_remove(folder);
    return 0;
}

static void fill(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct ag_cmtrace_entry entry = {.level = LOG_INFO, .message = "event=entry"};
        assert_true(ag_cmtrace_write(trace, &entry));
    }
}

/* As an editor opens it: others may write, nobody may rename. */
static HANDLE view(const char *name)
{
    char one[SCRATCH_PATH_BYTES + 16];
    (void)snprintf(one, sizeof one, "%s\\%s", folder, name);
    HANDLE file = CreateFileA(one, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

static unsigned long size_of(const char *name)
{
    char one[SCRATCH_PATH_BYTES + 16];
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    (void)snprintf(one, sizeof one, "%s\\%s", folder, name);
    return GetFileAttributesExA(one, GetFileExInfoStandard, &data) ? data.nFileSizeLow : 0;
}

static void write__while_the_log_is_viewed__goes_on_in_it_and_moves_it_later(void **state)
{
    (void)state;
    fill(1);
    HANDLE viewer = view("agent.log");
    fill(20); /* beyond the limit of one file, below twice as much */
    assert_true(size_of("agent.log") > FILE_BYTES);
    assert_int_equal(size_of("agent.1.log"), 0);
    assert_true(CloseHandle(viewer));
    for (unsigned i = 0; i < 200 && size_of("agent.1.log") == 0; i++) {
        const struct ag_cmtrace_entry entry = {.level = LOG_INFO, .message = "event=entry"};
        (void)ag_cmtrace_write(trace, &entry);
    }
    assert_true(size_of("agent.1.log") > FILE_BYTES);
    assert_true(size_of("agent.1.log") <= 2 * FILE_BYTES);
    assert_true(size_of("agent.log") < FILE_BYTES);
}

static void write__while_an_old_file_is_viewed__steps_over_it(void **state)
{
    (void)state;
    fill(40);
    assert_true(size_of("agent.2.log") > 0);
    HANDLE viewer = view("agent.2.log");
    unsigned long viewed = size_of("agent.2.log");
    fill(200);
    assert_int_equal(size_of("agent.2.log"), viewed);
    assert_true(size_of("agent.log") < FILE_BYTES + 200);
    assert_true(size_of("agent.1.log") > 0);
    assert_true(size_of("agent.3.log") > 0);
    assert_true(size_of("agent.4.log") > 0);
    assert_true(CloseHandle(viewer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            write__while_the_log_is_viewed__goes_on_in_it_and_moves_it_later, start, stop),
        cmocka_unit_test_setup_teardown(write__while_an_old_file_is_viewed__steps_over_it, start,
                                        stop),
    };
    return cmocka_run_group_tests_name("cmtrace_win", tests, NULL, NULL);
}
