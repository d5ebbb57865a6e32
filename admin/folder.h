/* folder.h - make a folder appear with all its files, or not at all.
 *
 * Effects: reads, renames and removes folders    Units:  paths are UTF-8
 * Owns:    nothing                               Errors: ST_NOT_FOUND, ST_EXISTS, ST_DENIED, ST_IO
 * Threads: safe for different folders            Source: docs/protocol.md "Command lines" (init)
 */
#ifndef ADMIN_FOLDER_H
#define ADMIN_FOLDER_H

#include "base/err.h"

/* Make room: ST_OK if there is nothing at path, or was an empty folder, which is removed; ST_EXISTS
 * if anything else is there. */
enum status adm_folder_make_room(const char *path, struct err *err) MUST_USE;

/* Rename a folder to where nothing is. */
enum status adm_folder_move(const char *from, const char *to, struct err *err) MUST_USE;

/* Remove an empty folder. */
enum status adm_folder_remove(const char *path, struct err *err) MUST_USE;

#endif
