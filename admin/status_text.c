#include "admin/status_text.h"

#include "admin/gate_text.h"
#include "admin/table.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BAR_CELLS = 24, DAY_S = 86400, COUNT_BYTES = 64 };

static enum status append_expiry(const struct adm_bundle_view *bundle, int64_t now_s,
                                 struct bytes *out)
{
    if (bundle->expires_at_s < 0) {
        return ST_OK;
    }
    int64_t left_s = bundle->expires_at_s - now_s;
    if (left_s <= 0) {
        return bytes_append_text(out, ", EXPIRED");
    }
    return bytes_append_format(out, ", expires in %" PRId64 " days", left_s / DAY_S);
}

static enum status append_released(const struct adm_rollout_view *rollout, struct bytes *out)
{
    char time[TIME_TEXT_BYTES];
    if (rollout->released_version == 0) {
        return bytes_append_text(out, "released  nothing yet\n");
    }
    enum status st = bytes_append_format(out, "released  %s, version %" PRId64 "%s",
                                         rollout->released_stage, rollout->released_version,
                                         rollout->is_safe ? "  *** THE BRAKE IS ON ***" : "");
    if (st == ST_OK && rollout->released_at_s >= 0) {
        time_text_write(rollout->released_at_s, time);
        st = bytes_append_format(out, ", %s", time);
    }
    if (st == ST_OK && rollout->released_by[0] != '\0') {
        st = bytes_append_text(out, " by ");
        st = st == ST_OK ? bytes_append_visible(out, rollout->released_by) : st;
    }
    if (st == ST_OK && rollout->reason[0] != '\0') {
        st = bytes_append_text(out, ": ");
        st = st == ST_OK ? bytes_append_visible(out, rollout->reason) : st;
    }
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status append_head(const struct adm_rollout_view *rollout, int64_t now_s,
                               struct bytes *out)
{
    enum status st = bytes_append_text(out, "rollout   ");
    if (st == ST_OK) {
        st = bytes_append_visible(out, rollout->rollout[0] != '\0' ? rollout->rollout : "none yet");
    }
    if (st == ST_OK) {
        st = bytes_append_text(out, "\n");
    }
    if (st == ST_OK) {
        st = append_released(rollout, out);
    }
    if (st == ST_OK && rollout->newest.serial == 0) {
        return bytes_append_text(out, "stored    nothing yet\n");
    }
    if (st == ST_OK) {
        st = bytes_append_format(out, "stored    serial %" PRIu32 ", %zu stages",
                                 rollout->newest.serial, rollout->newest.stage_count);
    }
    if (st == ST_OK) {
        st = append_expiry(&rollout->newest, now_s, out);
    }
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static void add_bar(struct adm_table *table, int64_t users, int64_t all)
{
    char bar[BAR_CELLS + 3];
    int64_t full = all > 0 ? users * BAR_CELLS / all : 0;
    full = full > BAR_CELLS ? BAR_CELLS : full == 0 && users > 0 ? 1 : full;
    bar[0] = '[';
    memset(bar + 1, '#', (size_t)full);
    memset(bar + 1 + full, '.', (size_t)(BAR_CELLS - full));
    bar[BAR_CELLS + 1] = ']';
    bar[BAR_CELLS + 2] = '\0';
    adm_table_cell(table, bar);
}

static void add_stage(struct adm_table *table, const char *name, int64_t version,
                      const struct adm_rollout_view *rollout,
                      const struct adm_compliance_view *fleet)
{
    char count[COUNT_BYTES];
    int64_t users = adm_compliance_users_at(fleet, version);
    adm_table_cell(table, version == rollout->released_version ? ">" : " ");
    adm_table_cell(table, name);
    adm_table_number(table, version);
    add_bar(table, users, fleet->users);
    (void)snprintf(count, sizeof count, "%" PRId64 " of %" PRId64, users, fleet->users);
    adm_table_cell(table, count);
}

static void add_bundle(struct adm_table *table, const struct adm_bundle_view *bundle,
                       const struct adm_rollout_view *rollout,
                       const struct adm_compliance_view *fleet)
{
    for (size_t i = 0; i < bundle->stage_count; i++) {
        add_stage(table, bundle->stages[i].name, bundle->stages[i].version, rollout, fleet);
    }
}

static enum status append_stages(const struct adm_rollout_view *rollout,
                                 const struct adm_compliance_view *fleet, struct bytes *out)
{
    static const char *const HEAD[] = {" ", "STAGE", "VERSION", "IN EFFECT", "USERS"};
    struct adm_table table = adm_table_with(sizeof HEAD / sizeof HEAD[0]);

    for (size_t i = 0; i < sizeof HEAD / sizeof HEAD[0]; i++) {
        adm_table_cell(&table, HEAD[i]);
    }
    if (rollout->released.serial != rollout->newest.serial) {
        add_bundle(&table, &rollout->released, rollout, fleet);
    }
    if (rollout->is_safe) {
        add_stage(&table, rollout->released_stage, rollout->released_version, rollout, fleet);
    }
    add_bundle(&table, &rollout->newest, rollout, fleet);
    enum status st = bytes_append_text(out, "\n");
    if (st == ST_OK) {
        st = adm_table_write(&table, out);
    }
    adm_table_done(&table);
    return st;
}

static enum status append_states(const struct adm_compliance_view *fleet, struct bytes *out)
{
    struct adm_table table = adm_table_with(2);

    adm_table_cell(&table, "STATE");
    adm_table_cell(&table, "USERS");
    for (size_t i = 0; i < POL_STATE_COUNT; i++) {
        if (fleet->state[i] > 0) {
            adm_table_cell(&table, POL_STATE_WORDS[i]);
            adm_table_number(&table, fleet->state[i]);
        }
    }
    enum status st = bytes_append_format(out, "\n%" PRId64 " users on %" PRId64 " devices\n",
                                         fleet->users, fleet->devices);
    if (st == ST_OK && table.count > 2) {
        st = adm_table_write(&table, out);
    }
    adm_table_done(&table);
    return st;
}

enum status adm_status_text(const struct adm_rollout_view *rollout,
                            const struct adm_compliance_view *fleet, int64_t now_s,
                            struct bytes *out)
{
    enum status st = append_head(rollout, now_s, out);
    if (st == ST_OK) {
        st = adm_hold_text(&rollout->hold, out);
    }
    if (st == ST_OK) {
        st = adm_audit_view_text(&rollout->audit, out);
    }
    if (st == ST_OK && rollout->newest.stage_count > 0) {
        st = append_stages(rollout, fleet, out);
    }
    if (st == ST_OK) {
        st = adm_gate_text(&rollout->gate, out);
    }
    return st == ST_OK ? append_states(fleet, out) : st;
}
