/* test_after_data_win.c - what goes with the data directory, and that nothing goes where a link in its place leads. */
#include "tests/cmocka_all.h"

#include "agent/folder_win.h"
#include "base/file.h"
#include "installer/msi/after_win.h"
#include "tests/unit/agent/planted_link_win.h"
#include "tests/unit/agent/scratch_folder_win.h"

#include <string.h>

static const char *const OURS[] = {"accepted.jws",      "device.sealed", "trust.kept.before",
                                   "policy.jws.12.new", "report-1.json", "agent.log"};
enum { OURS_COUNT = sizeof OURS / sizeof OURS[0] };

static struct err err;
static char folder[SCRATCH_PATH_BYTES];

static int make_folder(void **state)
{
    (void)state;
    scratch_folder_name("data", folder);
    err = (struct err){.st = ST_OK};
    return ag_folder_make(folder, &err) == ST_OK ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_folder_remove(folder);
    return 0;
}

static void path_of(const char *name, char out[SCRATCH_PATH_BYTES])
{
    assert_true(snprintf(out, SCRATCH_PATH_BYTES, "%s\\%s", folder, name) < SCRATCH_PATH_BYTES);
}

static void put(const char *name)
{
    char path[SCRATCH_PATH_BYTES];
    path_of(name, path);
    assert_int_equal(file_write(path, span_text(name), FILE_FOR_OWNER, &err), ST_OK);
}

static void put_ours(void)
{
    for (size_t i = 0; i < OURS_COUNT; i++) {
        put(OURS[i]);
    }
}

static bool is_there(const char *name)
{
    char path[SCRATCH_PATH_BYTES];
    path_of(name, path);
    return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

static size_t count_ours(void)
{
    size_t count = 0;
    for (size_t i = 0; i < OURS_COUNT; i++) {
        count += is_there(OURS[i]) ? 1 : 0;
    }
    return count;
}

static void folder__with_files_of_ours_alone__goes(void **state)
{
    (void)state;
    put_ours();
    assert_int_equal(ins_after_remove_data(folder, &err), ST_OK);
    assert_int_equal(GetFileAttributesA(folder), INVALID_FILE_ATTRIBUTES);
    assert_int_equal(ins_after_remove_data(folder, &err), ST_OK); /* nothing is left to do */
    assert_int_equal(GetFileAttributesA(folder), INVALID_FILE_ATTRIBUTES);
}

static void folder__with_files_of_others__stays_with_these(void **state)
{
    static const char *const OTHERS[] = {"notes.txt", "accepted.jws.old", "report-1.txt", "my.log"};
    (void)state;
    put_ours();
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        put(OTHERS[i]);
    }
    assert_int_equal(ins_after_remove_data(folder, &err), ST_EXISTS);
    assert_non_null(strstr(err.text, "there is more in it than ours"));
    assert_int_equal(count_ours(), 0);
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        assert_true(is_there(OTHERS[i]));
    }
}

static void file__that_somebody_holds__keeps_no_other(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    (void)state;
    put_ours();
    path_of(OURS[0], path);
    HANDLE user = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(user != INVALID_HANDLE_VALUE);
    assert_int_not_equal(ins_after_remove_data(folder, &err), ST_OK);
    assert_non_null(strstr(err.text, OURS[0]));
    assert_int_equal(count_ours(), 1);
    assert_true(CloseHandle(user));
}

static void link__in_the_place_of_the_folder__is_not_entered(void **state)
{
    char link[SCRATCH_PATH_BYTES];
    (void)state;
    put_ours();
    scratch_folder_name("data-link", link);
    plant_link(folder, link);
    enum status st = ins_after_remove_data(link, &err);
    size_t left = count_ours();
    remove_planted_link(link);
    assert_int_equal(left, OURS_COUNT);
    assert_int_equal(st, ST_DENIED);
    assert_non_null(strstr(err.text, "is a link"));
}

static void link__above_the_folder__is_not_entered(void **state)
{
    char link[SCRATCH_PATH_BYTES];
    char above[SCRATCH_PATH_BYTES];
    char below[SCRATCH_PATH_BYTES + 16];
    (void)state;
    put_ours();
    (void)snprintf(above, sizeof above, "%s", folder);
    *strrchr(above, '\\') = '\0';
    scratch_folder_name("data-link-above", link);
    plant_link(above, link);
    (void)snprintf(below, sizeof below, "%s%s", link, strrchr(folder, '\\'));
    enum status st = ins_after_remove_data(below, &err);
    size_t left = count_ours();
    remove_planted_link(link);
    assert_int_equal(left, OURS_COUNT);
    assert_int_equal(st, ST_DENIED);
    assert_non_null(strstr(err.text, "data-link-above"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(folder__with_files_of_ours_alone__goes),
        IN_FOLDER(folder__with_files_of_others__stays_with_these),
        IN_FOLDER(file__that_somebody_holds__keeps_no_other),
        IN_FOLDER(link__in_the_place_of_the_folder__is_not_entered),
        IN_FOLDER(link__above_the_folder__is_not_entered),
    };
    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
