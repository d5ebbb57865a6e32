/* observe.h - see what became of a user after the write, and name the state.
 *
 * fetch -> verify -> evaluate -> apply -> [observe] -> report
 *
 * Outlook's starts are counted here; what it is configured for and what it was offered comes from a
 * look at the user's profiles (sight.h). The setting itself is never evidence.
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "State of one user"; docs/outlook.md
 */
#ifndef AGENT_OBSERVE_H
#define AGENT_OBSERVE_H

#include "agent/ledger.h"
#include "agent/outcome.h"
#include "policy/policy.h"

/* What was seen of one user and his machine. */
struct ag_observing {
    const struct ag_outlook_view *view; /* whether it runs */
    const struct ag_sight *sight;       /* NULL: nobody looked yet, or nobody may */
    bool never;                         /* nobody may, and what was once seen does not count */
    const struct ag_client *client;     /* NULL: not known */
    const struct pol_policy *policy;    /* in force; NULL: none */
    int64_t now_s;
};

/* Count a start that was not seen before and came after the last write. */
void ag_observe_starts(const struct ag_outlook_view *view, struct ag_record *record);

/* Where the user's mailbox is, for the decision: by a look that came to an end, else as the last one
 * found it, which the record remembers. */
enum pol_mailbox ag_observe_mailbox(const struct ag_observing *seen, struct ag_record *record);

/* Is this client new enough for MAPI/HTTP: by the policy's guard, else by what Microsoft supports? */
enum pol_answer ag_observe_minimum(const struct ag_client *client, const struct pol_policy *policy);

/* Fill what is observed into the user's row: Outlook, protocol and, from all that stands in the
 * outcome already, the state. Who is logged off keeps the state that he had. */
void ag_observe(const struct ag_observing *seen, struct ag_record *record,
                struct ag_outcome *outcome);

/* A registry value as reports show it. */
struct pol_report_value ag_observe_value(const struct ag_value *value);

#endif
