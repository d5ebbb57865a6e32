#include "agent/schedule.h"

enum {
    DEFAULT_POLL_S = 900,
    DEFAULT_WAIT_S = 240,
    DEFAULT_SPREAD_S = 10,
    DEFAULT_REPORT_S = 86400,

    BACKOFF_BASE_S = 5,
    BACKOFF_LEAST_MS = 200, /* full jitter may draw nothing at all: still no spinning */
    POLICY_CAP_S = 15 * 60,
    REPORT_CAP_S = 60 * 60,
    EMPTY_POLL_S = 60,
    RECONNECT_SPREAD_S = 60,
    RENEW_SPREAD_S = 30,      /* a thousand laptops that wake at nine are no herd */
    CUT_LEAST_MS = 10 * 1000, /* held this long and then cut: something in between did it */
    WAIT_LEAST_S = 30,
    LEARNED_FOR_MS = 86400 * 1000, /* a day later it may be otherwise */
};

/* Evenly up to and including most. */
static uint64_t draw(uint64_t most, uint32_t chance)
{
    return most * chance / UINT32_MAX;
}

static uint64_t in_ms(uint32_t seconds)
{
    return (uint64_t)seconds * 1000;
}

uint64_t ag_schedule_period_ms(uint32_t period_s, uint32_t chance)
{
    uint64_t period_ms = in_ms(period_s);
    return period_ms - period_ms / 5 + draw(period_ms * 2 / 5, chance);
}

/* When the server said so, and a little later: or all come back at that second. */
static uint64_t put_off_ms(uint32_t retry_after_s, uint32_t cap_s, uint32_t chance)
{
    uint64_t least_ms = in_ms(retry_after_s < cap_s ? retry_after_s : cap_s);
    return least_ms + draw(least_ms / 5, chance);
}

uint64_t ag_schedule_backoff_ms(unsigned failures, uint32_t cap_s, uint32_t retry_after_s,
                                uint32_t chance)
{
    uint64_t most_ms = in_ms(BACKOFF_BASE_S) << (failures < 16 ? failures : 16);
    if (most_ms > in_ms(cap_s)) {
        most_ms = in_ms(cap_s);
    }
    uint64_t delay_ms = draw(most_ms, chance);
    if (delay_ms < in_ms(retry_after_s)) {
        uint64_t told_ms = put_off_ms(retry_after_s, cap_s, chance);
        delay_ms = delay_ms > told_ms ? delay_ms : told_ms;
    }
    return delay_ms > BACKOFF_LEAST_MS ? delay_ms : BACKOFF_LEAST_MS;
}

void ag_schedule_init(struct ag_schedule *schedule, uint64_t now_ms)
{
    *schedule = (struct ag_schedule){
        .timing = {.poll_s = DEFAULT_POLL_S,
                   .wait_s = DEFAULT_WAIT_S,
                   .spread_s = DEFAULT_SPREAD_S,
                   .report_s = DEFAULT_REPORT_S},
        .policy_due_ms = now_ms,
        .enroll_due_ms = now_ms,
        .report_due_ms = now_ms,
    };
}

void ag_schedule_set_timing(struct ag_schedule *schedule, const struct pol_timing *timing)
{
    schedule->timing = *timing;
}

uint32_t ag_schedule_wait_s(const struct ag_schedule *schedule, uint32_t chance)
{
    uint32_t wait_s = schedule->plain ? 0 : schedule->timing.wait_s;
    if (schedule->wait_cap_s > 0 && wait_s > schedule->wait_cap_s) {
        uint32_t cap_s = schedule->wait_cap_s; /* what is longer is cut: jitter goes down only */
        return cap_s - (uint32_t)draw(cap_s / 5, chance);
    }
    return (uint32_t)(ag_schedule_period_ms(wait_s, chance) / 1000);
}

