/* users.h - free what the users port listed.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: agent/ports.h
 */
#ifndef AGENT_USERS_H
#define AGENT_USERS_H

#include "agent/ports.h"

/* users may be NULL. */
void ag_users_free(struct ag_user *users, size_t count);

#endif
