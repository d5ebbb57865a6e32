/* picture.h - where this agent and its users stand, as others may read it.
 *
 * fetch -> verify -> evaluate -> apply -> observe -> [report]
 *
 * The same facts as a report's, for readers on this machine: the mirror in the registry, `status`.
 * Effects: those of the mirror         Units:  seconds since 1970 UTC
 * Owns:    nothing: all is borrowed    Errors: said at the function
 * Threads: one thread                  Source: docs/operations.md "State"
 */
#ifndef AGENT_PICTURE_H
#define AGENT_PICTURE_H

#include "agent/accept.h"
#include "agent/machine.h"
#include "agent/outcome.h"

struct ag_picture {
    const char *rollout;       /* NULL: nothing is in force */
    const char *stage;         /* NULL: nothing is in force */
    const char *digest;        /* of the payload in force; NULL: nothing is */
    int64_t received_version;  /* last verified; 0: none */
    int64_t effective_version; /* in force; 0: none */
    bool stale;
    const char *failed_code; /* of the last offer; NULL: it was not refused */
    const char *failed_text; /* the sentence to it */
    int64_t failed_at_s;
    int64_t pending_version; /* waits for its time; 0: none */
    int64_t paused_until_s;  /* 0: not paused */
    const char *outlook;     /* version of the one installed; "": none is; NULL: not known */
    const struct pol_report_probe *probes; /* how servers answered */
    size_t probe_count;
    const char *device_id; /* "": not enrolled */
    uint32_t trust_version;
    const struct pol_report_user *const *rows; /* one for each user of the last pass */
    size_t row_count;
};

/* What the picture shows beside standing and users. */
struct ag_picture_rest {
    int64_t paused_until_s; /* of machine policy; 0: no pause. One that is over is not shown */
    const struct ag_machine *machine;
    const char *device_id;
    int64_t now_s;
};

/* Paint it and hand it to the mirror; pass may be NULL. ST_NO_MEMORY, or what the mirror says. */
enum status ag_picture_show(const struct ag_mirror *mirror, const struct ag_standing *standing,
                            const struct ag_pass *pass, const struct ag_picture_rest *rest,
                            struct err *err) MUST_USE;

#endif
