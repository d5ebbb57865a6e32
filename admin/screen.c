#include "admin/screen.h"

#include <string.h>

/* ECMA-48: cursor home, erase to the end of the line, erase all below. */
static const char HOME[] = "\x1b[H";
static const char LINE_END[] = "\x1b[K\n";
static const char ERASE_BELOW[] = "\x1b[J";

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n' ? 1 : 0;
    }
    return lines;
}

/* Whole lines only: the text ends in a line end. */
enum status adm_screen_append_frame(const struct adm_screen *screen, const char *text,
                                    struct bytes *out)
{
    size_t lines = count_lines(text);
    size_t rows = screen->look.rows;
    /* The last row stays free for the cursor, and one says what is missing. */
    size_t shown = rows >= 3 && lines > rows - 1 ? rows - 2 : lines;
    const char *line = text;
    enum status st = bytes_append_text(out, HOME);
    for (size_t i = 0; st == ST_OK && i < shown; i++) {
        size_t length = strcspn(line, "\n");
        st = bytes_append(out, line, length);
        st = st == ST_OK ? bytes_append_text(out, LINE_END) : st;
        line += length + 1;
    }
    if (st == ST_OK && shown < lines) {
        st = bytes_append_format(out, "(%zu lines more: a taller window shows them)%s",
                                 lines - shown, LINE_END);
    }
    return st == ST_OK ? bytes_append_text(out, ERASE_BELOW) : st;
}
