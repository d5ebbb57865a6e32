#include "agent/loop.h"

#include "base/log.h"
#include "base/time_text.h"

#include <inttypes.h>

enum {
    PASS_EVERY_MS = 60 * 1000, /* watchers wake the loop; this finds what they missed */
    RETRY_FIRST_MS = 1000,     /* after a user's failure, doubled until PASS_EVERY_MS */
};

/* A user who is skipped stays so until another version comes: trying again soon would not help. */
static bool is_worth_another_pass(const struct ag_outcome *outcome)
{
    return outcome->row.error_code != NULL && outcome->err.st != ST_REFUSED;
}

/* A pause is loud: nothing that is decided reaches anybody, the safe policy neither. */
static void tell_pause(struct ag_loop *l)
{
    bool paused = ag_loop_now_s(l) < l->config->pause_until_s;
    char until[TIME_TEXT_BYTES];
    if (paused && !l->paused) {
        time_text_write(l->config->pause_until_s, until);
        log_write(LOG_WARNING, "event=paused until=%s", until);
    } else if (!paused && l->paused) {
        log_write(LOG_WARNING, "event=resumed");
    }
    l->paused = paused;
}

static void save_ledger(struct ag_loop *l)
{
    struct err err = {.st = ST_OK};
    if (ag_ledger_save(&l->ledger, &l->ports->vault, &err) == ST_OK) {
        err = (struct err){.st = ST_OK};
    }
    ag_tell_trouble(&l->ledger_trouble, &err);
}

/* What was done is told and remembered; the next start goes on with the others. */
static void leave_pass(struct ag_loop *l, struct ag_pass *pass)
{
    ag_tell_pass(pass, l->reports.current, &l->standing);
    save_ledger(l);
    ag_pass_free(pass);
}

static void take_pass(struct ag_loop *l, struct ag_pass *pass)
{
    l->worst = ST_OK;
    l->turn_at_s = -1;
    for (size_t i = 0; i < pass->count; i++) {
        const struct ag_outcome *outcome = &pass->outcomes[i];
        if (is_worth_another_pass(outcome)) {
            l->worst = outcome->err.st;
        }
        if (outcome->turn_at_s >= 0 && (l->turn_at_s < 0 || outcome->turn_at_s < l->turn_at_s)) {
            l->turn_at_s = outcome->turn_at_s;
        }
    }
    tell_pause(l);
    ag_tell_stale(&l->stale, ag_standing_is_stale(&l->standing, ag_loop_now_s(l)), &l->standing);
    ag_tell_trouble(&l->mark_trouble, &pass->mark_err);
    ag_tell_pass(pass, l->reports.current, &l->standing);
    ag_reports_take_pass(&l->reports, pass);
    save_ledger(l);
    ag_loop_show(l);
}

/* A failure may have been a moment's: a hive on its way out, or somebody who wrote in between. */
static uint64_t next_pass_in_ms(struct ag_loop *l)
{
    if (l->worst == ST_OK) {
        int64_t turn_in_s = l->turn_at_s - ag_loop_now_s(l);
        bool soon = l->turn_at_s >= 0 && turn_in_s < PASS_EVERY_MS / 1000;
        l->retry_ms = 0;
        return soon ? (uint64_t)(turn_in_s > 1 ? turn_in_s : 1) * 1000 : PASS_EVERY_MS;
    }
    uint64_t doubled_ms = l->retry_ms == 0 ? RETRY_FIRST_MS : l->retry_ms * 2;
    l->retry_ms = doubled_ms < PASS_EVERY_MS ? doubled_ms : PASS_EVERY_MS;
    return l->retry_ms;
}

/* For the URLs of the policy in force. */
static enum pol_answer answer(const struct ag_loop *l, bool for_allow)
{
    const struct pol_policy *policy = l->standing.policy;
    if (policy == NULL) {
        return POL_NOT_KNOWN;
    }
    return ag_preflight_answer(&l->reports.machine.preflight,
                               for_allow ? &policy->guards.allow : &policy->guards.block);
}

static void look_again(struct ag_loop *l, const struct ag_pass *pass)
{
    const struct ag_sights *sights = &l->ports->sights;
    sights->want(sights->ctx, pass->users, sights->never ? 0 : pass->count);
}

enum status ag_loop_run_pass(struct ag_loop *l)
{
    struct ag_machine *machine = &l->reports.machine;
    ag_machine_look(machine, &l->ports->sights, l->standing.policy);
    struct ag_cycle cycle = {
        .ports = l->ports,
        .host = l->host,
        .tags = l->config->tags,
        .tag_count = l->config->tag_count,
        .client = ag_machine_client(machine),
        .preflight_allow = answer(l, true),
        .preflight_block = answer(l, false),
        .policy = l->standing.policy,
        .accepted_at_s = ag_standing_accepted_at_s(&l->standing, ag_loop_now_s(l)),
        .pause_until_s = l->config->pause_until_s,
        .ledger = &l->ledger,
    };
    struct ag_pass *pass = NULL;
    struct err err = {.st = ST_OK};
    uint64_t began_ms = ag_loop_now_ms(l);
    enum status st = ag_cycle_run(&cycle, &pass, &err);
    l->passed_ms = ag_loop_now_ms(l);
    l->pass_due_ms = l->passed_ms + PASS_EVERY_MS;
    if (st == ST_OK && pass->cut) {
        err = (struct err){.st = ST_OK};
        leave_pass(l, pass);
    } else if (st == ST_OK) {
        log_write(LOG_DEBUG, "event=pass users=%zu ms=%" PRIu64, pass->count,
                  l->passed_ms - began_ms);
        err = (struct err){.st = ST_OK};
        l->act_pending = false;
        take_pass(l, pass);
        look_again(l, pass);
        l->pass_due_ms = l->passed_ms + next_pass_in_ms(l);
    }
    ag_tell_trouble(&l->pass_trouble, &err);
    return ag_loop_is_fatal(st) ? st : ST_OK;
}
