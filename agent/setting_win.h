/* setting_win.h - the setting and its marker in the real registry.
 *
 * fetch -> verify -> evaluate -> [apply] -> observe -> report
 *
 * What the marker means is marker.c's business; here it is values in a key.
 * Effects: reads and writes Software\Microsoft\Exchange and Software\MapiRollout of users, through
 *          registry_win.h alone                Units:  bytes, as the registry holds them
 * Owns:    struct ag_hive, until close()       Errors: those of registry_win.h
 * Threads: one thread                          Source: docs/policy-format.md "The setting"
 */
#ifndef AGENT_SETTING_WIN_H
#define AGENT_SETTING_WIN_H

#include "agent/ports.h"

#include <wchar.h>

extern const wchar_t AG_SETTING_KEY[];
extern const wchar_t AG_MARKER_KEY[];

struct ag_setting ag_setting_win(void);

#endif
