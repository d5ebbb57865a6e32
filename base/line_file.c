#include "base/line_file.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024 };

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

enum status line_file_open(const char *path, size_t most_bytes, struct line_file *out,
                           struct err *err)
{
    struct line_file lines = {.path = path, .most_bytes = most_bytes, .file = stdin};
    enum status st = ST_OK;
    if (!is_standard_input(path)) {
        st = file_open_to_read(path, &lines.file, err);
    }
    if (st == ST_OK) {
        lines.buffer = malloc(most_bytes + CHUNK_BYTES);
        if (lines.buffer == NULL) {
            st = err_set(err, ST_NO_MEMORY, 0, "no memory to read %s", path);
            line_file_close(&lines);
        }
    }
    if (st == ST_OK) {
        *out = lines;
    }
    return st;
}

void line_file_close(struct line_file *lines)
{
    free(lines->buffer);
    if (lines->file != NULL && lines->file != stdin) {
        (void)fclose(lines->file);
    }
    *lines = (struct line_file){0};
}

/* Move what is left to the front of the buffer and read on behind it. */
static enum status fill(struct line_file *lines, struct err *err)
{
    size_t kept = lines->end - lines->start;
    memmove(lines->buffer, lines->buffer + lines->start, kept);
    lines->start = 0;
    lines->end = kept;
    size_t got =
        fread(lines->buffer + kept, 1, lines->most_bytes + CHUNK_BYTES - kept, lines->file);
    if (ferror(lines->file)) {
        return err_set(err, ST_IO, (uint32_t)errno, "cannot read %s", lines->path);
    }
    lines->at_end = got == 0;
    lines->end += got;
    lines->read_bytes += got;
    return ST_OK;
}

static enum status too_long(const struct line_file *lines, struct err *err)
{
    return err_refuse(err, "too_large", "", "%s, line %" PRIu64 " is longer than %zu bytes",
                      lines->path, lines->line + 1, lines->most_bytes);
}

/* Where the next line ends: at its end mark, or at the end of the file. */
static enum status find_end(struct line_file *lines, const uint8_t **out, struct err *err)
{
    size_t searched = 0;
    for (;;) {
        size_t left = lines->end - lines->start;
        const uint8_t *from = lines->buffer + lines->start + searched;
        const uint8_t *end = left > searched ? memchr(from, '\n', left - searched) : NULL;
        if (end != NULL || (lines->at_end && left <= lines->most_bytes)) {
            *out = end != NULL ? end : lines->buffer + lines->end;
            return ST_OK;
        }
        if (left > lines->most_bytes) {
            return too_long(lines, err);
        }
        searched = left;
        enum status st = fill(lines, err);
        if (st != ST_OK) {
            return st;
        }
    }
}

/* One line without its end, empty or not. */
static enum status take_line(struct line_file *lines, struct span *out, bool *out_more,
                             struct err *err)
{
    const uint8_t *end = NULL;
    enum status st = find_end(lines, &end, err);
    if (st != ST_OK) {
        return st;
    }
    const uint8_t *start = lines->buffer + lines->start;
    size_t size = (size_t)(end - start);
    *out_more = lines->start < lines->end;
    lines->start += size + (lines->start + size < lines->end ? 1 : 0);
    size -= size > 0 && start[size - 1] == '\r' ? 1 : 0;
    if (size > lines->most_bytes) {
        return too_long(lines, err);
    }
    lines->line += *out_more ? 1 : 0;
    *out = (struct span){.data = start, .size = size};
    return ST_OK;
}

enum status line_file_next(struct line_file *lines, struct span *out, bool *out_more,
                           struct err *err)
{
    struct span line = {0};
    bool more = true;
    enum status st = ST_OK;
    while (st == ST_OK && more && line.size == 0) {
        st = take_line(lines, &line, &more, err);
    }
    if (st == ST_OK) {
        *out = line;
        *out_more = more;
    }
    return st;
}

enum status line_file_refused(const struct line_file *lines, const struct err *inner,
                              struct err *err)
{
    struct err cause = *inner;
    if (cause.st != ST_REFUSED) {
        return err_set(err, cause.st, cause.os_code, "%s, line %" PRIu64 ": %s", lines->path,
                       lines->line, cause.text);
    }
    return err_refuse(err, cause.code, cause.pointer, "%s, line %" PRIu64 ": %s", lines->path,
                      lines->line, cause.text);
}
