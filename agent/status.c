#include "agent/status.h"

#include "base/time_text.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- as JSON ------------------------------------------------------------------------------- */

static void write_cell(struct pol_json_writer *w, const struct ag_mirror_column *column,
                       const struct ag_mirror_cell *cell)
{
    if (!cell->present) {
        pol_json_null(w, column->json);
        return;
    }
    switch (column->type) {
    case AG_MIRROR_TEXT:
    case AG_MIRROR_TIME: pol_json_text(w, column->json, cell->text); break;
    case AG_MIRROR_DIGITS:
    case AG_MIRROR_DWORD: pol_json_integer(w, column->json, cell->number); break;
    case AG_MIRROR_FLAG: pol_json_boolean(w, column->json, cell->number != 0); break;
    }
}

static void write_settings(struct pol_json_writer *w, const struct ag_config *config)
{
    pol_json_text(w, "server_url", config->server_url);
    pol_json_text(w, "data_dir", config->data_dir);
    pol_json_text(w, "trust_file", config->trust_file);
    pol_json_text(w, "rollout", config->rollout);
    pol_json_text(w, "observe", AG_OBSERVE_WORDS[config->observe]);
    pol_json_time(w, "pause_until", config->pause_until_s > 0 ? config->pause_until_s : -1);
    pol_json_integer(w, "min_version", config->min_version);
    pol_json_array(w, "tags");
    for (size_t i = 0; i < config->tag_count; i++) {
        pol_json_text(w, NULL, config->tags[i]);
    }
    pol_json_close_array(w);
}

static void write_accepted(struct pol_json_writer *w, const struct ag_policy_store *store)
{
    if (store == NULL) {
        pol_json_null(w, "accepted");
        return;
    }
    pol_json_array(w, "accepted");
    for (size_t i = 0; i < store->line_count; i++) {
        pol_json_object(w, NULL);
        pol_json_text(w, "rollout", store->lines[i].rollout);
        pol_json_integer(w, "version", store->lines[i].floor.version);
        pol_json_text(w, "digest", store->lines[i].floor.digest);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}

static void write_state(struct pol_json_writer *w, const struct ag_mirror_table *table)
{
    if (table == NULL) {
        pol_json_null(w, "state");
        return;
    }
    pol_json_object(w, "state");
    for (size_t i = 0; i < AG_MACHINE_COLUMNS; i++) {
        write_cell(w, &AG_MIRROR_MACHINE[i], &table->machine[i]);
    }
    pol_json_array(w, "users");
    for (size_t i = 0; i < table->user_count; i++) {
        pol_json_object(w, NULL);
        pol_json_text(w, "sid", table->users[i].sid);
        for (size_t j = 0; j < AG_USER_COLUMNS; j++) {
            write_cell(w, &AG_MIRROR_USER[j], &table->users[i].cells[j]);
        }
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
    pol_json_close_object(w);
}

enum status ag_status_json(const struct ag_status *status, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "version", status->agent_version);
    pol_json_text(&w, "service", status->service);
    pol_json_text(&w, "settings_refused", status->refused);
    write_settings(&w, status->config);
    write_accepted(&w, status->store);
    write_state(&w, status->table);
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

/* ---- for people ---------------------------------------------------------------------------- */

/* The first failure sticks. */
struct page {
    struct bytes *out;
    enum status st;
};

static void add(struct page *p, const char *text)
{
    p->st = p->st == ST_OK ? bytes_append_visible(p->out, text) : p->st;
}

static void end_line(struct page *p)
{
    p->st = p->st == ST_OK ? bytes_append_text(p->out, "\n") : p->st;
}

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80; /* characters, not bytes */
    }
    return width;
}

static void add_padded(struct page *p, const char *text, size_t width)
{
    add(p, text);
    for (size_t i = width_of(text); i < width; i++) {
        add(p, " ");
    }
}

enum { LABEL_WIDTH = 15 };

static void add_line(struct page *p, const char *label, const char *text)
{
    add_padded(p, label, LABEL_WIDTH);
    add(p, text != NULL && text[0] != '\0' ? text : "-");
    end_line(p);
}

static const char *text_of(const struct ag_mirror_cell *cell, char digits[24])
{
    if (!cell->present || cell->text != NULL) {
        return cell->present ? cell->text : "";
    }
    (void)snprintf(digits, 24, "%" PRId64, cell->number);
    return digits;
}

static void add_settings(struct page *p, const struct ag_status *status)
{
    const struct ag_config *config = status->config;
    char until[TIME_TEXT_BYTES];
    add_line(p, "version", status->agent_version);
    add_line(p, "service", status->service);
    if (status->refused != NULL) {
        add_line(p, "bad settings", status->refused);
    }
    add_line(p, "server", config->server_url);
    add_line(p, "data directory", config->data_dir);
    add_line(p, "trust", config->trust_file);
    add_line(p, "rollout", config->rollout);
    add_line(p, "observe", AG_OBSERVE_WORDS[config->observe]);
    if (config->pause_until_s > 0) {
        time_text_write(config->pause_until_s, until);
        add_line(p, "pause until", until);
    }
    for (size_t i = 0; i < config->tag_count; i++) {
        add_line(p, i == 0 ? "tags" : "", config->tags[i]);
    }
}

