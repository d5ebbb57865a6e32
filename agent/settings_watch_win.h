/* settings_watch_win.h - notice that an administrator changed this agent's settings.
 *
 * HKLM\SOFTWARE\Policies\MapiRollout and HKLM\SOFTWARE\MapiRollout\Agent, which need not be there
 * yet: then the nearest key above is watched until they are. These keys belong to administrators,
 * so they are opened as they come.
 * Effects: open keys                            Units:  none
 * Owns:    struct ag_settings_watch, which      Errors: none: what cannot be watched now is tried
 *          ..._close() empties                          again by each take()
 * Threads: one thread                           Source: docs/operations.md "Settings"
 */
#ifndef AGENT_SETTINGS_WATCH_WIN_H
#define AGENT_SETTINGS_WATCH_WIN_H

#include "agent/watched_key_win.h"

enum { AG_SETTINGS_PLACES = 2 };

struct ag_settings_place {
    struct ag_watched_key key;   /* the settings themselves, if they are there */
    struct ag_watched_key above; /* the nearest key above that is there */
};

struct ag_settings_watch {
    HANDLE signal; /* set each time that a key tells */
    struct ag_settings_place places[AG_SETTINGS_PLACES];
};

/* The struct must stay where it is until close(). */
void ag_settings_watch_open(struct ag_settings_watch *watch, HANDLE signal);
void ag_settings_watch_close(struct ag_settings_watch *watch);

/* True once after a setting came, went or was changed. Armed again before it returns. */
bool ag_settings_watch_take(struct ag_settings_watch *watch);

#endif
