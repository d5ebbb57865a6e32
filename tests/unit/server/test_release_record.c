/* test_release_record.c - srv_record: the last release holds, whatever happened to the file. */
#include "tests/cmocka_all.h"

#include "server/release_record.h"
#include "tests/unit/server/scratch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT_BYTES = 4096 };

static struct srv_release release_of(int64_t version)
{
    struct srv_release r = {.version = version, .at_s = 5};
    (void)snprintf(r.rollout, sizeof r.rollout, "test");
    (void)snprintf(r.stage, sizeof r.stage, "stage-%" PRId64, version);
    (void)snprintf(r.by, sizeof r.by, "alice");
    (void)snprintf(r.reason, sizeof r.reason, "12 monkeys, and a \xc3\xbc");
    return r;
}

static void write_versions(const char *folder, int64_t first, int64_t last)
{
    struct srv_record *record = NULL;
    struct srv_release release;
    assert_int_equal(srv_record_open(folder, &record, &release, NULL), ST_OK);
    for (int64_t version = first; version <= last; version++) {
        release = release_of(version);
        assert_int_equal(srv_record_write(record, &release, NULL), ST_OK);
    }
    srv_record_close(record);
}

static enum status read_back(const char *folder, struct srv_release *out)
{
    struct srv_record *record = NULL;
    enum status st = srv_record_open(folder, &record, out, NULL);
    srv_record_close(record);
    return st;
}

static void spoil(const char *folder, off_t at)
{
    char path[SCRATCH_PATH_BYTES * 2];
    (void)snprintf(path, sizeof path, "%s/release.record", folder);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "!", 1, at), 1);
    assert_int_equal(close(fd), 0);
}

static void record__fresh__says_nothing_is_released(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_release release = release_of(9);
    (void)state;
    scratch_make(folder);
    assert_int_equal(read_back(folder, &release), ST_OK);
    assert_int_equal(release.version, 0);
    scratch_remove(folder);
}

static void record__written__comes_back_in_full(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_release release;
    struct srv_release want = release_of(9000000003);
    (void)state;
    scratch_make(folder);
    write_versions(folder, 9000000001, 9000000003);
    assert_int_equal(read_back(folder, &release), ST_OK);
    assert_int_equal(release.version, want.version);
    assert_int_equal(release.at_s, want.at_s);
    assert_string_equal(release.stage, want.stage);
    assert_string_equal(release.by, want.by);
    assert_string_equal(release.reason, want.reason);
    scratch_remove(folder);
}

static void record__written_often__never_grows(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    char path[SCRATCH_PATH_BYTES * 2];
    struct stat info;
    (void)state;
    scratch_make(folder);
    write_versions(folder, 1, 10);
    (void)snprintf(path, sizeof path, "%s/release.record", folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 2 * SLOT_BYTES);
    scratch_remove(folder);
}

/* Versions 1 and 2: the second write went to slot 0. */
static void record__newest_slot_is_torn__the_one_before_holds(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_release release;
    (void)state;
    scratch_make(folder);
    write_versions(folder, 1, 2);
    spoil(folder, 80);
    assert_int_equal(read_back(folder, &release), ST_OK);
    assert_int_equal(release.version, 1);
    scratch_remove(folder);
}

static void record__both_slots_are_damaged__is_refused_not_forgotten(void **state)
{
    char folder[SCRATCH_PATH_BYTES];
    struct srv_release release;
    (void)state;
    scratch_make(folder);
    write_versions(folder, 1, 2);
    spoil(folder, 80);
    spoil(folder, SLOT_BYTES + 80);
    assert_int_equal(read_back(folder, &release), ST_IO);
    scratch_remove(folder);
}

static int start_crypto(void **state)
{
    (void)state;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record__fresh__says_nothing_is_released),
        cmocka_unit_test(record__written__comes_back_in_full),
        cmocka_unit_test(record__written_often__never_grows),
        cmocka_unit_test(record__newest_slot_is_torn__the_one_before_holds),
        cmocka_unit_test(record__both_slots_are_damaged__is_refused_not_forgotten),
    };
    return cmocka_run_group_tests_name("release_record", tests, start_crypto, NULL);
}
