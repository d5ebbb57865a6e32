/* accepted_win.h - look at what this agent accepted, without being it.
 *
 * Looking makes no folder: where there is none, nothing was accepted.
 * Effects: reads the data directory               Units:  none
 * Owns:    struct ag_accepted;                    Errors: those of vault_win.h and policy_store.h
 *          ag_accepted_close()
 * Threads: one thread                             Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_ACCEPTED_WIN_H
#define AGENT_ACCEPTED_WIN_H

#include "agent/config.h"
#include "agent/policy_store.h"

struct ag_vault_win;

/* Not to be copied while it is open. */
struct ag_accepted {
    struct ag_vault_win *vault; /* NULL: there is no data directory */
    struct ag_vault port;
    struct ag_policy_store store;
};

/* *a starts zeroed; close it whatever comes back. */
enum status ag_accepted_open(const struct ag_config *config, struct ag_accepted *a,
                             struct err *err) MUST_USE;
/* The same, and the policy in force out of it, verified again as at every load. ST_NOT_FOUND: there is
 * none. pol_policy_free() frees it. */
enum status ag_accepted_policy(const struct ag_config *config, struct ag_accepted *a,
                               struct pol_policy **out, struct err *err) MUST_USE;
void ag_accepted_close(struct ag_accepted *a);

#endif
