/* preflight_here_win.h - probe servers now, and print what came of it.
 *
 * Beside the service, whose own probes and what it keeps of them it leaves alone.
 * Effects: reads the data directory; requests over the network; prints
 * Units:   none                             Owns:    nothing
 * Errors:  ST_NOT_FOUND: there is nothing to probe; ST_REFUSED bad_url, too_large; those of reading
 * Threads: one thread                       Source:  docs/protocol.md "Command lines"
 */
#ifndef AGENT_PREFLIGHT_HERE_WIN_H
#define AGENT_PREFLIGHT_HERE_WIN_H

#include "agent/config.h"

#include <stdbool.h>
#include <stddef.h>

/* No URLs: those of the policy in force, and *ready if of each of its lists one is; else if all named
 * are. */
enum status ag_preflight_here(const struct ag_config *config, char *const *urls, size_t count,
                              bool json, bool *ready, struct err *err) MUST_USE;

#endif
