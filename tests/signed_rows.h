/* signed_rows.h - read tests/data/signed.tsv, the list of what signatures and acceptance must give.
 *
 * Effects: reads files below MR_TEST_DATA; fails the running test where the list is not whole
 * Owns:    signed_rows_read() gives a buffer to free; rows point into it
 * Units:   none          Errors: none
 * Threads: one thread    Source: tests/data/README.md
 */
#ifndef TESTS_SIGNED_ROWS_H
#define TESTS_SIGNED_ROWS_H

#include "tests/cmocka_all.h"

#include "base/bytes.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNED_COLUMNS = 8, SIGNED_FILE_BYTES = 16 * 1024 * 1024, SIGNED_PATH_BYTES = 1024 };

/* In the order of the columns; "-" stands for nothing. */
struct signed_row {
    const char *file;
    const char *document; /* policy, bundle, trust */
    const char *trust;
    const char *floor; /* VERSION or VERSION:DIGEST */
    const char *min_version;
    const char *verified; /* yes, no: do enough signatures hold? */
    const char *expected; /* accept, no_change or a code */
    const char *pointer;
};

static inline void signed_path(const char *file, char out[SIGNED_PATH_BYTES])
{
    const char *folder = getenv("MR_TEST_DATA");
    (void)snprintf(out, SIGNED_PATH_BYTES, "%s/%s", folder != NULL ? folder : "tests/data", file);
}

static inline struct bytes signed_file(const char *file)
{
    char path[SIGNED_PATH_BYTES];
    struct bytes out = {0};
    struct err err = {0};
    signed_path(file, path);
    if (file_read(path, SIGNED_FILE_BYTES, &out, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static inline struct bytes signed_rows_read(void)
{
    return signed_file("signed.tsv");
}

static inline bool signed_is(const char *cell, const char *word)
{
    return strcmp(cell, word) == 0;
}

/* The next row; *at begins at the list's first byte, which is overwritten on the way. */
static inline bool signed_rows_next(char **at, struct signed_row *out)
{
    while (**at == '#') {
        *at = strchr(*at, '\n') + 1;
    }
    if (**at == '\0') {
        return false;
    }
    char *cells[SIGNED_COLUMNS];
    char *end = strchr(*at, '\n');
    assert_non_null(end);
    *end = '\0';
    for (size_t i = 0; i < SIGNED_COLUMNS; i++) {
        cells[i] = *at;
        *at += strcspn(*at, "\t");
        /* A tab behind each cell but the last one. */
        assert_int_equal(**at, i + 1 < SIGNED_COLUMNS ? '\t' : '\0');
        **at = '\0';
        (*at)++;
    }
    *out = (struct signed_row){cells[0], cells[1], cells[2], cells[3],
                               cells[4], cells[5], cells[6], cells[7]};
    return true;
}

#endif
