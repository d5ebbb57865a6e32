/* user_keys_win.h - watch what matters in one user's hive: the setting's values, and the key above.
 *
 * Effects: open keys of users              Units:  none
 * Owns:    struct ag_keys of arming.h      Errors: those of arming.h
 * Threads: one thread                      Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_USER_KEYS_WIN_H
#define AGENT_USER_KEYS_WIN_H

#include "agent/arming.h"

#include <windows.h>

/* signal: set each time that a key of any user tells; it outlives the keys. */
struct ag_arming_port ag_user_keys_port(HANDLE signal);

#endif
