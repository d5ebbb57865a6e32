/* permit.h - say whether a user's value may be written now, and if not, why.
 *
 * fetch -> verify -> evaluate -> [apply] -> observe -> report
 *
 * Machine policy can pause all writing; the policy's `apply` can let a user wait until his Outlook is
 * closed, and spread users over time; what somebody else rewrites again and again is left to him for
 * a day. Corrections of drift and safe policies wait for nothing.
 * Effects: none; notes rewrites in the user's record       Units:  seconds since 1970 UTC
 * Owns:    nothing                                         Errors: none
 * Threads: one thread                                      Source: docs/policy-format.md "The plan"
 *                                                                  (`apply`), "State of one user"
 */
#ifndef AGENT_PERMIT_H
#define AGENT_PERMIT_H

#include "agent/ledger.h"
#include "policy/policy.h"

enum ag_permit {
    AG_PERMIT_WRITE,
    AG_PERMIT_CONTESTED,
    AG_PERMIT_PAUSED,
    AG_PERMIT_WAITING,
};

struct ag_permit_question {
    const struct pol_policy *policy; /* in force */
    int64_t accepted_at_s;           /* when it was */
    int64_t pause_until_s;           /* 0: no pause */
    int64_t now_s;
    const struct ag_outlook_view *outlook; /* the user's */
};

/* May what was decided (set) be written? Notes in the record what a new version or time has
 * settled. */
enum ag_permit ag_permit_ask(const struct ag_permit_question *q, enum pol_set set,
                             struct ag_record *record);

/* Was this version brought to the user with this outcome already? Then a difference is drift. */
bool ag_permit_is_drift(const struct pol_policy *policy, enum pol_set set,
                        const struct ag_record *record);

/* Drift was seen. True: write it once more. False: this was the third time within a day, and from
 * now on it is contested. */
bool ag_permit_take_rewrite(int64_t now_s, struct ag_record *record);

/* How long after the acceptance of a version a user's turn comes, if the policy spreads writes. */
uint32_t ag_permit_turn_s(const struct pol_policy *policy, const char *sid);

/* When the next turn of a user comes who waits for nothing else; -1: there is no such turn. */
int64_t ag_permit_turn_at_s(const struct ag_permit_question *q, const char *sid);

#endif
