/* setup_win.h - the actions of the package that Windows Installer calls.
 *
 * CheckProperties and CheckLeaving look, and change nothing; the others run as LocalSystem and get what
 * they need in the property CustomActionData, the only one that they see. In the order of the package
 * (mapi-rollout-agent.wxs): CheckProperties, AwaitAgent, [UndoSettings], KeepSettings, [CommitSettings] to
 * install; CheckLeaving, AwaitAgent, LeaveUsers, [RemoveTraces] to uninstall. Those in brackets run when an installation is
 * rolled back, or when nothing can be rolled back any more.
 * Effects: those of keep_win.h, leave_win.h, after_win.h    Units:  none
 * Owns:    nothing                    Errors: 1603, with one sentence in the log, from those that look
 * Threads: one thread                         and from KeepSettings; the others tell, and go on
 * Source:  docs/install.md
 */
#ifndef INSTALLER_SETUP_WIN_H
#define INSTALLER_SETUP_WIN_H

#include <windows.h>

#include <msi.h>

UINT __stdcall CheckProperties(MSIHANDLE package);
UINT __stdcall AwaitAgent(MSIHANDLE package);
UINT __stdcall KeepSettings(MSIHANDLE package);
UINT __stdcall UndoSettings(MSIHANDLE package);
UINT __stdcall CommitSettings(MSIHANDLE package);
UINT __stdcall CheckLeaving(MSIHANDLE package);
UINT __stdcall LeaveUsers(MSIHANDLE package);
UINT __stdcall RemoveTraces(MSIHANDLE package);

#endif
