/* test_file_posix.c - file.h where POSIX has more to go wrong: modes, links and pipes. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "tests/unit/base/scratch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned mode_of(const char *name)
{
    struct stat info;
    assert_int_equal(stat(scratch_path(name), &info), 0);
    return (unsigned)info.st_mode & 0777;
}

static void file_write__for_the_owner__lets_nobody_else_read(void **state)
{
    (void)state;
    mode_t before = umask(0);
    enum status own = file_write(scratch_path("own"), span_text("x"), FILE_FOR_OWNER, NULL);
    enum status all = file_create(scratch_path("all"), span_text("x"), FILE_FOR_ALL, NULL);
    (void)umask(before);
    assert_int_equal(own, ST_OK);
    assert_int_equal(all, ST_OK);
    assert_int_equal(mode_of("own"), 0600);
    assert_int_equal(mode_of("all"), 0644);
    assert_int_equal(mode_of(NULL), 0700);
}

static void file_write__over_a_readable_file__does_not_keep_its_mode(void **state)
{
    (void)state;
    scratch_put("a", "x");
    assert_int_equal(chmod(scratch_path("a"), 0666), 0);
    scratch_put("a", "secret");
    assert_int_equal(mode_of("a"), 0600);
}

static void file_read__of_a_pipe__does_not_wait_for_a_writer(void **state)
{
    (void)state;
    struct bytes content = {0};
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    assert_int_equal(file_read(scratch_path("pipe"), 5, &content, NULL), ST_IO);
    assert_null(content.data);
    assert_int_equal(unlink(scratch_path("pipe")), 0);
}

static void file_create__where_a_link_lies__does_not_follow_it(void **state)
{
    (void)state;
    char target[SCRATCH_PATH_BYTES];
    (void)snprintf(target, sizeof target, "%s", scratch_path("target"));
    assert_int_equal(symlink(target, scratch_path("link")), 0);
    assert_int_equal(file_create(scratch_path("link"), span_text("x"), FILE_FOR_OWNER, NULL),
                     ST_EXISTS);
    assert_int_not_equal(access(target, F_OK), 0);
    assert_int_equal(unlink(scratch_path("link")), 0);
}

static bool count_name(void *ctx, const char *name)
{
    (void)name;
    ++*(int *)ctx;
    return true;
}

static void file_list__of_folders_links_and_pipes__names_none_of_them(void **state)
{
    (void)state;
    int count = 0;
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    assert_int_equal(mkdir(scratch_path("folder"), 0700), 0);
    assert_int_equal(symlink("target", scratch_path("link")), 0);
    scratch_put("target", "x");
    assert_int_equal(file_list(scratch_path(NULL), count_name, &count, NULL), ST_OK);
    assert_int_equal(count, 1);
    assert_int_equal(unlink(scratch_path("pipe")), 0);
    assert_int_equal(unlink(scratch_path("link")), 0);
    assert_int_equal(rmdir(scratch_path("folder")), 0);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(file_write__for_the_owner__lets_nobody_else_read),
        IN_SCRATCH(file_write__over_a_readable_file__does_not_keep_its_mode),
        IN_SCRATCH(file_read__of_a_pipe__does_not_wait_for_a_writer),
        IN_SCRATCH(file_create__where_a_link_lies__does_not_follow_it),
        IN_SCRATCH(file_list__of_folders_links_and_pipes__names_none_of_them),
    };
    return cmocka_run_group_tests_name("file_posix", tests, NULL, NULL);
}
