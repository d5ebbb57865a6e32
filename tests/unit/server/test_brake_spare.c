/* test_brake_spare.c - the brake while its record takes nothing: what a second folder remembers. */
#include "tests/cmocka_all.h"

#include "server/rollout_parts.h"
#include "tests/unit/server/rollout_place.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT_BYTES = 4096, PATH_BYTES = SCRATCH_PATH_BYTES * 2 };

/* Files may have so many bytes, for the whole process: 1 keeps everything from being written, SLOT_BYTES
 * the second half of the record and the store's log, and lets a spare one be. */
static void forbid_beyond(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool is_empty(const char *folder)
{
    bool empty = rmdir(folder) == 0;
    assert_true(!empty || mkdir(folder, 0700) == 0);
    return empty;
}

/* A rollout with a spare folder; what is written next goes into the second half of its record. */
static void spare_start(struct rollout_place *p, char folder[SCRATCH_PATH_BYTES])
{
    scratch_make(folder);
    rollout_close_all(p);
    p->spare_folder = folder;
    rollout_open_all(p);
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_true(is_empty(folder)); /* nothing is spared that could be recorded */
}

static enum status pull_with_limit(struct rollout_place *p, rlim_t bytes)
{
    forbid_beyond(bytes);
    enum status st = rollout_safe(p, "test");
    forbid_beyond(RLIM_INFINITY);
    return st;
}

static void spare__record_cannot_be_written__outlasts_the_process(void **state)
{
    struct rollout_place *p = *state;
    char folder[SCRATCH_PATH_BYTES];
    spare_start(p, folder);
    assert_int_equal(pull_with_limit(p, SLOT_BYTES), ST_IO);
    assert_non_null(strstr(p->err.text, "is out, but a restart of the machine would forget it: "));
    assert_false(is_empty(folder));
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(rollout_released(p), 7999);
    assert_int_equal(rollout_served(p), 7999);
    assert_true(is_empty(folder)); /* the start could write the record */
    p->spare_folder = NULL;
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 7999);
    scratch_remove(folder);
}

static void spare__record_can_be_written_again__goes(void **state)
{
    struct rollout_place *p = *state;
    char folder[SCRATCH_PATH_BYTES];
    spare_start(p, folder);
    assert_int_equal(pull_with_limit(p, SLOT_BYTES), ST_IO);
    assert_int_equal(pull_with_limit(p, SLOT_BYTES), ST_IO); /* no second one */
    assert_false(is_empty(folder));
    srv_rollout_note_again(p->rollout);
    assert_true(is_empty(folder));
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    scratch_remove(folder);
}

static void spare__cannot_be_written_either__a_restart_forgets_and_it_says_so(void **state)
{
    struct rollout_place *p = *state;
    char folder[SCRATCH_PATH_BYTES];
    spare_start(p, folder);
    assert_int_equal(pull_with_limit(p, 1), ST_IO);
    assert_non_null(strstr(p->err.text, "is out, but a restart would forget it: "));
    assert_int_equal(rollout_served(p), 7999);
    assert_true(is_empty(folder));
    scratch_remove(folder);
    p->spare_folder = NULL;
}

static void spare__damaged_or_of_another_record__is_not_believed(void **state)
{
    struct rollout_place *p = *state;
    char folder[SCRATCH_PATH_BYTES];
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    spare_start(p, folder);
    (void)snprintf(from, sizeof from, "%s/release.record", p->folder);
    struct stat info;
    assert_int_equal(stat(from, &info), 0);
    assert_int_equal(pull_with_limit(p, SLOT_BYTES), ST_IO);
    rollout_close_all(p); /* and the store has nothing of it either */
    (void)snprintf(from, sizeof from, "%s/release-%ju.spare", folder, (uintmax_t)info.st_ino);
    (void)snprintf(to, sizeof to, "%s/release-%ju.spare", folder, (uintmax_t)info.st_ino + 1);
    assert_int_equal(rename(from, to), 0);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 7002);
    rollout_close_all(p);
    assert_int_equal(rename(to, from), 0);
    int fd = open(from, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "!", 1, 70), 1);
    assert_int_equal(close(fd), 0);
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 7002);
    scratch_remove(folder);
    p->spare_folder = NULL;
}

/* A data directory that was made anew for something else may have got the number of the file before. */
static void spare__of_a_rollout_that_is_not_trusted__is_not_believed(void **state)
{
    struct rollout_place *p = *state;
    char folder[SCRATCH_PATH_BYTES];
    spare_start(p, folder);
    struct srv_release other = {.version = 9999, .rollout = "other", .stage = "safe"};
    assert_int_equal(srv_record_spare_write(p->rollout->record, folder, &other, &p->err), ST_OK);
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(rollout_released(p), 7002);
    scratch_remove(folder);
    p->spare_folder = NULL;
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(spare__record_cannot_be_written__outlasts_the_process),
        TEST(spare__record_can_be_written_again__goes),
        TEST(spare__cannot_be_written_either__a_restart_forgets_and_it_says_so),
        TEST(spare__of_a_rollout_that_is_not_trusted__is_not_believed),
        TEST(spare__damaged_or_of_another_record__is_not_believed),
    };
    return cmocka_run_group_tests_name("brake: spare record", tests, NULL, NULL);
}
