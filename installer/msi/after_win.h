/* after_win.h - what happens when the agent is gone: nothing of it stays, and users who were not there
 * get their value removed at their next logon.
 *
 * Effects: Active Setup, the data directory, HKLM\SOFTWARE\MapiRollout    Units:  none
 * Owns:    nothing                                Errors: ST_DENIED: the data directory is not safe to
 *                                                         enter; ST_EXISTS: files that are not ours
 *                                                         are in it and stay; ST_IO
 * Threads: one thread                             Source: docs/install.md "Uninstalling"
 */
#ifndef INSTALLER_AFTER_WIN_H
#define INSTALLER_AFTER_WIN_H

#include "base/err.h"

/* One entry of Active Setup: at the next logon of each user, once, Windows' own reg.exe removes the
 * value. Made anew it counts for everybody again. */
enum status ins_after_order(struct err *err) MUST_USE;
/* The agent is there again and decides itself. */
enum status ins_after_cancel(struct err *err) MUST_USE;

/* Remove the files that the agent and the installer put there, and the folder if it is empty then. */
enum status ins_after_remove_data(const char *folder, struct err *err) MUST_USE;
/* Settings, State, and whatever else is below HKLM\SOFTWARE\MapiRollout; not machine policy. */
enum status ins_after_remove_settings(struct err *err) MUST_USE;

#endif
