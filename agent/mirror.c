#include "agent/mirror.h"

#include "base/time_text.h"
#include "base/visible.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UPDATED_EVERY_S = 3600 };

/* ---- tables -------------------------------------------------------------------------------- */

static void empty_cells(struct ag_mirror_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(cells[i].text);
        cells[i] = (struct ag_mirror_cell){.present = false};
    }
}

void ag_mirror_table_done(struct ag_mirror_table *table)
{
    empty_cells(table->machine, AG_MACHINE_COLUMNS);
    for (size_t i = 0; i < table->user_count; i++) {
        empty_cells(table->users[i].cells, AG_USER_COLUMNS);
        free(table->users[i].sid);
    }
    free(table->users);
    table->users = NULL;
    table->user_count = 0;
}

enum status ag_mirror_put_text(struct ag_mirror_cell *cell, const char *text)
{
    char shown[AG_MIRROR_TEXT_BYTES];
    empty_cells(cell, 1);
    if (text == NULL) {
        return ST_OK;
    }
    (void)visible_copy(text, shown, sizeof shown);
    cell->text = text_copy(shown);
    cell->present = cell->text != NULL;
    return cell->present ? ST_OK : ST_NO_MEMORY;
}

static bool same_cell(const struct ag_mirror_cell *a, const struct ag_mirror_cell *b)
{
    if (!a->present || !b->present) {
        return a->present == b->present;
    }
    return a->text != NULL && b->text != NULL ? strcmp(a->text, b->text) == 0
                                              : a->text == b->text && a->number == b->number;
}

static int by_sid(const void *a, const void *b)
{
    const struct ag_mirror_row *one = a;
    const struct ag_mirror_row *other = b;
    return strcmp(one->sid, other->sid);
}

void ag_mirror_table_sort(struct ag_mirror_table *table)
{
    if (table->user_count > 0) {
        qsort(table->users, table->user_count, sizeof *table->users, by_sid);
    }
}

/* ---- bringing the store to it --------------------------------------------------------------- */

struct update {
    const struct ag_mirror_table *before; /* NULL: nobody knows */
    const struct ag_mirror_table *after;
    const struct ag_mirror_store *store;
    bool writes; /* false: only look whether anything differs */
    bool differs;
    enum status st;
    struct err *err;
};

static void update_cells(struct update *u, const char *sid, const struct ag_mirror_column *columns,
                         size_t count, const struct ag_mirror_cell *before,
                         const struct ag_mirror_cell *after)
{
    for (size_t i = 0; i < count && u->st == ST_OK; i++) {
        if (before != NULL && same_cell(&before[i], &after[i])) {
            continue;
        }
        u->differs = true;
        if (u->writes && after[i].present) {
            u->st = u->store->set(u->store->ctx, sid, &columns[i], &after[i], u->err);
        } else if (u->writes) {
            u->st = u->store->remove(u->store->ctx, sid, &columns[i], u->err);
        }
    }
}

static const struct ag_mirror_row *find(const struct ag_mirror_table *table, const char *sid)
{
    struct ag_mirror_row key = {.sid = NULL};
    memcpy(&key.sid, &sid, sizeof sid); /* bsearch() reads it only */
    return table->user_count > 0
               ? bsearch(&key, table->users, table->user_count, sizeof key, by_sid)
               : NULL;
}

static void drop_user(struct update *u, const char *sid)
{
    u->differs = true;
    if (u->writes && u->st == ST_OK) {
        u->st = u->store->remove_user(u->store->ctx, sid, u->err);
    }
}

static bool drop_if_gone(void *ctx, const char *sid)
{
    struct update *u = ctx;
    if (find(u->after, sid) == NULL) {
        drop_user(u, sid);
    }
    return u->st == ST_OK;
}

/* Who is gone loses his key: those of the table, or those the store has from an earlier run. */
static void drop_users(struct update *u)
{
    if (u->before == NULL && u->st == ST_OK) {
        enum status st = u->store->list_users(u->store->ctx, drop_if_gone, u, u->err);
        u->st = u->st == ST_OK ? st : u->st;
    }
    for (size_t i = 0; u->before != NULL && i < u->before->user_count; i++) {
        (void)drop_if_gone(u, u->before->users[i].sid);
    }
}

static void update(struct update *u)
{
    update_cells(u, NULL, AG_MIRROR_MACHINE, AG_MACHINE_COLUMNS,
                 u->before != NULL ? u->before->machine : NULL, u->after->machine);
    for (size_t i = 0; i < u->after->user_count; i++) {
        const struct ag_mirror_row *row = &u->after->users[i];
        const struct ag_mirror_row *before = u->before != NULL ? find(u->before, row->sid) : NULL;
        update_cells(u, row->sid, AG_MIRROR_USER, AG_USER_COLUMNS,
                     before != NULL ? before->cells : NULL, row->cells);
    }
    drop_users(u);
}

static bool differs(const struct ag_mirror_table *before, const struct ag_mirror_table *after)
{
    struct update look = {.before = before, .after = after, .st = ST_OK};
    update(&look);
    return look.differs;
}

enum status ag_mirror_show(struct ag_mirror_shown *shown, const struct ag_picture *picture,
                           const struct ag_mirror_about *about, const struct ag_mirror_store *store,
                           struct err *err)
{
    struct ag_mirror_table table;
    enum status st = ag_mirror_paint(picture, about, &table);
    if (st != ST_OK) {
        return err_set(err, st, 0, "no memory to show %zu users", picture->row_count);
    }
    int64_t age_s = about->now_s - shown->updated_at_s;
    struct ag_mirror_cell *stamp = &table.machine[AG_MACHINE_UPDATED_AT];
    bool fresh = shown->known && age_s >= 0 && age_s < UPDATED_EVERY_S;
    st = ag_mirror_put_text(stamp, shown->table.machine[AG_MACHINE_UPDATED_AT].text);
    if (st == ST_OK && fresh && !differs(&shown->table, &table)) {
        ag_mirror_table_done(&table);
        return ST_OK;
    }
    char now[TIME_TEXT_BYTES];
    time_text_write(about->now_s, now);
    st = st == ST_OK ? ag_mirror_put_text(stamp, now) : st;
    if (st != ST_OK) {
        ag_mirror_table_done(&table);
        return err_set(err, st, 0, "no memory to show %zu users", picture->row_count);
    }
    struct update u = {.before = shown->known ? &shown->table : NULL,
                       .after = &table,
                       .store = store,
                       .writes = true,
                       .st = ST_OK,
                       .err = err};
    update(&u);
    ag_mirror_table_done(&shown->table);
    shown->table = table;
    shown->known = u.st == ST_OK;
    shown->updated_at_s = about->now_s;
    return u.st;
}

void ag_mirror_shown_done(struct ag_mirror_shown *shown)
{
    ag_mirror_table_done(&shown->table);
    shown->known = false;
}
