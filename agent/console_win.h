/* console_win.h - run the agent in a window, with the command line's settings over the machine's.
 *
 * Effects: those of edge_win.h; the log is stderr    Units:  none
 * Owns:    nothing                                   Errors: those of edge_win.h and settings.h
 * Threads: one thread                                Source: docs/protocol.md "Command lines"
 */
#ifndef AGENT_CONSOLE_WIN_H
#define AGENT_CONSOLE_WIN_H

#include "agent/edge_win.h"

/* The flags that stand behind a command. */
struct ag_console_flags {
    int count;
    char *const *list;
};

/* From now on Ctrl-C, and what else ends a console's programs, stops the agent in peace. */
enum status ag_console_heed_ctrl_c(struct err *err) MUST_USE;

enum status ag_console_run(struct ag_console_flags flags, enum ag_edge_mode mode,
                           struct err *err) MUST_USE;

#endif
