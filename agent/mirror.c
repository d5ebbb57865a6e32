#include "agent/mirror.h"

#include "base/time_text.h"
#include "base/visible.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UPDATED_EVERY_S = 3600 };

const struct ag_mirror_column AG_MIRROR_MACHINE[AG_MACHINE_COLUMNS] = {
    [AG_MACHINE_ROLLOUT] = {"Rollout", "rollout", AG_MIRROR_TEXT},
    [AG_MACHINE_POLICY_VERSION] = {"PolicyVersion", "policy_version", AG_MIRROR_DIGITS},
    [AG_MACHINE_STAGE] = {"Stage", "stage", AG_MIRROR_TEXT},
    [AG_MACHINE_DIGEST] = {"Digest", "digest", AG_MIRROR_TEXT},
    [AG_MACHINE_RECEIVED] = {"Received", "received", AG_MIRROR_DIGITS},
    [AG_MACHINE_STALE] = {"Stale", "stale", AG_MIRROR_FLAG},
    [AG_MACHINE_FAILED] = {"Failed", "failed", AG_MIRROR_TEXT},
    [AG_MACHINE_FAILED_TEXT] = {"FailedText", "failed_text", AG_MIRROR_TEXT},
    [AG_MACHINE_FAILED_AT] = {"FailedAt", "failed_at", AG_MIRROR_TIME},
    [AG_MACHINE_PENDING] = {"Pending", "pending", AG_MIRROR_DIGITS},
    [AG_MACHINE_PAUSED_UNTIL] = {"PausedUntil", "paused_until", AG_MIRROR_TIME},
    [AG_MACHINE_DEVICE_ID] = {"DeviceId", "device_id", AG_MIRROR_TEXT},
    [AG_MACHINE_TRUST_VERSION] = {"TrustVersion", "trust_version", AG_MIRROR_DWORD},
    [AG_MACHINE_AGENT_VERSION] = {"AgentVersion", "agent_version", AG_MIRROR_TEXT},
    [AG_MACHINE_STARTED_AT] = {"StartedAt", "started_at", AG_MIRROR_TIME},
    [AG_MACHINE_UPDATED_AT] = {"UpdatedAt", "updated_at", AG_MIRROR_TIME},
};

const struct ag_mirror_column AG_MIRROR_USER[AG_USER_COLUMNS] = {
    [AG_USER_ACCOUNT] = {"Account", "account", AG_MIRROR_TEXT},
    [AG_USER_HIVE] = {"Hive", "hive", AG_MIRROR_TEXT},
    [AG_USER_STATE] = {"State", "state", AG_MIRROR_TEXT},
    [AG_USER_SET] = {"Set", "set", AG_MIRROR_TEXT},
    [AG_USER_RULE] = {"Rule", "rule", AG_MIRROR_TEXT},
    [AG_USER_RING] = {"Ring", "ring", AG_MIRROR_TEXT},
    [AG_USER_VALUE] = {"Value", "value", AG_MIRROR_TEXT},
    [AG_USER_VALUE_DWORD] = {"ValueDword", "value_dword", AG_MIRROR_DWORD},
    [AG_USER_OURS] = {"Ours", "ours", AG_MIRROR_FLAG},
    [AG_USER_ACTION] = {"Action", "action", AG_MIRROR_TEXT},
    [AG_USER_CHANGED_AT] = {"ChangedAt", "changed_at", AG_MIRROR_TIME},
    [AG_USER_CORRECTIONS] = {"Corrections", "corrections", AG_MIRROR_DWORD},
    [AG_USER_BLOCKED_BY] = {"BlockedBy", "blocked_by", AG_MIRROR_TEXT},
    [AG_USER_ERROR] = {"Error", "error", AG_MIRROR_TEXT},
    [AG_USER_ERROR_OS] = {"ErrorOs", "error_os", AG_MIRROR_DWORD},
    [AG_USER_OUTLOOK_RUNNING] = {"OutlookRunning", "outlook_running", AG_MIRROR_FLAG},
    [AG_USER_OUTLOOK_STARTED_AT] = {"OutlookStartedAt", "outlook_started_at", AG_MIRROR_TIME},
    [AG_USER_STARTS_SINCE_CHANGE] = {"StartsSinceChange", "starts_since_change", AG_MIRROR_DWORD},
    [AG_USER_PROTOCOL] = {"Protocol", "protocol", AG_MIRROR_TEXT},
    [AG_USER_CONFIDENCE] = {"Confidence", "confidence", AG_MIRROR_TEXT},
};

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

/* ---- painting ------------------------------------------------------------------------------ */

/* The first failure sticks. */
struct brush {
    struct ag_mirror_cell *cells;
    enum status st;
};

static void put(struct brush *b, unsigned column, const char *text)
{
    if (b->st == ST_OK && text != NULL && text[0] != '\0') {
        b->st = ag_mirror_put_text(&b->cells[column], text);
    }
}

static void put_time(struct brush *b, unsigned column, int64_t wall_s)
{
    char text[TIME_TEXT_BYTES];
    time_text_write(wall_s, text);
    put(b, column, text);
}

static void put_number(struct brush *b, unsigned column, int64_t number)
{
    b->cells[column] = (struct ag_mirror_cell){.present = true, .number = number};
}

static void put_version(struct brush *b, unsigned column, int64_t version)
{
    if (version > 0) {
        put_number(b, column, version);
    }
}

