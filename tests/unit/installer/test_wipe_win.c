#include "installer/msi/wipe_win.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <windows.h>

static const char SECRET[] = "0123456789abcdef";
static struct err err;
static char folder[MAX_PATH];
static char path[MAX_PATH];

static int set_up(void **state)
{
    char temp[MAX_PATH];
    (void)state;
    assert_true(GetTempPathA(sizeof temp, temp) > 0);
    assert_true(GetTempFileNameA(temp, "wip", 0, folder) != 0);
    assert_true(DeleteFileA(folder) && CreateDirectoryA(folder, NULL));
    (void)snprintf(path, sizeof path, "%.200s\\secret", folder);
    return 0;
}

static int tear_down(void **state)
{
    char other[MAX_PATH];
    (void)state;
    (void)snprintf(other, sizeof other, "%.200s\\other", folder);
    (void)DeleteFileA(path);
    (void)RemoveDirectoryA(path);
    (void)DeleteFileA(other);
    return RemoveDirectoryA(folder) ? 0 : 1;
}

static void put(const char *text)
{
    assert_int_equal(file_write(path, span_text(text), FILE_FOR_OWNER, &err), ST_OK);
}

static bool is_there(void)
{
    return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

static void secret__alone_or_with_a_line_end__is_removed(void **state)
{
    static const char *const ENDS[] = {"", "\n", "\r\n"};
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        (void)snprintf(text, sizeof text, "%s%s", SECRET, ENDS[i]);
        put(text);
        assert_int_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_OK);
        assert_false(is_there());
    }
}

static void anything_else__is_left_alone(void **state)
{
    static const char *const OTHERS[] = {"", "0123456789abcde", "0123456789abcdeg",
                                         "0123456789abcdef more", "0123456789abcdef\n\n\n"};
    struct bytes after = {0};
    (void)state;
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        put(OTHERS[i]);
        assert_int_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_DENIED);
        assert_int_equal(file_read(path, 100, &after, &err), ST_OK);
        assert_string_equal(bytes_text(&after), OTHERS[i]);
        bytes_free(&after);
    }
}

static void what_is_no_file__is_refused(void **state)
{
    (void)state;
    assert_int_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_NOT_FOUND);
    assert_true(CreateDirectoryA(path, NULL));
    assert_int_not_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_OK);
    assert_true(is_there());
}

static void second_name_of_a_file__is_refused(void **state)
{
    char other[MAX_PATH];
    (void)state;
    (void)snprintf(other, sizeof other, "%.200s\\other", folder);
    put(SECRET);
    assert_true(CreateHardLinkA(other, path, NULL));
    assert_int_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_DENIED);
    assert_true(is_there());
}

static void file_in_use__is_told(void **state)
{
    (void)state;
    put(SECRET);
    HANDLE user = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(user != INVALID_HANDLE_VALUE);
    assert_int_not_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_OK);
    assert_true(CloseHandle(user));
    assert_true(is_there());
    /* Whoever lets others write could write, too, between our look and our zeros. */
    user = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, 0, NULL);
    assert_true(user != INVALID_HANDLE_VALUE);
    assert_int_not_equal(ins_wipe_secret(path, span_text(SECRET), &err), ST_OK);
    assert_true(CloseHandle(user));
    assert_true(is_there());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(secret__alone_or_with_a_line_end__is_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(anything_else__is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_file__is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(second_name_of_a_file__is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_in_use__is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
