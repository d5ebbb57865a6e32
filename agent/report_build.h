/* report_build.h - put what a pass found and where we stand into reports.
 *
 * fetch -> verify -> evaluate -> apply -> observe -> [report]
 *
 * Effects: draws report ids                     Units:  seconds since 1970 UTC
 * Owns:    nothing                              Errors: ST_TOO_LARGE: not even one user fits;
 *                                                       ST_NO_MEMORY, ST_IO (no random bytes)
 * Threads: one thread                           Source: docs/protocol.md "Reports", "The report"
 */
#ifndef AGENT_REPORT_BUILD_H
#define AGENT_REPORT_BUILD_H

#include "agent/accept.h"
#include "agent/config.h"
#include "agent/machine.h"
#include "agent/outcome.h"

/* What stays the same for one run, but seq. */
struct ag_reporter {
    const struct ag_config *config;
    const struct ag_host *host;
    uint32_t trust_version;
    int64_t started_s;
    char run_id[POL_ID_BYTES];
    uint32_t seq; /* of the last report; rises with each */
};

enum status ag_reporter_init(struct ag_reporter *reporter, const struct ag_config *config,
                             const struct ag_host *host, const struct pol_trust *trust,
                             int64_t now_s, struct err *err) MUST_USE;

/* Takes each finished document; whatever it returns but ST_OK ends the building. */
struct ag_report_sink {
    void *ctx;
    enum status (*put)(void *ctx, struct span document, struct err *err);
};

struct ag_report_order {
    const char *device_id;
    const struct ag_standing *standing;
    const struct ag_machine *machine;
    const struct ag_pass *pass;
    const struct ag_pass *before;       /* NULL: all users, a full report; else those that differ */
    const struct ag_failed *no_contact; /* told if no policy was refused; NULL: there is contact */
    int64_t now_s;
};

/* Hand as many parts to the sink as it takes. Without `before` there is always one at least. */
enum status ag_report_build(struct ag_reporter *reporter, const struct ag_report_order *order,
                            const struct ag_report_sink *sink, struct err *err) MUST_USE;

#endif
