#include "agent/cycle.h"

#include "agent/apply.h"
#include "agent/mark.h"
#include "agent/observe.h"
#include "agent/users.h"
#include "policy/evaluate.h"
#include "policy/facts.h"

#include <inttypes.h>

static int64_t wall_s(const struct ag_cycle *cycle)
{
    return cycle->ports->clock.wall_s(cycle->ports->clock.ctx);
}

static int64_t version_of(const struct ag_cycle *cycle)
{
    return cycle->policy != NULL ? cycle->policy->version : 0;
}

/* A user's failure, told in the row; the status stays in the row, too. */
static void tell_failure(struct ag_outcome *outcome, enum status st)
{
    outcome->row.error_code = outcome->err.code != NULL ? outcome->err.code : status_name(st);
    outcome->row.error_os_code = outcome->err.os_code;
}

/* One user, and what is known of him before anything is decided. */
struct turn {
    const struct ag_user *user;
    struct ag_outlook_view view;
    struct ag_sight sight;
    struct ag_observing seen;
    enum pol_mailbox mailbox;
};

static enum status decide(const struct ag_cycle *cycle, const struct turn *turn,
                          struct pol_preparation *preparation, struct pol_decision *out,
                          struct err *err)
{
    const struct ag_user *user = turn->user;
    const struct ag_seen seen = {
        .outlook = cycle->client != NULL ? cycle->client->version : NULL,
        .mailbox = turn->mailbox,
        .preflight_allow = cycle->preflight_allow,
        .preflight_block = cycle->preflight_block,
    };
    struct pol_facts known = ag_user_facts(user, cycle->host, cycle->tags, cycle->tag_count, &seen);
    enum status st = pol_prepare(preparation, cycle->policy, &known);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot prepare the decision for %s", user->sid);
    }
    *out = pol_evaluate(cycle->policy, &preparation->facts, NULL);
    return ST_OK;
}

