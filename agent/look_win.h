/* look_win.h - take one look at a user's Outlook, or at what is installed.
 *
 * [registry, files, programs] -> sight -> classify
 *
 * The hive is read with the service's own rights, through the door of registry_win.h; files with the
 * user's, or not at all. What did not change since the last look is not read again.
 * Effects: those of profiles_win.h, autodiscover_win.h, client_win.h; impersonates its thread
 * Units:   none                          Owns:   a hand for each thread, memory for each user
 * Errors:  none: said in what was seen   Source: docs/outlook.md "What is looked at";
 * Threads: one thread for each hand              docs/decisions/0009-writes-with-the-users-rights.md
 */
#ifndef AGENT_LOOK_WIN_H
#define AGENT_LOOK_WIN_H

#include "agent/observer_win.h"

extern const struct ag_look_calls AG_LOOK_CALLS;

#endif
