#include "admin/status_text.h"
#include "admin/table.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    STAGE_COLUMNS = 8,
    BAR_USUAL = 24,
    BAR_LEAST = 10,
    BAR_MOST = 40,
    BESIDE_BAR = 56, /* columns that the rest of a usual row takes */
    BAR_BYTES = 1024,
    CELL_BYTES = 64
};

/* One row, and all it is drawn with. */
struct stages {
    const struct adm_status_view *view;
    struct adm_table table;
    size_t cells; /* of a bar */
    int64_t users_listed;
};

static size_t bar_cells(const struct adm_look *look)
{
    if (look->columns == 0) {
        return BAR_USUAL;
    }
    size_t room = look->columns > BESIDE_BAR ? look->columns - BESIDE_BAR : BAR_LEAST;
    return room < BAR_LEAST ? BAR_LEAST : room > BAR_MOST ? BAR_MOST : room;
}

static void add_bar(struct stages *s, const int64_t parts[ADM_BAR_PARTS])
{
    struct bytes bar = bytes_with_limit(BAR_BYTES);
    enum status st =
        adm_look_append_bar(&s->table.look, parts, s->view->fleet.users, s->cells, &bar);
    s->table.st = s->table.st == ST_OK ? st : s->table.st;
    adm_table_cell_drawn(&s->table, bytes_text(&bar), s->cells + 2);
    bytes_free(&bar);
}

static void write_share(int64_t users, int64_t all, char out[CELL_BYTES])
{
    double share = all > 0 ? (double)users / (double)all * 100 : 0;
    if (users > 0 && share < 1) {
        (void)snprintf(out, CELL_BYTES, "<1 %%");
    } else {
        (void)snprintf(out, CELL_BYTES, "%d %%", (int)share);
    }
}

/* How well those stand who have it in effect. Where the counts of versions and of stages do not
 * belong together, or an older server has only the former, nobody knows how well. */
static void split(const struct stages *s, const char *stage, int64_t users,
                  int64_t parts[ADM_BAR_PARTS])
{
    const struct adm_stage_count *count = adm_compliance_stage(&s->view->fleet, stage);
    int64_t sum = 0;
    for (size_t i = 0; count != NULL && i < ADM_BAR_PARTS; i++) {
        sum += count->parts[i];
    }
    memset(parts, 0, ADM_BAR_PARTS * sizeof parts[0]);
    if (count != NULL && sum == users) {
        memcpy(parts, count->parts, sizeof count->parts);
    } else {
        parts[ADM_BAR_PENDING] = users;
    }
}

/* key: what the stage is called where the server counts. */
static void add_row(struct stages *s, const struct adm_stage_view *stage, const char *key,
                    int64_t users)
{
    char text[CELL_BYTES];
    char from[TIME_TEXT_BYTES];
    int64_t parts[ADM_BAR_PARTS];
    bool is_released = stage->version != 0 && stage->version == s->view->rollout.released_version;
    bool waits = stage->not_before_s > s->view->now_s;
    split(s, key, users, parts);
    time_text_write(stage->not_before_s, from);
    adm_table_cell_in(&s->table, ADM_STYLE_HEAD, is_released ? ">" : " ");
    adm_table_cell_in(&s->table, is_released ? ADM_STYLE_HEAD : ADM_STYLE_PLAIN, stage->name);
    (void)snprintf(text, sizeof text, "%" PRId64, stage->version);
    adm_table_cell(&s->table, stage->version != 0 ? text : "");
    add_bar(s, parts);
    adm_table_number(&s->table, users);
    write_share(users, s->view->fleet.users, text);
    adm_table_cell(&s->table, text);
    adm_table_cell(&s->table, stage->otherwise[0] != '\0' ? stage->otherwise : NULL);
    adm_table_cell(&s->table, waits ? from : NULL);
    s->users_listed += users;
}

static void add_bundle(struct stages *s, const struct adm_bundle_view *bundle)
{
    for (size_t i = 0; i < bundle->stage_count; i++) {
        const struct adm_stage_view *stage = &bundle->stages[i];
        add_row(s, stage, stage->name, adm_compliance_users_at(&s->view->fleet, stage->version));
    }
}

/* Who has none of these in effect, if there is anybody. */
static void add_others(struct stages *s)
{
    struct adm_stage_view row = {.name = "(no policy)", .not_before_s = -1};
    int64_t none = adm_compliance_users_at(&s->view->fleet, 0);
    if (none > 0) {
        add_row(s, &row, "none", none);
    }
    (void)snprintf(row.name, sizeof row.name, "(other)");
    if (s->view->fleet.users > s->users_listed) {
        add_row(s, &row, "other", s->view->fleet.users - s->users_listed);
    }
}

/* What the signs mean: only those that are drawn somewhere. */
static enum status append_legend(const struct adm_status_view *view, const struct adm_look *look,
                                 struct bytes *out)
{
    static const char *const WORDS[ADM_BAR_PARTS] = {"compliant", "under way", "failing",
                                                     "not managed"};
    char line[CELL_BYTES * 2];
    size_t used = 0;
    if (!view->fleet.splits_stages) {
        (void)snprintf(line, sizeof line, "   %s in effect",
                       adm_look_bar_sign(look, ADM_BAR_PENDING));
        return adm_look_append_line(look, ADM_STYLE_FAINT, 0, line, out);
    }
    for (size_t i = 0; i < ADM_BAR_PARTS; i++) {
        int length = snprintf(line + used, sizeof line - used, "   %s %s",
                              adm_look_bar_sign(look, (enum adm_bar_part)i), WORDS[i]);
        used += length > 0 ? (size_t)length : 0;
    }
    return adm_look_append_line(look, ADM_STYLE_FAINT, 0, line, out);
}

enum status adm_status_stages(const struct adm_status_view *view, const struct adm_look *look,
                              struct bytes *out)
{
    static const char *const HEAD[STAGE_COLUMNS] = {" ",     "STAGE", "VERSION",   "IN EFFECT",
                                                    "USERS", "SHARE", "OTHERWISE", "NOT BEFORE"};
    static const uint8_t SPARE[STAGE_COLUMNS] = {0, 0, 1, 0, 0, 2, 4, 3};
    const struct adm_rollout_view *rollout = &view->rollout;
    struct stages s = {.view = view, .table = adm_table_with(STAGE_COLUMNS)};

    if (rollout->newest.stage_count == 0) {
        return ST_OK;
    }
    s.table.look = *look;
    s.cells = bar_cells(look);
    memcpy(s.table.spare, SPARE, sizeof SPARE);
    adm_table_heading(&s.table, HEAD);
    if (rollout->released.serial != rollout->newest.serial) {
        add_bundle(&s, &rollout->released);
    }
    if (rollout->is_safe) {
        struct adm_stage_view safe = {.version = rollout->released_version, .not_before_s = -1};
        (void)snprintf(safe.name, sizeof safe.name, "%s", rollout->released_stage);
        add_row(&s, &safe, safe.name, adm_compliance_users_at(&view->fleet, safe.version));
    }
    add_bundle(&s, &rollout->newest);
    add_others(&s);
    enum status st = bytes_append_text(out, "\n");
    st = st == ST_OK ? adm_table_write(&s.table, out) : st;
    adm_table_done(&s.table);
    return st == ST_OK ? append_legend(view, look, out) : st;
}
