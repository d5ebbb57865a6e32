/* line_file.h - read a file of JSON lines, one at a time, however long the file is.
 *
 * Memory is bounded by the longest line allowed. Lines end with LF or CR LF; empty ones are skipped.
 * Effects: reads a file, or standard input for "-"    Units:  bytes
 * Owns:    struct line_file;                      Errors: those of file.h; ST_REFUSED too_large:
 *          line_file_close()                              a longer line
 * Threads: one thread                                 Source: docs/architecture.md "Ownership"
 */
#ifndef BASE_LINE_FILE_H
#define BASE_LINE_FILE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdio.h>

struct line_file {
    const char *path; /* borrowed */
    FILE *file;
    uint8_t *buffer;
    size_t most_bytes; /* of a line */
    size_t start;      /* of what was read and not given out yet */
    size_t end;
    bool at_end; /* of the file */
    uint64_t line;
    uint64_t read_bytes;
};

enum status line_file_open(const char *path, size_t most_bytes, struct line_file *out,
                           struct err *err) MUST_USE;
void line_file_close(struct line_file *lines);

/* The next line, valid until the next call; *out_more is false at the end of the file. */
enum status line_file_next(struct line_file *lines, struct span *out, bool *out_more,
                           struct err *err) MUST_USE;

/* Say in which line of which file a refusal is. */
enum status line_file_refused(const struct line_file *lines, const struct err *inner,
                              struct err *err);

#endif
