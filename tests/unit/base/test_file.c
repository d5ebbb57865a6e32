/* test_file.c - file.h: bounded reads, whole writes, and what each failure leaves behind. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "tests/unit/base/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_holds(const char *name, const char *expected)
{
    struct bytes content = scratch_content(name);
    assert_string_equal(bytes_text(&content), expected);
    bytes_free(&content);
}

/* ---- listing ------------------------------------------------------------------------------ */

struct listing {
    size_t count;
    size_t most;
    char names[8][64];
};

static bool note_name(void *ctx, const char *name)
{
    struct listing *listing = ctx;
    assert_true(listing->count < 8);
    (void)snprintf(listing->names[listing->count++], 64, "%s", name);
    return listing->count < listing->most;
}

static bool has_name(const struct listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (strcmp(listing->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static struct listing list(size_t most)
{
    struct listing listing = {.most = most};
    assert_int_equal(file_list(scratch_path(NULL), note_name, &listing, NULL), ST_OK);
    return listing;
}

/* ---- reading ------------------------------------------------------------------------------ */

static void file_read__of_exactly_the_limit__gives_all(void **state)
{
    (void)state;
    struct bytes content = {0};
    scratch_put("a", "12345");
    assert_int_equal(file_read(scratch_path("a"), 5, &content, NULL), ST_OK);
    assert_string_equal(bytes_text(&content), "12345");
    bytes_free(&content);
}

static void file_read__one_over_the_limit__is_too_large_and_leaves_out_alone(void **state)
{
    (void)state;
    struct bytes content = {.limit = 77};
    struct err err = {0};
    scratch_put("a", "123456");
    assert_int_equal(file_read(scratch_path("a"), 5, &content, &err), ST_TOO_LARGE);
    assert_int_equal(err.st, ST_TOO_LARGE);
    assert_non_null(strstr(err.text, "5 bytes"));
    assert_null(content.data);
    assert_int_equal(content.limit, 77);
}

static void file_read__of_nothing_there__is_not_found(void **state)
{
    (void)state;
    struct bytes content = {0};
    struct err err = {0};
    assert_int_equal(file_read(scratch_path("none"), 5, &content, &err), ST_NOT_FOUND);
    assert_int_not_equal(err.os_code, 0);
    assert_int_equal(file_read(scratch_path("none/none"), 5, &content, NULL), ST_NOT_FOUND);
    assert_null(content.data);
}

static void file_read__of_a_folder__is_no_file(void **state)
{
    (void)state;
    struct bytes content = {0};
    enum status st = file_read(scratch_path(NULL), 5, &content, NULL);
    assert_true(st == ST_IO || st == ST_DENIED); /* Windows denies before it can be looked at */
    assert_null(content.data);
}

static void file_read__of_an_empty_file__is_empty(void **state)
{
    (void)state;
    struct bytes content = {0};
    scratch_put("a", "");
    assert_int_equal(file_read(scratch_path("a"), 0, &content, NULL), ST_OK);
    assert_int_equal(content.size, 0);
    assert_string_equal(bytes_text(&content), "");
    bytes_free(&content);
}

static void file_read__of_all_byte_values_over_several_chunks__changes_none(void **state)
{
    (void)state;
    enum { SIZE = 100000 };
    struct bytes content = {0};
    uint8_t *data = malloc(SIZE);
    assert_non_null(data);
    for (unsigned i = 0; i < SIZE; i++) {
        data[i] = (uint8_t)(i % 251);
    }
    assert_int_equal(file_write(scratch_path("a"), (struct span){data, SIZE}, FILE_FOR_OWNER, NULL),
                     ST_OK);
    assert_int_equal(file_read(scratch_path("a"), SIZE, &content, NULL), ST_OK);
    assert_true(span_equal(bytes_span(&content), (struct span){data, SIZE}));
    bytes_free(&content);
    free(data);
}

/* ---- writing ------------------------------------------------------------------------------ */

static void file_write__over_a_file__replaces_it_and_leaves_nothing_beside(void **state)
{
    (void)state;
    scratch_put("a", "old and long");
    scratch_put("a", "new");
    assert_holds("a", "new");
    assert_int_equal(list(8).count, 1);
}

static void file_write__where_it_cannot__leaves_nothing_behind(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(file_write(scratch_path("none/a"), span_text("x"), FILE_FOR_OWNER, &err),
                     ST_NOT_FOUND);
    assert_int_equal(err.st, ST_NOT_FOUND);
    assert_true(file_write(scratch_path(NULL), span_text("x"), FILE_FOR_OWNER, &err) != ST_OK);
    assert_int_equal(list(8).count, 0);
}

static void file_create__of_a_new_file__makes_it(void **state)
{
    (void)state;
    assert_int_equal(file_create(scratch_path("a"), span_text("first"), FILE_FOR_ALL, NULL), ST_OK);
    assert_holds("a", "first");
}

static void file_create__over_a_file__is_refused_and_leaves_it_alone(void **state)
{
    (void)state;
    struct err err = {0};
    scratch_put("a", "first");
    assert_int_equal(file_create(scratch_path("a"), span_text("second"), FILE_FOR_OWNER, &err),
                     ST_EXISTS);
    assert_int_equal(err.st, ST_EXISTS);
    assert_holds("a", "first");
}

static void file_rename__over_a_file__replaces_it(void **state)
{
    (void)state;
    char from[SCRATCH_PATH_BYTES];
    scratch_put("a", "new");
    scratch_put("b", "old");
    (void)snprintf(from, sizeof from, "%s", scratch_path("a"));
    assert_int_equal(file_rename(from, scratch_path("b"), NULL), ST_OK);
    assert_holds("b", "new");
    assert_int_equal(list(8).count, 1);
    assert_int_equal(file_rename(from, scratch_path("b"), NULL), ST_NOT_FOUND);
    assert_holds("b", "new");
}

static void file_remove__of_a_file__happens_once(void **state)
{
    (void)state;
    scratch_put("a", "x");
    assert_int_equal(file_remove(scratch_path("a"), NULL), ST_OK);
    assert_int_equal(file_remove(scratch_path("a"), NULL), ST_NOT_FOUND);
}

static void file__with_a_name_beyond_ascii__works_like_others(void **state)
{
    (void)state;
    scratch_put("K\xc3\xb6ln-\xe2\x82\xac", "x");
    assert_holds("K\xc3\xb6ln-\xe2\x82\xac", "x");
    struct listing listing = list(8);
    assert_int_equal(listing.count, 1);
    assert_string_equal(listing.names[0], "K\xc3\xb6ln-\xe2\x82\xac");
}

/* ---- folders ------------------------------------------------------------------------------ */

static void file_make_folder__of_one_that_is_there__is_fine(void **state)
{
    (void)state;
    assert_int_equal(file_make_folder(scratch_path(NULL), NULL), ST_OK);
    scratch_put("a", "x");
    assert_int_equal(file_make_folder(scratch_path("a"), NULL), ST_EXISTS);
    assert_int_equal(file_make_folder(scratch_path("none/none"), NULL), ST_NOT_FOUND);
    assert_holds("a", "x");
}

static void file_list__of_a_folder__names_each_file_once(void **state)
{
    (void)state;
    scratch_put("a", "");
    scratch_put("b.json", "");
    scratch_put("c", "");
    struct listing listing = list(8);
    assert_int_equal(listing.count, 3);
    assert_true(has_name(&listing, "a") && has_name(&listing, "b.json") && has_name(&listing, "c"));
}

static void file_list__told_to_stop__stops(void **state)
{
    (void)state;
    scratch_put("a", "");
    scratch_put("b", "");
    assert_int_equal(list(1).count, 1);
}

static void file_list__of_nothing_there__is_not_found(void **state)
{
    (void)state;
    struct listing listing = {.most = 8};
    struct err err = {0};
    assert_int_equal(file_list(scratch_path("none"), note_name, &listing, &err), ST_NOT_FOUND);
    assert_int_equal(err.st, ST_NOT_FOUND);
    assert_int_equal(listing.count, 0);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(file_read__of_exactly_the_limit__gives_all),
        IN_SCRATCH(file_read__one_over_the_limit__is_too_large_and_leaves_out_alone),
        IN_SCRATCH(file_read__of_nothing_there__is_not_found),
        IN_SCRATCH(file_read__of_a_folder__is_no_file),
        IN_SCRATCH(file_read__of_an_empty_file__is_empty),
        IN_SCRATCH(file_read__of_all_byte_values_over_several_chunks__changes_none),
        IN_SCRATCH(file_write__over_a_file__replaces_it_and_leaves_nothing_beside),
        IN_SCRATCH(file_write__where_it_cannot__leaves_nothing_behind),
        IN_SCRATCH(file_create__of_a_new_file__makes_it),
        IN_SCRATCH(file_create__over_a_file__is_refused_and_leaves_it_alone),
        IN_SCRATCH(file_rename__over_a_file__replaces_it),
        IN_SCRATCH(file_remove__of_a_file__happens_once),
        IN_SCRATCH(file__with_a_name_beyond_ascii__works_like_others),
        IN_SCRATCH(file_make_folder__of_one_that_is_there__is_fine),
        IN_SCRATCH(file_list__of_a_folder__names_each_file_once),
        IN_SCRATCH(file_list__told_to_stop__stops),
        IN_SCRATCH(file_list__of_nothing_there__is_not_found),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
