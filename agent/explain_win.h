/* explain_win.h - print why this machine's users get what they get.
 *
 * The words are those of `mapi-rollout explain`, made by the same code (policy/explain.h).
 * Effects: reads the data directory, the registry and account names; prints; changes nothing
 * Units:   none                               Owns:   nothing
 * Errors:  ST_NOT_FOUND: no policy was accepted, or there is no such user; those of reading
 * Threads: one thread                         Source: docs/protocol.md "Command lines"
 */
#ifndef AGENT_EXPLAIN_WIN_H
#define AGENT_EXPLAIN_WIN_H

#include "agent/config.h"

#include <stdbool.h>

/* sid: NULL is everybody with a profile here. JSON is one object a line. */
enum status ag_explain(const struct ag_config *config, const char *sid, bool json,
                       struct err *err) MUST_USE;

#endif
