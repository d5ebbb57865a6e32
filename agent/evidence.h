/* evidence.h - collect, in words for a help desk, what an observation was inferred from.
 *
 * Short texts such as "profile:001f6622" or "autodiscover:mapiHttp", each once, in the order of their
 * arrival; what does not fit any more is left out, and the last place says so ("more").
 * Effects: none                    Units:  bytes
 * Owns:    nothing (fixed arrays)  Errors: none
 * Threads: one thread for each     Source: docs/outlook.md "Evidence"
 */
#ifndef AGENT_EVIDENCE_H
#define AGENT_EVIDENCE_H

#include "base/status.h"

#include <stddef.h>

enum { AG_EVIDENCE_MOST = 16, AG_EVIDENCE_BYTES = 48 };

struct ag_evidence {
    char items[AG_EVIDENCE_MOST][AG_EVIDENCE_BYTES];
    size_t count;
};

/* printf's rules; longer texts are cut. */
void ag_evidence_add(struct ag_evidence *evidence, const char *format, ...) PRINTF_LIKE(2, 3);

/* What must not be left out: if all places are taken, the last texts make way for it. */
void ag_evidence_insist(struct ag_evidence *evidence, const char *text);

#endif
