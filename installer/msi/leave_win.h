/* leave_win.h - let the agent give users back what was theirs, before it goes.
 *
 * The installed agent does it (`restore`); each line that it prints is told to whoever wants it, so
 * that the log of the uninstallation has every user in it.
 * Effects: starts one program                Units:  ms
 * Owns:    nothing                           Errors: ST_NOT_FOUND: there is no agent; ST_TIMED_OUT:
 * Threads: one thread                                it was ended; ST_IO: its own words are told
 * Source:  docs/install.md "Uninstalling"
 */
#ifndef INSTALLER_LEAVE_WIN_H
#define INSTALLER_LEAVE_WIN_H

#include "base/err.h"

#include <stdbool.h>

struct ins_leave {
    const char *program; /* the agent's path */
    bool allow;          /* remove the value, whoever wrote it; else restore what was there */
    void (*tell)(void *ctx, const char *line);
    void *ctx;
    bool unreached; /* out: somebody was not logged on, or could not be restored */
};

enum status ins_leave_users(struct ins_leave *leave, struct err *err) MUST_USE;

#endif
