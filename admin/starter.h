/* starter.h - the texts that `init` writes: a cautious plan, next steps, the agents' set-up.
 *
 * Effects: none                                Units:  seconds since 1970 UTC
 * Owns:    nothing; out belongs to the caller  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                                Source: docs/protocol.md "Command lines" (init)
 */
#ifndef ADMIN_STARTER_H
#define ADMIN_STARTER_H

#include "base/bytes.h"

enum { ADM_STARTER_BYTES = 64 * 1024, ADM_AGENT_PORT = 8443, ADM_ADMIN_PORT = 8444 };

struct adm_starter {
    const char *host;    /* adm_is_host() */
    const char *rollout; /* adm_option_name() */
    int64_t now_s;
    bool encrypted; /* the signing key */
};

/* A plan that `check` accepts and whose first stage only observes. */
enum status adm_starter_plan(const struct adm_starter *starter, struct bytes *out) MUST_USE;

/* What to do next, with the exact command lines. */
enum status adm_starter_readme(const struct adm_starter *starter, struct bytes *out) MUST_USE;

/* A script for an elevated prompt on each client. */
enum status adm_starter_agent_script(const struct adm_starter *starter, struct bytes *out) MUST_USE;

#endif
