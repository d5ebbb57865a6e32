#include "agent/kept_file.h"

#include <string.h>

static const char END[] = "end\n";

/* Cut the next line off at its line end; NULL if there is no whole line any more. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    *rest = end + 1;
    return line;
}

static bool has_end(const struct bytes *content)
{
    size_t size = sizeof END - 1;
    return content->size >= size && memcmp(content->data + content->size - size, END, size) == 0 &&
           memchr(content->data, '\0', content->size) == NULL;
}

/* All lines between the first and the last, which are as they should be. */
static bool visit_lines(const struct ag_kept_file *file, struct bytes *content,
                        bool (*visit)(void *ctx, char *line), void *ctx)
{
    if (!has_end(content)) {
        return false;
    }
    char *rest = (char *)content->data;
    content->data[content->size - (sizeof END - 1)] = '\0';
    char *line = next_line(&rest);
    if (line == NULL || strcmp(line, file->format) != 0) {
        return false;
    }
    for (line = next_line(&rest); line != NULL; line = next_line(&rest)) {
        if (!visit(ctx, line)) {
            return false;
        }
    }
    return *rest == '\0';
}

enum status ag_kept_read(const struct ag_kept_file *file, const struct ag_vault *vault,
                         bool (*visit)(void *ctx, char *line), void *ctx, struct err *err)
{
    struct bytes content = {0};
    enum status st = vault->read(vault->ctx, file->name, file->most_bytes, &content, err);
    if (st == ST_OK && !visit_lines(file, &content, visit, ctx)) {
        st = err_set(err, ST_IO, 0, "%s is damaged and forgotten", file->name);
    }
    bytes_free(&content);
    return st;
}

enum status ag_kept_begin(const struct ag_kept_file *file, struct bytes *out)
{
    *out = bytes_with_limit(file->most_bytes);
    return bytes_append_format(out, "%s\n", file->format);
}

enum status ag_kept_write(const struct ag_kept_file *file, const struct ag_vault *vault,
                          struct bytes *lines, struct err *err)
{
    enum status st = bytes_append_text(lines, END);
    if (st != ST_OK) {
        return err_set(err, st, 0, "%s does not fit", file->name);
    }
    return vault->write(vault->ctx, file->name, bytes_span(lines), err);
}
