/* settings.h - the settings in force, and how others take their place while the agent runs.
 *
 * What changed is read again and checked; if it is good, the agent starts over with it inside the
 * same process; if it is not, the agent goes on with what it had, and says so once.
 * Effects: writes the log; those of read()          Units:  none
 * Owns:    its settings; ag_settings_done() frees   Errors: said at the functions
 * Threads: one thread                               Source: docs/operations.md "Agent settings"
 */
#ifndef AGENT_SETTINGS_H
#define AGENT_SETTINGS_H

#include "agent/config.h"

struct ag_settings {
    void *ctx;
    /* All places together, the command line's last; what comes out belongs to the caller. */
    enum status (*read)(void *ctx, struct ag_config *out, struct err *err);

    struct ag_config config; /* in force */
    struct ag_config next;   /* good as far as one can see; a next one waits if waits is set */
    struct ag_config before; /* what was in force; to be gone back to if goes_back is set */
    struct ag_config bad;    /* looked good and was not; if has_bad is set */
    bool waits;
    bool goes_back;
    bool has_bad;
    struct err refused; /* what was said last about settings that are no good; st ST_OK: nothing */
};

/* ctx and read are set, all else zero. Read and check; what fails is the caller's error. */
enum status ag_settings_open(struct ag_settings *settings, struct err *err) MUST_USE;
void ag_settings_done(struct ag_settings *settings);

/* They may have changed: read them again. True: others wait, end what runs with these. */
bool ag_settings_look(struct ag_settings *settings);

/* What waits is in force now. */
void ag_settings_take(struct ag_settings *settings);

/* The agent works with what is in force: there is no way back any more. */
void ag_settings_keep(struct ag_settings *settings);

/* What was taken last cannot be worked with, and why: go back to what was in force before. False:
 * there is nothing to go back to. */
bool ag_settings_go_back(struct ag_settings *settings, const struct err *why);

#endif
