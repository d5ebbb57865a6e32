/* files_win.h - notice that a policy came into the data directory.
 *
 * Windows names the files that came; only policy.jws counts, so that what the agent itself writes
 * there wakes nobody.
 * Effects: an open folder                        Units:  none
 * Owns:    struct ag_files_watch;                Errors: ST_NO_MEMORY, or what the folder says; a
 *          ag_files_watch_close() frees it               folder that tells no more is looked at
 *                                                        now and then by the core
 * Threads: one thread; opened by the one that    Source: ReadDirectoryChangesW; docs/policy-format
 *          takes                                         "Acceptance on the agent"
 */
#ifndef AGENT_FILES_WIN_H
#define AGENT_FILES_WIN_H

#include "base/err.h"

#include <stdbool.h>

#include <windows.h>

struct ag_files_watch;

enum status ag_files_watch_open(const char *folder, struct ag_files_watch **out,
                                struct err *err) MUST_USE;
void ag_files_watch_close(struct ag_files_watch *watch); /* NULL is fine */

/* Signalled when there is something to take; belongs to the watch. */
HANDLE ag_files_watch_event(const struct ag_files_watch *watch);

/* True if policy.jws may have come since; waits for nothing. *broken: it will not tell again. */
bool ag_files_watch_take(struct ag_files_watch *watch, bool *broken);

#endif
