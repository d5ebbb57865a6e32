/* preflight_known.h - keep what came of probing over a restart.
 *
 * A line for each URL. Losing it costs another round of probes, nothing else.
 * Effects: one file of the vault          Units:  seconds since 1970 UTC
 * Owns:    nothing                        Errors: ST_IO: not whole, and so forgotten; those of the
 *                                                 vault
 * Threads: one thread                     Source: docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_KNOWN_H
#define AGENT_PREFLIGHT_KNOWN_H

#include "agent/preflight.h"

/* Fill p->urls from p->vault; no file is none. After a failure p->count is of no use. */
enum status ag_preflight_load(struct ag_preflight *p, struct err *err) MUST_USE;
enum status ag_preflight_save(const struct ag_preflight *p, struct err *err) MUST_USE;

#endif
