/* profile_folder_win.h - find the folder of a user's profile.
 *
 * From Windows' own list of profiles, where users cannot write; nothing that a user says takes part.
 * Effects: reads below HKLM                  Units:  UTF-16 units
 * Owns:    nothing                           Errors: ST_NOT_FOUND: he has no profile; ST_TOO_LARGE: the
 *                                                    path is; ST_DENIED, ST_IO, ST_BUG
 * Threads: safe                              Source: ProfileList, ProfileImagePath
 */
#ifndef AGENT_PROFILE_FOLDER_WIN_H
#define AGENT_PROFILE_FOLDER_WIN_H

#include "base/err.h"

#include <wchar.h>

enum { AG_PROFILE_FOLDER_CHARS = 260 };

/* Such as C:\Users\alice, variables in it replaced. It is a text as it stands there: whether it is a
 * path, and a good one, is for who goes there to see. */
enum status ag_profile_folder_find(const char *sid, wchar_t out[AG_PROFILE_FOLDER_CHARS],
                                   struct err *err) MUST_USE;

#endif
