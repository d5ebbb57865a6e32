#include "admin/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CELLS_MOST_BYTES = 64 * 1024 * 1024, NUMBER_BYTES = 24, GAP = 2 };

struct adm_table adm_table_with(size_t columns)
{
    return (struct adm_table){.cells = bytes_with_limit(CELLS_MOST_BYTES),
                              .columns = columns < ADM_TABLE_COLUMNS ? columns : ADM_TABLE_COLUMNS};
}

void adm_table_done(struct adm_table *table)
{
    bytes_free(&table->cells);
}

/* Bytes that are not continuations; what is no UTF-8 only costs alignment. */
static size_t code_points(const char *text)
{
    size_t count = 0;
    for (const char *p = text; *p != '\0'; p++) {
        count += ((unsigned char)*p & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

void adm_table_cell(struct adm_table *table, const char *text)
{
    size_t start = table->cells.size;
    if (table->st == ST_OK) {
        table->st = bytes_append_visible(&table->cells, text != NULL ? text : "-");
    }
    if (table->st == ST_OK) {
        table->st = bytes_append(&table->cells, "", 1);
    }
    if (table->st == ST_OK) {
        size_t column = table->count++ % table->columns;
        size_t width = code_points((const char *)table->cells.data + start);
        table->width[column] = width > table->width[column] ? width : table->width[column];
    }
}

void adm_table_number(struct adm_table *table, int64_t value)
{
    char text[NUMBER_BYTES];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    adm_table_cell(table, text);
}

enum status adm_table_write(const struct adm_table *table, struct bytes *out)
{
    enum status st = table->st;
    if (st == ST_OK && table->count % table->columns != 0) {
        st = ST_BUG;
    }
    const char *cell = bytes_text(&table->cells);
    for (size_t i = 0; st == ST_OK && i < table->count; i++) {
        size_t column = i % table->columns;
        bool last = column + 1 == table->columns;
        size_t pad = last ? 0 : table->width[column] - code_points(cell) + GAP;
        st = bytes_append_format(out, "%s%*s%s", cell, (int)pad, "", last ? "\n" : "");
        cell += strlen(cell) + 1;
    }
    return st;
}
