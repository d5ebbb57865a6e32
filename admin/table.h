/* table.h - lay out text in columns for people.
 *
 * Cells come from outside: control characters in them are escaped, so that no account name moves a
 * cursor. Columns are as wide as their widest cell, counted in code points. The first failure
 * sticks, and adm_table_write() tells it.
 * Effects: none                                       Units:  cells, code points
 * Owns:    struct adm_table; adm_table_done()         Errors: ST_TOO_LARGE, ST_NO_MEMORY; ST_BUG if
 *                                                             the last row is not full
 * Threads: one thread                                 Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_TABLE_H
#define ADMIN_TABLE_H

#include "base/bytes.h"

enum { ADM_TABLE_COLUMNS = 12 };

struct adm_table {
    struct bytes cells; /* each with a NUL behind it */
    size_t columns;
    size_t count;
    size_t width[ADM_TABLE_COLUMNS];
    enum status st;
};

struct adm_table adm_table_with(size_t columns);
void adm_table_done(struct adm_table *table);

/* The next cell, row by row; the first row is the heading. NULL is shown as "-". */
void adm_table_cell(struct adm_table *table, const char *text);
void adm_table_number(struct adm_table *table, int64_t value);

/* Append the finished lines. */
enum status adm_table_write(const struct adm_table *table, struct bytes *out) MUST_USE;

#endif
