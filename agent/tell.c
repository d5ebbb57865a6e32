#include "agent/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    EVENT_BYTES = 64,
    HOUR_MS = 60 * 60 * 1000,
    AWAY_HOURS = 4, /* less is a night's maintenance */
};

static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

static bool same_code(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void ag_tell_trouble(struct ag_trouble *trouble, const struct err *err)
{
    if (trouble->st == err->st && same_code(trouble->code, err->code)) {
        return;
    }
    if (err->st == ST_OK) {
        log_write(LOG_INFO, "event=%s_well", trouble->what);
    } else {
        char event[EVENT_BYTES];
        (void)snprintf(event, sizeof event, "%s_failed", trouble->what);
        log_failure(LOG_WARNING, event, err);
    }
    trouble->st = err->st;
    trouble->code = err->st != ST_OK ? err->code : NULL;
}

void ag_tell_server(struct ag_away *away, bool answered, uint64_t now_ms)
{
    if (answered) {
        if (away->told) {
            log_write(LOG_INFO, "event=server_reached hours=%" PRIu64,
                      (now_ms - away->since_ms) / HOUR_MS);
        }
        *away = (struct ag_away){.silent = false};
        return;
    }
    if (!away->silent) {
        *away = (struct ag_away){.silent = true, .since_ms = now_ms};
    }
    if (!away->told && (now_ms - away->since_ms) / HOUR_MS >= AWAY_HOURS) {
        away->told = true;
        log_write(LOG_WARNING, "event=server_unreachable hours=%d", AWAY_HOURS);
    }
}

void ag_tell_stale(bool *told, bool stale, const struct ag_standing *standing)
{
    if (stale && !*told) {
        log_write(LOG_WARNING, "event=policy_stale rollout=%s version=%" PRId64 " stage=%s",
                  standing->policy->rollout, standing->policy->version, standing->policy->stage);
    }
    *told = stale;
}

void ag_tell_offer(const struct ag_standing *standing, const char *source, enum ag_offer offer,
                   const struct err *why)
{
    const struct pol_policy *policy = standing->policy;
    switch (offer) {
    case AG_OFFER_ACCEPTED:
        log_write(LOG_INFO,
                  "event=policy_accepted source=%s rollout=%s version=%" PRId64
                  " stage=%s digest=%s",
                  source, policy->rollout, policy->version, policy->stage, policy->digest);
        break;
    case AG_OFFER_NO_CHANGE:
        log_write(LOG_DEBUG, "event=policy_unchanged source=%s version=%" PRId64, source,
                  policy->version);
        break;
    case AG_OFFER_PENDING:
        log_write(LOG_INFO, "event=policy_pending source=%s version=%" PRId64 " code=%s", source,
                  standing->pending.version, or_dash(why->code));
        break;
    case AG_OFFER_REFUSED:
        log_write(LOG_WARNING, "event=policy_refused source=%s code=%s pointer=%s reason=\"%s\"",
                  source, or_dash(why->code), or_dash(why->pointer), why->text);
        break;
    }
}

/* What is withheld from one user; a pause is everybody's and told once. */
static void tell_permit(const struct ag_outcome *now, int64_t version)
{
    switch (now->permit) {
    case AG_PERMIT_WRITE:
    case AG_PERMIT_PAUSED: break;
    case AG_PERMIT_CONTESTED:
        log_write(LOG_WARNING,
                  "event=user_contested sid=%s version=%" PRId64 " corrections=%" PRIu32,
                  now->row.sid, version, now->row.corrections);
        break;
    case AG_PERMIT_WAITING:
        if (now->withheld) {
            log_write(LOG_INFO, "event=user_waiting sid=%s version=%" PRId64, now->row.sid,
                      version);
        }
        break;
    }
}

static void tell_user(const struct ag_outcome *now, const struct ag_outcome *then, int64_t version)
{
    const struct pol_report_user *row = &now->row;
    if (now->wrote != POL_ACTION_NONE) {
        log_write(LOG_INFO, "event=%s sid=%s set=%s action=%s version=%" PRId64 " ring=%s",
                  now->corrected ? "value_corrected" : "value_written", row->sid,
                  POL_SET_WORDS[row->set], POL_ACTION_WORDS[now->wrote], version,
                  or_dash(row->ring));
    }
    if (now->permit != (then != NULL ? then->permit : AG_PERMIT_WRITE)) {
        tell_permit(now, version);
    }
    bool told = then != NULL && same_code(then->row.error_code, row->error_code) &&
                then->row.error_os_code == row->error_os_code;
    if (row->error_code != NULL && !told) {
        bool skipped = strcmp(row->error_code, "skipped_after_crash") == 0;
        log_write(LOG_WARNING, "event=%s sid=%s error=%s os_code=%" PRIu32 " reason=\"%s\"",
                  skipped ? "user_skipped" : "user_failed", row->sid, row->error_code,
                  row->error_os_code, now->err.text);
    }
}

void ag_tell_pass(const struct ag_pass *pass, const struct ag_pass *before,
                  const struct ag_standing *standing)
{
    int64_t version = standing->policy != NULL ? standing->policy->version : 0;
    for (size_t i = 0; i < pass->count; i++) {
        const struct ag_outcome *now = &pass->outcomes[i];
        tell_user(now, ag_pass_find(before, now->row.sid), version);
    }
}
