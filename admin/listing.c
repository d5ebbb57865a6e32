#include "admin/listing.h"

#include "admin/json_line.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/progress.h"
#include "admin/terminal.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    LIMIT_MOST = 10000000,
    ROW_BYTES = 256 * 1024,
    FRAME_ROWS = 5, /* of a screen: time, heading, count, what is missing, the cursor */
    USUAL_S = 10
};

/* One walk over the pages. */
struct walk {
    const struct adm_listing *listing;
    struct adm_client *client;
    struct adm_table table;
    struct adm_facts *facts; /* NULL: not wanted */
    struct adm_progress progress;
    size_t most;
    size_t rows;
};

enum status adm_listing_limit(const char *text, size_t *out, struct err *err)
{
    int64_t most = 0;
    enum status st = ST_OK;
    if (text != NULL) {
        st = adm_option_number("--limit", text, 1, LIMIT_MOST, &most, err);
    }
    if (st == ST_OK) {
        *out = (size_t)most;
    }
    return st;
}

static struct walk start(const struct adm_listing *listing, const struct adm_look *look)
{
    struct walk w = {.listing = listing,
                     .table = adm_table_with(listing->columns),
                     /* Lines that are printed on the way say it, too. */
                     .progress = adm_progress_start(
                         listing->json && adm_terminal_shows() ? NULL : listing->list),
                     .most = listing->most};
    w.table.look = *look;
    for (size_t i = 0; i < w.table.columns; i++) {
        w.table.spare[i] = listing->spare[i];
    }
    adm_table_heading(&w.table, listing->head);
    return w;
}

static enum status add_fact(struct walk *w, const struct pol_at *item, struct err *err)
{
    char key[ADM_LIST_KEY_BYTES] = "";
    struct bytes text = bytes_with_limit(ROW_BYTES);
    enum status st = ST_OK;
    w->listing->name_row(item, key);
    if (w->listing->json) {
        struct pol_json_writer json = pol_json_write_start(&text);
        pol_at_write(item, &json, NULL);
        st = pol_json_write_end(&json);
    } else {
        st = adm_table_last_row(&w->table, &text);
    }
    if (st == ST_OK) {
        adm_facts_add(w->facts, key, bytes_text(&text));
        st = w->facts->st;
    }
    bytes_free(&text);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "too many to compare: narrow them down");
}

static enum status take_row(void *ctx, const struct pol_at *item, struct err *err)
{
    struct walk *w = ctx;
    const struct adm_listing *listing = w->listing;
    enum status st = ST_OK;
    if (!pol_at_is_object(item)) {
        pol_at_problem(item, "wrong_type", "an object was expected");
        return ST_OK; /* told with the page's other problems */
    }
    if (listing->check != NULL) {
        st = listing->check(listing->ctx, item, err);
    }
    if (st == ST_OK && !listing->json) {
        listing->add_row(&w->table, item);
        st = w->table.st == ST_OK ? ST_OK
                                  : err_set(err, w->table.st, 0,
                                            "too many %s for a table: give --limit, a filter or"
                                            " --json",
                                            listing->list);
    } else if (st == ST_OK && w->facts == NULL) {
        st = adm_json_line_print(item, err);
    }
    if (st == ST_OK && w->facts != NULL) {
        st = add_fact(w, item, err);
    }
    w->rows++;
    adm_progress_tell(&w->progress, (int64_t)w->rows, -1);
    return st;
}

static enum status walk_pages(struct walk *w, struct adm_client *client, struct err *err)
{
    const struct adm_pages pages = {.path = w->listing->path,
                                    .query = w->listing->query,
                                    .list = w->listing->list,
                                    .most = w->most,
                                    .visit = take_row,
                                    .ctx = w};
    enum status st = adm_pages_walk(client, &pages, err);
    adm_progress_end(&w->progress);
    return st;
}

/* "453 users", or that these are not all of them, and what is not shown of each. */
static enum status append_count(const struct walk *w, struct bytes *out)
{
    bool first = w->most > 0 && w->rows == w->most;
    size_t missing = 0;
    enum status st =
        bytes_append_format(out, "%s%zu %s", first ? "the first " : "", w->rows, w->listing->list);
    for (size_t i = 0; st == ST_OK && i < w->table.columns; i++) {
        if (adm_table_leaves_out(&w->table, i)) {
            st = bytes_append_format(
                out, "%s %s", missing++ > 0 ? "," : "; not shown here:", w->listing->head[i]);
        }
    }
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static void tell_count(const struct walk *w)
{
    struct bytes line = bytes_with_limit(ROW_BYTES);
    if (append_count(w, &line) == ST_OK) {
        (void)fputs(bytes_text(&line), stderr);
    }
    bytes_free(&line);
}

static enum status show_once(struct adm_client *client, const struct adm_listing *listing,
                             struct err *err)
{
    struct adm_screen screen;
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    adm_screen_open(&screen);
    struct walk w = start(listing, &screen.look);
    enum status st = walk_pages(&w, client, err);
    if (st == ST_OK && !listing->json) {
        st = adm_print(&text, adm_table_write(&w.table, &text), err);
    }
    adm_screen_close(&screen);
    if (st == ST_OK && !listing->json) {
        tell_count(&w);
    }
    bytes_free(&text);
    adm_table_done(&w.table);
    return st;
}

struct watched_list {
    const struct adm_listing *listing;
    struct adm_client *client;
};

/* A screen is not asked to hold what it cannot show. */
static size_t rows_for(const struct adm_listing *listing, const struct adm_sight *sight)
{
    size_t rows = sight->look.rows;
    size_t fits = rows > FRAME_ROWS ? rows - FRAME_ROWS : 1;
    bool cut = rows > 0 && sight->facts == NULL;
    return cut && (listing->most == 0 || listing->most > fits) ? fits : listing->most;
}

static enum status look(void *ctx, struct adm_sight *sight, struct err *err)
{
    const struct watched_list *watched = ctx;
    struct walk w = start(watched->listing, &sight->look);
    w.facts = sight->facts;
    w.most = rows_for(watched->listing, sight);
    w.progress = (struct adm_progress){.what = NULL};
    enum status st = walk_pages(&w, watched->client, err);
    if (st == ST_OK && !watched->listing->json) {
        st = adm_table_write(&w.table, &sight->picture);
        st = st == ST_OK ? append_count(&w, &sight->picture) : st;
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "the table is too large to show");
    }
    adm_table_done(&w.table);
    return st;
}

enum status adm_listing_show(struct adm_client *client, const struct adm_listing *listing,
                             const struct adm_watch *watch, struct err *err)
{
    struct watched_list watched_list = {.listing = listing, .client = client};
    const struct adm_watched watched = {.look = look,
                                        .ctx = &watched_list,
                                        .json = listing->json,
                                        .only_changes = true,
                                        .usual_s = USUAL_S};
    return watch->on ? adm_watch_run(watch, &watched, err) : show_once(client, listing, err);
}

enum status adm_listing_append(struct adm_client *client, const struct adm_listing *listing,
                               const struct adm_look *look_of, struct bytes *out, struct err *err)
{
    struct walk w = start(listing, look_of);
    enum status st = walk_pages(&w, client, err);
    if (st == ST_OK) {
        st = adm_table_write(&w.table, out);
        st = st == ST_OK ? append_count(&w, out) : st;
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "the table is too large to show");
    }
    adm_table_done(&w.table);
    return st;
}
