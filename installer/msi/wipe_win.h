/* wipe_win.h - overwrite a file and remove it, so that what was in it is not found there again.
 *
 * Never through a link, and never what is not a plain file. A file system that keeps old blocks, or a
 * share with versions, keeps what it keeps.
 * Effects: one file          Units:  bytes
 * Owns:    nothing           Errors: ST_DENIED: a link, a folder, or no right; ST_NOT_FOUND, ST_IO
 * Threads: safe              Source: docs/install.md "The enroll secret"
 */
#ifndef INSTALLER_WIPE_WIN_H
#define INSTALLER_WIPE_WIN_H

#include "base/err.h"

enum status ins_wipe_file(const char *path, struct err *err) MUST_USE;

#endif
