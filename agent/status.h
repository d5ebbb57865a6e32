/* status.h - say how this agent is set up, and where it and its users stand: for people, or as JSON.
 *
 * The facts are those of the mirror, so they can be told while no agent runs; then their age says
 * how old they are.
 * Effects: none                                   Units:  none
 * Owns:    nothing; what is appended is *out's    Errors: ST_NO_MEMORY, ST_TOO_LARGE
 * Threads: one thread                             Source: docs/operations.md "State"
 */
#ifndef AGENT_STATUS_H
#define AGENT_STATUS_H

#include "agent/config.h"
#include "agent/mirror.h"
#include "agent/policy_store.h"

struct ag_status {
    const char *agent_version;
    const char *service; /* "running", "stopped", "not_installed", ... */
    const struct ag_config *config;
    const char *refused; /* why no agent would start with these settings; NULL: one would */
    const struct ag_policy_store *store; /* NULL: whoever asks may not look at it */
    const struct ag_mirror_table *table; /* NULL: nothing was shown yet */
};

enum status ag_status_text(const struct ag_status *status, struct bytes *out) MUST_USE;
enum status ag_status_json(const struct ag_status *status, struct bytes *out) MUST_USE;

#endif
