/* reports.h - decide when to report what, and bring it to the server.
 *
 * fetch -> verify -> evaluate -> apply -> observe -> [report]
 *
 * On change (the first at once, later ones coalesced), after a policy change, and fully at intervals.
 * Every report goes through the spool, so that none is lost by a restart.
 * Effects: reads and writes the vault        Units:  _ms monotonic, _s wall
 * Owns:    the passes given; ag_reports_done() frees
 * Errors:  those of the vault; a report that could not be spooled is built again
 * Threads: one thread                        Source: docs/protocol.md "Reports"
 */
#ifndef AGENT_REPORTS_H
#define AGENT_REPORTS_H

#include "agent/enroll.h"
#include "agent/report_build.h"
#include "agent/spool.h"

/* What a report says beside its users; compared to see whether there is news. */
struct ag_standing_view {
    int64_t received;
    int64_t effective;
    const char *failed_code; /* of a policy that was refused, or of no contact with the server */
    int64_t failed_at_s;
    int64_t pending;
    bool stale;
    uint32_t machine_changes;
};

struct ag_reports {
    struct ag_reporter reporter;
    struct ag_spool spool;
    struct ag_machine machine;
    struct ag_pass *current;  /* newest; NULL before the first */
    struct ag_pass *reported; /* what the last report was about; may be `current` */
    struct ag_standing_view told;
    bool full_wanted;
    bool news;
    bool built;
    bool build_failed; /* the last time: not again at once, whatever is news */
    uint64_t built_ms;
    uint64_t full_due_ms;
    uint32_t sending;            /* number in the spool of the report on its way */
    struct ag_failed no_contact; /* code NULL: there is */
    uint64_t no_contact_ms;      /* since when */
    struct bytes body;
};

enum status ag_reports_open(struct ag_reports *reports, const struct ag_vault *vault,
                            struct err *err) MUST_USE;
void ag_reports_done(struct ag_reports *reports);

/* Take a new pass over. */
void ag_reports_take_pass(struct ag_reports *reports, struct ag_pass *pass);

/* Everybody is to be reported, as soon as may be. */
void ag_reports_want_full(struct ag_reports *reports);

/* How asking for the policy ended: NULL for an answer, else a literal: "unreachable", "timed_out",
 * "tls_refused" or "server_refused". What lasts is reported, once somebody takes the report. */
void ag_reports_note_contact(struct ag_reports *reports, const char *code,
                             const struct ag_clock *clock);

/* The device is another one now: what is spooled speaks of the old one. */
enum status ag_reports_new_device(struct ag_reports *reports, struct err *err) MUST_USE;

/* When building is due; UINT64_MAX: nothing to say. */
uint64_t ag_reports_due_ms(struct ag_reports *reports, const struct ag_standing *standing,
                           const struct ag_clock *clock);

/* Build what is due into the spool. period_ms: until the next full one. */
enum status ag_reports_build(struct ag_reports *reports, const char *device_id,
                             const struct ag_standing *standing, const struct ag_clock *clock,
                             uint64_t period_ms, struct err *err) MUST_USE;

bool ag_reports_has_spooled(const struct ag_reports *reports);

/* Fill a request with the oldest spooled report. */
enum status ag_reports_request(struct ag_reports *reports, const char *token,
                               struct ag_request *out, struct err *err) MUST_USE;

enum ag_report_result {
    AG_REPORT_STORED,
    AG_REPORT_DROPPED, /* the server will never take it; *err tells */
    AG_REPORT_ENROLL,  /* the token does not hold */
    AG_REPORT_LATER,
};

enum ag_report_result ag_reports_take(struct ag_reports *reports, const struct ag_answer *answer,
                                      struct err *err);

#endif
