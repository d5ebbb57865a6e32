#include "admin/look.h"

#include "base/visible.h"

#include <string.h>

enum { BAR_CELLS_MOST = 64, BAR_BYTES = 4 * BAR_CELLS_MOST, LINE_MOST_BYTES = 64 * 1024 };

/* Select graphic rendition (ECMA-48 8.3.117): the eight colours that every terminal has. */
static const char *const STYLES[ADM_STYLE_COUNT] = {
    [ADM_STYLE_PLAIN] = "",           [ADM_STYLE_HEAD] = "\x1b[1m", [ADM_STYLE_GOOD] = "\x1b[32m",
    [ADM_STYLE_PENDING] = "\x1b[33m", [ADM_STYLE_BAD] = "\x1b[31m", [ADM_STYLE_FAINT] = "\x1b[2m",
};
static const char PLAIN_AGAIN[] = "\x1b[0m";

/* Shades of the code page that every Windows console font has (437), too. */
static const char *const SIGNS[2][ADM_BAR_PARTS + 1] = {
    {"#", "=", "!", "-", "."},
    {"\xe2\x96\x88", "\xe2\x96\x93", "!", "\xe2\x96\x92", "\xe2\x96\x91"},
};

static const enum adm_style PART_STYLES[ADM_BAR_PARTS + 1] = {
    ADM_STYLE_GOOD, ADM_STYLE_PENDING, ADM_STYLE_BAD, ADM_STYLE_FAINT, ADM_STYLE_FAINT,
};

/* Two columns: the blocks of Unicode whose characters are wide or full width (UAX #11); the few narrow
 * ones among them only cost alignment. */
static bool is_wide(uint32_t c)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } WIDE[] = {
        {0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof WIDE / sizeof WIDE[0]; i++) {
        if (c >= WIDE[i].first && c <= WIDE[i].last) {
            return true;
        }
    }
    return false;
}

/* None: marks that stand over the letter before them. */
static bool is_mark(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036f) || (c >= 0x20d0 && c <= 0x20ff) ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0x200d;
}

/* The bytes of the character at text, which is not empty, and how many columns it takes. */
static size_t next_character(const char *text, size_t *columns)
{
    const unsigned char *p = (const unsigned char *)text;
    bool plain = false;
    size_t size = visible_next(text, &plain);
    uint32_t c = size > 1 ? p[0] & (0xffU >> (size + 1)) : p[0];
    for (size_t i = 1; i < size; i++) {
        c = c << 6 | (p[i] & 0x3fU);
    }
    *columns = is_wide(c) ? 2 : is_mark(c) ? 0 : 1;
    return size;
}

size_t adm_look_width(const char *text)
{
    size_t width = 0;
    while (*text != '\0') {
        size_t columns = 0;
        text += next_character(text, &columns);
        width += columns;
    }
    return width;
}

/* The bytes at the beginning of text that take at most so many columns. */
static size_t fitting(const char *text, size_t width)
{
    size_t taken = 0;
    size_t columns = 0;
    size_t used = 0;
    while (text[taken] != '\0') {
        size_t size = next_character(text + taken, &columns);
        if (columns > width - used) {
            break;
        }
        used += columns;
        taken += size;
    }
    return taken;
}

enum status adm_look_append(const struct adm_look *look, enum adm_style style, const char *text,
                            struct bytes *out)
{
    bool painted = look->colours && style != ADM_STYLE_PLAIN && text[0] != '\0';
    enum status st = painted ? bytes_append_text(out, STYLES[style]) : ST_OK;
    st = st == ST_OK ? bytes_append_text(out, text) : st;
    return st == ST_OK && painted ? bytes_append_text(out, PLAIN_AGAIN) : st;
}

enum status adm_look_append_cut(const struct adm_look *look, const char *text, size_t width,
                                struct bytes *out)
{
    if (adm_look_width(text) <= width) {
        return bytes_append_text(out, text);
    }
    enum status st = bytes_append(out, text, fitting(text, width > 0 ? width - 1 : 0));
    return st == ST_OK ? bytes_append_text(out, look->unicode ? "\xe2\x80\xa6" : "~") : st;
}

