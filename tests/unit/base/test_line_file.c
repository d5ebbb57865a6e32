/* test_line_file.c - line_file.h: lines of every length, and their ends. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "base/line_file.h"
#include "tests/unit/base/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1000, CHUNK_BYTES = 256 * 1024 };

static struct line_file opened(const char *text, size_t size)
{
    struct line_file lines = {0};
    struct span content = {.data = (const uint8_t *)text, .size = size};
    assert_int_equal(file_write(scratch_path("lines"), content, FILE_FOR_OWNER, NULL), ST_OK);
    assert_int_equal(line_file_open(scratch_path("lines"), MOST_BYTES, &lines, NULL), ST_OK);
    return lines;
}

static void assert_line(struct line_file *lines, const char *expected, uint64_t number)
{
    struct span line = {0};
    bool more = false;
    assert_int_equal(line_file_next(lines, &line, &more, NULL), ST_OK);
    assert_true(more);
    assert_int_equal(line.size, strlen(expected));
    assert_memory_equal(line.data, expected, line.size);
    assert_int_equal(lines->line, number);
}

static void assert_end(struct line_file *lines)
{
    struct span line;
    bool more = true;
    assert_int_equal(line_file_next(lines, &line, &more, NULL), ST_OK);
    assert_false(more);
    line_file_close(lines);
}

static void line_file__with_ends_of_both_kinds__gives_the_lines_without(void **state)
{
    (void)state;
    static const char TEXT[] = "one\ntwo\r\n\n\r\nfive\n";
    struct line_file lines = opened(TEXT, strlen(TEXT));
    assert_line(&lines, "one", 1);
    assert_line(&lines, "two", 2);
    assert_line(&lines, "five", 5);
    assert_end(&lines);
}

static void line_file__without_a_last_end__gives_the_last_line_too(void **state)
{
    (void)state;
    struct line_file lines = opened("one\ntwo", 7);
    assert_line(&lines, "one", 1);
    assert_line(&lines, "two", 2);
    assert_end(&lines);
    lines = opened("", 0);
    assert_end(&lines);
    lines = opened("\n\n", 2);
    assert_end(&lines);
}

/* Lines that straddle what is read at once, and come out whole. */
static void line_file__longer_than_its_buffer__loses_nothing(void **state)
{
    (void)state;
    enum { LINES = 3000, LINE_BYTES = 301 };
    char *text = malloc((size_t)LINES * LINE_BYTES);
    char expected[LINE_BYTES];
    assert_non_null(text);
    for (int i = 0; i < LINES; i++) {
        char *line = text + (size_t)i * LINE_BYTES;
        memset(line, 'x', LINE_BYTES);
        char number[16];
        (void)snprintf(number, sizeof number, "%07d", i);
        memcpy(line, number, 7);
        line[LINE_BYTES - 1] = '\n';
    }
    assert_true((size_t)LINES * LINE_BYTES > 2 * CHUNK_BYTES);
    struct line_file lines = opened(text, (size_t)LINES * LINE_BYTES);
    for (int i = 0; i < LINES; i++) {
        memcpy(expected, text + (size_t)i * LINE_BYTES, LINE_BYTES);
        expected[LINE_BYTES - 1] = '\0';
        assert_line(&lines, expected, (uint64_t)i + 1);
    }
    assert_int_equal(lines.read_bytes, (uint64_t)LINES * LINE_BYTES);
    assert_end(&lines);
    free(text);
}

static void line_file__with_a_line_over_its_bound__refuses_that_line(void **state)
{
    (void)state;
    char text[MOST_BYTES + 8];
    struct span line;
    struct err err = {0};
    bool more = false;
    memset(text, 'x', sizeof text);
    memcpy(text, "one\n", 4);
    text[4 + MOST_BYTES] = '\n';
    struct line_file lines = opened(text, 5 + MOST_BYTES);
    assert_line(&lines, "one", 1);
    assert_int_equal(line_file_next(&lines, &line, &more, &err), ST_OK);
    assert_int_equal(line.size, MOST_BYTES);
    assert_end(&lines);

    text[4 + MOST_BYTES] = 'x';
    text[5 + MOST_BYTES] = '\n';
    lines = opened(text, 6 + MOST_BYTES);
    assert_line(&lines, "one", 1);
    assert_int_equal(line_file_next(&lines, &line, &more, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_non_null(strstr(err.text, "line 2 is longer than 1000 bytes"));
    line_file_close(&lines);
}

static void line_file__that_is_not_there__says_so(void **state)
{
    (void)state;
    struct line_file lines = {0};
    assert_int_equal(line_file_open("no/such/file", MOST_BYTES, &lines, NULL), ST_NOT_FOUND);
}

static void refused__of_a_line__names_the_file_and_the_line(void **state)
{
    (void)state;
    struct line_file lines = {.path = "facts.jsonl", .line = 17};
    struct err inner = {0};
    struct err err = {0};
    (void)err_refuse(&inner, "wrong_type", "/user", "an object is expected");
    assert_int_equal(line_file_refused(&lines, &inner, &err), ST_REFUSED);
    assert_string_equal(err.code, "wrong_type");
    assert_string_equal(err.pointer, "/user");
    assert_string_equal(err.text, "facts.jsonl, line 17: an object is expected");
    (void)err_set(&inner, ST_IO, 5, "cannot write");
    assert_int_equal(line_file_refused(&lines, &inner, &err), ST_IO);
    assert_int_equal(err.os_code, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_file__with_ends_of_both_kinds__gives_the_lines_without),
        cmocka_unit_test(line_file__without_a_last_end__gives_the_last_line_too),
        cmocka_unit_test(line_file__longer_than_its_buffer__loses_nothing),
        cmocka_unit_test(line_file__with_a_line_over_its_bound__refuses_that_line),
        cmocka_unit_test(line_file__that_is_not_there__says_so),
        cmocka_unit_test(refused__of_a_line__names_the_file_and_the_line),
    };
    return cmocka_run_group_tests_name("line_file", tests, scratch_make, scratch_remove);
}
