/* settings_win.h - write settings of the agent into the machine's registry, and take a copy of them.
 *
 * Effects: HKLM\SOFTWARE\MapiRollout    Units:  none
 * Owns:    nothing                        Errors: ST_DENIED, ST_IO, ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: one thread                     Source: docs/operations.md "Agent settings"
 */
#ifndef INSTALLER_SETTINGS_WIN_H
#define INSTALLER_SETTINGS_WIN_H

#include "installer/msi/wish.h"

#include <windows.h>

/* Below HKEY_LOCAL_MACHINE: the agent's settings, and what the installer keeps for itself. */
extern const wchar_t INS_AGENT_KEY[];
extern const wchar_t INS_SETUP_KEY[];
extern const wchar_t INS_LEAVING_VALUE[]; /* of INS_SETUP_KEY: ONUNINSTALL, as it was given */
extern const wchar_t INS_ORDER_KEY[];     /* what Active Setup does for users at their next logon */

/* Set what is given, remove what is to go; files are named where they are kept, in folder. */
enum status ins_settings_keep(const char *folder, const struct ins_wish *wish,
                              struct err *err) MUST_USE;

/* A key that is not there copies as nothing, and is dropped already. Paths below HKEY_LOCAL_MACHINE. */
enum status ins_key_copy(const wchar_t *from, const wchar_t *to, struct err *err) MUST_USE;
enum status ins_key_drop(const wchar_t *path, struct err *err) MUST_USE;

#endif
