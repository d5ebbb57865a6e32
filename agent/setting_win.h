/* setting_win.h - the setting and its marker in the real registry.
 *
 * fetch -> verify -> evaluate -> [apply] -> observe -> report
 *
 * What the marker means is marker.c's business; here it is values in a key. Reading is done with our
 * own rights; opening to write, writing and removing with those of the user where a session of his
 * is there, so that the kernel refuses what he may not do. What is refused so is not tried again
 * with more rights.
 * Effects: reads and writes Software\Microsoft\Exchange and Software\MapiRollout of users, through
 *          registry_win.h alone                Units:  bytes, as the registry holds them
 * Owns:    struct ag_hive, until close()       Errors: those of registry_win.h
 * Threads: one thread                          Source: docs/policy-format.md "The setting"
 */
#ifndef AGENT_SETTING_WIN_H
#define AGENT_SETTING_WIN_H

#include "agent/sessions_win.h"

#include <wchar.h>

extern const wchar_t AG_SETTING_KEY[];
extern const wchar_t AG_MARKER_KEY[];

/* sessions: with the rights of whose sessions is written where there is one; NULL: with our own. */
struct ag_setting ag_setting_win(struct ag_sessions *sessions);

#endif
