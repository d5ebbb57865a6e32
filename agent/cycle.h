/* cycle.h - one pass over all users, reading as the product's sentence.
 *
 * fetch -> verify -> [evaluate -> apply -> observe] -> report
 *
 * A user's failure is that user's error, and the pass goes on. Where nothing differs nothing is
 * written.
 * Effects: users' hives, through the ports; the ledger in memory
 * Owns:    the pass; ag_pass_free()    Errors: of the pass as a whole only: the users could not be
 *                                              listed, ST_NO_MEMORY
 * Threads: one thread                  Units:  seconds since 1970 UTC
 * Source:  docs/architecture.md "The agent"
 */
#ifndef AGENT_CYCLE_H
#define AGENT_CYCLE_H

#include "agent/ledger.h"
#include "agent/outcome.h"
#include "policy/policy.h"

struct ag_cycle {
    const struct ag_ports *ports;
    const struct ag_host *host;
    char *const *tags;
    size_t tag_count;
    const struct ag_client *client;  /* the Outlook of this machine; NULL: not known */
    enum pol_answer preflight_allow; /* did one of the policy's URLs pass from here? */
    enum pol_answer preflight_block;
    const struct pol_policy *policy; /* in force; NULL: look at the users and change nothing */
    int64_t accepted_at_s;           /* when it came into force */
    int64_t pause_until_s;           /* nothing is written before; 0: no pause */
    struct ag_ledger *ledger;
};

/* A pass that was cut short (pass->cut) says nothing of the users at its end. */
enum status ag_cycle_run(const struct ag_cycle *cycle, struct ag_pass **out,
                         struct err *err) MUST_USE;

#endif
