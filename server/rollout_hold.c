#include "base/log.h"
#include "server/rollout_parts.h"

#include <stdio.h>

enum { HOLD_TEXT_BYTES = 384 };

static void write_hold(const struct srv_gate_hold *hold, char out[HOLD_TEXT_BYTES])
{
    out[0] = '\0';
    if (hold->at_s >= 0) {
        (void)snprintf(out, HOLD_TEXT_BYTES, "by=\"%s\" reason=\"%s\"", hold->by, hold->reason);
    }
}

/* In the store first, then in memory: what was answered is there after a restart. */
static enum status set_hold(struct srv_rollout *r, const struct srv_change *change,
                            const struct srv_gate_hold *hold, const char *action, struct err *err)
{
    char before[HOLD_TEXT_BYTES];
    char after[HOLD_TEXT_BYTES];
    write_hold(&r->now.hold, before); /* changes under `change` only, which we have */
    write_hold(hold, after);
    struct srv_write w = {
        .kind = SRV_WRITE_HOLD,
        .now_s = change->now_s,
        .audit = {.who = change->who,
                  .name = change->actor,
                  .address = change->address,
                  .what = action,
                  .before = before,
                  .after = after},
    };
    w.u.hold = *hold;
    enum status st = srv_store_write(r->parts.store, &w, err);
    if (st == ST_OK) {
        pthread_mutex_lock(&r->state);
        r->now.hold = *hold;
        pthread_mutex_unlock(&r->state);
        char actor[SRV_NAME_BYTES];
        log_quotable(change->actor, actor, sizeof actor);
        log_write(LOG_INFO, "event=gates action=%s actor=\"%s\"", action, actor);
    }
    return st;
}

static enum status change_hold(struct srv_rollout *r, const struct srv_change *change,
                               const struct srv_gate_hold *hold, const char *action,
                               struct err *err)
{
    struct srv_rollout_view view;
    pthread_mutex_lock(&r->change);
    srv_rollout_look(r, &view);
    enum status st = srv_rules_go_on(&view, change, err);
    bool nothing = hold->at_s < 0 && view.hold.at_s < 0;
    if (st == ST_OK && !nothing) {
        st = set_hold(r, change, hold, action, err);
    }
    srv_rollout_view_done(&view);
    pthread_mutex_unlock(&r->change);
    return st;
}

enum status srv_rollout_hold(struct srv_rollout *r, const struct srv_change *change,
                             struct err *err)
{
    struct srv_gate_hold hold = {.at_s = change->now_s};
    (void)snprintf(hold.by, sizeof hold.by, "%s", change->actor);
    (void)snprintf(hold.reason, sizeof hold.reason, "%s",
                   change->reason != NULL ? change->reason : "");
    return change_hold(r, change, &hold, "hold", err);
}

enum status srv_rollout_resume(struct srv_rollout *r, const struct srv_change *change,
                               struct err *err)
{
    const struct srv_gate_hold none = {.at_s = -1};
    return change_hold(r, change, &none, "resume", err);
}
