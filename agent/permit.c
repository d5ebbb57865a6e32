#include "agent/permit.h"

#include "policy/digest.h"

#include <inttypes.h>
#include <stdio.h>

enum { DAY_S = 86400 };

/* Clocks are set forward and back: a time that lies more than a day off either way is long ago. */
static bool is_within_a_day(int64_t then_s, int64_t now_s)
{
    return then_s >= 0 && then_s > now_s - DAY_S && then_s < now_s + DAY_S;
}

bool ag_permit_is_drift(const struct pol_policy *policy, enum pol_set set,
                        const struct ag_record *record)
{
    return record->brought_version == policy->version && record->set == set;
}

static void forget_rewrites(struct ag_record *record)
{
    record->rewritten_at_s[0] = -1;
    record->rewritten_at_s[1] = -1;
    record->contested_at_s = -1;
}

bool ag_permit_take_rewrite(int64_t now_s, struct ag_record *record)
{
    if (is_within_a_day(record->rewritten_at_s[0], now_s) &&
        is_within_a_day(record->rewritten_at_s[1], now_s)) {
        record->contested_at_s = now_s;
        return false;
    }
    record->rewritten_at_s[0] = record->rewritten_at_s[1];
    record->rewritten_at_s[1] = now_s;
    return true;
}

/* A day's peace is over, or another version is to be brought: all is forgiven. */
static bool is_contested(const struct ag_permit_question *q, struct ag_record *record)
{
    bool other_version = record->brought_version != q->policy->version;
    bool lapsed = record->contested_at_s >= 0 && !is_within_a_day(record->contested_at_s, q->now_s);
    if (other_version || lapsed) {
        forget_rewrites(record);
    }
    return record->contested_at_s >= 0;
}

uint32_t ag_permit_turn_s(const struct pol_policy *policy, const char *sid)
{
    char text[AG_SID_BYTES + 32];
    uint8_t digest[DIGEST_BYTES] = {0};
    uint64_t number = 0;
    int length = snprintf(text, sizeof text, "%" PRId64 " %s", policy->version, sid);
    if (policy->apply.spread_s == 0 || length < 0 ||
        pol_digest((struct span){(const uint8_t *)text, (size_t)length}, digest) != ST_OK) {
        return 0; /* without a lot drawn: at once, which only costs the spreading */
    }
    for (unsigned i = 0; i < 8; i++) {
        number = number << 8 | digest[i];
    }
    return (uint32_t)(number % policy->apply.spread_s);
}

/* After the clock was set back the wait begins anew: never longer than it would have been. */
static int64_t waited_s(const struct ag_permit_question *q)
{
    return q->now_s > q->accepted_at_s ? q->now_s - q->accepted_at_s : 0;
}

static bool waits_for_outlook(const struct ag_permit_question *q)
{
    bool closed = q->outlook->known && !q->outlook->running;
    return q->policy->apply.when == POL_WHEN_OUTLOOK_CLOSED && !closed &&
           waited_s(q) < q->policy->apply.deadline_s;
}

enum ag_permit ag_permit_ask(const struct ag_permit_question *q, enum pol_set set,
                             struct ag_record *record)
{
    bool drift = ag_permit_is_drift(q->policy, set, record);
    if (is_contested(q, record) && drift) {
        return AG_PERMIT_CONTESTED;
    }
    if (q->now_s < q->pause_until_s) {
        return AG_PERMIT_PAUSED;
    }
    if (q->policy->kind == POL_KIND_SAFE || drift) {
        return AG_PERMIT_WRITE;
    }
    if (waits_for_outlook(q) || waited_s(q) < ag_permit_turn_s(q->policy, record->sid)) {
        return AG_PERMIT_WAITING;
    }
    return AG_PERMIT_WRITE;
}

int64_t ag_permit_turn_at_s(const struct ag_permit_question *q, const char *sid)
{
    uint32_t turn_s = ag_permit_turn_s(q->policy, sid);
    return waited_s(q) < turn_s ? q->now_s + turn_s - waited_s(q) : -1;
}
