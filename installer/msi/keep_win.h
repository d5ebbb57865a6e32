/* keep_win.h - keep what the properties ask for: settings, trust, CA, enroll secret.
 *
 * wish -> [keep] -> registry and data directory
 *
 * Files are copied, since the folder of a package is gone after the installation. The enroll secret is
 * sealed as the agent itself does it and never lies in the data directory in clear. What was there
 * before can be brought back until the installation is committed.
 * Effects: HKLM\SOFTWARE\MapiRollout, the data directory    Units:  bytes
 * Owns:    nothing                                          Errors: ST_REFUSED (trust_rollback, ...),
 *                                                                   ST_DENIED: the data directory is
 *                                                                   not safe; those of file.h
 * Threads: one thread                                       Source: docs/install.md
 */
#ifndef INSTALLER_KEEP_WIN_H
#define INSTALLER_KEEP_WIN_H

#include "installer/msi/wish.h"

/* Would ins_keep() take the files that are named, as far as whoever asks may see it? Before anything is
 * stopped or changed. */
enum status ins_keep_look(const struct ins_wish *wish, const char *folder,
                          struct err *err) MUST_USE;

/* Once it has failed nothing is changed. */
enum status ins_keep(const struct ins_wish *wish, struct err *err) MUST_USE;
/* Everything as it was before ins_keep(), as far as it can be; fine if that was never called. */
enum status ins_keep_undo(struct err *err) MUST_USE;
/* What was before is forgotten, and the file that the secret came in is overwritten and removed.
 * ST_DENIED, ST_IO: it could not be; all else is done. */
enum status ins_keep_commit(const struct ins_wish *wish, struct err *err) MUST_USE;

#endif
