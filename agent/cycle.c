#include "agent/cycle.h"

#include "agent/apply.h"
#include "agent/observe.h"
#include "agent/users.h"
#include "policy/evaluate.h"
#include "policy/facts.h"

/* A user's failure, told in the row; the status stays in the row, too. */
static void tell_failure(struct ag_outcome *outcome, enum status st)
{
    outcome->row.error_code = outcome->err.code != NULL ? outcome->err.code : status_name(st);
    outcome->row.error_os_code = outcome->err.os_code;
}

static enum status decide(const struct ag_cycle *cycle, const struct ag_user *user,
                          struct pol_preparation *preparation, struct pol_decision *out,
                          struct err *err)
{
    struct pol_facts known = ag_user_facts(user, cycle->host, cycle->tags, cycle->tag_count);
    enum status st = pol_prepare(preparation, cycle->policy, &known);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot prepare the decision for %s", user->sid);
    }
    *out = pol_evaluate(cycle->policy, &preparation->facts, NULL);
    return ST_OK;
}

/* evaluate, and the row's part of it */
static enum status decide_row(const struct ag_cycle *cycle, const struct ag_user *user,
                              struct pol_preparation *preparation, struct ag_outcome *outcome,
                              struct pol_decision *out)
{
    struct pol_decision decision = {.set = POL_SET_LEAVE, .rule = -1};
    enum status st = ST_OK;
    if (cycle->policy != NULL) {
        st = decide(cycle, user, preparation, &decision, &outcome->err);
    }
    if (st == ST_OK) {
        outcome->row.decided = cycle->policy != NULL;
        outcome->row.rule = decision.rule;
        outcome->row.set = decision.set;
        outcome->row.blocked_by = decision.blocked_by;
        ag_outcome_keep_ring(outcome, decision.ring);
        *out = decision;
    }
    return st;
}

/* Note in the user's record what a pass brought. The same version and the same decision once more,
 * and yet a write: then somebody else had rewritten the value. */
static void note(const struct ag_cycle *cycle, const struct ag_applied *applied,
                 struct ag_outcome *outcome, struct ag_record *record)
{
    enum pol_set set = outcome->row.set;
    bool again = record->brought_version == cycle->policy->version && record->set == set;
    outcome->wrote = applied->action;
    outcome->corrected =
        again && (applied->action == POL_ACTION_WROTE || applied->action == POL_ACTION_REMOVED);
    if (record->brought_version != cycle->policy->version) {
        record->corrections = 0;
    }
    record->corrections += outcome->corrected ? 1 : 0;
    record->brought_version = cycle->policy->version;
    record->set = set;
    if (applied->action != POL_ACTION_NONE) {
        record->action = applied->action;
        record->written_at_s = cycle->ports->clock.wall_s(cycle->ports->clock.ctx);
        record->last_start_s = -1;
        record->starts = 0;
    }
}

static void show(const struct ag_applied *applied, struct pol_report_user *row)
{
    row->ours = applied->ours;
    row->value = ag_observe_value(&applied->value);
    if (applied->pre_image.there && !applied->pre_image.lost) {
        row->pre_image = ag_observe_value(&applied->pre_image.value);
    }
}

/* apply, with the hive open; what is there is shown even if writing failed. */
static enum status apply_open(const struct ag_cycle *cycle, struct ag_hive *hive,
                              const struct pol_decision *decision, struct ag_outcome *outcome,
                              struct ag_record *record)
{
    const struct ag_setting *setting = &cycle->ports->setting;
    struct ag_applied applied = {0};
    enum status st = ST_OK;
    if (cycle->policy == NULL) {
        st = ag_apply_look(setting, hive, &applied, &outcome->err);
    } else {
        st = ag_apply(setting, hive, cycle->policy, decision, &applied, &outcome->err);
    }
    if (st == ST_OK && cycle->policy != NULL) {
        note(cycle, &applied, outcome, record);
        outcome->row.blocked_by = applied.blocked_by;
    }
    if (st == ST_OK || ag_apply_look(setting, hive, &applied, NULL) == ST_OK) {
        show(&applied, &outcome->row);
    }
    return st;
}

static enum status apply(const struct ag_cycle *cycle, const struct pol_decision *decision,
                         struct ag_outcome *outcome, struct ag_record *record)
{
    const struct ag_setting *setting = &cycle->ports->setting;
    struct ag_hive *hive = NULL;
    if (!outcome->row.hive_loaded) {
        return ST_OK;
    }
    enum status st = setting->open(setting->ctx, outcome->row.sid, &hive, &outcome->err);
    if (st == ST_NOT_FOUND) {
        outcome->row.hive_loaded = false; /* logged off meanwhile */
        return ST_OK;
    }
    if (st == ST_OK) {
        st = apply_open(cycle, hive, decision, outcome, record);
        setting->close(setting->ctx, hive);
    }
    return st;
}

/* evaluate -> apply -> observe, for one user. */
static void look_after(const struct ag_cycle *cycle, const struct ag_user *user,
                       struct pol_preparation *preparation, struct ag_outcome *outcome)
{
    const struct ag_outlook *outlook = &cycle->ports->outlook;
    struct pol_decision decision = {0};
    struct ag_record *place = ag_ledger_find(cycle->ledger, user->sid);
    struct ag_record record = {.written_at_s = -1, .last_start_s = -1};

    outcome->row.sid = user->sid;
    outcome->row.account = user->account;
    outcome->row.hive_loaded = user->hive_loaded;
    outcome->row.rule = -1;
    outcome->row.set = POL_SET_LEAVE;
    enum status st = ST_OK;
    if (place == NULL) {
        st = err_set(&outcome->err, ST_TOO_LARGE, 0, "no room to keep a record of %s", user->sid);
    } else {
        record = *place;
        st = ag_outcome_keep_groups(outcome, user, cycle->policy, &outcome->err);
    }
    if (st == ST_OK) {
        st = decide_row(cycle, user, preparation, outcome, &decision);
    }
    if (st == ST_OK) {
        st = apply(cycle, &decision, outcome, &record);
    }
    if (st != ST_OK) {
        tell_failure(outcome, st);
    }
    struct ag_outlook_view view = outlook->find(outlook->ctx, user->sid);
    ag_observe_starts(&view, &record);
    ag_observe(&view, &record, cycle->policy, &outcome->row);
    if (place != NULL) {
        ag_ledger_update(cycle->ledger, place, &record);
    }
}

enum status ag_cycle_run(const struct ag_cycle *cycle, struct ag_pass **out, struct err *err)
{
    const struct ag_ports *ports = cycle->ports;
    struct ag_user *users = NULL;
    size_t count = 0;
    struct ag_pass *pass = NULL;
    struct pol_preparation preparation = {0};

    enum status st = ports->users.list(ports->users.ctx, &users, &count, err);
    if (st == ST_OK) {
        st = ag_pass_new(users, count, &pass, err);
    }
    /* Without the list of processes find() says "not known" for everybody: no reason to stop. */
    if (st == ST_OK && ports->outlook.refresh(ports->outlook.ctx, NULL) == ST_NO_MEMORY) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for the list of processes");
    }
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        look_after(cycle, &users[i], &preparation, &pass->outcomes[i]);
    }
    if (st == ST_OK) {
        *out = pass;
        pass = NULL;
    }
    ag_pass_free(pass);
    pol_preparation_done(&preparation);
    return st;
}
