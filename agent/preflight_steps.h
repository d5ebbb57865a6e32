/* preflight_steps.h - put into words what a probe showed, along the steps of Exchange's own guide.
 *
 * Each step of "Configure MAPI over HTTP" has one sentence, and so has what is to be done next.
 * Effects: none                            Units:  bytes
 * Owns:    nothing (fixed arrays)          Errors: none; longer sentences are cut
 * Threads: safe                            Source: docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_STEPS_H
#define AGENT_PREFLIGHT_STEPS_H

#include "agent/preflight_classify.h"

enum ag_step {
    AG_STEP_NAMESPACE,
    AG_STEP_CERTIFICATE,
    AG_STEP_CONNECTIVITY,
    AG_STEP_AUTHENTICATION,
    AG_STEP_VIRTUAL_DIRECTORY,
    AG_STEP_SERVER_VERSION,
    AG_STEP_COUNT
};
extern const char *const AG_STEP_WORDS[AG_STEP_COUNT];

enum ag_step_state {
    AG_STEP_NOT_REACHED, /* something before it failed */
    AG_STEP_PASSED,
    AG_STEP_FAILED,
    AG_STEP_NOT_KNOWN, /* nobody said */
    AG_STEP_STATE_COUNT
};
extern const char *const AG_STEP_STATE_WORDS[AG_STEP_STATE_COUNT];

enum { AG_SENTENCE_BYTES = 400 };

struct ag_checklist {
    struct {
        enum ag_step_state state;
        char sentence[AG_SENTENCE_BYTES];
    } steps[AG_STEP_COUNT];
    const char *next; /* what to do about the verdict; a literal */
};

/* result: of ag_probe_classify() for the same probe. */
void ag_probe_explain(const struct ag_probe *probe, const struct ag_probe_result *result,
                      struct ag_checklist *out);

#endif
