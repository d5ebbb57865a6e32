/* autodiscover_win.h - find and read Outlook's cached Autodiscover answers in a user's profile.
 *
 * session -> [files] -> Autodiscover answer -> classify
 *
 * The files are below <profile>\AppData\Local\Microsoft\Outlook, where their user plants what he likes.
 * So they are read with his rights, only from this machine's own drives, never through a link below his
 * profile, never a file that has a second name, and none that is too large. Outlook is not disturbed:
 * it may write, rename and remove them meanwhile.
 * Effects: opens and reads files             Units:  UTF-16 units for paths; 100 ns since 1601 in stamps
 * Owns:    nothing (fixed arrays)            Errors: said by `trouble`, of all and of each file
 * Threads: one thread for each cache         Source: docs/outlook.md "Autodiscover"
 */
#ifndef AGENT_AUTODISCOVER_WIN_H
#define AGENT_AUTODISCOVER_WIN_H

#include "agent/outlook_autodiscover.h"

#include <wchar.h>

/* Which file, and as of when. */
struct ag_file_stamp {
    uint64_t place; /* of its folder and name, hashed */
    int64_t index;  /* the file system's number for it */
    int64_t size;
    int64_t written;
    int64_t changed; /* its attributes, too */
};

/* What was read last from one user's files, so that a file that did not change is not opened again.
 * Zeroed: nothing yet. */
struct ag_autodiscover_cache {
    struct {
        struct ag_file_stamp stamp;
        struct ag_autodiscover answer;
    } list[AG_AUTODISCOVER_FILES];
    size_t count;
    wchar_t drive; /* known to be a disk of this machine */
};

/* Call it between ag_identity_take() and ag_identity_drop() (sessions_win.h), with the user's own
 * rights: with ours, what he planted would be read for him. folder: of his profile. A folder that is
 * not there has no files. */
void ag_autodiscover_collect(const wchar_t *folder, struct ag_autodiscover_cache *cache,
                             struct ag_autodiscover_files *out);

#endif
