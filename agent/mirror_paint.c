#include "agent/mirror.h"

#include "base/time_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { INVENTORY_BYTES = 256 }; /* SCCM: texts of 255 characters */

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
    [AG_MACHINE_OUTLOOK] = {"Outlook", "outlook", AG_MIRROR_TEXT},
    [AG_MACHINE_PREFLIGHT] = {"Preflight", "preflight", AG_MIRROR_TEXT},
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
    [AG_USER_MAILBOX] = {"Mailbox", "mailbox", AG_MIRROR_TEXT},
    [AG_USER_EVIDENCE] = {"Evidence", "evidence", AG_MIRROR_TEXT},
};

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

/* In one text, a space between; whole items only, as many as inventory can take. */
static void put_list(struct brush *b, unsigned column, const char *const *items, size_t count)
{
    char text[INVENTORY_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        int more = snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? " " : "", items[i]);
        if (more < 0 || (size_t)more >= sizeof text - used) {
            text[used] = '\0';
            break;
        }
        used += (size_t)more;
    }
    put(b, column, text);
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

/* "allow=ready block=unreachable": of each use the best verdict, in the order of the words. */
static void paint_preflight(struct brush *b, const struct ag_picture *picture)
{
    static const char *const USES[] = {"allow=", "block="};
    char texts[2][32];
    const char *items[2];
    size_t count = 0;
    for (int use = 0; use < 2; use++) {
        enum pol_verdict best = POL_VERDICT_COUNT;
        for (size_t i = 0; i < picture->probe_count; i++) {
            const struct pol_report_probe *probe = &picture->probes[i];
            bool better = probe->for_block == (use == 1) && probe->verdict < best;
            best = better ? probe->verdict : best;
        }
        if (best != POL_VERDICT_COUNT) {
            (void)snprintf(texts[count], sizeof texts[0], "%s%s", USES[use],
                           POL_VERDICT_WORDS[best]);
            items[count] = texts[count];
            count++;
        }
    }
    put_list(b, AG_MACHINE_PREFLIGHT, items, count);
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
    if (picture->outlook != NULL) {
        put(&b, AG_MACHINE_OUTLOOK, picture->outlook[0] != '\0' ? picture->outlook : "none");
    }
    paint_preflight(&b, picture);
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
    put(b, AG_USER_MAILBOX, POL_MAILBOX_WORDS[row->mailbox]);
    put_list(b, AG_USER_EVIDENCE, row->evidence, row->evidence_count);
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

enum status ag_mirror_paint(const struct ag_picture *picture, const struct ag_mirror_about *about,
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
