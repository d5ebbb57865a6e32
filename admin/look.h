/* look.h - how an answer may look where it is shown: width, signs, colours.
 *
 * Off a terminal nothing is cut, coloured or drawn with other signs than ASCII, so that what is
 * piped or kept is whole.
 * Effects: none       Units:  columns of a screen, lines
 * Owns:    nothing    Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe       Source: docs/protocol.md "Command lines"; https://no-color.org (NO_COLOR)
 */
#ifndef ADMIN_LOOK_H
#define ADMIN_LOOK_H

#include "base/bytes.h"

enum adm_style {
    ADM_STYLE_PLAIN,
    ADM_STYLE_HEAD,
    ADM_STYLE_GOOD,
    ADM_STYLE_PENDING,
    ADM_STYLE_BAD,
    ADM_STYLE_FAINT,
    ADM_STYLE_COUNT
};

/* All 0: plain text of any width. */
struct adm_look {
    size_t columns; /* 0: as many as it takes */
    size_t rows;    /* 0: as many as it takes */
    bool unicode;
    bool colours;
};

/* Columns that UTF-8 takes on a screen: two for wide characters, none for marks over others. */
size_t adm_look_width(const char *text);

/* Text of ours, or made visible before, in a style where there are colours. */
enum status adm_look_append(const struct adm_look *look, enum adm_style style, const char *text,
                            struct bytes *out) MUST_USE;

/* The first `width` columns; the last of them says that something was cut. */
enum status adm_look_append_cut(const struct adm_look *look, const char *text, size_t width,
                                struct bytes *out) MUST_USE;

/* A line that is broken between words where the screen ends; what goes on is indented. Ends in a line
 * end. */
enum status adm_look_append_line(const struct adm_look *look, enum adm_style style, size_t indent,
                                 const char *text, struct bytes *out) MUST_USE;

/* One part of a bar; each has its own sign, so that a bar can be read without colours. */
enum adm_bar_part { ADM_BAR_GOOD, ADM_BAR_PENDING, ADM_BAR_BAD, ADM_BAR_APART, ADM_BAR_PARTS };

/* A bar of so many cells for the parts of `all`; a part that is not nought shows. Of parts that are
 * more than all the last ones are cut. */
enum status adm_look_append_bar(const struct adm_look *look, const int64_t parts[ADM_BAR_PARTS],
                                int64_t all, size_t cells, struct bytes *out) MUST_USE;

/* The sign that stands for a part, and for what is in none. */
const char *adm_look_bar_sign(const struct adm_look *look, enum adm_bar_part part);

#endif