void ag_schedule_renew(struct ag_schedule *s, uint64_t now_ms, uint32_t chance)
{
    uint64_t soon_ms = now_ms + draw(in_ms(RENEW_SPREAD_S), chance);
    bool policy_waits = s->policy_failures > 0 && !s->policy_put_off && s->policy_due_ms > soon_ms;
    bool report_waits = s->report_failures > 0 && !s->report_put_off && s->report_due_ms > soon_ms;
    s->wait_cap_s = 0;
    s->plain = false;
    s->unchanged_seen = false;
    s->was_held = false;
    s->short_holds = 0;
    s->policy_failures = 0;
    s->report_failures = 0;
    if (s->policy_due_ms <= now_ms || policy_waits) {
        s->policy_due_ms = soon_ms;
    }
    if (s->report_due_ms <= now_ms || report_waits) {
        s->report_due_ms = soon_ms;
    }
    /* Not sooner than it was: enrolling must not go in a circle on a network that comes and goes. */
    if (s->enroll_due_ms <= now_ms) {
        s->enroll_due_ms = soon_ms;
    }
}

uint32_t ag_schedule_act_delay_ms(const struct ag_schedule *schedule, uint32_t chance)
{
    return (uint32_t)draw(in_ms(schedule->timing.spread_s), chance);
}

void ag_schedule_hold_reports(struct ag_schedule *schedule, uint64_t until_ms)
{
    if (schedule->report_due_ms < until_ms) {
        schedule->report_due_ms = until_ms;
    }
}

/* A held poll that was cut: no failure, but this way does not carry such long silence. */
static void learn_from_cut(struct ag_schedule *s, const struct ag_poll_end *end, uint64_t now_ms)
{
    uint32_t most_s = s->wait_cap_s > 0 ? s->wait_cap_s : s->timing.wait_s;
    uint32_t half_s = (end->asked_wait_s < most_s ? end->asked_wait_s : most_s) / 2;
    s->wait_cap_s = half_s > WAIT_LEAST_S ? half_s : WAIT_LEAST_S;
    s->wait_cap_ms = now_ms;
}

/* What was learned is tried again after a day: a cut may have been a server's restart. */
static void forget_slowly(struct ag_schedule *s, uint64_t now_ms)
{
    if (s->plain && now_ms - s->plain_since_ms > LEARNED_FOR_MS) {
        s->plain = false;
    }
    if (s->wait_cap_s > 0 && now_ms - s->wait_cap_ms > LEARNED_FOR_MS) {
        s->wait_cap_s = s->wait_cap_s * 2 < s->timing.wait_s ? s->wait_cap_s * 2 : 0;
        s->wait_cap_ms = now_ms;
    }
}

static uint64_t after_failure(struct ag_schedule *s, const struct ag_poll_end *end, uint64_t now_ms,
                              uint32_t chance)
{
    bool was_held = s->was_held;
    s->was_held = false;
    if (end->result == AG_POLL_LOST && end->asked_wait_s > 0 && end->elapsed_ms >= CUT_LEAST_MS) {
        learn_from_cut(s, end, now_ms);
        return draw(in_ms(RECONNECT_SPREAD_S), chance);
    }
    if (end->result == AG_POLL_LOST && was_held) {
        s->policy_failures++;
        return draw(in_ms(RECONNECT_SPREAD_S), chance); /* it restarts: everybody comes back */
    }
    uint64_t delay_ms =
        ag_schedule_backoff_ms(s->policy_failures, POLICY_CAP_S, end->retry_after_s, chance);
    s->policy_failures++;
    return delay_ms;
}

static uint64_t after_unchanged(struct ag_schedule *s, uint64_t now_ms, uint32_t chance)
{
    bool again = s->unchanged_seen && now_ms - s->unchanged_ms <= in_ms(s->timing.poll_s);
    s->unchanged_seen = true;
    s->unchanged_ms = now_ms;
    if (again && !s->plain) {
        s->plain = true;
        s->plain_since_ms = now_ms;
    }
    return s->plain ? ag_schedule_period_ms(s->timing.poll_s, chance) : 0;
}

/* Held as long as asked, or long enough, is how it should be. Much shorter, over and over (two
 * machines with one token end each other's polls), must not become spinning. */