/* How many bytes of the text stand in one line: up to the last space that fits, or what fits; one
 * character at least. */
static size_t take_line(const char *text, size_t width)
{
    size_t columns = 0;
    size_t taken = fitting(text, width);
    size_t space = taken;
    if (text[taken] == '\0' || text[taken] == ' ') {
        return taken;
    }
    while (space > 0 && text[space] != ' ') {
        space--;
    }
    if (space > 0 || taken > 0) {
        return space > 0 ? space : taken;
    }
    return next_character(text, &columns);
}

enum status adm_look_append_line(const struct adm_look *look, enum adm_style style, size_t indent,
                                 const char *text, struct bytes *out)
{
    struct bytes part = bytes_with_limit(LINE_MOST_BYTES);
    size_t width = look->columns > 0 ? look->columns : SIZE_MAX;
    size_t first = take_line(text, width);
    enum status st = bytes_append(&part, text, first);
    st = st == ST_OK ? adm_look_append(look, style, bytes_text(&part), out) : st;
    st = st == ST_OK ? bytes_append_text(out, "\n") : st;
    text += first;
    width = width > indent ? width - indent : width;
    while (st == ST_OK && *text != '\0') {
        text += *text == ' ' ? 1 : 0;
        size_t taken = take_line(text, width);
        bytes_clear(&part);
        st = bytes_append_format(&part, "%.*s", (int)taken, text);
        st = st == ST_OK ? bytes_append_format(out, "%*s", (int)indent, "") : st;
        st = st == ST_OK ? adm_look_append(look, style, bytes_text(&part), out) : st;
        st = st == ST_OK ? bytes_append_text(out, "\n") : st;
        text += taken;
    }
    bytes_free(&part);
    return st;
}

const char *adm_look_bar_sign(const struct adm_look *look, enum adm_bar_part part)
{
    return SIGNS[look->unicode ? 1 : 0][part];
}

static enum status append_signs(const struct adm_look *look, size_t part, size_t count,
                                struct bytes *out)
{
    struct bytes run = bytes_with_limit(BAR_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        st = bytes_append_text(&run, SIGNS[look->unicode ? 1 : 0][part]);
    }
    if (st == ST_OK) {
        st = adm_look_append(look, PART_STYLES[part], bytes_text(&run), out);
    }
    bytes_free(&run);
    return st;
}

/* Rounded down, but one that is there shows, and what is not all of it leaves a cell. */
static size_t cells_of(int64_t part, int64_t all, size_t cells)
{
    if (part <= 0 || all <= 0) {
        return 0;
    }
    if (part >= all) {
        return cells;
    }
    size_t full = (size_t)((double)part / (double)all * (double)cells);
    return full == 0 ? 1 : full;
}

enum status adm_look_append_bar(const struct adm_look *look, const int64_t parts[ADM_BAR_PARTS],
                                int64_t all, size_t cells, struct bytes *out)
{
    size_t left = cells < BAR_CELLS_MOST ? cells : BAR_CELLS_MOST;
    size_t width = left;
    size_t counts[ADM_BAR_PARTS + 1] = {0};

    /* What fails is never the part that finds no room. */
    static const enum adm_bar_part ORDER[ADM_BAR_PARTS] = {ADM_BAR_BAD, ADM_BAR_GOOD,
                                                           ADM_BAR_PENDING, ADM_BAR_APART};
    for (size_t i = 0; i < ADM_BAR_PARTS; i++) {
        size_t wanted = cells_of(parts[ORDER[i]], all, width);
        counts[ORDER[i]] = wanted < left ? wanted : left;
        left -= counts[ORDER[i]];
    }
    counts[ADM_BAR_PARTS] = left;
    enum status st = bytes_append_text(out, "[");
    for (size_t i = 0; st == ST_OK && i <= ADM_BAR_PARTS; i++) {
        st = append_signs(look, i, counts[i], out);
    }
    return st == ST_OK ? bytes_append_text(out, "]") : st;
}
