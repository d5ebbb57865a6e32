/* package_win.h - read properties of the package that is being installed, and write into its log.
 *
 * Effects: Windows Installer's session       Units:  bytes, UTF-8
 * Owns:    *out, free() it                   Errors: ST_TOO_LARGE, ST_NO_MEMORY, ST_IO
 * Threads: the one that the action runs in   Source: MsiGetPropertyW, MsiProcessMessage
 */
#ifndef INSTALLER_PACKAGE_WIN_H
#define INSTALLER_PACKAGE_WIN_H

#include "base/err.h"

#include <windows.h>

#include <msi.h>
#include <msiquery.h>

/* "" if it is not set. limit: in characters of UTF-16. */
enum status ins_package_read(MSIHANDLE package, const wchar_t *property, size_t limit, char **out,
                             struct err *err) MUST_USE;
enum status ins_package_write(MSIHANDLE package, const wchar_t *property, const char *value,
                              struct err *err) MUST_USE;

/* A line of the log; control characters are escaped. */
void ins_package_log(MSIHANDLE package, const char *format, ...) PRINTF_LIKE(2, 3);
/* What ends the installation: "mapi-rollout: CODE at POINTER: sentence", in the log and, where
 * somebody looks, on the screen. */
void ins_package_fail(MSIHANDLE package, const struct err *err);

#endif