static uint64_t after_hold(struct ag_schedule *s, const struct ag_poll_end *end, uint32_t chance)
{
    uint64_t enough_ms = in_ms(end->asked_wait_s);
    enough_ms = enough_ms < CUT_LEAST_MS ? enough_ms : CUT_LEAST_MS;
    s->was_held = true;
    if (end->elapsed_ms >= enough_ms) {
        s->short_holds = 0;
        return 0;
    }
    return ag_schedule_backoff_ms(s->short_holds++, s->timing.poll_s, 0, chance);
}

/* The server is there again: what waits in the other lanes need not wait out its own backoff,
 * unless the server itself said when. */
static void wake_other_lanes(struct ag_schedule *s, uint64_t now_ms, uint32_t chance)
{
    uint64_t soon_ms = now_ms + draw(in_ms(BACKOFF_BASE_S), chance);
    if (!s->report_put_off && s->report_due_ms > soon_ms) {
        s->report_due_ms = soon_ms;
    }
}

void ag_schedule_poll_ended(struct ag_schedule *s, const struct ag_poll_end *end, uint64_t now_ms,
                            uint32_t chance)
{
    bool failed = end->result == AG_POLL_FAILED || end->result == AG_POLL_LOST;
    uint64_t delay_ms = 0;

    forget_slowly(s, now_ms);
    s->policy_put_off = end->retry_after_s > 0;
    if (!failed && s->policy_failures > 0) {
        wake_other_lanes(s, now_ms, chance);
    }
    if (!failed) {
        s->policy_failures = 0;
    }
    switch (end->result) {
    case AG_POLL_CHANGED:
        s->plain = false;
        s->unchanged_seen = false;
        s->was_held = end->asked_wait_s > 0;
        break;
    case AG_POLL_UNCHANGED: delay_ms = after_unchanged(s, now_ms, chance); break;
    case AG_POLL_HELD: delay_ms = after_hold(s, end, chance); break;
    case AG_POLL_NOT_HELD: delay_ms = ag_schedule_period_ms(s->timing.poll_s, chance); break;
    case AG_POLL_EMPTY: delay_ms = ag_schedule_period_ms(EMPTY_POLL_S, chance); break;
    case AG_POLL_FAILED:
    case AG_POLL_LOST: delay_ms = after_failure(s, end, now_ms, chance); break;
    }
    if (!failed && end->retry_after_s > 0) {
        uint64_t told_ms = put_off_ms(end->retry_after_s, POLICY_CAP_S, chance);
        delay_ms = delay_ms > told_ms ? delay_ms : told_ms;
    }
    s->policy_due_ms = now_ms + delay_ms;
}

/* Also a success is followed by a pause that grows: a server that hands out tokens and then refuses
 * them must not be asked in a circle. An hour of quiet forgives all. */
void ag_schedule_enroll_ended(struct ag_schedule *s, bool good, uint32_t retry_after_s,
                              uint64_t now_ms, uint32_t chance)
{
    if (s->enroll_failures > 0 && now_ms - s->enroll_ended_ms > in_ms(REPORT_CAP_S)) {
        s->enroll_failures = 0;
    }
    s->enroll_ended_ms = now_ms;
    s->enroll_due_ms =
        now_ms + ag_schedule_backoff_ms(s->enroll_failures, REPORT_CAP_S, retry_after_s, chance);
    s->enroll_failures++;
    if (good && s->policy_failures == 0 && !s->policy_put_off) {
        s->policy_due_ms = now_ms; /* with a token the poll is held */
    }
    if (good && !s->report_put_off) {
        s->report_due_ms = now_ms;
        s->report_failures = 0;
    }
}

void ag_schedule_report_ended(struct ag_schedule *s, bool good, uint32_t retry_after_s,
                              uint64_t now_ms, uint32_t chance)
{
    s->report_put_off = retry_after_s > 0;
    if (good) {
        s->report_failures = 0;
        s->report_due_ms = now_ms + put_off_ms(retry_after_s, REPORT_CAP_S, chance);
        return;
    }
    s->report_due_ms =
        now_ms + ag_schedule_backoff_ms(s->report_failures, REPORT_CAP_S, retry_after_s, chance);
    s->report_failures++;
}
