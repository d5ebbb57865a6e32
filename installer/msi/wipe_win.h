/* wipe_win.h - overwrite a secret's file and remove it, so that what was in it is not found there again.
 *
 * Only a plain file that still holds the secret, and all through one handle: who can change the folder
 * must not be able to have another file overwritten. A file system that keeps old blocks, or a share
 * with versions, keeps what it keeps.
 * Effects: one file          Units:  bytes
 * Owns:    nothing           Errors: ST_DENIED: a link, a folder, something else in it, or no right;
 * Threads: safe                      ST_NOT_FOUND, ST_IO; the file is as it was, or partly zeros
 * Source:  docs/install.md "The enroll secret"
 */
#ifndef INSTALLER_WIPE_WIN_H
#define INSTALLER_WIPE_WIN_H

#include "base/bytes.h"
#include "base/err.h"

enum { INS_SECRET_BYTES = 4096 };

/* secret: what must be in it; a line end behind it is fine. */
enum status ins_wipe_secret(const char *path, struct span secret, struct err *err) MUST_USE;

#endif
