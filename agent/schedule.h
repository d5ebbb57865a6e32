/* schedule.h - decide when to ask the server again, so that a fleet is never a herd.
 *
 * Pure: time and chance are handed in. Each of the three lanes (policy, enrolling, reports) has its
 * own next time; what happened is told, the next time is read off.
 * Effects: none       Units:  _ms monotonic, _s durations
 * Owns:    nothing    Errors: none
 * Threads: one thread Source: docs/protocol.md "No herd"
 */
#ifndef AGENT_SCHEDULE_H
#define AGENT_SCHEDULE_H

#include "policy/policy.h"

/* How a poll ended. */
enum ag_poll_result {
    AG_POLL_CHANGED,   /* a policy came and was accepted */
    AG_POLL_UNCHANGED, /* a body came that changed nothing: known, refused or too early */
    AG_POLL_HELD,      /* 304 or 204 after the server held it */
    AG_POLL_NOT_HELD,  /* 304 at once */
    AG_POLL_EMPTY,     /* 204 at once: nothing is released yet */
    AG_POLL_FAILED,    /* any other answer */
    AG_POLL_LOST,      /* no answer at all, or one that only something in between gives */
};

struct ag_poll_end {
    enum ag_poll_result result;
    uint32_t asked_wait_s;
    uint32_t elapsed_ms;
    uint32_t retry_after_s; /* 0: not told */
};

struct ag_schedule {
    struct pol_timing timing;
    uint64_t policy_due_ms;
    uint64_t enroll_due_ms;
    uint64_t report_due_ms;

    uint32_t wait_cap_s;  /* learned from polls that were cut; 0: none */
    uint64_t wait_cap_ms; /* when */
    bool plain;           /* do not ask to be held: it does not work here */
    uint64_t plain_since_ms;
    bool unchanged_seen;
    uint64_t unchanged_ms; /* when the last body came that changed nothing */
    bool was_held;         /* by the poll before */
    bool policy_put_off;   /* the server said when to come back */

    unsigned policy_failures;
    unsigned short_holds;
    unsigned enroll_failures; /* attempts within the last hour */
    uint64_t enroll_ended_ms;
    unsigned report_failures;
    bool report_put_off;
};

/* Everything is due at once; timing is the default until a policy is in force. */
void ag_schedule_init(struct ag_schedule *schedule, uint64_t now_ms);
void ag_schedule_set_timing(struct ag_schedule *schedule, const struct pol_timing *timing);

/* What to ask for in `Prefer: wait`; 0: do not ask. With jitter, so that polls which one release
 * answered together do not end together ever after. chance: any 32 random bits, here and below. */
uint32_t ag_schedule_wait_s(const struct ag_schedule *schedule, uint32_t chance);

void ag_schedule_poll_ended(struct ag_schedule *schedule, const struct ag_poll_end *end,
                            uint64_t now_ms, uint32_t chance);
void ag_schedule_enroll_ended(struct ag_schedule *schedule, bool good, uint32_t retry_after_s,
                              uint64_t now_ms, uint32_t chance);
void ag_schedule_report_ended(struct ag_schedule *schedule, bool good, uint32_t retry_after_s,
                              uint64_t now_ms, uint32_t chance);

/* The network is another one, or this machine slept: what was learned of the way to the server is
 * void, and all lanes begin anew within half a minute, unless the server said when. */
void ag_schedule_renew(struct ag_schedule *schedule, uint64_t now_ms, uint32_t chance);

/* How long to wait before acting on a change that came by a held poll. */
uint32_t ag_schedule_act_delay_ms(const struct ag_schedule *schedule, uint32_t chance);

/* Nor is what came reported sooner than it would be acted on: others refuse it in the same moment. */
void ag_schedule_hold_reports(struct ag_schedule *schedule, uint64_t until_ms);

/* Full jitter: anything up to base * 2^failures, up to the cap; never before Retry-After, which has
 * the same cap. */
uint64_t ag_schedule_backoff_ms(unsigned failures, uint32_t cap_s, uint32_t retry_after_s,
                                uint32_t chance);

/* A period with +-20 %. */
uint64_t ag_schedule_period_ms(uint32_t period_s, uint32_t chance);

#endif
