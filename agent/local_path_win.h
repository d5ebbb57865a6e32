/* local_path_win.h - keep to this machine's own disks, whatever a path or an opened file turns out to be.
 *
 * Effects: asks about drives and opened files    Units:  UTF-16 units
 * Owns:    nothing                               Errors: none: false where it is not known to be ours
 * Threads: safe                                  Source: GetDriveTypeW, GetFinalPathNameByHandleW
 */
#ifndef AGENT_LOCAL_PATH_WIN_H
#define AGENT_LOCAL_PATH_WIN_H

#include <stdbool.h>

#include <windows.h>

enum { AG_LOCAL_PATH_CHARS = 1024 };

/* Before a path so that Windows takes it as it stands: no device names, no dots, no bound of 260. */
#define AG_AS_IT_STANDS L"\\\\?\\"

/* Attributes of links, and of what would come from elsewhere once it is read. Older headers do not have
 * the last two: FILE_ATTRIBUTE_RECALL_ON_OPEN and ..._RECALL_ON_DATA_ACCESS. */
#define AG_FILE_ELSEWHERE                                                                          \
    (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_OFFLINE | 0x00040000u | 0x00400000u)

/* Is it a plain path, beginning with the letter of a disk of this machine? Without AG_AS_IT_STANDS.
 * Nothing is opened. known_drive: the letter that was found to be one, zero at first; to ask takes as
 * long as several files. A letter that is given away later shows in the real path. */
bool ag_path_is_local(const wchar_t *path, wchar_t *known_drive);

/* Where what was opened really is, with AG_AS_IT_STANDS; false, and out "": not on such a disk. */
bool ag_path_find_real(HANDLE handle, wchar_t *known_drive, wchar_t out[AG_LOCAL_PATH_CHARS]);

/* Does it stand at that path, which has AG_AS_IT_STANDS, without any link on the way? */
bool ag_path_is_itself(HANDLE handle, const wchar_t *path);

#endif
