/* inspect_win.h - answer `status` and `check-policy` on standard output.
 *
 * Effects: reads the service manager, the data directory and files; prints
 * Units:   none                                   Owns:    nothing
 * Errors:  ST_REFUSED with the code that the      Threads: one thread
 *          agent would report; those of reading   Source:  docs/protocol.md "Command lines"
 */
#ifndef AGENT_INSPECT_WIN_H
#define AGENT_INSPECT_WIN_H

#include "agent/config.h"

#include <stdbool.h>

/* How this agent is set up, whether it runs, what it accepted last, and where its users stand. */
enum status ag_inspect_status(const struct ag_config *config, bool json, struct err *err) MUST_USE;

/* Would this agent take the policy in the file now? Printed if so; nothing is stored. */
enum status ag_inspect_policy(const struct ag_config *config, const char *path, bool json,
                              struct err *err) MUST_USE;

#endif
