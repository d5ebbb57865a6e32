/* users.h - what is done with the list of users that the port gives.
 *
 * Effects: none                    Units:  none
 * Owns:    nothing                 Errors: none
 * Threads: safe                    Source: agent/ports.h
 */
#ifndef AGENT_USERS_H
#define AGENT_USERS_H

#include "agent/ports.h"
#include "policy/match.h"

/* users may be NULL. */
void ag_users_free(struct ag_user *users, size_t count);

/* What this agent knows about a user, for pol_prepare(); it borrows from all three. What no part of
 * the agent finds out yet is not known: rules that ask for it leave the user alone. */
struct pol_facts ag_user_facts(const struct ag_user *user, const struct ag_host *host,
                               char *const *tags, size_t tag_count);

#endif
