/* report_machine.h - the parts of a report about the machine's Outlook and what it can reach.
 *
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: go to the cursor's problems
 * Threads: safe       Source: docs/protocol.md "The report"
 */
#ifndef POLICY_REPORT_MACHINE_H
#define POLICY_REPORT_MACHINE_H

#include "policy/json_write.h"
#include "policy/limits.h"
#include "policy/report.h"
#include "policy/report_shape.h"

enum { POL_PROBES_MOST = 2 * LIMIT_PREFLIGHT_URLS };

/* key as in json_write.h. */
void pol_report_write_outlook(struct pol_json_writer *w, const char *key,
                              const struct pol_report *report);
void pol_report_write_preflight(struct pol_json_writer *w, const char *key,
                                const struct pol_report *report);

void pol_report_read_outlook(const struct pol_at *root, struct pol_report *report);
/* probes: room for POL_PROBES_MOST, which the report then borrows. */
void pol_report_read_preflight(const struct pol_at *root, struct pol_report_probe *probes,
                               struct pol_shape_room *room, struct pol_report *report);

#endif
