/* folder_win.h - make the data directory, and refuse one that others could have prepared.
 *
 * Effects: makes folders                          Units:  none
 * Owns:    nothing                                Errors: ST_DENIED: it is a link, somebody else's,
 *                                                         or open to others; ST_IO, ST_NO_SPACE
 * Threads: safe                                   Source: docs/architecture.md "Windows"
 */
#ifndef AGENT_FOLDER_WIN_H
#define AGENT_FOLDER_WIN_H

#include "base/err.h"

#include <stdbool.h>

/* Make the folder (and its parents) for SYSTEM and administrators alone, or check the one that is
 * there: no link, owned by them or by whoever runs this, and written by nobody else. */
enum status ag_folder_make(const char *path, struct err *err) MUST_USE;

/* Let nobody but SYSTEM, administrators and the owner of this process near a file. */
enum status ag_file_protect(const char *path, struct err *err) MUST_USE;

/* Whether SYSTEM, administrators, Windows' own installer, or whoever runs this own the file or folder:
 * nobody else can give it to them. handle: opened with READ_CONTROL. */
bool ag_owner_is_trusted(void *handle);

#endif