static void add_accepted(struct page *p, const struct ag_policy_store *store)
{
    char line[160];
    if (store == NULL) {
        add_line(p, "accepted", "only administrators may look");
        return;
    }
    for (size_t i = 0; i < store->line_count; i++) {
        (void)snprintf(line, sizeof line, "%s version %" PRId64, store->lines[i].rollout,
                       store->lines[i].floor.version);
        add_line(p, "accepted", line);
    }
    if (store->line_count == 0) {
        add_line(p, "accepted", "nothing yet");
    }
}

static void add_machine(struct page *p, const struct ag_mirror_cell *cells, const char *service)
{
    static const struct {
        const char *label;
        enum ag_mirror_machine column;
    } LINES[] = {
        {"in force", AG_MACHINE_POLICY_VERSION},
        {"stage", AG_MACHINE_STAGE},
        {"received", AG_MACHINE_RECEIVED},
        {"refused", AG_MACHINE_FAILED},
        {"", AG_MACHINE_FAILED_TEXT},
        {"pending", AG_MACHINE_PENDING},
        {"paused until", AG_MACHINE_PAUSED_UNTIL},
        {"Outlook", AG_MACHINE_OUTLOOK},
        {"preflight", AG_MACHINE_PREFLIGHT},
        {"device", AG_MACHINE_DEVICE_ID},
        {"trust version", AG_MACHINE_TRUST_VERSION},
    };
    char digits[24];
    const char *updated = text_of(&cells[AG_MACHINE_UPDATED_AT], digits);
    add_padded(p, "as of", LABEL_WIDTH);
    add(p, updated);
    add(p, strcmp(service, "running") == 0 ? "" : " (no service runs: older facts may be wrong)");
    end_line(p);
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        const struct ag_mirror_cell *cell = &cells[LINES[i].column];
        if (cell->present) {
            add_line(p, LINES[i].label, text_of(cell, digits));
        }
    }
    if (cells[AG_MACHINE_STALE].number != 0) {
        add_line(p, "stale", "the policy in force has expired, and stays in force");
    }
}

/* ---- the table of users -------------------------------------------------------------------- */

enum { USER_FIELDS = 7, WIDTH_MOST = 48 };

static const char *const HEADS[USER_FIELDS] = {"ACCOUNT", "STATE",    "SET",    "VALUE",
                                               "RING",    "OBSERVED", "WHY NOT"};

static const char *field_of(const struct ag_mirror_row *row, size_t field, char digits[24])
{
    static const enum ag_mirror_user COLUMNS[] = {AG_USER_ACCOUNT, AG_USER_STATE, AG_USER_SET,
                                                  AG_USER_VALUE,   AG_USER_RING,  AG_USER_PROTOCOL};
    const struct ag_mirror_cell *error = &row->cells[AG_USER_ERROR];
    if (field == USER_FIELDS - 1) {
        return text_of(error->present ? error : &row->cells[AG_USER_BLOCKED_BY], digits);
    }
    if (field == 0 && !row->cells[AG_USER_ACCOUNT].present) {
        return row->sid;
    }
    return text_of(&row->cells[COLUMNS[field]], digits);
}

static void measure(const struct ag_mirror_table *table, size_t widths[USER_FIELDS])
{
    char digits[24];
    for (size_t field = 0; field < USER_FIELDS; field++) {
        widths[field] = width_of(HEADS[field]);
        for (size_t i = 0; i < table->user_count; i++) {
            size_t width = width_of(field_of(&table->users[i], field, digits));
            widths[field] = width > widths[field] ? width : widths[field];
        }
        widths[field] = widths[field] < WIDTH_MOST ? widths[field] : WIDTH_MOST;
    }
}

static void add_users(struct page *p, const struct ag_mirror_table *table)
{
    size_t widths[USER_FIELDS];
    char digits[24];
    measure(table, widths);
    end_line(p);
    for (size_t i = 0; i <= table->user_count; i++) {
        for (size_t field = 0; field < USER_FIELDS; field++) {
            const char *text =
                i == 0 ? HEADS[field] : field_of(&table->users[i - 1], field, digits);
            bool last = field + 1 == USER_FIELDS;
            add_padded(p, text[0] != '\0' || last ? text : "-", last ? 0 : widths[field] + 2);
        }
        end_line(p);
    }
}

enum status ag_status_text(const struct ag_status *status, struct bytes *out)
{
    struct page p = {.out = out, .st = ST_OK};
    add_settings(&p, status);
    add_accepted(&p, status->store);
    if (status->table == NULL) {
        add_line(&p, "as of", "no agent has shown anything yet");
    } else {
        add_machine(&p, status->table->machine, status->service);
        add_users(&p, status->table);
    }
    return p.st;
}
