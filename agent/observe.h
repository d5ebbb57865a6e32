/* observe.h - see what became of a user after the write, and name the state.
 *
 * fetch -> verify -> evaluate -> apply -> [observe] -> report
 *
 * Outlook's starts are counted here; which protocol it speaks is not known yet, so the evidence is
 * "unknown", "none", and no user is called compliant or mismatched on our word alone.
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "State of one user"
 */
#ifndef AGENT_OBSERVE_H
#define AGENT_OBSERVE_H

#include "agent/apply.h"
#include "agent/ledger.h"
#include "agent/outcome.h"
#include "policy/report.h"

/* Count a start that was not seen before and came after the last write. */
void ag_observe_starts(const struct ag_outlook_view *view, struct ag_record *record);

/* Fill what is observed into the user's row: Outlook, protocol and, from all that stands in the
 * outcome already, the state. policy: in force, or NULL. */
void ag_observe(const struct ag_outlook_view *view, const struct ag_record *record,
                const struct pol_policy *policy, struct ag_outcome *outcome);

/* A registry value as reports show it. */
struct pol_report_value ag_observe_value(const struct ag_value *value);

#endif
