/* preflight_print.h - write down for people, or as JSON, what came of probing one URL.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: those of bytes.h
 * Threads: safe       Source: docs/protocol.md "Command lines"; docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_PRINT_H
#define AGENT_PREFLIGHT_PRINT_H

#include "agent/preflight_steps.h"
#include "base/bytes.h"

struct ag_preflight_shown {
    const char *url;
    bool for_allow; /* neither: it was named on the command line */
    bool for_block;
    struct ag_probe_result result;
    struct ag_checklist list;
};

/* Both append whole lines; JSON is one object in one line. */
enum status ag_preflight_text(const struct ag_preflight_shown *shown, struct bytes *out) MUST_USE;
enum status ag_preflight_json(const struct ag_preflight_shown *shown, struct bytes *out) MUST_USE;

#endif
