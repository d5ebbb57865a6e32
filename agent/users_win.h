/* users_win.h - list the people who have a profile on this machine.
 *
 * Loaded hives of HKEY_USERS first, then the rest of Windows' own list of profiles. Accounts of the
 * system (S-1-5-18 and the like, services, .DEFAULT, the _Classes halves) are nobody's setting.
 * Groups stay unknown: a token is to be had only while somebody is logged on.
 * Effects: reads the registry, asks Windows for account names and keeps the answers
 * Units:   ms monotonic                              Owns:   struct ag_users_win;
 * Errors:  ST_IO, ST_DENIED, ST_NO_MEMORY; an               ag_users_win_free() frees it
 *          account that cannot be named is NULL
 * Threads: one thread; ag_hives_list() any           Source: docs/architecture.md "Windows"
 */
#ifndef AGENT_USERS_WIN_H
#define AGENT_USERS_WIN_H

#include "agent/ports.h"

enum { AG_USERS_MOST = 4096 }; /* what is beyond that is not looked at */

struct ag_users_win;

enum status ag_users_win_new(struct ag_users_win **out, struct err *err) MUST_USE;
void ag_users_win_free(struct ag_users_win *users); /* NULL is fine */

/* The port; its ctx is the struct. */
struct ag_users ag_users_win_port(struct ag_users_win *users);

struct ag_sid_list {
    char **sids;
    size_t count;
};

/* The people whose hives are loaded now. */
enum status ag_hives_list(struct ag_sid_list *out, struct err *err) MUST_USE;
void ag_sid_list_done(struct ag_sid_list *list);

#endif
