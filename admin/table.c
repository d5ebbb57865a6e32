#include "admin/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    CELLS_MOST_BYTES = 64 * 1024 * 1024,
    NUMBER_BYTES = 24,
    GAP = 2,
    CUT_LEAST = 8 /* narrower than this says nothing */
};

/* In front of each cell. Styles are told from drawn cells, which have their own. */
enum { STYLE_FIRST = 1, STYLE_DRAWN = STYLE_FIRST + ADM_STYLE_COUNT };

struct adm_table adm_table_with(size_t columns)
{
    return (struct adm_table){.cells = bytes_with_limit(CELLS_MOST_BYTES),
                              .columns = columns < ADM_TABLE_COLUMNS ? columns : ADM_TABLE_COLUMNS};
}

void adm_table_done(struct adm_table *table)
{
    bytes_free(&table->cells);
}

static void start_cell(struct adm_table *table, unsigned style)
{
    uint8_t mark = (uint8_t)style;
    table->row = table->count % table->columns == 0 ? table->cells.size : table->row;
    if (table->st == ST_OK) {
        table->st = bytes_append(&table->cells, &mark, 1);
    }
}

static void end_cell(struct adm_table *table, size_t width)
{
    if (table->st == ST_OK) {
        table->st = bytes_append(&table->cells, "", 1);
    }
    if (table->st == ST_OK) {
        size_t column = table->count++ % table->columns;
        table->width[column] = width > table->width[column] ? width : table->width[column];
    }
}

void adm_table_cell_in(struct adm_table *table, enum adm_style style, const char *text)
{
    size_t start = table->cells.size;
    start_cell(table, STYLE_FIRST + (unsigned)style);
    if (table->st == ST_OK) {
        table->st = bytes_append_visible(&table->cells, text != NULL ? text : "-");
    }
    end_cell(table, adm_look_width(bytes_text(&table->cells) + start) - 1);
}

void adm_table_cell(struct adm_table *table, const char *text)
{
    adm_table_cell_in(table, ADM_STYLE_PLAIN, text);
}

void adm_table_number(struct adm_table *table, int64_t value)
{
    char text[NUMBER_BYTES];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    adm_table_cell(table, text);
}

void adm_table_heading(struct adm_table *table, const char *const *cells)
{
    for (size_t i = 0; i < table->columns; i++) {
        adm_table_cell_in(table, ADM_STYLE_HEAD, cells[i]);
    }
}

void adm_table_cell_drawn(struct adm_table *table, const char *text, size_t width)
{
    table->drawn[table->count % table->columns] = true;
    start_cell(table, STYLE_DRAWN);
    if (table->st == ST_OK) {
        table->st = bytes_append_text(&table->cells, text);
    }
    end_cell(table, width);
}

/* ---- what fits ------------------------------------------------------------------------------- */

struct fit {
    size_t width[ADM_TABLE_COLUMNS];
    bool out[ADM_TABLE_COLUMNS];
    size_t last; /* the last column that is shown */
};

static size_t total(const struct adm_table *table, const struct fit *fit)
{
    size_t sum = 0;
    size_t shown = 0;
    for (size_t i = 0; i < table->columns; i++) {
        sum += fit->out[i] ? 0 : fit->width[i];
        shown += fit->out[i] ? 0 : 1;
    }
    return sum + (shown > 0 ? (shown - 1) * GAP : 0);
}

static bool leave_one_out(const struct adm_table *table, struct fit *fit)
{
    size_t most = table->columns;
    for (size_t i = 0; i < table->columns; i++) {
        bool spare = !fit->out[i] && table->spare[i] > 0;
        most = spare && (most == table->columns || table->spare[i] > table->spare[most]) ? i : most;
    }
    if (most < table->columns) {
        fit->out[most] = true;
    }
    return most < table->columns;
}

static bool cut_widest(const struct adm_table *table, struct fit *fit)
{
    size_t widest = table->columns;
    for (size_t i = 0; i < table->columns; i++) {
        bool can = !fit->out[i] && !table->drawn[i] && fit->width[i] > CUT_LEAST;
        widest =
            can && (widest == table->columns || fit->width[i] >= fit->width[widest]) ? i : widest;
    }
    if (widest < table->columns) {
        fit->width[widest]--;
    }
    return widest < table->columns;
}

static struct fit fit_to_look(const struct adm_table *table)
{
    struct fit fit = {.last = 0};
    bool smaller = table->look.columns > 0;
    memcpy(fit.width, table->width, sizeof fit.width);
    while (smaller && total(table, &fit) > table->look.columns) {
        smaller = leave_one_out(table, &fit) || cut_widest(table, &fit);
    }
    for (size_t i = 0; i < table->columns; i++) {
        fit.last = fit.out[i] ? fit.last : i;
    }
    return fit;
}

bool adm_table_leaves_out(const struct adm_table *table, size_t column)
{
    return fit_to_look(table).out[column];
}

/* ---- lines ----------------------------------------------------------------------------------- */

static enum status append_cell(const struct adm_table *table, const char *cell, size_t width,
                               struct bytes *out)
{
    unsigned style = (unsigned char)cell[0];
    struct bytes cut = bytes_with_limit(CELLS_MOST_BYTES);
    if (style == STYLE_DRAWN) {
        return bytes_append_text(out, cell + 1);
    }
    enum adm_style known = (enum adm_style)(style - STYLE_FIRST);
    if (adm_look_width(cell + 1) <= width) {
        return adm_look_append(&table->look, known, cell + 1, out);
    }
    enum status st = adm_look_append_cut(&table->look, cell + 1, width, &cut);
    if (st == ST_OK) {
        st = adm_look_append(&table->look, known, bytes_text(&cut), out);
    }
    bytes_free(&cut);
    return st;
}

/* Behind a cell that is not the last of its line. */
static enum status append_pad(const char *cell, size_t width, struct bytes *out)
{
    bool drawn = (unsigned char)cell[0] == STYLE_DRAWN;
    size_t has = drawn ? width : adm_look_width(cell + 1);
    size_t pad = (has < width ? width - has : 0) + GAP;
    return bytes_append_format(out, "%*s", (int)pad, "");
}

enum status adm_table_last_row(const struct adm_table *table, struct bytes *out)
{
    enum status st = table->st;
    const char *cell = bytes_text(&table->cells) + table->row;
    if (st == ST_OK && (table->count == 0 || table->count % table->columns != 0)) {
        st = ST_BUG;
    }
    for (size_t i = 0; st == ST_OK && i < table->columns; i++) {
        st = bytes_append_format(out, "%s%s", i > 0 ? "  " : "", cell + 1);
        cell += strlen(cell) + 1;
    }
    return st;
}

enum status adm_table_write(const struct adm_table *table, struct bytes *out)
{
    enum status st = table->st;
    struct fit fit = fit_to_look(table);
    if (st == ST_OK && table->count % table->columns != 0) {
        st = ST_BUG;
    }
    const char *cell = bytes_text(&table->cells);
    for (size_t i = 0; st == ST_OK && i < table->count; i++) {
        size_t column = i % table->columns;
        if (!fit.out[column]) {
            st = append_cell(table, cell, fit.width[column], out);
        }
        if (st == ST_OK && !fit.out[column] && column != fit.last) {
            st = append_pad(cell, fit.width[column], out);
        }
        if (st == ST_OK && column + 1 == table->columns) {
            st = bytes_append_text(out, "\n");
        }
        cell += strlen(cell) + 1;
    }
    return st;
}