/* evaluate, and the row's part of it */
static enum status decide_row(const struct ag_cycle *cycle, const struct turn *turn,
                              struct pol_preparation *preparation, struct ag_outcome *outcome,
                              struct pol_decision *out)
{
    struct pol_decision decision = {.set = POL_SET_LEAVE, .rule = -1};
    enum status st = ST_OK;
    if (cycle->policy != NULL) {
        st = decide(cycle, turn, preparation, &decision, &outcome->err);
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

/* What the decision comes to. `block` for a mailbox that could not answer over RPC/HTTP is a release:
 * one becoming the other, because the mailbox moved, is no drift. */
static enum pol_set effective_set(enum pol_set set, enum pol_blocked by)
{
    return by == POL_BLOCKED_MAILBOX ? POL_SET_RELEASE : set;
}

static bool waits_for_preflight(enum pol_blocked by)
{
    return by == POL_BLOCKED_PREFLIGHT || by == POL_BLOCKED_PREFLIGHT_PENDING;
}

/* Note in the user's record what a pass brought. */
static void note(const struct ag_cycle *cycle, const struct ag_applied *applied, bool rewritten,
                 struct ag_outcome *outcome, struct ag_record *record)
{
    outcome->wrote = applied->action;
    outcome->corrected = rewritten && applied->action != POL_ACTION_NONE;
    outcome->withheld = applied->withheld;
    outcome->row.blocked_by = applied->blocked_by;
    if (applied->withheld || waits_for_preflight(applied->blocked_by)) {
        return; /* it was not brought to the user */
    }
    if (record->brought_version != cycle->policy->version) {
        record->corrections = 0;
    }
    record->corrections += outcome->corrected ? 1 : 0;
    record->brought_version = cycle->policy->version;
    record->set = effective_set(outcome->row.set, applied->blocked_by);
    record->away = false;
    if (applied->action != POL_ACTION_NONE) {
        record->action = applied->action;
        record->written_at_s = wall_s(cycle);
        record->last_start_s = -1;
        record->starts = 0;
        record->settled = false;
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

static bool has_value(enum pol_set set)
{
    return set == POL_SET_BLOCK || set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
}

/* Drift is looked at before it is corrected: the third time within a day it is left. What a hive
 * holds that has just come back is no rewrite: it may be a profile that forgets, or an old copy. */
static enum status apply_or_leave(const struct ag_cycle *cycle, struct ag_hive *hive,
                                  const struct pol_decision *decision, struct ag_outcome *outcome,
                                  struct ag_record *record)
{
    const struct ag_setting *setting = &cycle->ports->setting;
    struct ag_applied applied = {0};
    enum pol_set set = effective_set(decision->set, decision->blocked_by);
    bool drift = has_value(set) && ag_permit_is_drift(cycle->policy, set, record);
    bool may_write = outcome->permit == AG_PERMIT_WRITE;
    bool rewritten = false;

    enum status st = ag_apply(setting, hive, cycle->policy, decision, may_write && !drift, &applied,
                              &outcome->err);
    if (st == ST_OK && applied.withheld && may_write && drift) {
        rewritten = !record->away;
        if (!rewritten || ag_permit_take_rewrite(wall_s(cycle), record)) {
            st = ag_apply(setting, hive, cycle->policy, decision, true, &applied, &outcome->err);
        } else {
            outcome->permit = AG_PERMIT_CONTESTED;
        }
    }
    if (st == ST_OK) {
        note(cycle, &applied, rewritten, outcome, record);
        show(&applied, &outcome->row);
    }
    return st;
}

/* apply, with the hive open; what is there is shown even if writing failed. */
static enum status apply_open(const struct ag_cycle *cycle, struct ag_hive *hive,
                              const struct pol_decision *decision, struct ag_outcome *outcome,
                              struct ag_record *record)
{
    const struct ag_setting *setting = &cycle->ports->setting;
    struct ag_applied seen = {0};
    enum status st = ST_OK;
    if (cycle->policy != NULL) {
        st = apply_or_leave(cycle, hive, decision, outcome, record);
    }
    if (cycle->policy == NULL || st != ST_OK) {
        struct err *err = st == ST_OK ? &outcome->err : NULL;
        enum status looked = ag_apply_look(setting, hive, &seen, err);
        if (looked == ST_OK) {
            show(&seen, &outcome->row);
        }
        st = st == ST_OK ? looked : st;
    }
    return st;
}

/* Opened and closed again: what fails in a hive that is on its way out is nobody's failure. */
static bool is_gone(const struct ag_setting *setting, const char *sid)
{
    struct ag_hive *hive = NULL;
    enum status st = setting->open(setting->ctx, sid, &hive, NULL);
    if (st == ST_OK) {
        setting->close(setting->ctx, hive);
    }
    return st == ST_NOT_FOUND;
}

static enum status apply(const struct ag_cycle *cycle, const struct pol_decision *decision,
                         struct ag_outcome *outcome, struct ag_record *record)
{
    const struct ag_setting *setting = &cycle->ports->setting;
    struct ag_hive *hive = NULL;
    if (!outcome->row.hive_loaded) {
        record->away = record->brought_version != 0;
        return ST_OK;
    }
    enum status st = setting->open(setting->ctx, outcome->row.sid, &hive, &outcome->err);
    if (st == ST_OK) {
        st = apply_open(cycle, hive, decision, outcome, record);
        setting->close(setting->ctx, hive);
    }
    if (st == ST_NOT_FOUND || (st != ST_OK && is_gone(setting, outcome->row.sid))) {
        outcome->row.hive_loaded = false; /* logged off meanwhile */
        outcome->err = (struct err){.st = ST_OK};
        record->away = record->brought_version != 0;
        st = ST_OK;
    }
    return st;
}

/* May the value be written? Also says when it may, if that is only a question of time. */
static void ask_permit(const struct ag_cycle *cycle, const struct ag_outlook_view *view,
                       struct ag_outcome *outcome, struct ag_record *record)
{
    int64_t now_s = wall_s(cycle);
    if (cycle->policy == NULL) {
        outcome->permit = now_s < cycle->pause_until_s ? AG_PERMIT_PAUSED : AG_PERMIT_WRITE;
        return;
    }
    struct ag_permit_question question = {
        .policy = cycle->policy,
        .accepted_at_s = cycle->accepted_at_s,
        .pause_until_s = cycle->pause_until_s,
        .now_s = now_s,
        .outlook = view,
    };
    enum pol_set set = effective_set(outcome->row.set, outcome->row.blocked_by);
    outcome->permit = ag_permit_ask(&question, set, record);
    if (outcome->permit == AG_PERMIT_WAITING && outcome->row.blocked_by == POL_BLOCKED_MAILBOX) {
        outcome->permit = AG_PERMIT_WRITE; /* his client does not work until it is gone */
    }
    if (outcome->permit == AG_PERMIT_WAITING) {
        outcome->turn_at_s = ag_permit_turn_at_s(&question, outcome->row.sid);
    }
}

/* evaluate -> apply, for one user. */
static enum status decide_and_apply(const struct ag_cycle *cycle, const struct turn *turn,
                                    struct pol_preparation *preparation, struct ag_outcome *outcome,
                                    struct ag_record *record)
{
    struct pol_decision decision = {0};
    enum status st = decide_row(cycle, turn, preparation, outcome, &decision);
    ask_permit(cycle, &turn->view, outcome, record);
    if (st == ST_OK && cycle->policy != NULL) {
        st = ag_outcome_keep_groups(outcome, turn->user, cycle->policy, &outcome->err);
    }
    if (st == ST_OK) {
        st = apply(cycle, &decision, outcome, record);
    }
    if (st == ST_OK) {
        record->crashes = 0;
    }
    return st;
}

static void take_stock(const struct ag_cycle *cycle, const struct ag_user *user,
                       struct ag_record *record, struct turn *turn)
{
    const struct ag_outlook *outlook = &cycle->ports->outlook;
    const struct ag_sights *sights = &cycle->ports->sights;
    turn->user = user;
    turn->view = outlook->find(outlook->ctx, user->sid);
    bool looked = user->hive_loaded && sights->find(sights->ctx, user->sid, &turn->sight);
    turn->seen = (struct ag_observing){
        .view = &turn->view,
        .sight = looked ? &turn->sight : NULL,
        .never = sights->never,
        .client = cycle->client,
        .policy = cycle->policy,
        .now_s = wall_s(cycle),
    };
    turn->mailbox = ag_observe_mailbox(&turn->seen, record);
}

/* evaluate -> apply -> observe, for one user. */
static void look_after(const struct ag_cycle *cycle, const struct ag_user *user,
                       struct pol_preparation *preparation, struct ag_outcome *outcome)
{
    struct ag_record *place = ag_ledger_find(cycle->ledger, user->sid);
    struct ag_record record = place != NULL ? *place : ag_record_empty();
    struct turn turn = {0};
    take_stock(cycle, user, &record, &turn);

    enum status st = ST_OK;
    if (ag_mark_is_skipped(&record, version_of(cycle))) {
        st = err_refuse(&outcome->err, "skipped_after_crash", "",
                        "the agent ended %" PRIu32 " times while it looked after this user",
                        record.crashes);
    } else {
        st = decide_and_apply(cycle, &turn, preparation, outcome, &record);
    }
    if (st != ST_OK) {
        tell_failure(outcome, st);
    }
    ag_observe_starts(&turn.view, &record);
    ag_observe(&turn.seen, &record, outcome);
    if (place != NULL) {
        ag_ledger_update(cycle->ledger, place, &record);
    }
}

/* The first mark that could not be written takes its protection away, and nothing else. */
static void heed_mark(struct ag_pass *pass, enum status st, const struct err *err)
{
    if (st != ST_OK && pass->mark_err.st == ST_OK) {
        pass->mark_err = *err;
    }
}

/* One user after the other, each under his mark: should one of them bring this process down, the
 * next start knows who. Who is to stop does not wait for hundreds of users: the next start goes on
 * with them. */
static void look_after_all(const struct ag_cycle *cycle, struct ag_pass *pass)
{
    const struct ag_ports *ports = cycle->ports;
    const struct ag_vault *vault = &ports->vault;
    struct pol_preparation preparation = {0};
    struct err err = {.st = ST_OK};
    for (size_t i = 0; i < pass->count && !pass->cut; i++) {
        const struct ag_user *user = &pass->users[i];
        if (user->hive_loaded) {
            heed_mark(pass, ag_mark_set(vault, user->sid, version_of(cycle), &err), &err);
        }
        look_after(cycle, user, &preparation, &pass->outcomes[i]);
        pass->cut = i + 1 < pass->count && ports->stopping(ports->events_ctx);
    }
    heed_mark(pass, ag_mark_clear(vault, &err), &err);
    pol_preparation_done(&preparation);
}

enum status ag_cycle_run(const struct ag_cycle *cycle, struct ag_pass **out, struct err *err)
{
    const struct ag_ports *ports = cycle->ports;
    struct ag_user *users = NULL;
    size_t count = 0;
    struct ag_pass *pass = NULL;

    enum status st = ports->users.list(ports->users.ctx, &users, &count, err);
    if (st == ST_OK) {
        st = ag_pass_new(users, count, &pass, err);
    }
    /* Without the list of processes find() says "not known" for everybody: no reason to stop. */
    if (st == ST_OK && ports->outlook.refresh(ports->outlook.ctx, NULL) == ST_NO_MEMORY) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for the list of processes");
    }
    if (st == ST_OK) {
        look_after_all(cycle, pass);
        *out = pass;
        pass = NULL;
    }
    ag_pass_free(pass);
    return st;
}
