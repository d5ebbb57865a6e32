/* table.h - lay out text in columns for people.
 *
 * Cells come from outside: control characters in them are escaped, so that no account name moves a
 * cursor. Columns are as wide as their widest cell on a screen; on a terminal that is
 * narrower, columns that may be missed are left out and then the widest cells are cut. The first
 * failure sticks, and adm_table_write() tells it.
 * Effects: none                                       Units:  cells, columns of a screen
 * Owns:    struct adm_table; adm_table_done()         Errors: ST_TOO_LARGE, ST_NO_MEMORY; ST_BUG if
 *                                                             the last row is not full
 * Threads: one thread                                 Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_TABLE_H
#define ADMIN_TABLE_H

#include "admin/look.h"

enum { ADM_TABLE_COLUMNS = 12 };

struct adm_table {
    struct adm_look look; /* all 0: plain, of any width */
    struct bytes cells;   /* each a byte for its style, the text, a NUL */
    size_t columns;
    size_t count;
    size_t row; /* where in cells the last row begins */
    size_t width[ADM_TABLE_COLUMNS];
    uint8_t spare[ADM_TABLE_COLUMNS]; /* left out first: the highest; 0: never */
    bool drawn[ADM_TABLE_COLUMNS];    /* cells of this column are not cut */
    enum status st;
};

struct adm_table adm_table_with(size_t columns);
void adm_table_done(struct adm_table *table);

/* The next cell, row by row; the first row is the heading. NULL is shown as "-". */
void adm_table_cell(struct adm_table *table, const char *text);
void adm_table_cell_in(struct adm_table *table, enum adm_style style, const char *text);
void adm_table_number(struct adm_table *table, int64_t value);
/* A whole first row. */
void adm_table_heading(struct adm_table *table, const char *const *cells);
/* A cell of finished text whose signs and colours are ours, so many columns wide: all of a
 * column alike, and no narrower than its heading. */
void adm_table_cell_drawn(struct adm_table *table, const char *text, size_t width);

/* Append the last row's cells, two spaces between them: a line that does not depend on other rows. */
enum status adm_table_last_row(const struct adm_table *table, struct bytes *out) MUST_USE;

/* Append the finished lines. */
enum status adm_table_write(const struct adm_table *table, struct bytes *out) MUST_USE;

/* Whether adm_table_write() leaves out this column. */
bool adm_table_leaves_out(const struct adm_table *table, size_t column);

#endif
