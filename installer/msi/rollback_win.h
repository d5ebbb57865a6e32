/* rollback_win.h - see whether Windows Installer has rollback switched off.
 *
 * Then it would neither undo an installation nor run what finishes one: that is part of the same script.
 * Effects: reads properties and the registry       Units:  none
 * Owns:    nothing                                 Errors: ST_REFUSED "rollback_disabled", ST_IO
 * Threads: the one that the action runs in         Source: DISABLEROLLBACK, RollbackDisabled, msi.admx
 */
#ifndef INSTALLER_ROLLBACK_WIN_H
#define INSTALLER_ROLLBACK_WIN_H

#include "base/err.h"

#include <windows.h>

#include <msi.h>

enum status ins_rollback_check(MSIHANDLE package, struct err *err) MUST_USE;

#endif
