#include "agent/observe.h"

#include "policy/user_state.h"

void ag_observe_starts(const struct ag_outlook_view *view, struct ag_record *record)
{
    if (view->known && view->running && view->started_s > record->written_at_s &&
        view->started_s > record->last_start_s) {
        record->last_start_s = view->started_s;
        record->starts++;
    }
}

static enum pol_state state_of(const struct ag_outcome *outcome, const struct ag_record *record,
                               const struct pol_policy *policy)
{
    const struct pol_report_user *row = &outcome->row;
    struct pol_user_view view = {
        .failed = row->error_code != NULL,
        .contested = outcome->permit == AG_PERMIT_CONTESTED,
        .paused = outcome->permit == AG_PERMIT_PAUSED,
        .waiting = outcome->permit == AG_PERMIT_WAITING && outcome->withheld,
        .hive_loaded = row->hive_loaded,
        .brought = policy != NULL && record->brought_version == policy->version,
        .set = row->set,
        .blocked_by = row->blocked_by,
        .outlook_known = row->outlook_known,
        .outlook_running = row->outlook_running,
        .outlook_started_s = row->outlook_started_s,
        .written_at_s = record->written_at_s,
        .started_since = record->starts > 0,
        .expect = policy != NULL ? policy->expect : POL_EXPECT_ANY,
        .observed = row->observed,
        .confidence = row->confidence,
    };
    return pol_user_state(&view);
}

void ag_observe(const struct ag_outlook_view *view, const struct ag_record *record,
                const struct pol_policy *policy, struct ag_outcome *outcome)
{
    struct pol_report_user *row = &outcome->row;
    row->outlook_known = view->known;
    row->outlook_running = view->known && view->running;
    row->outlook_started_s = row->outlook_running ? view->started_s : -1;
    row->starts_since_change = record->starts;
    row->action = record->action;
    row->changed_at_s = record->written_at_s;
    row->corrections = record->corrections;
    row->observed = POL_OBSERVED_UNKNOWN;
    row->confidence = POL_CONFIDENCE_NONE;
    row->mailbox = POL_MAILBOX_UNKNOWN;
    row->state = state_of(outcome, record, policy);
}

struct pol_report_value ag_observe_value(const struct ag_value *value)
{
    struct pol_report_value out = {.known = true, .present = value->present};
    if (value->present) {
        out.type = value->type;
    }
    if (value->present && value->type == AG_TYPE_DWORD && value->size == 4 && !value->truncated) {
        out.dword = (uint32_t)value->data[0] | (uint32_t)value->data[1] << 8 |
                    (uint32_t)value->data[2] << 16 | (uint32_t)value->data[3] << 24;
    }
    return out;
}