static enum status paint_machine(const struct ag_picture *picture,
                                 const struct ag_mirror_about *about, struct ag_mirror_cell *cells)
{
    struct brush b = {.cells = cells, .st = ST_OK};
    put(&b, AG_MACHINE_ROLLOUT, picture->rollout);
    put_version(&b, AG_MACHINE_POLICY_VERSION, picture->effective_version);
    put(&b, AG_MACHINE_STAGE, picture->stage);
    put(&b, AG_MACHINE_DIGEST, picture->digest);
    put_version(&b, AG_MACHINE_RECEIVED, picture->received_version);
    put_number(&b, AG_MACHINE_STALE, picture->stale);
    if (picture->failed_code != NULL) {
        put(&b, AG_MACHINE_FAILED, picture->failed_code);
        put(&b, AG_MACHINE_FAILED_TEXT, picture->failed_text);
        put_time(&b, AG_MACHINE_FAILED_AT, picture->failed_at_s);
    }
    put_version(&b, AG_MACHINE_PENDING, picture->pending_version);
    if (picture->paused_until_s > 0) {
        put_time(&b, AG_MACHINE_PAUSED_UNTIL, picture->paused_until_s);
    }
    put(&b, AG_MACHINE_DEVICE_ID, picture->device_id);
    put_number(&b, AG_MACHINE_TRUST_VERSION, picture->trust_version);
    put(&b, AG_MACHINE_AGENT_VERSION, about->agent_version);
    put_time(&b, AG_MACHINE_STARTED_AT, about->started_at_s);
    return b.st;
}

static void paint_value(struct brush *b, const struct pol_report_value *value)
{
    char text[16];
    if (!value->known) {
        return;
    }
    if (!value->present) {
        put(b, AG_USER_VALUE, "absent");
    } else if (value->type == POL_VALUE_DWORD) {
        (void)snprintf(text, sizeof text, "%u", (unsigned)value->dword);
        put(b, AG_USER_VALUE, text);
        put_number(b, AG_USER_VALUE_DWORD, value->dword);
    } else {
        put(b, AG_USER_VALUE,
            POL_VALUE_TYPE_WORDS[value->type < POL_VALUE_OTHER ? value->type : POL_VALUE_OTHER]);
    }
}

static void paint_decision(struct brush *b, const struct pol_report_user *row)
{
    char text[16] = "otherwise";
    if (!row->decided) {
        return;
    }
    if (row->rule >= 0) {
        (void)snprintf(text, sizeof text, "%d", row->rule);
    }
    put(b, AG_USER_SET, POL_SET_WORDS[row->set]);
    put(b, AG_USER_RULE, text);
    put(b, AG_USER_RING, row->ring);
}

static void paint_outlook(struct brush *b, const struct pol_report_user *row)
{
    if (row->outlook_known) {
        put_number(b, AG_USER_OUTLOOK_RUNNING, row->outlook_running);
        put_number(b, AG_USER_STARTS_SINCE_CHANGE, row->starts_since_change);
    }
    if (row->outlook_known && row->outlook_running) {
        put_time(b, AG_USER_OUTLOOK_STARTED_AT, row->outlook_started_s);
    }
    put(b, AG_USER_PROTOCOL, POL_OBSERVED_WORDS[row->observed]);
    put(b, AG_USER_CONFIDENCE, POL_CONFIDENCE_WORDS[row->confidence]);
}

static enum status paint_user(const struct pol_report_user *row, struct ag_mirror_row *out)
{
    struct brush b = {.cells = out->cells, .st = ST_OK};
    out->sid = text_copy(row->sid);
    if (out->sid == NULL) {
        return ST_NO_MEMORY;
    }
    put(&b, AG_USER_ACCOUNT, row->account);
    put(&b, AG_USER_HIVE, row->hive_loaded ? "loaded" : "not_loaded");
    put(&b, AG_USER_STATE, POL_STATE_WORDS[row->state]);
    paint_decision(&b, row);
    paint_value(&b, &row->value);
    put_number(&b, AG_USER_OURS, row->ours);
    put(&b, AG_USER_ACTION, POL_ACTION_WORDS[row->action]);
    if (row->changed_at_s >= 0) {
        put_time(&b, AG_USER_CHANGED_AT, row->changed_at_s);
    }
    put_number(&b, AG_USER_CORRECTIONS, row->corrections);
    put(&b, AG_USER_BLOCKED_BY, POL_BLOCKED_WORDS[row->blocked_by]);
    if (row->error_code != NULL) {
        put(&b, AG_USER_ERROR, row->error_code);
        put_number(&b, AG_USER_ERROR_OS, row->error_os_code);
    }
    paint_outlook(&b, row);
    return b.st;
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

static enum status paint(const struct ag_picture *picture, const struct ag_mirror_about *about,
                         struct ag_mirror_table *out)
{
    struct ag_mirror_table table = {.users = NULL};
    table.users = calloc(picture->row_count + 1, sizeof *table.users);
    enum status st =
        table.users != NULL ? paint_machine(picture, about, table.machine) : ST_NO_MEMORY;
    for (size_t i = 0; st == ST_OK && i < picture->row_count; i++) {
        st = paint_user(picture->rows[i], &table.users[table.user_count++]);
    }
    if (st != ST_OK) {
        ag_mirror_table_done(&table);
        return st;
    }
    ag_mirror_table_sort(&table);
    *out = table;
    return ST_OK;
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
    enum status st = paint(picture, about, &table);
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
