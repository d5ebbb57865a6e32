#include "agent/observe.h"

#include "agent/outlook_classify.h"
#include "policy/outlook_version.h"
#include "policy/user_state.h"

void ag_observe_starts(const struct ag_outlook_view *view, struct ag_record *record)
{
    if (view->known && view->running && view->started_s > record->written_at_s &&
        view->started_s > record->last_start_s) {
        record->last_start_s = view->started_s;
        record->starts++;
    }
}

enum pol_answer ag_observe_minimum(const struct ag_client *client, const struct pol_policy *policy)
{
    uint64_t version = 0;
    if (client == NULL || !pol_outlook_version_read(client->version, &version)) {
        return POL_NOT_KNOWN; /* none is installed: there is nothing that could be too old */
    }
    const struct pol_guards *guards = policy != NULL ? &policy->guards : NULL;
    bool asked = guards != NULL && guards->minimum_count > 0;
    bool fine = pol_outlook_is_new_enough(
        asked ? guards->minimum_outlook : POL_OUTLOOK_MAPI_HTTP,
        asked ? guards->minimum_count : POL_OUTLOOK_MAPI_HTTP_COUNT, version);
    return fine ? POL_YES : POL_NO;
}

static struct ag_classify_question question_of(const struct ag_observing *seen,
                                               const struct ag_record *record,
                                               const struct pol_report_user *row)
{
    return (struct ag_classify_question){
        .sight = seen->sight,
        .client = seen->client,
        .minimum = ag_observe_minimum(seen->client, seen->policy),
        .set = row->set,
        .expect = seen->policy != NULL ? seen->policy->expect : POL_EXPECT_ANY,
        .written_at_s = record->written_at_s,
        .processes_known = seen->view->known,
        .running = seen->view->known && seen->view->running,
        .started_s = seen->view->started_s,
        .starts = record->starts,
        .settled_before = record->settled,
        .now_s = seen->now_s,
    };
}

enum pol_mailbox ag_observe_mailbox(const struct ag_observing *seen, struct ag_record *record)
{
    static const struct pol_report_user NOBODY = {.set = POL_SET_LEAVE};
    if (seen->never) {
        record->mailbox = POL_MAILBOX_UNKNOWN;
    } else if (seen->sight != NULL && !seen->sight->timed_out && !seen->sight->left_out) {
        struct ag_classify_question question = question_of(seen, record, &NOBODY);
        struct ag_classified classified = {0};
        ag_classify(&question, &classified);
        record->mailbox = classified.mailbox;
    }
    return record->mailbox;
}

static enum pol_state state_of(const struct ag_observing *seen, const struct ag_record *record,
                               bool settled, const struct ag_outcome *outcome)
{
    const struct pol_report_user *row = &outcome->row;
    const struct pol_policy *policy = seen->policy;
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
        .settled = settled,
        .expect = policy != NULL ? policy->expect : POL_EXPECT_ANY,
        .observed = row->observed,
        .confidence = row->confidence,
    };
    return pol_user_state(&view);
}

/* Does this state speak of what Outlook does, or of what waits for it? Then a logoff ends nothing. */
static bool is_kept_by_logoff(enum pol_state state)
{
    switch (state) {
    case POL_STATE_ERROR:
    case POL_STATE_CONTESTED:
    case POL_STATE_PAUSED:
    case POL_STATE_UNMANAGED:
    case POL_STATE_PENDING_LOGON: break;
    case POL_STATE_WAITING:
    case POL_STATE_BLOCKED:
    case POL_STATE_IDLE:
    case POL_STATE_PENDING_RESTART:
    case POL_STATE_MISMATCH:
    case POL_STATE_CONVERGING:
    case POL_STATE_UNVERIFIED:
    case POL_STATE_COMPLIANT:
    case POL_STATE_COUNT: return true;
    }
    return false;
}

static void observe_client(const struct ag_outlook_view *view, const struct ag_record *record,
                           struct pol_report_user *row)
{
    row->outlook_known = view->known;
    row->outlook_running = view->known && view->running;
    row->outlook_started_s = row->outlook_running ? view->started_s : -1;
    row->starts_since_change = record->starts;
    row->action = record->action;
    row->changed_at_s = record->written_at_s;
    row->corrections = record->corrections;
}

/* Nothing of his can be seen now: what is shown is what was. */
static void observe_away(const struct ag_observing *seen, const struct ag_record *record,
                         struct ag_outcome *outcome)
{
    struct pol_report_user *row = &outcome->row;
    bool remembered = !seen->never && record->state != POL_STATE_COUNT;
    struct ag_evidence evidence = {.count = 0};
    row->observed = remembered ? record->observed : POL_OBSERVED_UNKNOWN;
    row->confidence = remembered ? record->confidence : POL_CONFIDENCE_NONE;
    row->mailbox = record->mailbox;
    row->state = state_of(seen, record, false, outcome);
    if (record->state != POL_STATE_COUNT && is_kept_by_logoff(row->state)) {
        row->state = record->state;
    }
    if (remembered) {
        ag_evidence_add(&evidence, "remembered");
    }
    ag_outcome_keep_evidence(outcome, &evidence);
}

static void observe_here(const struct ag_observing *seen, struct ag_record *record,
                         struct ag_outcome *outcome)
{
    struct pol_report_user *row = &outcome->row;
    struct ag_classify_question question = question_of(seen, record, row);
    struct ag_classified classified = {0};
    ag_classify(&question, &classified);
    row->observed = classified.observed;
    row->confidence = classified.confidence;
    row->mailbox = record->mailbox;
    if (classified.server_other && row->blocked_by == POL_BLOCKED_NOT) {
        row->blocked_by = POL_BLOCKED_SERVER;
    }
    row->state = state_of(seen, record, classified.settled, outcome);
    ag_classify_hint(&question, row->state, &classified);
    ag_outcome_keep_evidence(outcome, &classified.evidence);
    record->state = is_kept_by_logoff(row->state) ? row->state : POL_STATE_COUNT;
    record->settled = classified.settled;
    record->observed = row->observed;
    record->confidence = row->confidence;
}

void ag_observe(const struct ag_observing *seen, struct ag_record *record,
                struct ag_outcome *outcome)
{
    observe_client(seen->view, record, &outcome->row);
    if (outcome->row.hive_loaded) {
        observe_here(seen, record, outcome);
    } else {
        observe_away(seen, record, outcome);
    }
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
